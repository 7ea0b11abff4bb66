"""Each answer of the terminal confirms what it was asked about, whatever is lost or late."""

from __future__ import annotations

import re

from hyai_tui.tui.confirming import GIVE_UP_SECONDS, Confirmations
from hyai_tui.tui.seen import SeenGate


class Asked:
    """Takes what is written, and gives the cells (column, row from 0) that were asked about."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    @property
    def cells(self) -> list[tuple[int, int]]:
        found = re.findall(r"\x1b7\x1b\[(\d+);(\d+)H\x1b\[6n\x1b8", self.text)
        return [(int(column) - 1, int(row) - 1) for row, column in found]


def test_a_picture_is_confirmed_by_the_answer_that_names_its_cell() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.answer(*asked.cells[0], 1.1)
    assert gate.decidable(1.2) == "one"


def test_no_two_open_questions_share_a_cell_and_none_lies_in_the_first_row() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    for number in range(300):
        confirmations.drawn(gate, f"picture {number}", 1.0)
    assert len(set(asked.cells)) == 300
    assert all(row >= 1 for _, row in asked.cells)


def test_a_terminal_that_always_names_the_same_cell_confirms_in_the_order_of_the_questions() -> None:
    gate = SeenGate()
    confirmations = Confirmations(Asked().write)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.drawn(gate, "two", 1.1)
    confirmations.answer(0, 0, 1.2)
    assert gate.decidable(1.25) is None
    confirmations.answer(0, 0, 1.3)
    assert gate.decidable(1.35) == "two"


def test_an_answer_to_a_later_question_answers_the_earlier_ones_too() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.drawn(gate, "two", 1.1)
    confirmations.answer(*asked.cells[1], 1.2)
    assert gate.decidable(1.3) == "two"


def test_a_lost_answer_is_asked_for_again_and_its_late_twin_confirms_nothing_else() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.answer(*asked.cells[0], 1.1)
    confirmations.drawn(gate, "two", 2.0)
    assert not confirmations.look(2.0 + GIVE_UP_SECONDS)
    assert len(asked.cells) == 3
    confirmations.drawn(gate, "three", 4.1)
    confirmations.answer(*asked.cells[1], 4.2)
    assert gate.decidable(4.3) is None
    confirmations.answer(*asked.cells[3], 4.4)
    assert gate.decidable(4.5) == "three"
    assert not confirmations.look(60.0)


def test_a_terminal_that_never_answers_is_given_up_once_and_time_stands_in() -> None:
    gate, later = SeenGate(), SeenGate()
    confirmations = Confirmations(Asked().write)
    confirmations.drawn(gate, "one", 1.0)
    assert not confirmations.look(1.5)
    assert confirmations.look(1.0 + GIVE_UP_SECONDS)
    assert not confirmations.look(9.0)
    assert gate.decidable(9.0) == "one"
    confirmations.drawn(later, "a page", 10.0)
    assert later.decidable(10.1) == "a page"


def test_two_gates_never_take_each_others_answers() -> None:
    asked, picture, panel = Asked(), SeenGate(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.drawn(picture, "one", 1.0)
    confirmations.drawn(panel, "a question", 1.1)
    confirmations.answer(*asked.cells[0], 1.2)
    assert picture.decidable(1.3) == "one"
    assert panel.decidable(1.3) is None
    confirmations.answer(*asked.cells[1], 1.4)
    assert panel.decidable(1.5) == "a question"


def test_an_answer_that_nobody_asked_for_confirms_nothing() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.answer(5, 5, 0.5)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.answer(*asked.cells[0], 1.1)
    confirmations.drawn(gate, "two", 2.0)
    confirmations.answer(39, 7, 2.1)
    assert gate.decidable(2.2) is None


def test_another_terminal_begins_anew() -> None:
    asked, gate = Asked(), SeenGate()
    confirmations = Confirmations(asked.write)
    confirmations.drawn(gate, "one", 1.0)
    confirmations.forget()
    confirmations.answer(*asked.cells[0], 1.1)
    assert gate.decidable(1.2) is None
    confirmations.drawn(gate, "one", 2.0)
    confirmations.answer(*asked.cells[1], 2.1)
    assert gate.decidable(2.2) == "one"
