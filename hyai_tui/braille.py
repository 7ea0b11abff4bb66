"""Curves in braille: eight dots a character, so that a course of numbers can be read off a few lines of text."""

from __future__ import annotations

from collections.abc import Sequence

# A cell has two dots across and four down: the bits of its left and right column, from the bottom up.
_DOTS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))
_BLANK = 0x2800


def curve(values: Sequence[float], width: int = 60, rows: int = 4) -> list[str]:
    """Return lines that show how values go up and down; the highest one touches the top, the lowest the bottom.

    Args:
        values: at least one; two a character, or as many as fit when there are more.
        width: most characters.
        rows: lines.
    """
    if len(values) > 2 * width:
        values = [values[place * (len(values) - 1) // (2 * width - 1)] for place in range(2 * width)]
    low, high = min(values), max(values)
    most = 4 * rows - 1
    cells = [[_BLANK] * ((len(values) + 1) // 2) for _ in range(rows)]
    for place, value in enumerate(values):
        level = round(most * (value - low) / (high - low)) if high > low else 0
        cells[rows - 1 - level // 4][place // 2] |= _DOTS[level % 4][place % 2]
    return ["".join(map(chr, row)) for row in cells]
