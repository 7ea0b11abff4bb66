"""What is typed before there is anything to see counts for nothing."""

from __future__ import annotations

from hyai_tui.tui.early import PAUSE_SECONDS, EarlyKeys


def test_a_key_before_the_first_frame_is_dropped() -> None:
    assert EarlyKeys().drops(0.0)


def test_the_rest_of_a_word_that_began_before_the_first_frame_is_dropped_with_it() -> None:
    early = EarlyKeys()
    assert early.drops(0.0)
    early.shown()
    assert [early.drops(number * PAUSE_SECONDS / 2) for number in range(1, 5)] == [True] * 4


def test_after_a_pause_every_key_counts() -> None:
    early = EarlyKeys()
    assert early.drops(0.0)
    early.shown()
    assert not early.drops(PAUSE_SECONDS)
    assert not early.drops(PAUSE_SECONDS)


def test_where_nothing_was_typed_early_the_first_key_counts_at_once() -> None:
    early = EarlyKeys()
    early.shown()
    assert not early.drops(0.0)
