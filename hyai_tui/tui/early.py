"""Keys that are pressed before there is anything to see."""

from __future__ import annotations

PAUSE_SECONDS = 0.3


class EarlyKeys:
    """Drops what is typed before the screen is there, and what follows it without a pause.

    Nobody has seen what such a key would act on, and the terminal's answers may have swallowed the keys before it: the
    end of a command must not be taken for keys of the review.
    """

    def __init__(self) -> None:
        self._shown = False
        self._dropped: float | None = None

    def shown(self) -> None:
        """The screen is there."""
        self._shown = True

    def drops(self, now: float) -> bool:
        """Return whether a key of this moment, in monotonic seconds, counts for nothing."""
        if self._shown and (self._dropped is None or now - self._dropped >= PAUSE_SECONDS):
            self._dropped = None
            return False
        self._dropped = now
        return True
