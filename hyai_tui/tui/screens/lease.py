"""Another app is open on this workspace: take over, look only, or both."""

from __future__ import annotations

import time

from hyai_tui.journal.model import Lease
from hyai_tui.tui.screens.panel import PanelScreen


class LeaseScreen(PanelScreen):
    """Asks how to live beside another app."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(
            "Open in another terminal",
            [
                f"Open on this workspace already: {lease_about(lease)}.",
                "What one decides appears in the other within a second. Only one of them writes samples and tags.",
            ],
            [
                ("t", "take over", "take over: this app writes from now on"),
                ("l", "look only", "look only: nothing is recorded here"),
                ("b", "both", "both decide, the other writes; Esc too"),
            ],
        )


def lease_about(lease: Lease) -> str:
    """Return what to tell of another app."""
    return f"{lease.about or 'another app'}, since {time.strftime('%H:%M', time.localtime(lease.taken))}"
