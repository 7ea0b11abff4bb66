"""Kept style: fruit, bowls and vases in soft light."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from hyai_tui.library.demo.paint import (
    Colour,
    Point,
    Rng,
    Size,
    curve,
    finish,
    glow,
    gradient,
    large,
    mix,
    palette,
    pick,
    rgb,
)

_ROOMS = [
    palette(one)
    for one in (
        "f3e3d0 d9b99b 8a5a44",
        "dfe7e3 a9c0b6 5b6f66",
        "efe1e4 c9a3ad 6f4a58",
        "e9e4f0 b4add0 5a557d",
        "f4ead0 dcc17f 93653a",
        "dce8f0 9dbbd0 4a6680",
    )
]
_FRUIT = palette("d9472b e8892b f0b93a 8fae3c 9b2f4e c8505f 6b4a8c e6a15c")
_CLAY = palette("c96f4a e9dccb 4f7a7c 2f4b6e b5c4b1 d9a25f 7d4e57 f2efe6")


def still_life(rng: Rng, size: Size) -> Image.Image:
    """Two to five things on a table, lit from one side."""
    width, height = large(size)
    wall, shade, wood = _ROOMS[int(rng.integers(len(_ROOMS)))]
    edge = int(height * rng.uniform(0.6, 0.72))
    from_left = bool(rng.random() < 0.5)
    image = gradient((width, height), (wall, shade) if from_left else (shade, wall), across=True)
    image.paste(gradient((width, height - edge), (mix(wood, shade, 0.35), wood)), (0, edge))
    image = glow(image, (width * (0.15 if from_left else 0.85), height * 0.2), height * 0.4, wall, 0.22)
    things = int(rng.integers(2, 5))
    slots = np.linspace(0.18, 0.82, things) + rng.uniform(-0.04, 0.04, things)
    tall = int(rng.integers(things))
    for index in sorted(range(things), key=lambda one: one != tall):
        foot = (width * float(slots[index]), edge + (height - edge) * rng.uniform(0.18, 0.5))
        if index == tall:
            _vase(rng, image, foot, height * rng.uniform(0.34, 0.5), from_left)
        elif rng.random() < 0.3:
            _bowl(rng, image, (foot[0], foot[1] + height * 0.06), height * rng.uniform(0.15, 0.2), from_left)
        else:
            _pile(rng, image, foot, height * rng.uniform(0.075, 0.115), from_left)
    return finish(image, rng)


def _shadow(image: Image.Image, foot: Point, half: float, from_left: bool) -> None:
    """A soft shadow on the table, on the side away from the light; only its own part of the picture is blurred."""
    soft = half * 0.13
    margin = soft * 3
    shade = Image.new("L", (int(half * 2.2 + 2 * margin), int(half * 0.44 + 2 * margin)), 0)
    ImageDraw.Draw(shade).ellipse((margin, margin, shade.width - margin, shade.height - margin), fill=110)
    away = half * (0.55 if from_left else -0.55)
    corner = (int(foot[0] + away - shade.width / 2), int(foot[1] - shade.height / 2))
    image.paste((35, 25, 30), corner, shade.filter(ImageFilter.GaussianBlur(soft)))


def _lit(colour: Colour, light: NDArray[np.float32]) -> Image.Image:
    """Return a colour under light 0–1: shadow, body colour, highlight."""
    dark = np.asarray(mix(colour, (30, 18, 40), 0.62), dtype=np.float32)
    body = np.asarray(colour, dtype=np.float32)
    bright = np.asarray(mix(colour, (255, 248, 230), 0.7), dtype=np.float32)
    low, high = np.clip(light * 2, 0, 1)[..., None], np.clip(light * 2 - 1, 0, 1)[..., None]
    pixels = dark + (body - dark) * low + (bright - body) * high
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _ball(image: Image.Image, centre: Point, radius: float, colour: Colour, from_left: bool) -> None:
    side = max(8, int(radius * 2))
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    sun = (-0.55 if from_left else 0.55, -0.55, 0.63)
    light = np.clip(x * sun[0] + y * sun[1] + z * sun[2], 0, 1)
    picture = _lit(colour, (0.08 + 0.55 * light + 0.45 * light**18).astype(np.float32))
    disc = Image.new("L", (side, side), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side - 1, side - 1), fill=255)
    image.paste(picture, (int(centre[0] - radius), int(centre[1] - radius)), disc)


def _fruit(rng: Rng, image: Image.Image, foot: Point, radius: float, from_left: bool) -> None:
    colour = pick(rng, _FRUIT)
    centre = (foot[0], foot[1] - radius * 0.85)
    _shadow(image, foot, radius, from_left)
    pear = rng.random() < 0.3
    if pear:
        _ball(image, (centre[0], centre[1] - radius * 0.85), radius * 0.62, colour, from_left)
    _ball(image, centre, radius, colour, from_left)
    draw = ImageDraw.Draw(image)
    top = centre[1] - radius * (1.4 if pear else 0.92)
    stem = curve(
        (centre[0], top),
        (centre[0] + radius * 0.05, top - radius * 0.25),
        (centre[0] + radius * 0.22, top - radius * 0.4),
        8,
    )
    draw.line(stem, fill=rgb("4a3324"), width=max(3, int(radius * 0.09)))
    if rng.random() < 0.6:
        tip = (stem[4][0] + radius * 0.62, stem[4][1] - radius * 0.1)
        leaf = curve(stem[4], (stem[4][0] + radius * 0.3, stem[4][1] - radius * 0.42), tip, 8)
        leaf += curve(tip, (stem[4][0] + radius * 0.3, stem[4][1] + radius * 0.12), stem[4], 8)
        draw.polygon(leaf, fill=pick(rng, palette("5d7f3a 7b9b45 49703f")))


def _pile(rng: Rng, image: Image.Image, foot: Point, radius: float, from_left: bool) -> None:
    count = int(rng.integers(1, 4))
    for one in range(count):
        at = (foot[0] + (one - (count - 1) / 2) * radius * 1.6, foot[1] + (one % 2) * radius * 0.5)
        _fruit(rng, image, at, radius * rng.uniform(0.85, 1.1), from_left)


def _turned_clay(
    image: Image.Image, foot: Point, profile: NDArray[np.float64], tall: float, colour: Colour, from_left: bool
) -> None:
    """A thing turned on a wheel: `profile` is its half width from top to bottom, in pixels."""
    rows = len(profile)
    half = int(profile.max()) + 2
    x = np.arange(-half, half + 1, dtype=np.float32)[None, :]
    edge = profile.astype(np.float32)[:, None]
    across = np.clip(x / np.maximum(edge, 1), -1, 1) * (1 if from_left else -1)
    light = np.clip(0.62 - 0.5 * across - 0.3 * across**2 + 0.4 * np.exp(-((across + 0.45) ** 2) / 0.02), 0, 1)
    shape = np.clip(edge - np.abs(x), 0, 1)
    body = Image.fromarray((shape * 255).astype(np.uint8))
    top = int(foot[1] - tall)
    image.paste(_lit(colour, light.astype(np.float32)).resize((2 * half + 1, rows)), (int(foot[0]) - half, top), body)


def _vase(rng: Rng, image: Image.Image, foot: Point, tall: float, from_left: bool) -> None:
    rows = int(tall)
    t = np.linspace(0, 1, rows)
    belly, place, neck = rng.uniform(0.2, 0.34), rng.uniform(0.5, 0.72), rng.uniform(0.07, 0.12)
    profile = tall * (
        neck + belly * np.exp(-((t - place) ** 2) / rng.uniform(0.03, 0.07)) + 0.05 * np.exp(-(t**2) / 0.003)
    )
    profile *= np.clip(1.12 - 0.35 * np.clip(t - 0.85, 0, 1) / 0.15, 0, 1)
    colour = pick(rng, _CLAY)
    _shadow(image, foot, float(profile.max()), from_left)
    if rng.random() < 0.7:
        _branches(rng, image, (foot[0], foot[1] - tall + 4), tall)
    _turned_clay(image, foot, profile, tall, colour, from_left)
    ImageDraw.Draw(image).ellipse(
        (foot[0] - profile[-1], foot[1] - profile[-1] * 0.16, foot[0] + profile[-1], foot[1] + profile[-1] * 0.16),
        fill=mix(colour, (30, 18, 40), 0.45),
    )
    mouth = float(profile[0])
    ImageDraw.Draw(image).ellipse(
        (foot[0] - mouth, foot[1] - tall - mouth * 0.25, foot[0] + mouth, foot[1] - tall + mouth * 0.25),
        fill=mix(colour, (20, 10, 20), 0.7),
    )


def _bowl(rng: Rng, image: Image.Image, foot: Point, half: float, from_left: bool) -> None:
    deep = half * 0.75
    _shadow(image, foot, half * 0.8, from_left)
    for one in range(3):
        _fruit_in_bowl(
            rng, image, (foot[0] + (one - 1) * half * 0.5, foot[1] - deep - half * 0.1), half * 0.36, from_left
        )
    t = np.linspace(0, 1, int(deep))
    profile = half * np.sqrt(np.clip(1 - (t * 0.93) ** 2.4, 0, 1))
    _turned_clay(image, foot, profile, deep, pick(rng, _CLAY), from_left)


def _fruit_in_bowl(rng: Rng, image: Image.Image, centre: Point, radius: float, from_left: bool) -> None:
    _ball(image, (centre[0], centre[1] + rng.uniform(-0.3, 0.3) * radius), radius, pick(rng, _FRUIT), from_left)


def _branches(rng: Rng, image: Image.Image, mouth: Point, tall: float) -> None:
    draw = ImageDraw.Draw(image)
    green = pick(rng, palette("5d7a4f 7a8f6a 3f6b5a 8a7a4f"))
    bloom = pick(rng, palette("e8b4b8 f2d0a9 d9534f f6f1e7 b49ac8 f0b93a"))
    for _ in range(int(rng.integers(3, 6))):
        angle = rng.uniform(-0.75, 0.75)
        length = tall * rng.uniform(0.45, 0.8)
        end = (mouth[0] + math.sin(angle) * length, mouth[1] - math.cos(angle) * length)
        stem = curve(mouth, (mouth[0] + math.sin(angle) * length * 0.2, mouth[1] - length * 0.6), end, 14)
        draw.line(stem, fill=mix(green, (40, 30, 20), 0.4), width=4)
        for at in stem[4::2]:
            for side in (-1, 1):
                reach = tall * rng.uniform(0.04, 0.075)
                leaf = (at[0] + side * reach, at[1] - reach * 0.4)
                draw.ellipse(
                    (min(at[0], leaf[0]), leaf[1] - reach * 0.25, max(at[0], leaf[0]), leaf[1] + reach * 0.35),
                    fill=mix(green, (255, 255, 255), rng.uniform(0, 0.25)),
                )
        reach = tall * rng.uniform(0.05, 0.08)
        for turn in range(6):
            petal = (end[0] + math.cos(turn * 1.047) * reach * 0.7, end[1] + math.sin(turn * 1.047) * reach * 0.7)
            draw.ellipse(
                (petal[0] - reach * 0.5, petal[1] - reach * 0.5, petal[0] + reach * 0.5, petal[1] + reach * 0.5),
                fill=mix(bloom, (255, 255, 255), 0.12 * (turn % 3)),
            )
        draw.ellipse(
            (end[0] - reach * 0.3, end[1] - reach * 0.3, end[0] + reach * 0.3, end[1] + reach * 0.3), fill=rgb("c98a2b")
        )
