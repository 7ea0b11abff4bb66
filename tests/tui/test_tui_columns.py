"""Keys and what they do, in two columns: what goes on in the second stays under it, at any width."""

from __future__ import annotations

import pytest

from hyai_tui.tui.widgets.columns import Row, laid_out

ROWS = [Row("t", "take over: this app runs the effects", 4), Row("", "then the rest"), Row(":longer", "a command", 4)]


def test_a_text_goes_on_under_itself() -> None:
    assert laid_out(ROWS, 26).plain.split("\n") == [
        "t   take over: this app",
        "    runs the effects",
        "then the rest",
        ":longer",
        "    a command",
    ]


@pytest.mark.parametrize("width", [16, 19, 20, 40, 200])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    lines = laid_out(ROWS, width).plain.split("\n")
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == "t take over: this app runs the effects then the rest :longer a command"


def test_where_the_second_column_has_no_room_it_begins_below() -> None:
    assert laid_out([Row("Enter", "go on", 8)], 23).plain == "Enter\n    go on"
    assert laid_out([Row("Enter", "go on", 8)], 24).plain == "Enter   go on"
