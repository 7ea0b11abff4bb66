"""Kept styles: layered sunsets with mist between the ridges, and quiet seas with sails."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hyai_tui.library.demo.paint import (
    Colour,
    Rng,
    Size,
    circle,
    clouds,
    finish,
    glow,
    gradient,
    land,
    large,
    mask,
    mix,
    palette,
    pick,
    ridge,
)

# Each sky from the zenith to the horizon, then the nearest land.
_SKIES = [
    (palette("1d2357 5b3a7d c5506c f5935a fbd58b"), palette("1b1433")[0]),
    (palette("2a4b7c 7b86b0 e7a6a0 f9cf9c fdeac0"), palette("26304d")[0]),
    (palette("123a52 2f7d85 8fc4a8 f0dca2 fdf1cf"), palette("0d2b33")[0]),
    (palette("3b1d4a 8c2f5c d9534f f38b3c fcc95c"), palette("2a0f2b")[0]),
    (palette("274472 5885af a8c3d8 e9dcd2 f8ecdc"), palette("1d2f4b")[0]),
    (palette("46331f 9a5b34 d88b4c eeb96e f7dfa5"), palette("3a1f18")[0]),
    (palette("4c3f77 8e6bb0 d8a1c4 f6c7bb fde7c8"), palette("2b2450")[0]),
]


def sunset(rng: Rng, size: Size) -> Image.Image:
    """Mountains in layers under a low sun; sometimes a lake, pines or birds."""
    width, height = large(size)
    sky, near = _SKIES[int(rng.integers(len(_SKIES)))]
    lake = rng.random() < 0.35
    horizon = int(height * rng.uniform(0.5, 0.66))
    image = gradient((width, height), sky, bend=rng.uniform(0.9, 1.3)).crop((0, 0, width, height))
    image = _with_clouds(rng, image, mix(sky[-1], (255, 255, 255), 0.4), horizon)
    sun = (width * rng.uniform(0.2, 0.8), horizon - height * rng.uniform(0.0, 0.22))
    radius = height * rng.uniform(0.035, 0.075)
    image = glow(image, sun, radius * 4.5, mix(sky[-1], (255, 220, 160), 0.5), 0.45)
    circle(ImageDraw.Draw(image), sun, radius, fill=mix(sky[-1], (255, 252, 235), 0.75))
    image = glow(image, sun, radius * 1.4, (255, 240, 200), 0.35)
    if rng.random() < 0.5:
        _birds(rng, image, mix(near, sky[0], 0.3))
    layers = int(rng.integers(3, 6))
    haze = mix(sky[-2], sky[-1], 0.5)
    for layer in range(layers):
        depth = (layer + 1) / layers
        base = horizon + (height - horizon) * (0.55 if lake else 0.85) * (layer / layers) ** 1.2
        tall = height * rng.uniform(0.1, 0.2) * (1.15 - 0.5 * depth)
        line = base - ridge(rng, width, rng.uniform(2, 5), rng.uniform(0.42, 0.56)) * tall
        colour = mix(mix(haze, sky[1], 0.35), near, depth**0.8)
        land(image, line, colour, mix(colour, haze, 0.55 * (1 - depth) + 0.12), int(base + height * 0.12))
        if layer == layers - 1 and rng.random() < 0.6:
            _pines(rng, image, line, mix(near, (0, 0, 0), 0.15))
    if lake:
        image = _mirrored(rng, image, int(height * rng.uniform(0.74, 0.82)), mix(sky[1], near, 0.35))
    return finish(image, rng)


def sea(rng: Rng, size: Size) -> Image.Image:
    """A sea with a bright path under the sun and a few sails."""
    width, height = large(size)
    sky, near = _SKIES[int(rng.integers(len(_SKIES)))]
    horizon = int(height * rng.uniform(0.42, 0.6))
    image = Image.new("RGB", (width, height))
    image.paste(gradient((width, horizon), sky[1:]), (0, 0))
    deep = mix(sky[0], near, 0.45)
    image.paste(
        gradient((width, height - horizon), (mix(sky[-2], sky[1], 0.35), mix(sky[1], deep, 0.5), deep)), (0, horizon)
    )
    image = _with_clouds(rng, image, mix(sky[-1], (255, 255, 255), 0.5), horizon)
    sun = (width * rng.uniform(0.25, 0.75), horizon - height * rng.uniform(0.04, 0.25))
    radius = height * rng.uniform(0.03, 0.08)
    image = glow(image, sun, radius * 3.4, mix(sky[-1], (255, 215, 160), 0.5), 0.42)
    draw = ImageDraw.Draw(image)
    circle(draw, sun, radius, fill=mix(sky[-1], (255, 255, 245), 0.85))
    draw.rectangle((0, horizon, width, horizon + 2), fill=mix(sky[-1], sky[1], 0.4))
    light = mix(sky[-1], (255, 255, 255), 0.3)
    for _ in range(int(rng.integers(140, 220))):
        depth = float(rng.random()) ** 1.4
        y = horizon + 6 + depth * (height - horizon - 8)
        spread = width * (0.03 + 0.13 * depth)
        x = sun[0] + float(rng.normal()) * spread
        length = (6 + 46 * depth) * float(rng.uniform(0.4, 1.2))
        thick = 1 + 3.5 * depth
        away = min(1.0, abs(x - sun[0]) / (3 * spread))
        draw.ellipse(
            (x - length, y - thick, x + length, y + thick), fill=mix(light, mix(sky[1], deep, 0.4), 0.15 + 0.7 * away)
        )
    if rng.random() < 0.4:
        line = horizon - ridge(rng, width, 3) * height * 0.1 * np.clip(np.linspace(-0.6, 1.4, width), 0, 1)
        shore = Image.new("L", image.size, 0)
        points = [(float(x), float(line[x])) for x in range(0, width, 2)]
        ImageDraw.Draw(shore).polygon([(0, horizon + 2), *points, (width, horizon + 2)], fill=255)
        image.paste(mix(sky[1], near, 0.5), (0, 0), shore)
    for _ in range(int(rng.integers(1, 4))):
        _sail(rng, image, horizon, near)
    return finish(image, rng)


def _with_clouds(rng: Rng, image: Image.Image, colour: Colour, horizon: int) -> Image.Image:
    width, height = image.size
    noise = clouds(rng, (width, height), (rng.uniform(1.5, 3), rng.uniform(7, 14)), 4)
    cut = rng.uniform(0.5, 0.7)
    fade = np.clip(1.2 - np.linspace(0, height / horizon, height, dtype=np.float32), 0, 1)[:, None]
    image.paste(colour, (0, 0), mask(np.clip((noise - cut) * 2.4, 0, 0.75) * fade))
    return image


def _birds(rng: Rng, image: Image.Image, colour: Colour) -> None:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    x, y = width * rng.uniform(0.15, 0.8), height * rng.uniform(0.1, 0.3)
    for _ in range(int(rng.integers(3, 9))):
        span = height * rng.uniform(0.012, 0.025)
        bx, by = x + rng.normal() * width * 0.07, y + rng.normal() * height * 0.04
        for side in (-1, 1):
            draw.line(
                [(bx, by), (bx + side * span * 0.5, by - span * 0.55), (bx + side * span, by - span * 0.3)],
                fill=colour,
                width=3,
            )


def _pines(rng: Rng, image: Image.Image, line: np.ndarray, colour: Colour) -> None:
    """Pines of several heights along a ridge, in groves."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    groves = ridge(rng, width, 4, 0.6)
    x = 0.0
    while x < width:
        grove = float(groves[int(x)])
        x += rng.uniform(5, 16) + 30 * (1 - grove)
        if x >= width or grove < 0.3:
            continue
        tall = height * rng.uniform(0.04, 0.1) * (0.5 + grove)
        foot = float(line[int(x)]) + 4
        for part in range(4):
            top = foot - tall * (0.25 + 0.25 * part)
            half = tall * (0.21 - 0.042 * part)
            draw.polygon(
                [(x - half, top + tall * 0.27), (x, top - tall * 0.08), (x + half, top + tall * 0.27)], fill=colour
            )
        draw.rectangle((x - 1, foot - tall * 0.1, x + 1, foot + 4), fill=colour)


def _mirrored(rng: Rng, image: Image.Image, shore: int, tint: Colour) -> Image.Image:
    """The lower part as a lake: what is above, upside down, rippled and darker."""
    width, height = image.size
    deep = height - shore
    top = np.asarray(image.crop((0, max(0, shore - deep * 2), width, shore)).resize((width, deep)))[::-1]
    rows = np.arange(deep)
    shift = (np.sin(rows * 0.35 + rng.random() * 6) * (1 + rows * 0.06) + rng.normal(size=deep)).astype(int)
    columns = np.clip(np.arange(width)[None, :] + shift[:, None], 0, width - 1)
    water = Image.fromarray(np.ascontiguousarray(top[rows[:, None], columns]))
    water = Image.blend(water.filter(ImageFilter.BoxBlur(2)), Image.new("RGB", water.size, tint), 0.3)
    image.paste(water, (0, shore))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        y = shore + float(rng.random()) ** 1.5 * deep
        x, half = rng.uniform(0, width), rng.uniform(0.03, 0.15) * width
        draw.line((x - half, y, x + half, y), fill=mix(tint, (255, 255, 255), 0.35), width=2)
    return image


def _sail(rng: Rng, image: Image.Image, horizon: int, near: Colour) -> None:
    width, height = image.size
    depth = rng.uniform(0.02, 0.5)
    y = horizon + depth * (height - horizon)
    tall = height * (0.06 + 0.22 * depth)
    x = rng.uniform(0.12, 0.88) * width
    sail = pick(rng, palette("fff8e8 fbe3c0 e8573f f2b134 ffffff"))
    lean = rng.uniform(-0.06, 0.06) * tall
    draw = ImageDraw.Draw(image)
    draw.polygon([(x, y - tall), (x + lean + tall * 0.42, y - tall * 0.16), (x, y - tall * 0.14)], fill=sail)
    draw.polygon(
        [(x - 4, y - tall * 0.9), (x - tall * 0.3, y - tall * 0.16), (x - 4, y - tall * 0.14)],
        fill=mix(sail, near, 0.18),
    )
    draw.polygon(
        [
            (x - tall * 0.36, y - tall * 0.1),
            (x + tall * 0.46, y - tall * 0.1),
            (x + tall * 0.3, y + tall * 0.03),
            (x - tall * 0.24, y + tall * 0.03),
        ],
        fill=mix(near, (0, 0, 0), 0.2),
    )
    for one in range(5):
        half = tall * (0.34 - 0.05 * one)
        at = y + tall * (0.07 + 0.055 * one)
        draw.line((x - half, at, x + half, at), fill=mix(sail, near, 0.55), width=2)
