"""Kept styles: tiles in the manner of the Bauhaus, nested arches, free compositions of circles and bars."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from hyai_tui.library.demo.paint import Colour, Rng, Size, circle, finish, large, mix, palette, paper, pick

# The first colour is the ground.
_PALETTES = [
    palette("f3e9d6 d8432e f2b233 1f4e79 22262b 6fa8a0"),
    palette("f7f0e3 e4572e 17bebb ffc914 2e282a 76b041"),
    palette("efe6dd 5f0f40 9a031e fb8b24 e36414 0f4c5c"),
    palette("fbf5ef 264653 2a9d8f e9c46a f4a261 e76f51"),
    palette("f1ede4 31393c 2176ff 33a1fd fdca40 f79824"),
    palette("f5efe6 3d405b e07a5f 81b29a f2cc8f 5f797b"),
    palette("1f2430 f2e8cf e07a5f 81b29a f2cc8f 6d83a8"),
]


def tiles(rng: Rng, size: Size) -> Image.Image:
    """A grid of quarter circles, half circles, rings, triangles and stripes."""
    width, height = large(size)
    ground, *colours = _PALETTES[int(rng.integers(len(_PALETTES)))]
    across = int(rng.integers(3, 7))
    side = math.ceil(width / across)
    down = math.ceil(height / side)
    image = Image.new("RGB", (across * side, down * side), ground)
    for row in range(down):
        for column in range(across):
            image.paste(_tile(rng, side, ground, colours), (column * side, row * side))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return finish(image.crop((left, top, left + width, top + height)), rng, 0.6)


def _tile(rng: Rng, side: int, ground: Colour, colours: list[Colour]) -> Image.Image:
    back, front, third = (pick(rng, [ground, ground, *colours]), pick(rng, colours), pick(rng, [ground, *colours]))
    if back == front:
        back = ground
    tile = Image.new("RGB", (side, side), back)
    draw = ImageDraw.Draw(tile)
    kind = int(rng.integers(8))
    if kind == 0:
        circle(draw, (0, 0), side - 1, fill=front)
        if rng.random() < 0.6:
            circle(draw, (0, 0), side * 0.5, fill=third)
    elif kind == 1:
        draw.pieslice((0, -side / 2, side, side / 2), 0, 180, fill=front)
        draw.pieslice((0, 0, side, side), 0, 180, fill=third)
    elif kind == 2:
        for share, colour in ((0.46, front), (0.3, third), (0.14, back)):
            circle(draw, (side / 2, side / 2), side * share, fill=colour)
    elif kind == 3:
        draw.polygon([(0, 0), (side, 0), (0, side)], fill=front)
        if rng.random() < 0.5:
            draw.polygon([(side, side), (side, side * 0.4), (side * 0.4, side)], fill=third)
    elif kind == 4:
        bars = int(rng.integers(3, 6))
        for bar in range(bars):
            draw.rectangle((side * bar / bars, 0, side * (bar + 0.5) / bars, side), fill=front)
    elif kind == 5:
        leaf = Image.new("L", (side, side), 0)
        other = Image.new("L", (side, side), 0)
        circle(ImageDraw.Draw(leaf), (0, 0), side, fill=255)
        circle(ImageDraw.Draw(other), (side, side), side, fill=255)
        tile.paste(front, (0, 0), Image.composite(leaf, Image.new("L", leaf.size, 0), other))
    elif kind == 6:
        dots = int(rng.integers(2, 5))
        for x in range(dots):
            for y in range(dots):
                circle(draw, (side * (x + 0.5) / dots, side * (y + 0.5) / dots), side * 0.3 / dots, fill=front)
    else:
        draw.rectangle((0, 0, side, side), fill=front)
        draw.pieslice((0, 0, side * 2, side * 2), 180, 270, fill=third)
    return tile.rotate(90 * int(rng.integers(4)))


def arches(rng: Rng, size: Size) -> Image.Image:
    """Nested arches like quiet rainbows on paper, with a sun or two."""
    width, height = large(size)
    ground, *colours = _PALETTES[int(rng.integers(len(_PALETTES) - 1))]
    image = paper(rng, (width, height), ground, 6)
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 3))):
        circle(
            draw,
            (width * rng.uniform(0.1, 0.9), height * rng.uniform(0.1, 0.4)),
            height * rng.uniform(0.07, 0.15),
            fill=pick(rng, colours),
        )
    groups = int(rng.integers(2, 5))
    for group in range(groups):
        x = width * (group + rng.uniform(0.2, 0.8)) / groups
        foot = height * 0.94
        radius = height * rng.uniform(0.26, 0.6)
        bands = int(rng.integers(3, 6))
        order = rng.permutation(len(colours))
        for band in range(bands):
            outer = radius * (1 - band / bands)
            colour = (
                colours[int(order[band % len(colours)])]
                if band % 2 == 0 or bands > 4
                else mix(ground, (255, 255, 255), 0.3)
            )
            draw.pieslice((x - outer, foot - outer * 1.25, x + outer, foot + outer * 1.25), 180, 360, fill=colour)
    draw.rectangle((0, height * 0.93, width, height), fill=pick(rng, colours))
    return finish(image, rng, 0.6)


def composition(rng: Rng, size: Size) -> Image.Image:
    """Circles, bars, triangles and thin lines that overlap as coloured glass does."""
    width, height = large(size)
    ground, *colours = _PALETTES[int(rng.integers(len(_PALETTES)))]
    image = paper(rng, (width, height), ground, 6)
    tilt = rng.uniform(-0.6, 0.6)
    for _ in range(int(rng.integers(6, 12))):
        layer = Image.new("L", (width, height), 0)
        draw = ImageDraw.Draw(layer)
        centre = (width * rng.uniform(0.1, 0.9), height * rng.uniform(0.1, 0.9))
        reach = height * rng.uniform(0.07, 0.33)
        opacity = int(rng.uniform(150, 255))
        kind = int(rng.integers(5))
        if kind == 0:
            circle(draw, centre, reach, fill=opacity)
        elif kind == 1:
            circle(draw, centre, reach, outline=255, width=int(reach * rng.uniform(0.08, 0.3)))
        elif kind == 2:
            draw.polygon(
                _turned(
                    centre,
                    tilt,
                    [
                        (-reach * 2, -reach * 0.13),
                        (reach * 2, -reach * 0.13),
                        (reach * 2, reach * 0.13),
                        (-reach * 2, reach * 0.13),
                    ],
                ),
                fill=opacity,
            )
        elif kind == 3:
            draw.polygon(
                _turned(
                    centre,
                    tilt + rng.uniform(-1, 1),
                    [(0, -reach), (reach * 0.9, reach * 0.7), (-reach * 0.9, reach * 0.7)],
                ),
                fill=opacity,
            )
        else:
            draw.pieslice(
                (centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach),
                math.degrees(tilt),
                math.degrees(tilt) + 180,
                fill=opacity,
            )
        image.paste(pick(rng, colours), (0, 0), layer)
    draw = ImageDraw.Draw(image)
    dark = min(colours, key=sum)
    for _ in range(int(rng.integers(2, 6))):
        x, y = width * rng.uniform(0, 1), height * rng.uniform(0, 1)
        ends = _turned((x, y), tilt + (1.5708 if rng.random() < 0.4 else 0), [(-width * 0.4, 0), (width * 0.4, 0)])
        draw.line(ends, fill=dark, width=int(rng.integers(2, 6)))
    return finish(image, rng, 0.6)


def _turned(centre: tuple[float, float], angle: float, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return [(centre[0] + x * cosine - y * sine, centre[1] + x * sine + y * cosine) for x, y in points]
