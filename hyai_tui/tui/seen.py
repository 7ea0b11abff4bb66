"""Which picture a decision key belongs to: the one last shown, never the one that a cursor stands on.

The screen announces each picture that it draws; the terminal confirms that it has taken the bytes (its answer to
`CSI 6n`, see `confirming.py`). Until then a decision key was meant for the picture before, so it decides nothing. For a
terminal that never answers, a short time after drawing stands in for its answer.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

UNANSWERED_SECONDS = 0.08
MULTIPLEXER_SECONDS = 0.08


@dataclass
class SeenGate:
    """Follows one picture from drawing to confirmation. Times are monotonic seconds.

    Attributes:
        answers: False once the terminal has been given up; decisions then wait for time instead.
        extra: seconds that pass after an answer before it counts, for a multiplexer that answers itself.
    """

    answers: bool = True
    extra: float = 0.0
    _asked: deque[tuple[str, float]] = field(default_factory=deque)
    _shown: str | None = None
    _drawn_at: float = 0.0
    _seen: str | None = None
    _seen_at: float = 0.0

    @property
    def shown(self) -> str | None:
        """The file whose picture was drawn last, confirmed or not; None while there is a card."""
        return self._shown

    def clear(self) -> None:
        """Nothing decidable is on the screen: a placeholder, a failed picture, a hidden one."""
        self._shown = None
        self._seen = None

    def drawn(self, file: str, now: float) -> bool:
        """The picture's bytes have been handed to the terminal; returns True if it is to be asked now.

        The same picture once more, finer or after a resize, changes nothing: it has been in view all the time.
        """
        if self._shown == file and (self._seen == file or not self.answers):
            return False
        self._shown, self._drawn_at, self._seen = file, now, None
        if not self.answers:
            return False
        self._asked.append((file, now))
        return True

    def answered(self, now: float) -> None:
        """The terminal answered the oldest question; answers come in the order of the questions."""
        if not self._asked:
            return
        file, _ = self._asked.popleft()
        if file == self._shown:
            self._seen, self._seen_at = file, now + self.extra

    def lost(self, now: float) -> bool:
        """Answers were lost; returns True if what is shown has to be asked about again."""
        self._asked.clear()
        if self._shown is None or self._seen == self._shown:
            return False
        self._asked.append((self._shown, now))
        return True

    def give_up(self) -> None:
        """The terminal answers nothing: time after drawing stands in for it from now on."""
        self.answers = False
        self._asked.clear()

    def decidable(self, now: float) -> str | None:
        """Return the file that a decision key at this moment belongs to, or None where it decides nothing."""
        if self._shown is None:
            return None
        if not self.answers:
            return self._shown if now - self._drawn_at >= UNANSWERED_SECONDS else None
        return self._seen if self._seen == self._shown and now >= self._seen_at else None

    def seconds_shown(self, now: float) -> float:
        """Return how long the shown picture has been in view, rounded to milliseconds."""
        return round(max(0.0, now - self._drawn_at), 3)


REPEAT_SECONDS = 0.07


@dataclass
class RepeatGuard:
    """Tells a held key from one that is pressed again: keyboards repeat faster than fingers."""

    _key: str = ""
    _at: float = -1.0

    def repeats(self, key: str, now: float) -> bool:
        """Return True if this press of a key is the keyboard repeating the one before."""
        repeated = key == self._key and now - self._at < REPEAT_SECONDS
        self._key, self._at = key, now
        return repeated
