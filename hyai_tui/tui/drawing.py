"""A picture as the terminal takes it: made off the loop, drawn by the picture widget.

textual-image encodes Sixel. Kitty pictures are ours, because textual-image writes those beside the app's driver, and
half-cells too, because two colours a cell need no library. textual-image asks the terminal at import, when the app already reads the keyboard: it is imported with
its eyes closed and told what the probe found.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hyai_tui.pictures.terminal.fitting import Fit, fit
from hyai_tui.pictures.terminal.probe import Terminal

if TYPE_CHECKING:
    from PIL.Image import Image

_SIXEL_COLOURS = 128
# A colour register that is defined and not selected: xterm and foot then draw with the colour before.
_DEFINED = re.compile(r"(#\d+);2;\d+;\d+;\d+")
_COARSE_DOTS = 64
_numbers = itertools.count(int.from_bytes(os.urandom(2), "big") << 8 | 1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One encoded picture.

    Attributes:
        fit: its size in cells and pixels.
        rows: what stands in the cells, one strip a row.
        overlay: Sixel data that goes over those cells after the last row; empty for other protocols.
        transmission: bytes that the terminal needs once before; empty for other protocols than kitty's.
        number: kitty's number of the picture, to free it; 0 otherwise.
        coarse: True where the picture has too few dots to judge it.
    """

    fit: Fit
    rows: tuple[Strip, ...]
    overlay: str = ""
    transmission: str = ""
    number: int = 0
    coarse: bool = False


class Drawing:
    """Encodes pictures for one terminal. All methods may be called from any one thread at a time."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._console: Console | None = None
        self._renderables: tuple[Any, Any] | None = None

    def draw(self, picture: Image, box: tuple[int, int]) -> Drawn | None:
        """Encode the picture for a box of cells; None where the box has no room.

        Args:
            picture: RGB, decoded and turned upright.
            box: columns and rows.
        """
        columns, rows = box
        if self.terminal.protocol == "sixel":
            # A Sixel band is six pixels high and may reach below its last row: that row stays free.
            rows -= 1
        size = fit(picture.size, (columns, rows), (self.terminal.cell_width, self.terminal.cell_height))
        if size is None:
            return None
        if self.terminal.protocol == "sixel":
            return self._sixel(picture, size)
        if self.terminal.protocol == "tgp":
            return self._tgp(picture, size)
        return self._halfcell(picture, size)

    def _sixel(self, picture: Image, size: Fit) -> Drawn:
        sixel, options = self._load()
        scaled = picture.resize((size.width, size.height), _resampling())
        segments = self._render(sixel(scaled, size.columns, size.rows, options(colors=_SIXEL_COLOURS)), size)
        data = next(segment.text for segment in segments if segment.text.startswith("\x1bP"))
        blank = Strip([Segment(" " * size.columns)], size.columns)
        return Drawn(size, (blank,) * size.rows, overlay=_DEFINED.sub(r"\g<0>\1", data))

    def _tgp(self, picture: Image, size: Fit) -> Drawn:
        from hyai_tui.pictures.terminal import tgp

        rows = min(size.rows, tgp.MOST_ROWS)
        number = next(_numbers) & 0xFFFFFF
        style = Style(color=Color.from_rgb(*tgp.colour_of(number)))
        scaled = picture.resize((size.width, size.height), _resampling())
        strips = tuple(
            Strip([Segment(tgp.placeholder_row(row, size.columns), style)], size.columns) for row in range(rows)
        )
        return Drawn(size, strips, transmission=tgp.transmission(scaled, number, size.columns, rows), number=number)

    def _halfcell(self, picture: Image, size: Fit) -> Drawn:
        scaled = picture.resize((size.columns, size.rows * 2), _resampling())
        strips = tuple(Strip(_half_cells(scaled, row), size.columns) for row in range(size.rows))
        coarse = size.columns < _COARSE_DOTS and size.rows * 2 < _COARSE_DOTS
        return Drawn(size, strips, coarse=coarse)

    def _render(self, renderable: Any, size: Fit) -> list[Segment]:
        if self._console is None:
            self._console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True, width=1000)
        options = self._console.options.update(width=size.columns, height=size.rows)
        return list(self._console.render(renderable, options))

    def _load(self) -> tuple[Any, Any]:
        """Import textual-image without letting it ask the terminal; returns (Sixel, its options)."""
        if self._renderables is None:
            names = {
                "TEXTUAL_CELL_WIDTH": str(self.terminal.cell_width),
                "TEXTUAL_CELL_HEIGHT": str(self.terminal.cell_height),
            }
            before, sys.__stdout__ = sys.__stdout__, io.StringIO()  # type: ignore[misc,assignment]
            os.environ.update(names)
            try:
                from textual_image._terminal import get_cell_size
                from textual_image.renderable import sixel

                get_cell_size()
            finally:
                sys.__stdout__ = before  # type: ignore[misc]
                for name in names:
                    os.environ.pop(name, None)
            self._renderables = sixel.Image, sixel.SixelOptions
        return self._renderables


def mosaic(picture: Image) -> Image:
    """Return the picture in a few large blocks: enough to see that there is one, too little to see what."""
    from PIL import Image as Pillow

    small = picture.resize((8, 6), Pillow.Resampling.BOX)
    return small.resize(picture.size, Pillow.Resampling.NEAREST)


def _resampling() -> Any:
    from PIL import Image as Pillow

    return Pillow.Resampling.LANCZOS


def _half_cells(picture: Image, row: int) -> list[Segment]:
    """Return one row of cells, each with two pixels as its colours; neighbours of the same colours are one segment.

    Args:
        picture: RGB, one pixel a column, two a row.
        row: of cells.
    """
    width = picture.width
    upper = picture.crop((0, 2 * row, width, 2 * row + 1)).tobytes()
    lower = picture.crop((0, 2 * row + 1, width, 2 * row + 2)).tobytes()
    colours = [(upper[at : at + 3], lower[at : at + 3]) for at in range(0, 3 * width, 3)]
    return [
        Segment("▀" * len(list(same)), Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        for (above, below), same in itertools.groupby(colours)
    ]
