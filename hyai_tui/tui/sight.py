"""What a decision key meets: the picture that the terminal has confirmed, and the line that is said back."""

from __future__ import annotations

from dataclasses import dataclass

from hyai_tui.queues.base import QueueRow


@dataclass(frozen=True)
class Say:
    """A line for the status: `say`, `warn` or `error`."""

    text: str
    kind: str = "say"


@dataclass(frozen=True)
class Sight:
    """What the terminal has confirmed at the moment of a key.

    Attributes:
        file: the file whose picture takes decisions; None where none does.
        seconds: how long it has been in view; None where several were.
        view: `picture` or `grid`.
    """

    file: str | None
    seconds: float | None
    view: str

    def refusal(self, row: QueueRow | None) -> Say | None:
        """Return why a row takes no decision, or None where it has been seen."""
        if row is None:
            return Say("nothing here to decide", "warn")
        if self.file is None:
            return Say("not shown yet: that key decided nothing", "warn")
        if self.file != row.file:
            return Say("another picture is on the screen: that key decided nothing", "warn")
        return None
