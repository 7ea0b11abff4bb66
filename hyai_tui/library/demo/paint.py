"""Brushes shared by the styles: colours, gradients, glows, clouds, ridges, grain.

Shapes are drawn at twice the final size and reduced, which smooths their edges. Smooth things (glows, clouds) are
computed small and enlarged, which costs a tenth and looks the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Size = tuple[int, int]
Rng = np.random.Generator
Point = tuple[float, float]

OVERSAMPLING = 2


def rgb(text: str) -> Colour:
    """Return the colour of six hex digits, with or without `#`."""
    value = int(text.removeprefix("#"), 16)
    return value >> 16, (value >> 8) & 255, value & 255


def palette(text: str) -> list[Colour]:
    """Return the colours of hex texts separated by blanks."""
    return [rgb(one) for one in text.split()]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour `share` (0–1) of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def pick(rng: Rng, colours: Sequence[Colour]) -> Colour:
    """Return one of the colours."""
    return colours[int(rng.integers(len(colours)))]


def large(size: Size) -> Size:
    """Return the size at which shapes are drawn."""
    return size[0] * OVERSAMPLING, size[1] * OVERSAMPLING


def finish(image: Image.Image, rng: Rng, grain: float = 1.2) -> Image.Image:
    """Reduce a picture drawn at `large` size and add a little grain, so that gradients show no bands."""
    return noisy(image.reduce(OVERSAMPLING), rng, grain)


def noisy(image: Image.Image, rng: Rng, sigma: float, colour: float = 0.0) -> Image.Image:
    """Return the picture with Gaussian noise: `sigma` of lightness and `colour` of each channel (0–255)."""
    pixels = np.asarray(image, dtype=np.float32)
    noise = rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * sigma
    if colour:
        noise = noise + rng.standard_normal(pixels.shape, dtype=np.float32) * colour
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def gradient(size: Size, colours: Sequence[Colour], *, across: bool = False, bend: float = 1.0) -> Image.Image:
    """Return a gradient from top to bottom (or left to right); `bend` > 1 keeps the first colours longer."""
    length = size[0] if across else size[1]
    where = np.linspace(0, 1, length) ** bend * (len(colours) - 1)
    channels = np.asarray(colours, dtype=np.float64)
    line = np.stack([np.interp(where, np.arange(len(colours)), channels[:, one]) for one in range(3)], axis=-1)
    pixels = line.round().astype(np.uint8)
    strip = pixels[None, :, :] if across else pixels[:, None, :]
    return Image.fromarray(np.ascontiguousarray(strip)).resize(size, Image.Resampling.NEAREST)


def glow(image: Image.Image, centre: Point, radius: float, colour: Colour, strength: float = 1.0) -> Image.Image:
    """Return the picture with light added around a point, fading to nothing at about three radii."""
    width, height = image.size
    step = 8
    x = (np.arange(width // step + 1, dtype=np.float32) * step - centre[0])[None, :]
    y = (np.arange(height // step + 1, dtype=np.float32) * step - centre[1])[:, None]
    light = strength * np.exp(-(x * x + y * y) / (2 * radius * radius))
    pixels = np.clip(light[..., None] * np.asarray(colour, dtype=np.float32), 0, 255).astype(np.uint8)
    return ImageChops.screen(image, Image.fromarray(pixels).resize(image.size, Image.Resampling.BICUBIC))


def clouds(rng: Rng, size: Size, cells: tuple[float, float], octaves: int = 4) -> NDArray[np.float32]:
    """Return smooth noise 0–1, float32[height, width], of about `cells` blobs across and down."""
    width, height = max(size[0] // 4, 8), max(size[1] // 4, 8)
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        across, down = (max(2, int(one * 2**octave)) for one in cells)
        seeds = rng.random((min(down, height), min(across, width)), dtype=np.float32)
        blobs = Image.fromarray(seeds).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(blobs, dtype=np.float32) * 0.5**octave
    total -= total.min()
    total /= max(float(total.max()), 1e-6)
    return np.asarray(Image.fromarray(total).resize(size, Image.Resampling.BILINEAR), dtype=np.float32)


def mask(shares: NDArray[np.float32]) -> Image.Image:
    """Return an 8-bit mask from shares 0–1."""
    return Image.fromarray((np.clip(shares, 0, 1) * 255).astype(np.uint8))


def ridge(rng: Rng, width: int, peaks: float, roughness: float = 0.5) -> NDArray[np.float64]:
    """Return a mountain line, float64[width], 0–1: octaves of interpolated noise, each `roughness` of the last."""
    x = np.linspace(0, 1, width)
    line = np.zeros(width)
    weight = 1.0
    knots = max(2.0, peaks)
    while knots < width / 6:
        heights = rng.random(int(knots) + 2)
        line += weight * np.interp((x * knots + rng.random()) % (knots + 1), np.arange(int(knots) + 2), heights)
        weight *= roughness
        knots *= 2
    line -= line.min()
    return line / max(float(line.max()), 1e-9)


def land(image: Image.Image, line: NDArray[np.float64], top: Colour, bottom: Colour, floor: int) -> None:
    """Fill everything under a line of y positions down to the lower edge, fading from `top` to `bottom` at `floor`."""
    width, height = image.size
    high = int(np.clip(line.min(), 0, height - 1))
    points = [(float(x), float(line[x]) - high) for x in range(0, width, 2)]
    below = (width, height - high)
    shape = Image.new("L", below, 0)
    ImageDraw.Draw(shape).polygon([(0, below[1]), *points, (width, float(line[-1]) - high), below], fill=255)
    fade = Image.new("RGB", below, bottom)
    fade.paste(gradient((width, max(floor - high, 2)), (top, bottom)), (0, 0))
    image.paste(fade, (0, high), shape)


def curve(start: Point, control: Point, end: Point, steps: int = 24) -> list[Point]:
    """Return points of a quadratic Bézier curve."""
    points = []
    for one in range(steps + 1):
        t = one / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        points.append((a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]))
    return points


def paper(rng: Rng, size: Size, colour: Colour, strength: float = 10.0) -> Image.Image:
    """Return paper: a colour with soft uneven lightness."""
    shade = (clouds(rng, size, (5, 4), 5) - 0.5) * strength
    pixels = np.asarray(colour, dtype=np.float32)[None, None, :] + shade[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def font(pixels: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font, so that every machine draws the same letters."""
    return ImageFont.load_default(max(6.0, pixels))


def circle(draw: ImageDraw.ImageDraw, centre: Point, radius: float, **style: object) -> None:
    """Draw a circle by centre and radius."""
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), **style)  # type: ignore[arg-type]
