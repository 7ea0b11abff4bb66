"""Which tiles of a page the terminal has confirmed. A page is announced again whenever a picture or the focus changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hyai_tui.tui.seen import SeenGate


@dataclass(frozen=True)
class _Announcement:
    token: str
    files: frozenset[str]
    gate: SeenGate


@dataclass
class PageSight:
    """Follows one page from drawing to confirmation. Times are monotonic seconds.

    Attributes:
        new_gate: makes a gate for one announcement.
    """

    new_gate: Callable[[], SeenGate]
    _open: list[_Announcement] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _since: dict[str, float] = field(default_factory=dict)

    def clear(self) -> None:
        """Nothing of it is on the screen any more: the page was turned, or something covers it."""
        for one in self._open:
            one.gate.clear()
        self._open.clear()
        self._seen.clear()
        self._since.clear()

    def announced(self, token: str, files: frozenset[str], now: float) -> SeenGate | None:
        """The page's bytes have gone out with these pictures; returns the gate to ask the terminal for, if any.

        Args:
            token: names the page and where its focus is.
            files: whose pictures are drawn.
            now: when.
        """
        if not files:
            self.clear()
            return None
        self._since = {file: self._since.get(file, now) for file in files}
        self._open = [*self._open[-7:], _Announcement(token, files, self.new_gate())]
        return self._open[-1].gate

    def files(self, now: float) -> frozenset[str]:
        """Return the files on the page whose pictures the terminal has confirmed."""
        for one in self._open:
            if one.gate.decidable(now) is not None:
                self._seen |= one.files
        return frozenset(self._seen & self._since.keys())

    def file(self, token: str, file: str, now: float) -> str | None:
        """Return the file in focus if a decision key belongs to it now: picture and focus are both confirmed."""
        newest = self._open[-1] if self._open else None
        if newest is None or newest.token != token or newest.gate.decidable(now) is None:
            return None
        return file if file in self.files(now) else None

    def seconds(self, file: str, now: float) -> float:
        """Return how long a file has been in view."""
        return round(max(0.0, now - self._since.get(file, now)), 3)
