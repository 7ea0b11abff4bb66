"""The pictures of a finding as tiles of a board: one, or the two of a pair beside or below each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.geometry import Region

from hyai_tui.text import visible
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import Tile
from hyai_tui.tui.widgets.evidence import SIDE_COLOURS

if TYPE_CHECKING:
    from hyai_tui.tui.screens.findings import FindingsScreen


def side_by_side(width: int, height: int, number: int) -> list[Region]:
    """Return where so many pictures lie in a board: below each other where it is taller than wide to the eye."""
    if number > 1 and width < height * 2:
        return [Region(0, at * (height // number), width, height // number) for at in range(number)]
    return [Region(at * (width // number), 0, width // number, height) for at in range(number)]


def finding_tiles(screen: FindingsScreen, pictures: Mapping[str, TileLoaded], regions: Sequence[Region]) -> list[Tile]:
    """Return a tile for each file of the finding; of a pair, the one that keys act on is marked."""
    pair = len(screen.files) > 1
    made = []
    for at, (file, region) in enumerate(zip(screen.files, regions, strict=False)):
        got, chosen = pictures.get(file), at == screen.side
        lines: tuple[str, ...] = ("…",) if got is None else (got.failure,)
        if screen.hidden:
            lines = ("hidden", f"{screen.acts.key('blur')} shows pictures again")
        name = visible(got.name) if got is not None and not screen.hidden else ""
        caption = f" {'▸ ' if pair and chosen else ''}{name} " if name else ""
        frame = (SIDE_COLOURS[at] + (" bold" if chosen else "")) if pair else ""
        drawn = None if got is None or screen.hidden else got.drawn
        made.append(Tile(file, region, drawn, caption, frame, lines))
    return made


def nothing_left(screen: FindingsScreen) -> tuple[str, ...]:
    """Return what to say where the list is empty."""
    book, key = screen.desk.book, screen.acts.key
    if book is None:
        return ("…",)
    if not book.kept:
        return ("no check has run yet", f"{key('retrain')} runs them all")
    if screen.desk.filtered:
        return ("no finding matches these filters", f"{key('back')} takes them away")
    return ("nothing left to look at here ✓",) if screen.desk.choice.pile == "open" else ("nothing here",)
