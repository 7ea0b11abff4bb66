"""What an encoder is, and what makes two encoders' vectors comparable: the encoder version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

INPUT_SIZE: Final = 224


@dataclass(frozen=True, slots=True)
class EncoderVersion:
    """Everything that changes a vector. Vectors of two versions are never mixed.

    Attributes:
        name: such as `mobilenetv2`, `small` or `hog`.
        weights_sha256: SHA-256 of the weights file; for an encoder without weights, of its constants.
        preprocessing: id of how pixels were made, `hyai_tui.pictures.decode.PREPROCESSING` and what the encoder adds.
        precision: in what the forward pass is computed, such as `fp32`.
        dimension: numbers in one vector.
    """

    name: str
    weights_sha256: str
    preprocessing: str
    precision: str
    dimension: int

    @property
    def id(self) -> str:
        """A short name that is safe as a file name and differs whenever a vector could differ."""
        text = json.dumps(self.as_dict(), sort_keys=True)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain fields for JSON; `from_dict` reads them back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> EncoderVersion:
        """Read what `as_dict` gave. Raises KeyError, TypeError or ValueError where it is something else."""
        return cls(
            str(fields["name"]),
            str(fields["weights_sha256"]),
            str(fields["preprocessing"]),
            str(fields["precision"]),
            int(fields["dimension"]),
        )


class Encoder(Protocol):
    """Pixels to vectors."""

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        ...

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, version.dimension] for uint8[n, 224, 224, 3], RGB; a row depends on its own picture only."""
        ...


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Raise `ValueError` unless these are uint8[n, 224, 224, 3]."""
    if pixels.shape[1:] != (INPUT_SIZE, INPUT_SIZE, 3) or pixels.dtype != np.uint8:
        raise ValueError(f"pixels are {pixels.dtype}{pixels.shape}, not uint8[n, {INPUT_SIZE}, {INPUT_SIZE}, 3]")
