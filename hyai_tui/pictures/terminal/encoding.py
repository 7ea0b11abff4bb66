"""One picture for one terminal: which encoder, at what size, within how many bytes."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyai_tui.pictures.terminal import halfcell, plain, sixel, tgp, tmux
from hyai_tui.pictures.terminal.cells import Row, sequences
from hyai_tui.pictures.terminal.fitting import Fit, fit
from hyai_tui.pictures.terminal.probe import Terminal

if TYPE_CHECKING:
    from PIL.Image import Image

COARSE_DOTS = 64
_numbers = itertools.count(int.from_bytes(os.urandom(2), "big") << 8 | 1)


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that one picture may take.

    Attributes:
        tgp: sent before the picture is wanted.
        sixel: sent when it is shown.
        cells: the same for half cells.
    """

    tgp: int = tgp.BUDGET_BYTES
    sixel: int = sixel.BUDGET_BYTES
    cells: int = halfcell.BUDGET_BYTES


SLOW_LINK = Budget(tgp=30_000, sixel=12_000, cells=12_000)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as bytes for one terminal.

    Attributes:
        fit: its size in cells and pixels.
        rows: what stands in its cells; empty where they stay blank under `overlay`.
        overlay: goes out with the cursor at the picture's corner, after its cells: Sixel data, or the short command
            that shows a kitty picture.
        transmission: commands that the terminal needs once before, in order and with no other graphics between them.
        number: kitty's number of the picture; 0 for other protocols.
        withdrawal: takes a kitty picture off the screen; empty where new text in its cells is enough.
        removal: frees it in the terminal.
        coarse: True where there are too few dots or colours to judge the picture.
    """

    fit: Fit
    rows: tuple[Row, ...] = ()
    overlay: str = ""
    transmission: tuple[str, ...] = ()
    number: int = 0
    withdrawal: str = ""
    removal: str = ""
    coarse: bool = False

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory, about."""
        text = sum(len(run.text) + 80 for row in self.rows for run in row)
        return len(self.overlay) + sum(map(len, self.transmission)) + text + 500

    @property
    def bytes_shown(self) -> int:
        """Bytes that go out each time it is shown."""
        return len(self.overlay) + sum(len(sequences(row).encode()) for row in self.rows)


@dataclass
class Encoder:
    """Encodes pictures for one terminal; used by one thread at a time."""

    terminal: Terminal
    budget: Budget = field(default_factory=Budget)
    _calmer: sixel.Calmer = field(default_factory=sixel.Calmer, repr=False)

    def encode(self, picture: Image, box: tuple[int, int], budget: Budget | None = None) -> Encoded | None:
        """Return the picture for a box of cells, or None where the box has no room.

        Args:
            picture: RGB, decoded and turned upright.
            box: columns and rows that may be used.
            budget: for this picture alone, for instance a tile of a page.
        """
        terminal, budget = self.terminal, budget or self.budget
        size = fit(picture.size, box, (terminal.cell_width, terminal.cell_height))
        if size is None:
            return None
        if terminal.protocol == "sixel":
            return self._sixel(picture, size, budget.sixel)
        if terminal.protocol == "tgp":
            return self._tgp(picture, size, budget.tgp)
        if terminal.protocol == "ascii":
            return self._plain(picture, size)
        return self._halfcell(picture, size, budget.cells)

    def _sixel(self, picture: Image, size: Fit, budget: int) -> Encoded:
        scaled = _scaled(picture, size.width, sixel.usable_height(size.height))
        # One that may be far larger says nothing about where the next small one fits.
        calmer = self._calmer if budget == self.budget.sixel else sixel.Calmer()
        return Encoded(size, overlay=calmer.encode(scaled, budget))

    def _tgp(self, picture: Image, size: Fit, budget: int) -> Encoded:
        number = next(_numbers) & 0xFFFFFF or next(_numbers) & 0xFFFFFF
        scaled = _scaled(picture, size.width, size.height)
        sent = tgp.transmission(scaled, number, budget)
        if self.terminal.multiplexed:
            rows = min(size.rows, tgp.MOST_ROWS)
            virtual = tgp.virtual_placement(number, size.columns, rows)
            return Encoded(
                size,
                rows=tgp.placeholders(number, size.columns, rows),
                transmission=tuple(tmux.wrapped(one) for one in (*sent, virtual)),
                number=number,
                removal=tmux.wrapped(tgp.removal(number)),
            )
        return Encoded(
            size,
            overlay=tgp.placement(number, size.columns, size.rows),
            transmission=sent,
            number=number,
            withdrawal=tgp.withdrawal(number),
            removal=tgp.removal(number),
        )

    def _halfcell(self, picture: Image, size: Fit, budget: int) -> Encoded:
        scaled = _scaled(picture, size.columns, size.rows * 2)
        rows = halfcell.dithered(scaled) if self.terminal.sixteen_colours else halfcell.encode(scaled, budget)
        few = size.columns < COARSE_DOTS and size.rows * 2 < COARSE_DOTS
        return Encoded(size, rows=rows, coarse=few or self.terminal.few_colours)

    def _plain(self, picture: Image, size: Fit) -> Encoded:
        rows = plain.encode(_scaled(picture, size.columns, size.rows))
        return Encoded(size, rows=rows, coarse=True)


def _scaled(picture: Image, width: int, height: int) -> Image:
    # Imported late: the app starts before it has a picture.
    from PIL import Image as Pillow

    return picture.resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=2.0)
