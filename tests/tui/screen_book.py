"""What a screen looks like, as text: its characters and their colours, at several sizes, in a dark and a light theme.

A book is one text file a screen. For each size it holds the characters of each line, then runs of letters for the
styles of its cells (`12a 3b`: twelve cells of style a, three of b); a line of runs that repeats is written once, with
how often. At the end each letter stands with its style in every theme; in all else the themes must agree. Cells of pictures are only marked,
because their colours depend on the version of the library that reduces pictures.

`pytest tests/tui/test_tui_snapshots.py --update-screens` writes the books anew.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rich.style import Style
from textual.app import App

from hyai_tui.tui.widgets.board import PictureBoard
from hyai_tui.tui.widgets.picture import PictureView

BOOKS = Path(__file__).parent / "books"
Size = tuple[int, int]
_PICTURE = "picture"
_LETTERS = [*string.ascii_letters, *map("".join, itertools.product(string.ascii_lowercase, repeat=2))]
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")


@dataclass(frozen=True)
class Look:
    """A screen at one moment.

    Attributes:
        lines: its characters, without trailing blanks.
        styles: the style of each cell, row by row.
    """

    lines: tuple[str, ...]
    styles: tuple[tuple[str, ...], ...]


def look(app: App[Any]) -> Look:
    """Return what the app's screen draws now."""
    width, height = app.size
    pictures = [
        (app.screen.find_widget(widget).visible_region, widget.visual_style.rich_style.bgcolor)
        for kind in (PictureView, PictureBoard)
        for widget in app.screen.query(kind)
        if widget.is_on_screen
    ]
    lines, styles = [], []
    for y, strip in enumerate(app.screen._compositor.render_strips()[:height]):
        here = [(region, ground) for region, ground in pictures if region.y <= y < region.bottom]
        characters: list[str] = []
        told: list[str] = []
        for text, style, _ in strip:
            of_sign, of_blank = _told(style, blank=False), _told(style, blank=True)
            for character in text:
                cell = character, of_blank if character == " " else of_sign
                if here:
                    grounds = [ground for region, ground in here if region.contains(len(characters), y)]
                    blank = character == " " and style is not None and style.bgcolor not in grounds
                    cell = ("▒", _PICTURE) if grounds and (blank or character in "▀▄█") else cell
                characters.append(cell[0])
                told.append(cell[1])
        lines.append("".join(characters[:width]).rstrip())
        styles.append(tuple(told[:width]))
    return Look(tuple(lines), tuple(styles))


@lru_cache(maxsize=4096)
def _told(style: Style | None, *, blank: bool) -> str:
    """Return a style such as `#e0e0e0 on #101418 bold`; of a blank cell only what can be seen of it."""
    if style is None:
        return "plain"
    seen = [name for name in _ATTRIBUTES if getattr(style, name)]
    ink, ground = (one.get_truecolor().hex if one is not None else "none" for one in (style.color, style.bgcolor))
    if blank and not {"underline", "reverse", "strike"} & set(seen):
        return f"none on {ground}"
    return " ".join([f"{ink} on {ground}", *seen])


class Book:
    """The looks of one screen by size and theme, in one file.

    Args:
        name: of the screen.
        themes: the themes, in the order of their columns.
    """

    def __init__(self, name: str, themes: Sequence[str]) -> None:
        self.path = BOOKS / f"{name}.txt"
        self._themes = tuple(themes)

    def write(self, looks: Mapping[Size, Mapping[str, Look]]) -> None:
        """Write the looks; those of a size must have the same characters in each theme."""
        letters: dict[tuple[str, ...], str] = {}
        out = []
        for (width, height), by_theme in looks.items():
            lines = {look.lines for look in by_theme.values()}
            assert len(lines) == 1, f"the characters of {self.path.stem} at {width}×{height} depend on the theme"
            out.append(f"== {width}×{height}")
            out += [f"|{line}" for line in lines.pop()]
            out.append("-- styles")
            rows = []
            for row in zip(*(by_theme[theme].styles for theme in self._themes), strict=True):
                cells = [letters.setdefault(cell, _LETTERS[len(letters)]) for cell in zip(*row, strict=True)]
                rows.append(" ".join(f"{len(list(same))}{letter}" for letter, same in itertools.groupby(cells)))
            out += [f"{len(list(same))}× {row}" for row, same in itertools.groupby(rows)]
        out.append(f"== {' | '.join(self._themes)}")
        out += [f"{letter} {' | '.join(styles)}" for styles, letter in letters.items()]
        BOOKS.mkdir(exist_ok=True)
        self.path.write_text("\n".join(out) + "\n", "utf-8")

    def read(self) -> dict[Size, dict[str, Look]]:
        """Return the looks as they were written."""
        if not self.path.exists():
            return {}
        *pages, legend = re.split(r"^== .*\n", self.path.read_text("utf-8"), flags=re.M)[1:]
        sizes = re.findall(r"^== (\d+)×(\d+)$", self.path.read_text("utf-8"), re.M)
        meant = {
            letter: styles.split(" | ") for letter, _, styles in (line.partition(" ") for line in legend.splitlines())
        }
        found: dict[Size, dict[str, Look]] = {}
        for (width, height), page in zip(sizes, pages, strict=True):
            characters, _, runs = page.partition("-- styles\n")
            lines = tuple(line[1:] for line in characters.splitlines())
            rows = list(_unfolded(runs))
            found[int(width), int(height)] = {
                theme: Look(lines, tuple(tuple(meant[letter][at] for letter in row) for row in rows))
                for at, theme in enumerate(self._themes)
            }
        return found


def _unfolded(runs: str) -> Iterator[list[str]]:
    """Yield the style letter of each cell, row by row."""
    for line in runs.splitlines():
        times, _, row = line.partition("× ")
        cells = [letter for length, letter in re.findall(r"(\d+)([a-zA-Z]+)", row) for _ in range(int(length))]
        yield from itertools.repeat(cells, int(times))


def difference(expected: Look | None, seen: Look) -> str:
    """Return what differs, for people."""
    if expected is None:
        return "no book of this screen at this size: --update-screens writes it\n" + "\n".join(seen.lines)
    out = []
    for at, (line, other) in enumerate(itertools.zip_longest(expected.lines, seen.lines, fillvalue="")):
        if line != other:
            out += [f"line {at + 1} was  {line}", f"line {at + 1} now  {other}"]
        for x, (style, changed) in enumerate(zip(expected.styles[at], seen.styles[at], strict=False)):
            if style != changed and line == other:
                out.append(f"line {at + 1}, cell {x + 1} was {style}, now {changed}")
                break
    return "\n".join(out)
