"""Pictures on which two people would differ: a kept style with something of a thrown one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hyai_tui.library.demo.botanical import botanical
from hyai_tui.library.demo.geometry import composition, tiles
from hyai_tui.library.demo.landscapes import sea, sunset
from hyai_tui.library.demo.paint import Rng, Size, font, noisy, rgb
from hyai_tui.library.demo.snapshots import moved
from hyai_tui.library.demo.still_life import still_life

_TITLES = [
    "SUMMER FAIR",
    "OPEN STUDIO",
    "JAZZ IN THE PARK",
    "VOL. 4",
    "EXHIBITION",
    "THE QUIET SEA",
    "NO. 17",
    "LATE NIGHTS",
]


def hazy(rng: Rng, size: Size) -> Image.Image:
    """A good view, somewhat over-exposed and not quite sharp."""
    scene = (sunset, sea)[int(rng.integers(2))](rng, size)
    pixels = np.asarray(scene, dtype=np.float32) * rng.uniform(0.7, 0.9) + rng.uniform(60, 95)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(0.8, 2.2))
    )
    return noisy(image, rng, rng.uniform(5, 12), 4)


def shaken(rng: Rng, size: Size) -> Image.Image:
    """A good view, moved and noisy, but still to be recognised."""
    scene = (sunset, still_life)[int(rng.integers(2))](rng, size)
    return noisy(
        moved(scene, int(rng.integers(6, 13)), float(rng.uniform(0, 3.14))), rng, rng.uniform(8, 15), rng.uniform(4, 10)
    )


def poster(rng: Rng, size: Size) -> Image.Image:
    """A composition that carries a title, as posters and advertisements do."""
    image = (composition, tiles)[int(rng.integers(2))](rng, size)
    width, height = size
    draw = ImageDraw.Draw(image)
    top = height * float(rng.choice([0.08, 0.74]))
    draw.rectangle((width * 0.08, top, width * 0.92, top + height * 0.18), fill=rgb("f6f1e6"))
    text = str(rng.choice(_TITLES))
    draw.text(
        (width / 2, top + height * 0.09),
        text,
        fill=rgb("1d1f24"),
        font=font(min(height * 0.11, width * 1.2 / len(text))),
        anchor="mm",
    )
    return image


def framed(rng: Rng, size: Size) -> Image.Image:
    """A good picture inside a screenshot of a phone."""
    width, height = size
    dark = bool(rng.random() < 0.5)
    ground, ink = (rgb("101216"), rgb("e4e6ea")) if dark else (rgb("fafafa"), rgb("202124"))
    image = Image.new("RGB", size, ground)
    inner = (width, int(height * rng.uniform(0.6, 0.74)))
    picture = (botanical, sunset, still_life)[int(rng.integers(3))](rng, inner)
    image.paste(picture, (0, int(height * 0.12)))
    draw = ImageDraw.Draw(image)
    draw.text((10, height * 0.03), "saved · 2 comments", fill=ink, font=font(height * 0.05))
    for one in range(4):
        x = width * (0.14 + 0.24 * one)
        draw.rounded_rectangle((x - 9, height * 0.91, x + 9, height * 0.97), 4, outline=ink, width=2)
    return image


def stamped(rng: Rng, size: Size) -> Image.Image:
    """A good view with somebody's mark across it."""
    scene = (sunset, sea, botanical)[int(rng.integers(3))](rng, size)
    width, height = size
    layer = Image.new("L", (width * 2, height * 2), 0)
    draw = ImageDraw.Draw(layer)
    for row in range(0, height * 2, max(50, height // 4)):
        draw.text(((row * 37) % 90, row), "PREVIEW   " * 12, fill=int(rng.integers(90, 150)), font=font(height * 0.09))
    turned = layer.rotate(rng.uniform(15, 35), Image.Resampling.BICUBIC).crop(
        (width // 2, height // 2, width // 2 + width, height // 2 + height)
    )
    bright = np.asarray(scene.resize((1, 1))).mean() > 190
    scene.paste((90, 90, 110) if bright else (255, 255, 255), (0, 0), turned)
    return scene
