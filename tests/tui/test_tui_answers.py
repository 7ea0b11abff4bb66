"""A terminal's answers never press a key: whole, split, late, or without their first byte."""

from __future__ import annotations

import pytest

from hyai_tui.tui.answers import AnswerFilter

ANSWERS = {
    "cell size": "\x1b[6;20;10t",
    "window size in pixels": "\x1b[4;800;1200t",
    "window size in cells": "\x1b[8;40;120t",
    "device attributes": "\x1b[?62;4;22c",
    "secondary device attributes": "\x1b[>41;354;0c",
    "status": "\x1b[0n",
    "kitty graphics": "\x1b_Gi=31;OK\x1b\\",
    "kitty graphics error": "\x1b_Gi=31;ENOTSUPPORTED:no t here\x1b\\",
    "terminal version": "\x1bP>|xterm(379)\x1b\\",
    "background colour": "\x1b]11;rgb:0000/0000/0000\x07",
    "background colour, other end": "\x1b]11;rgb:1111/1111/1111\x1b\\",
    "keyboard flags": "\x1b[?1u",
    "colour scheme": "\x1b[?997;1n",
    "sixel limits": "\x1b[?2;0;1000;1000S",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_swallowed_whole(answer: str) -> None:
    assert AnswerFilter().feed(answer, 0.0) == ""


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_swallowed_wherever_it_is_cut_in_two(answer: str) -> None:
    for cut in range(1, len(answer)):
        answers = AnswerFilter()
        out = answers.feed(answer[:cut], 0.0) + answers.tick(0.02) + answers.feed(answer[cut:], 0.04)
        assert out + answers.tick(5.0) == "", f"cut after {answer[:cut]!r}"


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_keys_before_and_after_an_answer_arrive(answer: str) -> None:
    assert AnswerFilter().feed(f"a{answer}t{answer}u", 0.0) == "atu"


@pytest.mark.parametrize("answer", ["\x1b[6;20;10t", "\x1b[?62;4;22c", "\x1b[0n"])
def test_the_rest_of_an_answer_whose_escape_came_long_before_is_swallowed(answer: str) -> None:
    answers = AnswerFilter()
    assert answers.feed("\x1b", 0.0) == ""
    assert answers.tick(0.2) == "\x1b"
    assert answers.feed(answer[1:], 0.5) == ""


def test_an_answer_byte_by_byte_with_pauses_is_swallowed() -> None:
    answers = AnswerFilter()
    out, now = "", 0.0
    for byte in "\x1b[6;20;10t":
        now += 0.09
        out += answers.feed(byte, now) + answers.tick(now + 0.05)
    assert out == ""


def test_half_an_answer_that_never_ends_is_dropped_and_later_keys_arrive() -> None:
    answers = AnswerFilter()
    assert answers.feed("\x1b[6;20", 0.0) == ""
    assert answers.tick(2.0) == ""
    assert answers.feed("t", 2.1) == "t"


def test_a_string_that_never_ends_does_not_hold_the_keys_for_ever() -> None:
    answers = AnswerFilter()
    assert answers.feed("\x1b_Gi=31;", 0.0) == ""
    assert answers.tick(1.5) == ""
    assert answers.feed("j", 1.6) == "j"


@pytest.mark.parametrize(
    "keys",
    [
        "abctu019:?",
        "\x1b[A\x1b[B\x1b[C\x1b[D",
        "\x1bOP\x1b[15~\x1b[3~\x1b[1;5C",
        "\x1b[<0;10;5M\x1b[<0;10;5m",
        "\x1b[M !!",
        "\x1b[I\x1b[O",
        "\x1b[200~pasted text\x1b[201~",
        "\x1b[97;1u\x1b[27u",
        "\x1b[12;40R",
        "\x1b[48;40;120;800;1200t",
        "\x1b[?2026;2$y\x1b[?2048;0$y",
        "ä€🙂",
        "[t",
    ],
)
def test_keys_and_what_textual_understands_pass_unchanged(keys: str) -> None:
    answers = AnswerFilter()
    assert answers.feed(keys, 10.0) + answers.tick(20.0) == keys


def test_a_lone_escape_is_the_escape_key_after_a_moment() -> None:
    answers = AnswerFilter(escape_delay=0.1)
    assert answers.feed("\x1b", 0.0) == ""
    assert answers.tick(0.05) == ""
    assert answers.tick(0.11) == "\x1b"


@pytest.mark.parametrize("letter", ["P", "]", "_", "[", "X"])
def test_alt_with_a_letter_that_opens_a_string_is_a_key_after_a_moment(letter: str) -> None:
    answers = AnswerFilter()
    assert answers.feed(f"\x1b{letter}", 0.0) == ""
    assert answers.tick(0.2) == f"\x1b{letter}"
