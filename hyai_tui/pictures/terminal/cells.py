"""Pictures made of characters: rows of runs, each with a text and the colours of its ink and its ground."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Rgb = tuple[int, int, int]


class Run(NamedTuple):
    """Neighbouring cells of the same colours.

    Attributes:
        text: one character a cell (a placeholder of the kitty protocol carries combining marks as well).
        ink: colour of the characters; None for the terminal's own.
        ground: colour behind them; None for the terminal's own.
    """

    text: str
    ink: Rgb | None = None
    ground: Rgb | None = None


Row = tuple[Run, ...]


def sequences(runs: Iterable[Run]) -> str:
    """Return a row as text with colour sequences that name only what changes from one run to the next."""
    out: list[str] = []
    ink: Rgb | None = None
    ground: Rgb | None = None
    for run in runs:
        wanted = []
        if run.ink is not None and run.ink != ink:
            ink = run.ink
            wanted.append(f"38;2;{ink[0]};{ink[1]};{ink[2]}")
        if run.ground is not None and run.ground != ground:
            ground = run.ground
            wanted.append(f"48;2;{ground[0]};{ground[1]};{ground[2]}")
        if wanted:
            out.append(f"\x1b[{';'.join(wanted)}m")
        out.append(run.text)
    out.append("\x1b[0m")
    return "".join(out)
