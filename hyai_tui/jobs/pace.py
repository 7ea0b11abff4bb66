"""How fast a stage of a job goes, and when it will be done: by as much of the past as tells of what is left.

For hours that are left the last five minutes count, so that single slow pictures tell little; for the last minute only the newest
seconds, so that a machine that other programs leave again is believed. What went at another pace counts no more: a slow start, or the
time before something else began to work beside it.
What happens before the first thing is done is the start and no pace: nothing is told until some seconds of work after it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import pairwise
from statistics import median

# A rate over less than the one jumps with every large picture; over more than the other it lags behind what the stage does now.
SHORTEST, SPAN = 15.0, 300.0
_ROUNDS = 3
_APART = 1.0
# Another pace is one that differs by so much in the middle one of three parts; a single pause or a large picture is none.
_OTHER, _PARTS = 1.25, 3
# Shorter stretches than this are not compared: what differs in them are single pictures.
_LEAST_COMPARED = 45.0
# Over less nothing is told: a few things say nothing of thousands.
LEAST = 2.0


class Pace:
    """The pace of one stage, from the times at which so many things were done."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._now: tuple[float, int] | None = None
        self._first: int | None = None
        self._begun = False

    def mark(self, at: float, done: int) -> None:
        """Note that so many things were done at a moment, seconds by any clock that does not go back.

        What was done before the first mark counts for nothing: a job that goes on begins where the last one ended.
        """
        if self._first is None:
            self._first = done
        if not self._begun and done > self._first:
            # The first things take what the start takes, such as a network that is loaded: the pace is of those after them.
            self._begun = True
            self._marks.clear()
        if not self._marks or at - self._marks[-1][0] >= _APART:
            self._marks.append((at, done))
        self._now = (at, done)
        # The oldest mark is the last one that is as old as the span.
        while len(self._marks) > 1 and at - self._marks[1][0] >= SPAN:
            self._marks.popleft()

    def rate(self, total: int | None = None) -> float | None:
        """Return things a second, by the last five minutes or by less where so many things are soon done; None if not known yet."""
        if self._now is None or not self._begun:
            return None
        steady = self._steady()
        rate = self._over(steady) or self._over(SPAN)
        if rate is None or total is None:
            return rate
        # As far back as it is to the end, which depends on the rate.
        for _ in range(_ROUNDS):
            left = max(0, total - self._now[1]) / rate
            rate = self._over(min(steady, max(SHORTEST, left))) or rate
        return rate

    def seconds_left(self, total: int | None) -> float | None:
        """Return the seconds until so many things are done; None where nothing is known yet."""
        rate = self.rate(total)
        if rate is None or total is None or self._now is None:
            return None
        return max(0.0, (total - self._now[1]) / rate)

    def _steady(self) -> float:
        """Return the longest stretch of seconds up to now, of at most `SPAN`, whose two halves went alike."""
        at, _ = self._now or (0.0, 0)
        span = min(SPAN, at - self._marks[0][0])
        while span >= _LEAST_COMPARED:
            older, newer = self._usual(at - span, at - span / 2), self._usual(at - span / 2, at)
            if older is None or newer is None or max(older, newer) <= _OTHER * min(older, newer):
                return span
            span /= 2
        return max(span, SHORTEST)

    def _usual(self, begin: float, end: float) -> float | None:
        """Return things a second between two moments: of three parts the middle one; None where so little was noted."""
        places = [self._at(begin + (end - begin) * part / _PARTS) for part in range(_PARTS + 1)]
        pairs = list(pairwise(places))
        if any(first[0] == last[0] for first, last in pairs):
            return None
        return median((last[1] - first[1]) / (last[0] - first[0]) for first, last in pairs)

    def _over(self, span: float) -> float | None:
        """Return things a second over the last so many seconds, or over all that is known where that is less."""
        at, done = self._now or (0.0, 0)
        began, before = self._at(at - span)
        # What had been made ready while the job started goes by in no time.
        return (done - before) / (at - began) if at - began >= LEAST and done > before else None

    def _at(self, moment: float) -> tuple[float, int]:
        """Return the newest mark that is as old as a moment, the oldest one where none is."""
        if self._now is not None and moment >= self._now[0]:
            return self._now
        return self._marks[max(0, bisect_right(self._marks, moment, key=lambda mark: mark[0]) - 1)]
