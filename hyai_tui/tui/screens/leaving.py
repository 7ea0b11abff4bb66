"""Asks before leaving, with what this session did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hyai_tui.text import count, duration
from hyai_tui.tui.screens.panel import PanelScreen


@dataclass(frozen=True)
class Summary:
    """What a session did and what is still on its way."""

    decided: int
    undone: int
    seconds: float
    unsaved: int
    staged: int
    pending: int
    jobs: Sequence[str] = ()

    @property
    def work_pending(self) -> bool:
        """True where leaving without a word would surprise."""
        return bool(self.unsaved or self.staged or self.pending or self.jobs)

    def lines(self) -> list[str]:
        """Return it for people."""
        took_back = f", {self.undone} taken back" if self.undone else ""
        lines = [f"{count(self.decided, 'decision')} in {duration(self.seconds)}{took_back}."]
        if self.unsaved:
            lines.append(f"{count(self.unsaved, 'decision')} not on disk yet: leaving waits for them.")
        else:
            lines.append("All of it is on disk.")
        if self.staged:
            lines.append(f"{count(self.staged, 'library change')} staged for :commit, also after the next start.")
        if self.pending:
            lines.append(f"{count(self.pending, 'effect')} to do; the next start or any command goes on with them.")
        lines.extend(f"The {kind} job goes on in the background." for kind in self.jobs)
        return lines


class LeavingScreen(PanelScreen):
    """Leave or stay."""

    def __init__(self, summary: Summary) -> None:
        super().__init__("Leave hyai?", summary.lines(), [("q", "leave", "leave"), ("Esc", "", "stay")])
