"""What part of a picture a preview shows: the whole, or a piece at a fixed size that can be moved about."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Dots of the terminal for each pixel of the picture; 0 stands for the whole picture.
LEVELS = (0.0, 1.0, 2.0, 4.0)
_STEP = 0.25


@dataclass(frozen=True)
class Zoom:
    """A level, and the middle of what is shown as shares of the picture, 0 to 1."""

    level: int = 0
    x: float = 0.5
    y: float = 0.5

    @property
    def word(self) -> str:
        """Return `fit`, `1:1`, `2:1`."""
        return f"{LEVELS[self.level]:g}:1" if self.level else "fit"

    def closer(self) -> Zoom:
        """Return the next level, at most the largest."""
        return replace(self, level=min(self.level + 1, len(LEVELS) - 1))

    def farther(self) -> Zoom:
        """Return the level before, at least the whole picture."""
        return replace(self, level=max(self.level - 1, 0))

    def at(self, level: int, point: tuple[float, float], picture: tuple[int, int], dots: tuple[int, int]) -> Zoom:
        """Return another level at which what lies under a point stays there, as under a lens.

        Args:
            level: wished; clamped to those that there are.
            point: shares of the view, 0 to 1 from the left and from the top.
            picture: width and height of the picture in pixels.
            dots: width and height of the view in dots of the terminal.
        """
        left, top, right, bottom = self.piece(picture, dots)
        under = (left + point[0] * (right - left), top + point[1] * (bottom - top))
        zoom = Zoom(min(max(level, 0), len(LEVELS) - 1))
        left, top, right, bottom = zoom.piece(picture, dots)
        x = under[0] - (point[0] - 0.5) * (right - left)
        y = under[1] - (point[1] - 0.5) * (bottom - top)
        return replace(zoom, x=x / picture[0], y=y / picture[1])._inside(picture, dots)

    def dragged(self, across: float, down: float, picture: tuple[int, int], dots: tuple[int, int]) -> Zoom:
        """Return the piece after the picture was drawn along by shares of the view, to the right and down."""
        left, top, right, bottom = self.piece(picture, dots)
        x = (left + right) / 2 - across * (right - left)
        y = (top + bottom) / 2 - down * (bottom - top)
        return replace(self, x=x / picture[0], y=y / picture[1])._inside(picture, dots)

    def _inside(self, picture: tuple[int, int], dots: tuple[int, int]) -> Zoom:
        left, top, right, bottom = self.piece(picture, dots)
        return replace(self, x=(left + right) / 2 / picture[0], y=(top + bottom) / 2 / picture[1])

    def next(self) -> Zoom:
        """Return the next level, and after the largest the whole picture again."""
        return Zoom() if self.level == len(LEVELS) - 1 else self.closer()

    def moved(self, across: int, down: int, picture: tuple[int, int], dots: tuple[int, int]) -> Zoom:
        """Return the piece a quarter of the view further, never beyond the picture's edge.

        Args:
            across: -1 to the left, 1 to the right.
            down: -1 up, 1 down.
            picture: width and height of the picture in pixels.
            dots: width and height of the view in dots of the terminal.
        """
        return self.dragged(-across * _STEP, -down * _STEP, picture, dots)

    def piece(self, picture: tuple[int, int], dots: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in pixels of the picture: inside it, and as large as the view takes."""
        if not self.level:
            return 0, 0, *picture
        width = min(picture[0], max(1, round(dots[0] / LEVELS[self.level])))
        height = min(picture[1], max(1, round(dots[1] / LEVELS[self.level])))
        left = min(max(0, round(self.x * picture[0] - width / 2)), picture[0] - width)
        top = min(max(0, round(self.y * picture[1] - height / 2)), picture[1] - height)
        return left, top, left + width, top + height
