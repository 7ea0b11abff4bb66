"""A picture as Textual takes it: encoded for the terminal, then turned into strips. Made off the loop.

The encoders know no Textual (`pictures/terminal/`). textual-image draws one kind: plain Unicode, for terminals without
colours. Its other kinds are ours, because it writes kitty pictures beside the app's driver, defines Sixel registers
without selecting them, and names both colours of every half cell. It asks the terminal at import, when the app already
reads the keyboard: so it is imported with its eyes closed.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hyai_tui.pictures.terminal.cells import Rgb, Row, sequences
from hyai_tui.pictures.terminal.encoding import Budget, Encoded, Encoder
from hyai_tui.pictures.terminal.fitting import Fit, fit
from hyai_tui.pictures.terminal.probe import Terminal

if TYPE_CHECKING:
    from PIL.Image import Image


class PictureRow(Strip):
    """A row of a picture, whose bytes are ready: they name only the colours that change.

    A part of it (cut by a panel that lies over it) is an ordinary strip again.
    """

    __slots__ = ["_ready"]

    def __init__(self, row: Row, columns: int) -> None:
        super().__init__([Segment(run.text, _style(run.ink, run.ground)) for run in row], columns)
        self._ready = sequences(row)

    def render(self, console: Console) -> str:
        """Return the ready bytes; on a terminal of fewer colours those that Textual makes."""
        if console._color_system not in {None, ColorSystem.TRUECOLOR}:
            return super().render(console)
        return self._ready


class Across(Strip):
    """Several strips side by side, which keep their ready bytes as long as nobody cuts them."""

    __slots__ = ["_parts"]

    def __init__(self, parts: Iterable[Strip]) -> None:
        self._parts = tuple(parts)
        super().__init__(
            [segment for part in self._parts for segment in part], sum(part.cell_length for part in self._parts)
        )

    def render(self, console: Console) -> str:
        """Return the bytes of all parts."""
        return "".join(part.render(console) for part in self._parts)


def side_by_side(parts: Iterable[tuple[int, Strip]], width: int, blank: Segment) -> Strip:
    """Return strips at their columns as one row of a width, with blanks between them."""
    line: list[Strip] = []
    at = 0
    for x, strip in sorted(parts, key=lambda part: part[0]):
        if x > at:
            line.append(Strip([Segment(blank.text * (x - at), blank.style)], x - at))
        line.append(strip)
        at = x + strip.cell_length
    if at < width:
        line.append(Strip([Segment(blank.text * (width - at), blank.style)], width - at))
    return Across(line)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One picture, ready to be shown.

    Attributes:
        encoded: its bytes for the terminal.
        rows: what stands in its cells, one strip a row; empty where they stay blank.
    """

    encoded: Encoded
    rows: tuple[Strip, ...]

    @property
    def fit(self) -> Fit:
        """Its size in cells and pixels."""
        return self.encoded.fit

    @property
    def coarse(self) -> bool:
        """True where it has too few dots to judge it."""
        return self.encoded.coarse

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory, about."""
        return self.encoded.weight + 1000 * sum(len(row._segments) for row in self.rows)


class Drawing:
    """Draws pictures for one terminal. Its methods may be called from any one thread at a time."""

    def __init__(self, terminal: Terminal, budget: Budget | None = None) -> None:
        self.terminal = terminal
        self.budget = budget or Budget()
        self._encoder = Encoder(terminal, self.budget)
        self._console: Console | None = None
        self._unicode: Any = None

    def draw(self, picture: Image, box: tuple[int, int], budget: Budget | None = None) -> Drawn | None:
        """Draw the picture for a box of cells; None where the box has no room.

        Args:
            picture: RGB, decoded and turned upright.
            box: columns and rows.
            budget: bytes for this picture, where it is one of many on a page.
        """
        if self.terminal.protocol == "unicode":
            size = fit(picture.size, box, (self.terminal.cell_width, self.terminal.cell_height))
            return self._plain_unicode(picture, size) if size is not None else None
        encoded = self._encoder.encode(picture, box, budget)
        if encoded is None:
            return None
        return Drawn(encoded, tuple(PictureRow(row, encoded.fit.columns) for row in encoded.rows))

    def _plain_unicode(self, picture: Image, size: Fit) -> Drawn:
        if self._console is None:
            self._console = Console(file=io.StringIO(), color_system=None, force_terminal=True, width=1000)
        options = self._console.options.update(width=size.columns, height=size.rows)
        image = self._load()(picture, size.columns, size.rows)
        lines = [line.text.rstrip("\n") for line in self._console.render(image, options)]
        rows = tuple(Strip([Segment(line)]).adjust_cell_length(size.columns) for line in lines[: size.rows])
        return Drawn(Encoded(size, coarse=True), rows)

    def _load(self) -> Any:
        """Import textual-image without letting it ask the terminal; returns its renderable of Unicode characters."""
        if self._unicode is None:
            names = {
                "TEXTUAL_CELL_WIDTH": str(self.terminal.cell_width),
                "TEXTUAL_CELL_HEIGHT": str(self.terminal.cell_height),
            }
            before, sys.__stdout__ = sys.__stdout__, io.StringIO()  # type: ignore[misc,assignment]
            os.environ.update(names)
            try:
                from textual_image._terminal import get_cell_size
                from textual_image.renderable.unicode import Image as UnicodeImage

                get_cell_size()
            finally:
                sys.__stdout__ = before  # type: ignore[misc]
                for name in names:
                    os.environ.pop(name, None)
            self._unicode = UnicodeImage
        return self._unicode


def mosaic(picture: Image) -> Image:
    """Return the picture in a few large blocks: enough to see that there is one, too little to see what."""
    from PIL import Image as Pillow

    small = picture.resize((8, 6), Pillow.Resampling.BOX)
    return small.resize(picture.size, Pillow.Resampling.NEAREST)


def _style(ink: Rgb | None, ground: Rgb | None) -> Style:
    return Style(
        color=Color.from_rgb(*ink) if ink is not None else None,
        bgcolor=Color.from_rgb(*ground) if ground is not None else None,
    )
