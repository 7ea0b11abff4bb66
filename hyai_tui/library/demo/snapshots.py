"""Thrown styles of the camera: blurred and noisy, blown out, shot inside a pocket."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hyai_tui.library.demo.landscapes import sea, sunset
from hyai_tui.library.demo.paint import (
    Colour,
    Rng,
    Size,
    circle,
    clouds,
    glow,
    gradient,
    mask,
    mix,
    noisy,
    palette,
    pick,
    rgb,
)
from hyai_tui.library.demo.still_life import still_life

_DULL = palette("4a4038 5c5a4e 3a4248 6b5a4a 54483f 474f45 5e5660")


def blurred(rng: Rng, size: Size) -> Image.Image:
    """A hand-held shot of nothing much, moved, at too high a sensitivity."""
    scene = _room(rng, size) if rng.random() < 0.6 else _street(rng, size)
    image = moved(scene, int(rng.integers(9, 34)), float(rng.uniform(0, 3.14)))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(1, 3)))
    return noisy(image, rng, rng.uniform(12, 26), rng.uniform(8, 20))


def blown_out(rng: Rng, size: Size) -> Image.Image:
    """A frame so over-exposed that little is left of it."""
    scene = (sunset, sea, still_life)[int(rng.integers(3))](rng, size)
    pixels = np.asarray(scene, dtype=np.float32)
    grey = pixels.mean(axis=-1, keepdims=True)
    faded = (grey + (pixels - grey) * 0.3) * rng.uniform(0.7, 1.1) + rng.uniform(140, 180)
    image = Image.fromarray(np.clip(faded, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(2, 5)))
    at = (size[0] * rng.uniform(0.2, 0.8), size[1] * rng.uniform(0.2, 0.8))
    image = glow(image, at, size[1] * rng.uniform(0.3, 0.6), (255, 255, 250), 0.95)
    return noisy(image, rng, 4, 3)


def pocket(rng: Rng, size: Size) -> Image.Image:
    """The inside of a pocket, or a thumb over the lens."""
    width, height = size
    base = pick(rng, palette("1a1210 221614 0f0f12 2a1712 14110f"))
    image = Image.new("RGB", size, base)
    image.paste(mix(base, rgb("7a2f22"), rng.uniform(0.3, 0.8)), (0, 0), mask(clouds(rng, size, (2, 2), 3) * 0.8))
    if rng.random() < 0.5:
        thumb = Image.new("L", size, 0)
        circle(
            ImageDraw.Draw(thumb),
            (width * float(rng.choice([0.0, 1.0])), height * rng.uniform(0.2, 1)),
            height * rng.uniform(0.4, 0.8),
            fill=255,
        )
        image.paste(rgb("a85a48"), (0, 0), thumb.filter(ImageFilter.GaussianBlur(height * 0.08)))
    image = glow(
        image, (width * rng.random(), height * rng.random()), height * 0.2, rgb("8a5a3a"), rng.uniform(0.1, 0.5)
    )
    return noisy(image, rng, rng.uniform(10, 20), rng.uniform(8, 16))


def moved(image: Image.Image, length: int, angle: float) -> Image.Image:
    """Return the picture as a camera moving `length` pixels at `angle` would see it."""
    pixels = np.asarray(image, dtype=np.float32)
    total = np.zeros_like(pixels)
    steps = max(3, length // 2)
    for step in range(steps):
        share = step / (steps - 1) - 0.5
        shift = (round(np.sin(angle) * share * length), round(np.cos(angle) * share * length))
        total += np.roll(pixels, shift, axis=(0, 1))
    return Image.fromarray((total / steps).astype(np.uint8))


def _room(rng: Rng, size: Size) -> Image.Image:
    width, height = size
    wall, other = pick(rng, _DULL), pick(rng, _DULL)
    image = gradient(size, (mix(wall, (255, 220, 160), 0.25), other))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(5, 11))):
        x, y = rng.uniform(-0.1, 1) * width, rng.uniform(0.1, 1) * height
        box = (x, y, x + rng.uniform(0.08, 0.5) * width, y + rng.uniform(0.08, 0.5) * height)
        colour: Colour = mix(pick(rng, _DULL), pick(rng, palette("1c1a1a c9b79a 7a3b30 31506b")), rng.uniform(0, 0.6))
        if rng.random() < 0.5:
            draw.rectangle(box, fill=colour)
        else:
            draw.ellipse(box, fill=colour)
    lamp = (width * rng.random(), height * rng.uniform(0, 0.4))
    return glow(image, lamp, height * rng.uniform(0.08, 0.2), rgb("fff0c0"), 0.9)


def _street(rng: Rng, size: Size) -> Image.Image:
    width, height = size
    image = gradient(size, (rgb("0c0d12"), rgb("1c1a20"), rgb("141318")))
    for _ in range(int(rng.integers(6, 18))):
        colour = pick(rng, palette("ffb04a ff5a3c fff0c8 7fd0ff ff8a3c 9affa0"))
        image = glow(
            image,
            (width * rng.random(), height * rng.uniform(0.25, 0.8)),
            height * rng.uniform(0.012, 0.05),
            colour,
            rng.uniform(0.5, 1.2),
        )
    return image
