"""What stands on the screen while nobody is there: nothing."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Key, MouseDown
from textual.screen import Screen
from textual.widgets import Static


class IdleScreen(Screen[None], inherit_bindings=False):
    """Covers everything; the key that wakes acts on nothing."""

    CSS_PATH = "panels.tcss"

    def compose(self) -> ComposeResult:
        """Say how to come back."""
        yield Static("hyai · any key", markup=False)

    def on_key(self, event: Key) -> None:
        """Wake, and nothing else."""
        event.stop()
        event.prevent_default()
        self.dismiss(None)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Wake, and nothing else."""
        event.stop()
        self.dismiss(None)
