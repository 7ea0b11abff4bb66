"""Asks before leaving, with what this session did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from hyai_tui.journal.pace import Pace
from hyai_tui.text import count, duration, visible
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
    today: int = 0
    goal: int = 0
    advice: str = ""
    due: str = ""

    @property
    def work_pending(self) -> bool:
        """True where leaving without a word would surprise."""
        return bool(self.unsaved or self.staged or self.pending or self.jobs)

    def farewell(self) -> list[str]:
        """Return what is printed once all is saved and the app is gone; nothing where nothing was done.

        It stays on the screen of a shell, so it counts and names no label, file or tag.
        """
        return replace(self, unsaved=0).lines() if self.decided or self.undone else []

    def lines(self) -> list[str]:
        """Return it for people."""
        took_back = f", {self.undone} taken back" if self.undone else ""
        lines = [f"{count(self.decided, 'decision')} in {duration(self.seconds)}{took_back}."]
        if not (self.decided or self.undone or self.unsaved):
            lines = ["Nothing was decided since the start."]
        elif self.unsaved:
            waits = "it" if self.unsaved == 1 else "them"
            lines.append(f"{count(self.unsaved, 'decision')} not on disk yet: leaving waits for {waits}.")
        else:
            lines.append("All of it is on disk.")
        if self.staged:
            lines.append(f"{count(self.staged, 'library change')} staged for :commit, also after the next start.")
        if self.pending:
            lines.append(
                f"{count(self.pending, 'effect')} (samples, tags) still to do: the next start or command goes on."
            )
        lines.extend(f"The {kind} job goes on in the background." for kind in self.jobs)
        if self.goal:
            left = f"{self.goal - self.today:,} to go" if self.today < self.goal else "reached"
            lines.append(f"Today's goal: {self.today:,} of {self.goal:,}, {left}.")
        if self.advice:
            lines.append(f"Labelling: {self.advice}.")
        if self.due:
            lines.append(f"A retrain is due: {self.due}.")
        return lines


@dataclass
class PaceRead(Message):
    """How the session went, from the journal."""

    pace: Pace


def pace_line(pace: Pace) -> str:
    """Return `24 archive, 17 trash; 31 a minute, 20 in a row`; empty where nothing was decided."""
    if not pace.decided:
        return ""
    named = ", ".join(f"{number:,} {label}" for label, number in (pace.labels or {}).items())
    rate = f"; {pace.per_minute:.0f} a minute" if pace.per_minute is not None else ""
    row = f", {pace.longest:,} without a pause" if pace.longest > 1 else ""
    return f"{named}{rate}{row}."


class LeavingScreen(PanelScreen):
    """Leave or stay.

    Args:
        summary: what is known at once.
        ask: asks for how the session went; what it is given is told with the answer.
    """

    def __init__(self, summary: Summary, ask: Callable[[Callable[[Pace], object]], object] | None = None) -> None:
        super().__init__("Leave hyai?", summary.lines(), [("q", "leave", "leave"), ("Esc", "", "stay")])
        self._summary = summary
        self._ask = ask

    def on_mount(self) -> None:
        """Ask how the session went."""
        if self._ask is not None:
            self._ask(lambda pace: self.post_message(PaceRead(pace)))

    def on_pace_read(self, message: PaceRead) -> None:
        """The session's pace goes below its count."""
        if line := pace_line(message.pace):
            first, *rest = self._summary.lines()
            self.query(".panel-text").first(Static).update(
                Content("\n").join([Content(visible(one)) for one in (first, line, *rest)])
            )
