"""How a picture becomes the pixels that an encoder takes: size, fit and filter, the same for training and for tagging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.features.encoder import INPUT_SIZE
from hyai_tui.pictures.decode import encoder_pixels, open_picture

_FILTERS: Final = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Recipe:
    """From a picture file to uint8[size, size, 3].

    Attributes:
        size: pixels a side.
        fit: `stretch` fills the square without regard to aspect; `pad` keeps the aspect and fills up with white.
        filter: `bilinear` or `bicubic`, both with antialiasing.
    """

    size: int = INPUT_SIZE
    fit: str = "stretch"
    filter: str = "bilinear"

    @property
    def id(self) -> str:
        """A name that differs whenever pixels could differ; empty for the recipe of the encoders that come with hyai."""
        return "" if self == Recipe() else f"+{self.size}-{self.fit}-{self.filter}"

    def pixels(self, content: bytes) -> NDArray[np.uint8]:
        """Return uint8[size, size, 3], RGB, of the bytes of a picture file. Raises PictureError."""
        if self.fit == "stretch" and self.filter == "bilinear":
            return encoder_pixels(content, self.size)
        picture = open_picture(content, fit=(self.size, self.size)).convert("RGB")
        if self.fit == "pad":
            side = max(picture.size)
            square = Image.new("RGB", (side, side), "white")
            square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
            picture = square
        if picture.size != (self.size, self.size):
            picture = picture.resize((self.size, self.size), _FILTERS[self.filter], reducing_gap=2.0)
        return np.asarray(picture, np.uint8)


@runtime_checkable
class WithRecipe(Protocol):
    """An encoder that wants its pixels in a way of its own."""

    @property
    def recipe(self) -> Recipe:
        """How pictures become its pixels."""
        ...


FILTERS: Final = tuple(_FILTERS)
FITS: Final = ("stretch", "pad")
