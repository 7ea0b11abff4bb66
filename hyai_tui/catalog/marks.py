"""A set of row numbers, one byte a row: what a scan has seen of millions of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEP = 65_536


class Marks:
    """Numbers that were added; from 0, dense."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, number: int) -> None:
        """Add one number."""
        self._grow(number)
        self._bytes[number] = 1

    def add_all(self, numbers: NDArray[np.int64]) -> None:
        """Add an array of numbers."""
        import numpy as np

        if len(numbers):
            self._grow(int(numbers.max()))
            np.frombuffer(self._bytes, np.uint8)[numbers] = 1

    def unmarked(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the numbers that were not added."""
        import numpy as np

        if not len(numbers):
            return numbers
        self._grow(int(numbers.max()))
        missing: NDArray[np.int64] = numbers[np.frombuffer(self._bytes, np.uint8)[numbers] == 0]
        return missing

    def _grow(self, number: int) -> None:
        if number >= len(self._bytes):
            self._bytes.extend(bytes(max(number + 1 - len(self._bytes), _STEP)))

    def __contains__(self, number: int) -> bool:
        return number < len(self._bytes) and self._bytes[number] == 1
