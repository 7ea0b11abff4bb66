"""What several threads tell of one key is drawn once, and only the parts that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyai_tui.tui.redrawing import Redrawing


class Timer:
    """One that a test lets fire."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.then = then
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class Review:
    """Notes what is drawn."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.timers: list[Timer] = []

    def set_timer(self, _seconds: float, then: Callable[[], None]) -> Timer:
        self.timers.append(Timer(then))
        return self.timers[-1]

    def refresh_lists(self) -> None:
        self.drawn.append("lists")

    def refresh_facts(self) -> None:
        self.drawn.append("facts")

    def refresh_header(self) -> None:
        self.drawn.append("header")


def redrawing(review: Any) -> Redrawing:
    return Redrawing(review)


def test_what_is_told_many_times_in_a_moment_is_drawn_once() -> None:
    review = Review()
    told = redrawing(review)
    for _ in range(3):
        told.soon("header")
    assert review.drawn == [], "not between the messages"
    (timer,) = review.timers
    timer.then()
    assert review.drawn == ["header"], "and no list that is as it was"


def test_parts_that_were_told_of_apart_are_drawn_together_and_then_forgotten() -> None:
    review = Review()
    told = redrawing(review)
    told.soon("header")
    told.soon("lists", "facts")
    review.timers[0].then()
    assert review.drawn == ["lists", "facts", "header"]
    told.soon("facts")
    review.timers[1].then()
    assert review.drawn == ["lists", "facts", "header", "facts"]


def test_where_all_of_it_is_drawn_meanwhile_nothing_is_drawn_again() -> None:
    review = Review()
    told = redrawing(review)
    told.soon("lists")
    told.drop()
    assert review.timers[0].stopped
    told.soon("header")
    review.timers[1].then()
    assert review.drawn == ["header"]
