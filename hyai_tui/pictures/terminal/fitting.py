"""How large a picture is drawn: cells and pixels that keep its shape inside a box of cells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fit:
    """The size of a drawn picture.

    Attributes:
        columns, rows: cells, at least 1 each.
        width, height: the same in pixels of the terminal.
    """

    columns: int
    rows: int
    width: int
    height: int


def fit(
    picture: tuple[int, int], box: tuple[int, int], cell: tuple[int, int], *, largest_scale: float = 3.0
) -> Fit | None:
    """Return the largest size that keeps the picture's aspect inside the box, or None where there is no room.

    Args:
        picture: width and height of the picture in pixels.
        box: columns and rows that may be used.
        cell: width and height of a cell in pixels.
        largest_scale: small pictures grow by this factor at most, so that an icon does not become a wall.
    """
    if min(*picture, *box, *cell) <= 0:
        return None
    scale = min(box[0] * cell[0] / picture[0], box[1] * cell[1] / picture[1], largest_scale)
    columns = min(box[0], max(1, round(picture[0] * scale / cell[0])))
    rows = min(box[1], max(1, round(picture[1] * scale / cell[1])))
    return Fit(columns, rows, columns * cell[0], rows * cell[1])
