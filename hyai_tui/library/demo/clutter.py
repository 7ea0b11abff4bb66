"""Thrown styles of the screen: chats, receipts, captions, banners, codes and static."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from hyai_tui.library.demo.paint import Colour, Rng, Size, circle, font, gradient, mix, noisy, palette, pick, rgb

_WORDS = [
    "the",
    "invoice",
    "is",
    "late",
    "again",
    "please",
    "see",
    "below",
    "and",
    "answer",
    "before",
    "friday",
    "thanks",
    "meeting",
    "moved",
    "to",
    "room",
    "four",
    "new",
    "build",
    "failed",
    "on",
    "main",
    "who",
    "has",
    "the",
    "charger",
    "bus",
    "is",
    "cancelled",
    "ok",
    "on",
    "my",
    "way",
    "lol",
    "no",
    "idea",
    "update",
    "required",
    "your",
    "parcel",
    "is",
    "here",
    "sign",
    "in",
    "code",
    "expires",
    "soon",
    "free",
    "delivery",
    "over",
    "thirty",
    "see",
    "attached",
    "draft",
    "final",
    "v2",
    "printer",
    "out",
    "of",
    "paper",
]
_GOODS = [
    "MILK 1L",
    "BREAD",
    "EGGS X10",
    "BATTERY AA",
    "TAPE",
    "COFFEE 500G",
    "APPLES KG",
    "SOAP",
    "PAPER A4",
    "NOODLES",
    "TEA",
    "CHEESE",
    "BAG",
    "RICE 2KG",
    "BULB E27",
]
_CAPTIONS = [
    "MONDAY AGAIN",
    "ONE MORE MEETING",
    "IT WORKS",
    "ON MY MACHINE",
    "WHO TOUCHED IT",
    "STILL LOADING",
    "SEND HELP",
    "NOT TODAY",
    "COFFEE FIRST",
    "THE PRINTER",
    "HAS SPOKEN",
    "NOBODY:",
    "ME AT 3 AM",
    "SURE, WHY NOT",
    "AND THEN I SAID",
    "REPLY TO ALL",
]
_OFFERS = [
    "SALE",
    "-70 %",
    "BUY NOW",
    "LAST DAY",
    "WINNER!",
    "FREE*",
    "2 FOR 1",
    "MEGA DEAL",
    "HOT",
    "ONLY 9.99",
    "CLICK HERE",
    "NEW!",
]
_LOUD = palette("ff2d2d ffde00 00c2ff ff00a8 39ff14 ff7a00 6a00ff ffffff")


def screen(rng: Rng, size: Size) -> Image.Image:
    """A screenshot: a chat on a phone, or a window full of lines."""
    width, height = size
    dark = bool(rng.random() < 0.4)
    ground, ink = (rgb("16181d"), rgb("d8dce4")) if dark else (rgb("f4f6f8"), rgb("23272e"))
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    accent = pick(rng, palette("0a84ff 25d366 ff6b35 8e44ad 00897b"))
    bar = int(height * 0.07)
    draw.rectangle((0, 0, width, bar), fill=accent if rng.random() < 0.6 else mix(ground, ink, 0.12))
    draw.text(
        (8, bar * 0.2), f"{rng.integers(24):02d}:{rng.integers(60):02d}", fill=(255, 255, 255), font=font(bar * 0.55)
    )
    if rng.random() < 0.55:
        _chat(rng, draw, size, bar, ground, ink, accent)
    else:
        _window(rng, draw, size, bar, ground, ink, accent)
    return image


def _chat(
    rng: Rng, draw: ImageDraw.ImageDraw, size: Size, y: float, ground: Colour, ink: Colour, accent: Colour
) -> None:
    width, height = size
    letters = height * rng.uniform(0.03, 0.042)
    y += 10
    while y < height - 20:
        mine = rng.random() < 0.45
        lines = [" ".join(rng.choice(_WORDS, int(rng.integers(2, 6)))) for _ in range(int(rng.integers(1, 4)))]
        wide = max(font(letters).getlength(line) for line in lines) + 20
        tall = len(lines) * letters * 1.35 + 10
        x = width - wide - 8 if mine else 8
        draw.rounded_rectangle((x, y, x + wide, y + tall), 9, fill=accent if mine else mix(ground, ink, 0.12))
        for number, line in enumerate(lines):
            draw.text(
                (x + 10, y + 5 + number * letters * 1.35),
                line,
                fill=(255, 255, 255) if mine else ink,
                font=font(letters),
            )
        y += tall + 8


def _window(
    rng: Rng, draw: ImageDraw.ImageDraw, size: Size, y: float, ground: Colour, ink: Colour, accent: Colour
) -> None:
    width, height = size
    side = width * rng.uniform(0.15, 0.3)
    draw.rectangle((0, y, side, height), fill=mix(ground, ink, 0.07))
    letters = height * rng.uniform(0.028, 0.04)
    for row in range(int((height - y) / (letters * 1.6))):
        at = y + 8 + row * letters * 1.6
        if rng.random() < 0.7:
            draw.text((8, at), str(rng.choice(_WORDS)), fill=mix(ink, ground, 0.35), font=font(letters))
        indent = side + 12 + letters * 1.5 * int(rng.integers(0, 4))
        colour = pick(rng, [ink, ink, accent, mix(ink, ground, 0.4)])
        draw.text((indent, at), " ".join(rng.choice(_WORDS, int(rng.integers(2, 8)))), fill=colour, font=font(letters))
    if rng.random() < 0.5:
        box = (width * 0.3, height * 0.35, width * 0.8, height * 0.62)
        draw.rectangle(box, fill=mix(ground, (255, 255, 255), 0.5), outline=ink)
        draw.text((box[0] + 12, box[1] + 12), "Not responding", fill=rgb("b3261e"), font=font(letters * 1.2))
        draw.rounded_rectangle((box[2] - 70, box[3] - 30, box[2] - 12, box[3] - 10), 4, fill=accent)


def receipt(rng: Rng, size: Size) -> Image.Image:
    """A till receipt on a table, not quite straight."""
    width, height = size
    image = noisy(gradient(size, (pick(rng, palette("8a7f74 6f7378 9a8a76 5d5a58")), rgb("55504b"))), rng, 6)
    wide, tall = int(min(width, height) * rng.uniform(0.5, 0.7)), int(height * 1.05)
    slip = Image.new("RGB", (wide, tall), rgb("f3f1ea"))
    draw = ImageDraw.Draw(slip)
    letters = wide * 0.062
    draw.text(
        (wide / 2, 14),
        str(rng.choice(["CORNER SHOP", "MARKET 24", "HARDWARE", "GROCER"])),
        fill=(40, 40, 44),
        font=font(letters * 1.4),
        anchor="ma",
    )
    y, total = letters * 3.4, 0
    while y < tall * 0.72:
        price = int(rng.integers(49, 2999))
        total += price
        draw.text((10, y), str(rng.choice(_GOODS)), fill=(60, 60, 66), font=font(letters))
        draw.text((wide - 10, y), f"{price / 100:.2f}", fill=(60, 60, 66), font=font(letters), anchor="ra")
        y += letters * 1.45
    draw.line((10, y + 4, wide - 10, y + 4), fill=(90, 90, 96), width=1)
    draw.text((10, y + 10), "TOTAL", fill=(20, 20, 24), font=font(letters * 1.3))
    draw.text((wide - 10, y + 10), f"{total / 100:.2f}", fill=(20, 20, 24), font=font(letters * 1.3), anchor="ra")
    x = 14.0
    while x < wide - 14:
        bar = float(rng.integers(1, 5))
        draw.rectangle((x, tall * 0.86, x + bar, tall * 0.95), fill=(30, 30, 34))
        x += bar + float(rng.integers(1, 5))
    turned = slip.convert("RGBA").rotate(rng.uniform(-9, 9), Image.Resampling.BICUBIC, expand=True)
    image.paste(turned, (int((width - turned.width) * rng.uniform(0.3, 0.7)), (height - turned.height) // 2), turned)
    return noisy(image, rng, 5)


def caption(rng: Rng, size: Size) -> Image.Image:
    """A picture with a joke above and below it."""
    width, height = size
    first, second = pick(rng, _LOUD), pick(rng, palette("3a3a3a 8ac4d0 b5ea8c f7d6bf c8b6ff"))
    image = gradient(size, (second, mix(second, first, 0.25)))
    draw = ImageDraw.Draw(image)
    centre, radius = (width * rng.uniform(0.4, 0.6), height * rng.uniform(0.46, 0.58)), height * rng.uniform(0.17, 0.26)
    circle(draw, centre, radius, fill=pick(rng, palette("ffd93b f4b183 9fe27a e8e8e8")), outline=(20, 20, 20), width=3)
    for side in (-1, 1):
        eye = (centre[0] + side * radius * 0.4, centre[1] - radius * 0.2)
        circle(draw, eye, radius * 0.2, fill=(255, 255, 255), outline=(20, 20, 20), width=2)
        circle(draw, (eye[0] + rng.uniform(-0.08, 0.08) * radius, eye[1]), radius * 0.08, fill=(20, 20, 20))
    mouth = (centre[0] - radius * 0.5, centre[1], centre[0] + radius * 0.5, centre[1] + radius * 0.6)
    if rng.random() < 0.5:
        draw.arc(mouth, 20, 160, fill=(20, 20, 20), width=4)
    else:
        draw.arc(
            (mouth[0], mouth[1] + radius * 0.3, mouth[2], mouth[3] + radius * 0.3), 200, 340, fill=(20, 20, 20), width=4
        )
    for y, anchor in ((height * 0.03, "ma"), (height * 0.97, "md")):
        text = str(rng.choice(_CAPTIONS))
        letters = min(height * 0.13, width * 1.5 / len(text))
        draw.text(
            (width / 2, y),
            text,
            fill=(255, 255, 255),
            stroke_fill=(0, 0, 0),
            stroke_width=3,
            font=font(letters),
            anchor=anchor,
        )
    return image


def banner(rng: Rng, size: Size) -> Image.Image:
    """An advertisement that shouts."""
    width, height = size
    first, second, third = (_LOUD[int(one)] for one in rng.permutation(len(_LOUD))[:3])
    image = gradient(size, (first, second), across=bool(rng.random() < 0.5))
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.5:
        for ray in range(0, 360, 20):
            draw.pieslice((-width, -height, width * 2, height * 2), ray, ray + 10, fill=mix(first, second, 0.5))
    centre, reach = (width * rng.uniform(0.2, 0.8), height * rng.uniform(0.3, 0.6)), height * rng.uniform(0.25, 0.4)
    star = []
    for point in range(32):
        far = reach if point % 2 else reach * 0.78
        star.append((centre[0] + far * np.cos(point * np.pi / 16), centre[1] + far * np.sin(point * np.pi / 16)))
    draw.polygon([(float(x), float(y)) for x, y in star], fill=third)
    offers = [str(one) for one in rng.permutation(_OFFERS)[:3]]
    dark, light = (15, 15, 20), (255, 255, 255)
    ink = dark if sum(third) > 380 else light
    draw.text(centre, offers[0], fill=ink, font=font(min(reach * 0.5, reach * 2.4 / len(offers[0]))), anchor="mm")
    draw.text(
        (width * 0.5, height * 0.08),
        offers[1],
        fill=light,
        stroke_fill=dark,
        stroke_width=2,
        font=font(height * 0.14),
        anchor="ma",
    )
    button = (width * 0.28, height * 0.8, width * 0.72, height * 0.95)
    draw.rounded_rectangle(button, 8, fill=dark)
    draw.text(
        (width * 0.5, height * 0.875),
        offers[2],
        fill=third if sum(third) > 200 else light,
        font=font(height * 0.09),
        anchor="mm",
    )
    return image


def code(rng: Rng, size: Size) -> Image.Image:
    """Black and white modules like a printed code, colour bars, or plain static."""
    width, height = size
    kind = int(rng.integers(3))
    if kind == 0:
        return _static(rng, size)
    modules = int(rng.integers(21, 42))
    grid = (rng.random((modules, modules)) < 0.5).astype(np.uint8) * 255
    for y, x in ((0, 0), (0, modules - 7), (modules - 7, 0)):
        grid[y : y + 7, x : x + 7] = 0
        grid[y + 1 : y + 6, x + 1 : x + 6] = 255
        grid[y + 2 : y + 5, x + 2 : x + 5] = 0
    side = int(min(size) * rng.uniform(0.6, 0.95))
    image = Image.new("RGB", size, pick(rng, palette("ffffff ffffff f1f1f1 e8edf2")))
    printed = Image.fromarray(grid).convert("RGB").resize((side, side), Image.Resampling.NEAREST)
    image.paste(printed, ((width - side) // 2, (height - side) // 2))
    return (
        noisy(image.rotate(rng.uniform(-6, 6), Image.Resampling.BICUBIC, fillcolor=(235, 235, 235)), rng, 4)
        if kind == 2
        else image
    )


def _static(rng: Rng, size: Size) -> Image.Image:
    width, height = size
    block = int(rng.integers(5, 16))
    noise = rng.integers(0, 256, (height // block + 1, width // block + 1, 3), dtype=np.uint8)
    if rng.random() < 0.6:
        noise = np.repeat(noise[..., :1], 3, axis=-1)
    image = Image.fromarray(noise).resize(
        (width // block * block + block, height // block * block + block), Image.Resampling.NEAREST
    )
    image = image.crop((0, 0, width, height))
    if rng.random() < 0.4:
        bars = palette("ffffff ffff00 00ffff 00ff00 ff00ff ff0000 0000ff")
        draw = ImageDraw.Draw(image)
        for number, colour in enumerate(bars):
            draw.rectangle((width * number / 7, 0, width * (number + 1) / 7, height * 0.7), fill=colour)
    return image
