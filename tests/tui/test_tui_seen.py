"""A decision belongs to the picture last shown."""

from __future__ import annotations

from hyai_tui.tui.seen import REPEAT_SECONDS, RepeatGuard, SeenGate


def test_a_picture_takes_decisions_only_after_the_terminal_has_confirmed_it() -> None:
    gate = SeenGate()
    assert gate.drawn("one", 1.0)
    assert gate.decidable(1.1) is None
    gate.answered(1.15)
    assert gate.decidable(1.2) == "one"


def test_a_key_pressed_before_the_confirmation_decides_nothing_even_if_it_is_looked_at_later() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    gate.answered(1.3)
    assert gate.decidable(1.2) is None


def test_an_answer_for_the_picture_before_confirms_nothing() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    gate.drawn("two", 1.1)
    gate.answered(1.2)
    assert gate.decidable(1.25) is None
    gate.answered(1.3)
    assert gate.decidable(1.35) == "two"


def test_a_card_takes_no_decision() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    gate.answered(1.1)
    gate.clear()
    assert gate.decidable(2.0) is None


def test_drawing_the_same_confirmed_picture_again_asks_nothing() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    gate.answered(1.1)
    assert not gate.drawn("one", 2.0)
    assert gate.decidable(2.0) == "one"


def test_a_stray_answer_does_no_harm() -> None:
    gate = SeenGate()
    gate.answered(0.5)
    gate.drawn("one", 1.0)
    assert gate.decidable(1.1) is None


def test_a_multiplexer_answers_itself_so_its_answer_counts_a_little_later() -> None:
    gate = SeenGate(extra=0.08)
    gate.drawn("one", 1.0)
    gate.answered(1.01)
    assert gate.decidable(1.05) is None
    assert gate.decidable(1.1) == "one"


def test_where_the_terminal_answers_nothing_time_stands_in() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    gate.give_up()
    assert not gate.drawn("two", 10.0)
    assert gate.decidable(10.05) is None
    assert gate.decidable(10.1) == "two"


def test_where_time_stands_in_the_same_picture_drawn_again_takes_none_of_it_away() -> None:
    gate = SeenGate(answers=False)
    gate.drawn("one", 1.0)
    gate.drawn("one", 1.5)
    assert gate.decidable(1.51) == "one"
    gate.clear()
    gate.drawn("one", 2.0)
    assert gate.decidable(2.01) is None


def test_after_a_lost_answer_only_what_is_not_confirmed_is_asked_about_again() -> None:
    gate = SeenGate()
    gate.drawn("one", 1.0)
    assert gate.lost(3.0)
    gate.answered(3.1)
    assert gate.decidable(3.2) == "one"
    assert not gate.lost(4.0)
    gate.clear()
    assert not gate.lost(5.0)


def test_a_held_key_is_told_from_one_pressed_again() -> None:
    guard = RepeatGuard()
    assert not guard.repeats("t", 1.0)
    assert guard.repeats("t", 1.0 + REPEAT_SECONDS / 2)
    assert guard.repeats("t", 1.0 + REPEAT_SECONDS)
    assert not guard.repeats("a", 1.0 + REPEAT_SECONDS)
    assert not guard.repeats("a", 1.0 + REPEAT_SECONDS * 3)
