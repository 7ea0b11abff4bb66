"""Damaged pictures of every kind: each is a picture or has a reason, none ends the program or keeps it for ever.

`MUTATED_PICTURES=10000` tries so many; a few hundred without.
"""

from __future__ import annotations

import os
import random
import warnings

import numpy as np
from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.features.encoder import INPUT_SIZE
from hyai_tui.pictures.decode import REASONS, encoder_pixels
from tests.unit.features_fixtures import encoded, picture

COUNT = int(os.environ.get("MUTATED_PICTURES", "300"))


def whole() -> list[bytes]:
    """Pictures of all common kinds."""
    drawn = picture(3, (160, 120))
    alpha = drawn.convert("RGBA")
    alpha.putalpha(120)
    return [
        encoded(drawn, "JPEG", quality=80),
        encoded(drawn, "JPEG", progressive=True, quality=60),
        encoded(drawn.convert("CMYK"), "JPEG"),
        encoded(drawn),
        encoded(alpha),
        encoded(drawn.convert("P")),
        encoded(drawn.convert("L"), "TIFF", compression="tiff_lzw"),
        encoded(drawn, "TIFF", compression="tiff_adobe_deflate"),
        encoded(drawn.convert("P"), "GIF"),
        encoded(drawn, "WEBP"),
        encoded(drawn, "BMP"),
        encoded(Image.new("1", (30, 20))),
    ]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the bytes after one to four accidents: bits flipped, a piece cut, repeated, zeroed, or numbers made huge."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if not data:
            break
        at = chance.randrange(len(data))
        size = chance.randint(1, max(1, len(data) // 4))
        accident = chance.randrange(6)
        if accident == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif accident == 1:
            del data[at : at + size]
        elif accident == 2:
            data[at:at] = data[at : at + size]
        elif accident == 3:
            data[at : at + size] = bytes(len(data[at : at + size]))
        elif accident == 4:
            # Most headers are within the first hundred bytes.
            at = chance.randrange(min(100, len(data)))
            data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00"])
        else:
            del data[at:]
    return bytes(data)


def outcome_of(content: bytes) -> str:
    """Return the reason why there are no pixels, or `pixels`."""
    try:
        pixels = encoder_pixels(content)
    except PictureError as error:
        return error.reason
    assert pixels.shape == (INPUT_SIZE, INPUT_SIZE, 3)
    assert pixels.dtype == np.uint8
    return "pixels"


def test_a_mutated_picture_is_pixels_or_a_reason() -> None:
    chance = random.Random(int(os.environ.get("MUTATED_SEED", "1")))
    kinds = whole()
    outcomes: dict[str, int] = {}
    with warnings.catch_warnings():
        # Pillow warns of odd metadata; a job's log may hold that, a test must not end by it.
        warnings.simplefilter("ignore")
        for _ in range(COUNT):
            content = mutated(chance.choice(kinds), chance)
            outcome = outcome_of(content)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes.keys() <= {"pixels", *REASONS}
    assert outcomes["pixels"] > COUNT // 20
    assert len(outcomes) > 3
