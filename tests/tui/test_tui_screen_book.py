"""A book gives back what was written, and tells people what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui import screen_book
from tests.tui.screen_book import Book, Look, difference

DARK = Look(("ab", "", "c"), (("x", "x", "y"), ("y", "y", "y"), ("picture", "y", "x")))
LIGHT = Look(DARK.lines, (("p", "p", "q"), ("q", "q", "q"), ("picture", "q", "p")))


def test_a_book_gives_back_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_book, "BOOKS", tmp_path)
    book = Book("one", ("dark", "light"))
    assert book.read() == {}
    looks = {(3, 3): {"dark": DARK, "light": LIGHT}, (4, 3): {"dark": LIGHT, "light": DARK}}
    book.write(looks)
    assert book.read() == looks


def test_characters_that_depend_on_the_theme_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_book, "BOOKS", tmp_path)
    other = Look(("aB", "", "c"), LIGHT.styles)
    with pytest.raises(AssertionError, match="depend on the theme"):
        Book("one", ("dark", "light")).write({(3, 3): {"dark": DARK, "light": other}})


def test_a_difference_names_its_line_or_its_cell() -> None:
    assert difference(DARK, Look(("ab", "", "d"), DARK.styles)) == "line 3 was  c\nline 3 now  d"
    turned = Look(DARK.lines, (DARK.styles[0], ("y", "z", "y"), DARK.styles[2]))
    assert difference(DARK, turned) == "line 2, cell 2 was y, now z"
    assert difference(None, DARK).startswith("no book of this screen at this size")
