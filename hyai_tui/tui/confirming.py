"""Asks the terminal whether it has drawn what it was given, and brings each answer to the picture that it is about.

The question is where the cursor stands (`CSI 6n`), the one whose answer Textual understands. The cursor is first moved
to a cell that stands for the number of the question and brought back after, so an answer names its question: one that
comes late, or after another was lost, confirms nothing that it was not asked about. Where answers name no cell that was
asked for, they are taken in the order of the questions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hyai_tui.tui.seen import SeenGate

GIVE_UP_SECONDS = 2.0
# Numbers are cells of the rows below the first (an answer from the first row can look like a function key).
_COLUMNS, _ROWS = 40, 8


@dataclass(frozen=True)
class _Question:
    gate: SeenGate
    asked_at: float
    column: int
    row: int


class Confirmations:
    """All questions of one app to its terminal.

    Args:
        write: takes text for the terminal, in order with the frames.
        answers: False where the terminal is known to answer nothing.
    """

    def __init__(self, write: Callable[[str], None], *, answers: bool = True) -> None:
        self._write = write
        self.answers = answers
        self._open: deque[_Question] = deque()
        self._number = 0
        self._answered = False
        self._names_cells = False
        # Seconds from handing out a picture to its confirmation, of the last ones.
        self.waits: deque[float] = deque(maxlen=7)

    def drawn(self, gate: SeenGate, what: str, now: float) -> None:
        """A picture (or a page, or a line) has been handed to the terminal: ask about it where that is needed."""
        if not self.answers:
            gate.give_up()
        if gate.drawn(what, now):
            self._ask(gate, now)

    def answer(self, column: int, row: int, now: float) -> None:
        """The terminal answered with a place of the cursor, counted from 0."""
        self._answered = True
        known = any((one.column, one.row) == (column, row) for one in self._open)
        if not known and (self._names_cells or not self._open):
            return
        self._names_cells = self._names_cells or known
        # Questions are answered in order, so those before this one have been answered too.
        while self._open:
            one = self._open.popleft()
            one.gate.answered(now)
            self.waits.append(now - one.asked_at)
            if not known or (one.column, one.row) == (column, row):
                return

    def look(self, now: float) -> bool:
        """Look for questions without an answer; returns True once, when a silent terminal is given up.

        A terminal that has answered before lost one, or the line did: what is still shown is asked about again.
        """
        if not self._open or now - self._open[0].asked_at < GIVE_UP_SECONDS:
            return False
        gates = list(dict.fromkeys(id(one.gate) for one in self._open))
        by_id = {id(one.gate): one.gate for one in self._open}
        self._open.clear()
        if not self._answered:
            self.answers = False
            for one in by_id.values():
                one.give_up()
            return True
        for one in (by_id[number] for number in gates):
            if one.lost(now):
                self._ask(one, now)
        return False

    @property
    def usual_wait(self) -> float | None:
        """Median seconds that a picture takes to be confirmed; None before there are enough of them."""
        return sorted(self.waits)[len(self.waits) // 2] if len(self.waits) == self.waits.maxlen else None

    def forget(self) -> None:
        """The terminal may be another one now (a client was attached, the app was stopped): begin anew."""
        gates = {id(one.gate): one.gate for one in self._open}
        self._open.clear()
        self._names_cells = False
        for gate in gates.values():
            gate.clear()

    def _ask(self, gate: SeenGate, now: float) -> None:
        self._number = (self._number + 1) % (_COLUMNS * _ROWS)
        row, column = 1 + self._number // _COLUMNS, self._number % _COLUMNS
        self._open.append(_Question(gate, now, column, row))
        # As a frame of its own, in which nobody sees the cursor jump.
        self._write(f"\x1b[?2026h\x1b7\x1b[{row + 1};{column + 1}H\x1b[6n\x1b8\x1b[?2026l")
