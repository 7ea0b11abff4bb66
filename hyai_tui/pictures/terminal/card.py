"""A drawn test picture: colours, greys, fine lines and a circle, so that a person sees what a protocol does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 320, 160
# Few enough colours that every protocol can keep all of them: what looks wrong is then the terminal's doing.
_BARS = ((1, 0, 0), (1, 0.5, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 1, 1))
_SHADES = (255, 170, 85)


def drawn_card() -> Image:
    """Return the picture: RGB, 320 by 160."""
    # Imported late: nothing else of a look at the terminal needs it.
    from PIL import Image as Pillow
    from PIL import ImageDraw

    card = Pillow.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(card)
    for at, (red, green, blue) in enumerate(_BARS):
        left, right = at * WIDTH // len(_BARS), (at + 1) * WIDTH // len(_BARS) - 1
        for row, shade in enumerate(_SHADES):
            colour = round(red * shade), round(green * shade), round(blue * shade)
            draw.rectangle((left, row * 34, right, row * 34 + 33), fill=colour)
    for step in range(12):
        level = round(step * 255 / 11)
        draw.rectangle((step * WIDTH // 12, 102, (step + 1) * WIDTH // 12, 127), fill=(level, level, level))
    for x in range(0, WIDTH, 4):
        wide = 2 if x < WIDTH // 2 else 4
        draw.line((x, 128, x, HEIGHT), fill=(255, 255, 255) if x // 4 % 2 else (0, 0, 0), width=wide)
    draw.ellipse((110, 6, 210, 106), outline=(255, 255, 255), width=4)
    draw.polygon([(30, 92), (60, 22), (90, 92)], outline=(0, 0, 0), width=4)
    return card
