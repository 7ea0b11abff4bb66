"""A map of files as characters: braille dots for how many lie where, colours for what people said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.tui import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.queues.mapping import PlacedFiles

# A cell has two dots across and four down; the bit of each in a braille character (U+2800).
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = chr(0x2800)


@dataclass(frozen=True)
class Window:
    """The part of the map that is in view, 0 … 1 across and down."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def part(self, columns: int, rows: int, box: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of cells (first column and row, last column and row) of so many."""
        width, height = self.right - self.left, self.bottom - self.top
        return (
            self.left + width * box[0] / columns,
            self.top + height * box[1] / rows,
            self.left + width * (box[2] + 1) / columns,
            self.top + height * (box[3] + 1) / rows,
        )


@dataclass(frozen=True, eq=False)
class MapPicture:
    """A drawn map.

    Attributes:
        texts: one of braille characters for each row.
        labels: int64[rows, columns], index of the label that most files of a cell have; -1 where nobody said anything.
        fullest: column and row of the cell with the most files.
    """

    texts: Sequence[str]
    labels: NDArray[np.int64]
    fullest: tuple[int, int]

    def lines(self, names: Sequence[str], box: tuple[int, int, int, int] | None) -> list[Content]:
        """Return the rows as text in the labels' colours, the chosen cells reversed.

        Args:
            names: labels.
            box: first column and row, last column and row of what is chosen; None for nothing.
        """
        made = []
        for row, text in enumerate(self.texts):
            parts: list[tuple[str, str]] = []
            for column, (character, label) in enumerate(zip(text, self.labels[row].tolist(), strict=True)):
                style = words.colour(names[label]) if label >= 0 else "$muted"
                if box is not None and box[0] <= column <= box[2] and box[1] <= row <= box[3]:
                    style = f"{style} reverse"
                if parts and parts[-1][1] == style:
                    parts[-1] = (parts[-1][0] + character, style)
                else:
                    parts.append((character, style))
            made.append(Content.assemble(*parts))
        return made


def draw_map(
    placed: PlacedFiles, labels: NDArray[np.int16], amount: int, window: Window, columns: int, rows: int
) -> MapPicture:
    """Return the map in so many cells; a million files take a few tenths of a second.

    Args:
        placed: files.
        labels: int16[m], index of the label of each of them, -1 for none.
        amount: how many labels there are.
        window: the part in view.
        columns: cells across.
        rows: cells down.
    """
    import numpy as np

    spread = (np.array([window.right, window.bottom]) - (window.left, window.top)).astype(np.float32)
    inside = (placed.places - np.array([window.left, window.top], np.float32)) / spread
    seen = ((inside >= 0) & (inside <= 1)).all(axis=1)
    dots = np.minimum((inside[seen] * (columns * 2, rows * 4)).astype(np.int64), (columns * 2 - 1, rows * 4 - 1))
    counts = np.bincount(dots[:, 1] * columns * 2 + dots[:, 0], minlength=columns * rows * 8)
    # The fuller a cell, the more of its dots are set, the fullest ones first: by the logarithm, since files lie in heaps.
    by_cell = counts.reshape(rows, 4, columns, 2).transpose(0, 2, 1, 3).reshape(rows, columns, 8)
    fullness = np.log1p(by_cell.sum(axis=2))
    level = np.ceil(fullness / max(1e-9, float(fullness.max())) * 8)
    rank = np.argsort(np.argsort(-by_cell, axis=2, kind="stable"), axis=2)
    on = (rank < np.minimum(level[:, :, None], 8)) & (by_cell > 0)
    codes = (on * np.array(_BITS).reshape(8)).sum(axis=2) + ord(_BLANK)
    cells = (dots[:, 1] // 4) * columns + dots[:, 0] // 2
    said = labels[seen]
    votes = np.zeros((amount + 1, columns * rows), np.int64)
    for label in range(amount):
        votes[label] = np.bincount(cells[said == label], minlength=columns * rows)
    best = votes.argmax(axis=0)
    winner = np.where(votes.max(axis=0) > 0, best, -1).reshape(rows, columns)
    down, across = np.unravel_index(int(fullness.argmax()), fullness.shape)
    return MapPicture(["".join(map(chr, row)) for row in codes.tolist()], winner, (int(across), int(down)))
