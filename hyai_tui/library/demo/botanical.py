"""Kept style: plants in ink with loose watercolour, on paper."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw, ImageFilter

from hyai_tui.library.demo.paint import (
    Colour,
    Point,
    Rng,
    Size,
    circle,
    clouds,
    curve,
    finish,
    large,
    mask,
    mix,
    palette,
    paper,
    pick,
    rgb,
)

_PAPERS = palette("f7f1e3 f4ede0 fbf7ee eef0e6 f3e8dc")
_GREENS = palette("7fa66a 5f8f7b 9db36b 6f9e8f 4f7f5a a7b98c")
_BLOOMS = palette("e58a8a f2b27a d86f8f b08cc8 f0cc6a e0604f 7fa3d8")
_INK = rgb("2c3338")


def botanical(rng: Rng, size: Size) -> Image.Image:
    """One to three stems with leaves, flowers or berries; the colour does not quite keep to the lines."""
    width, height = large(size)
    image = paper(rng, (width, height), pick(rng, _PAPERS), 12)
    wash = pick(rng, [*_GREENS, *_BLOOMS])
    if rng.random() < 0.65:
        _wash(rng, image, wash)
    stems = int(rng.integers(1, 4))
    sketch = _Sketch(rng, image)
    for stem in range(stems):
        x = width * (stem + 1) / (stems + 1) + rng.normal() * width * 0.03
        foot = (x, height * rng.uniform(0.93, 1.0))
        top = (x + rng.normal() * width * 0.1, height * rng.uniform(0.1, 0.3))
        spine = curve(foot, (x + rng.normal() * width * 0.12, height * 0.55), top, 30)
        sketch.plant(spine, height)
    return finish(sketch.done(), rng)


def _wash(rng: Rng, image: Image.Image, colour: Colour) -> None:
    """A round or wide wash of thin colour behind the plant, darker where it dried last."""
    width, height = image.size
    shape = Image.new("L", image.size, 0)
    centre, reach = (width * rng.uniform(0.35, 0.65), height * rng.uniform(0.38, 0.55)), height * rng.uniform(0.26, 0.4)
    circle(ImageDraw.Draw(shape), centre, reach, fill=120)
    circle(ImageDraw.Draw(shape), centre, reach, outline=160, width=6)
    uneven = mask(0.35 + 0.65 * clouds(rng, image.size, (6, 6), 4))
    image.paste(
        mix(colour, (255, 255, 255), 0.35),
        (0, 0),
        Image.composite(shape.filter(ImageFilter.BoxBlur(2)), Image.new("L", image.size, 0), uneven),
    )


class _Sketch:
    """Ink and colour on two layers that are slightly off from each other."""

    def __init__(self, rng: Rng, image: Image.Image) -> None:
        self._rng = rng
        self._image = image
        self._colour = Image.new("RGBA", image.size, (255, 255, 255, 0))
        self._ink = ImageDraw.Draw(image)
        self._brush = ImageDraw.Draw(self._colour)
        self._lines: list[tuple[list[Point], int]] = []
        self._off = (float(rng.uniform(-7, 7)), float(rng.uniform(-7, 7)))

    def plant(self, spine: list[Point], height: int) -> None:
        """A stem with its leaves, and what is at its end."""
        rng = self._rng
        green = pick(rng, _GREENS)
        bloom = pick(rng, _BLOOMS)
        self._lines.append((spine, 4))
        leaves = int(rng.integers(4, 10))
        long, slim = height * rng.uniform(0.09, 0.2), rng.uniform(0.18, 0.5)
        step = max(2, len(spine) // (leaves + 1))
        for number, at in enumerate(range(4, len(spine) - 3, step)):
            ahead = spine[at + 1]
            way = math.atan2(ahead[1] - spine[at][1], ahead[0] - spine[at][0])
            sides = (-1, 1) if rng.random() < 0.55 else ((-1,) if number % 2 else (1,))
            for side in sides:
                shrink = 1.1 - 0.5 * at / len(spine)
                self._leaf(
                    spine[at],
                    way + side * rng.uniform(0.6, 1.1),
                    long * shrink,
                    slim,
                    mix(green, bloom, rng.uniform(0, 0.18)),
                )
        kind = int(rng.integers(4))
        end = spine[-1]
        if kind == 0:
            self._flower(end, height * rng.uniform(0.06, 0.11), bloom)
        elif kind == 1:
            for _ in range(int(rng.integers(6, 14))):
                berry = (end[0] + rng.normal() * height * 0.05, end[1] + rng.normal() * height * 0.05)
                self._lines.append(([end, berry], 2))
                self._dot(berry, height * rng.uniform(0.012, 0.022), bloom)
        elif kind == 2:
            self._leaf(end, -math.pi / 2 + rng.normal() * 0.2, long, slim, green)
        else:
            for turn in range(-3, 4):
                tip = (end[0] + math.sin(turn * 0.35) * long, end[1] - math.cos(turn * 0.35) * long)
                self._lines.append(([end, tip], 2))
                self._dot(tip, height * 0.016, bloom)

    def _leaf(self, at: Point, way: float, long: float, slim: float, colour: Colour) -> None:
        tip = (at[0] + math.cos(way) * long, at[1] + math.sin(way) * long)
        middle = (at[0] + math.cos(way) * long * 0.45, at[1] + math.sin(way) * long * 0.45)
        bulge = long * slim
        left = (middle[0] + math.sin(way) * bulge, middle[1] - math.cos(way) * bulge)
        right = (middle[0] - math.sin(way) * bulge, middle[1] + math.cos(way) * bulge)
        outline = curve(at, left, tip, 10) + curve(tip, right, at, 10)
        self._fill(outline, colour)
        self._lines.append((outline, 2))
        self._lines.append(([at, tip], 2))

    def _flower(self, at: Point, reach: float, colour: Colour) -> None:
        petals = int(self._rng.integers(5, 9))
        for petal in range(petals):
            self._leaf(
                at, petal * 2 * math.pi / petals, reach * 1.3, 0.5, mix(colour, (255, 255, 255), 0.15 * (petal % 2))
            )
        self._dot(at, reach * 0.3, rgb("d9a441"))

    def _dot(self, at: Point, radius: float, colour: Colour) -> None:
        outline = [(at[0] + math.cos(one / 2) * radius, at[1] + math.sin(one / 2) * radius) for one in range(13)]
        self._fill(outline, colour)
        self._lines.append((outline, 2))

    def _fill(self, outline: list[Point], colour: Colour) -> None:
        moved = [(x + self._off[0], y + self._off[1]) for x, y in outline]
        self._brush.polygon(moved, fill=(*colour, int(self._rng.uniform(150, 225))))

    def done(self) -> Image.Image:
        """Return the sheet: colour first, ink on top."""
        soft = self._colour.getchannel("A").filter(ImageFilter.BoxBlur(1))
        self._image.paste(self._colour, (0, 0), soft)
        for points, thick in self._lines:
            self._ink.line(points, fill=_INK, width=thick, joint="curve")
        return self._image
