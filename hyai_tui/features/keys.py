"""Contents as arrays: a SHA-256 is a row of 32 bytes, so that millions of them are compared and sorted without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEY_BYTES: Final = 32
Keys = NDArray[np.uint8]


def packed(contents: Sequence[str] | NDArray[np.bytes_]) -> Keys:
    """Return uint8[n, 32] for SHA-256 in hex, as strings or S64[n]; an empty one becomes zeros and is found nowhere."""
    if isinstance(contents, np.ndarray):
        text = contents.tobytes().replace(b"\0", b"0").decode("ascii") if len(contents) else ""
    else:
        text = "".join(contents)
    if len(text) != 2 * KEY_BYTES * len(contents):
        text = "".join(one or "0" * 2 * KEY_BYTES for one in contents)
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(len(contents), KEY_BYTES)


def hexed(keys: Keys) -> NDArray[np.bytes_]:
    """Return S64[n], SHA-256 in hex, of uint8[n, 32]."""
    return np.frombuffer(keys.tobytes().hex().encode("ascii"), f"S{2 * KEY_BYTES}")


def unpacked(keys: Keys) -> list[str]:
    """Return the SHA-256 in hex of uint8[n, 32]."""
    text, width = keys.tobytes().hex(), 2 * KEY_BYTES
    return [text[start : start + width] for start in range(0, len(text), width)]


def prefixes(keys: Keys) -> NDArray[np.uint64]:
    """Return uint64[n]: the first 8 bytes, so that numbers sort as contents do. Two contents may share them."""
    return np.ascontiguousarray(keys[:, :8]).view(">u8").astype(np.uint64)[:, 0]


def known(keys: Keys) -> NDArray[np.bool_]:
    """Return bool[n]: False for rows that stand for no content."""
    return np.asarray(keys.any(axis=1))
