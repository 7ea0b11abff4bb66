"""Kept style: starry nights, with a milky way, a moon or northern lights above dark hills."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from hyai_tui.library.demo.paint import (
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
    rgb,
    ridge,
)

_SKIES = [
    palette(one)
    for one in ("050a24 0d1f4f 24487e", "0a0618 2a1450 58307a", "02101c 0b3350 1f6a7a", "070b1a 15264a 3a3f73")
]


def night(rng: Rng, size: Size) -> Image.Image:
    """Stars over hills; by chance a milky way, an aurora, a moon, a lit hut, a shooting star."""
    width, height = large(size)
    sky = _SKIES[int(rng.integers(len(_SKIES)))]
    image = gradient((width, height), sky)
    kind = int(rng.integers(3))
    if kind == 0:
        image = _milky_way(rng, image)
    elif kind == 1:
        image = _aurora(rng, image)
    _stars(rng, image)
    if kind == 2:
        image = _moon(rng, image, sky[1])
    if rng.random() < 0.3:
        x, y = rng.uniform(0.2, 0.7) * width, rng.uniform(0.05, 0.3) * height
        draw = ImageDraw.Draw(image)
        for step in range(40):
            fade = (1 - step / 40) ** 2
            at = (x + step * width * 0.005, y + step * height * 0.003)
            circle(draw, at, 0.7 + 1.8 * (1 - fade), fill=mix(sky[0], (235, 240, 255), 1 - fade))
    dark = mix(sky[0], (0, 0, 0), 0.6)
    for layer in range(int(rng.integers(2, 4))):
        base = height * (0.8 + 0.09 * layer)
        line = base - ridge(rng, width, rng.uniform(2, 4), 0.45) * height * rng.uniform(0.08, 0.2)
        colour = mix(mix(sky[1], dark, 0.45), dark, layer / 2)
        land(image, line, colour, dark, height)
    if rng.random() < 0.45:
        image = _hut(rng, image)
    return finish(image, rng)


def _stars(rng: Rng, image: Image.Image) -> None:
    width, height = image.size
    draw = ImageDraw.Draw(image)
    tints = palette("ffffff dfe8ff fff3d6 ffe0d0")
    for _ in range(int(rng.integers(250, 600))):
        at = (float(rng.random()) * width, float(rng.random()) ** 1.2 * height * 0.92)
        bright = float(rng.random()) ** 3
        radius = 0.6 + 2.0 * bright
        circle(draw, at, radius, fill=mix(rgb("51608c"), pick(rng, tints), 0.35 + 0.65 * bright))
        if bright > 0.93:
            for dx, dy in ((6, 0), (0, 6)):
                draw.line((at[0] - dx, at[1] - dy, at[0] + dx, at[1] + dy), fill=pick(rng, tints), width=1)


def _milky_way(rng: Rng, image: Image.Image) -> Image.Image:
    width, height = image.size
    noise = clouds(rng, (width, height), (5, 5), 5)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0.6, 1.3) * (1 if rng.random() < 0.5 else -1)
    distance = x * np.sin(angle) + y * np.cos(angle) - np.float32(rng.uniform(-0.3, 0.3))
    band = np.exp(-(distance**2) / 0.07) * (0.25 + noise * 0.9)
    core = np.exp(-(distance**2) / 0.012) * np.clip(noise - 0.35, 0, 1)
    tint = pick(rng, palette("8fa4e8 c59be0 7fc5d8"))
    image = ImageChops.add(
        image, Image.composite(Image.new("RGB", image.size, tint), Image.new("RGB", image.size), mask(band * 0.5))
    )
    warm = Image.composite(Image.new("RGB", image.size, rgb("ffe2c4")), Image.new("RGB", image.size), mask(core * 0.6))
    return ImageChops.add(image, warm)


def _aurora(rng: Rng, image: Image.Image) -> Image.Image:
    width, height = image.size
    small = (width // 4, height // 4)
    x = np.linspace(0, 1, small[0], dtype=np.float32)
    y = np.linspace(0, 1, small[1], dtype=np.float32)[:, None]
    colours = palette("3ee6a0 52d8c8 7be06a") if rng.random() < 0.7 else palette("d06be0 5f8cf0 3ee6a0")
    for colour in colours[: int(rng.integers(2, 4))]:
        foot = (
            rng.uniform(0.4, 0.65)
            + 0.1 * np.sin(x * rng.uniform(4, 9) + rng.random() * 6)
            + 0.04 * np.sin(x * 23 + rng.random() * 6)
        )
        rays = 0.55 + 0.45 * np.sin(x * rng.uniform(60, 110) + 5 * np.sin(x * 9)) * np.sin(x * 31 + rng.random() * 6)
        above = (foot[None, :] - y).astype(np.float32)
        curtain = np.where(above > 0, np.exp(-above / rng.uniform(0.12, 0.25)), np.exp(above / 0.02)) * rays[None, :]
        light = mask(np.asarray(curtain * 0.7, dtype=np.float32)).resize(image.size, Image.Resampling.BICUBIC)
        image = ImageChops.add(
            image, Image.composite(Image.new("RGB", image.size, colour), Image.new("RGB", image.size), light)
        )
    return image


def _moon(rng: Rng, image: Image.Image, sky: tuple[int, int, int]) -> Image.Image:
    width, height = image.size
    radius = height * rng.uniform(0.06, 0.12)
    at = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.15, 0.38))
    image = glow(image, at, radius * 2.6, rgb("b9c8f0"), 0.5)
    disc = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(disc)
    circle(draw, at, radius, fill=255)
    if rng.random() < 0.6:
        circle(draw, (at[0] + radius * rng.uniform(0.35, 0.8), at[1] - radius * 0.25), radius * 0.95, fill=0)
    face = Image.new("RGB", image.size, rgb("f7f0d8"))
    spots = ImageDraw.Draw(face)
    for _ in range(9):
        spot = (at[0] + rng.uniform(-0.7, 0.7) * radius, at[1] + rng.uniform(-0.7, 0.7) * radius)
        circle(spots, spot, radius * rng.uniform(0.06, 0.2), fill=mix(rgb("f7f0d8"), sky, 0.16))
    image.paste(face, (0, 0), disc)
    return image


def _hut(rng: Rng, image: Image.Image) -> Image.Image:
    width, height = image.size
    x, y = width * rng.uniform(0.15, 0.8), height * rng.uniform(0.86, 0.92)
    wide = height * rng.uniform(0.07, 0.11)
    draw = ImageDraw.Draw(image)
    draw.polygon([(x - wide * 0.7, y), (x, y - wide * 0.6), (x + wide * 0.7, y)], fill=(8, 8, 16))
    draw.rectangle((x - wide * 0.55, y, x + wide * 0.55, y + wide * 0.6), fill=(14, 12, 20))
    draw.rectangle((x - wide * 0.3, y + wide * 0.15, x - wide * 0.05, y + wide * 0.4), fill=rgb("ffcf6b"))
    draw.rectangle((x + wide * 0.15, y + wide * 0.15, x + wide * 0.36, y + wide * 0.4), fill=rgb("ffbe55"))
    return glow(image, (x, y + wide * 0.3), wide * 0.8, rgb("ff9a3d"), 0.4)
