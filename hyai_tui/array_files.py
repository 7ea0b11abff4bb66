"""Files of arrays, one opened at a time.

numpy reads the header of an array with Python's parser. Until Python 3.13 that counts its depth once for all threads, so that
two of them, one interrupted by the garbage collector, end in `SystemError: AST constructor recursion depth mismatch`
(CPython gh-106905). It is as rare as that sounds, and would look like a damaged file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONE_AT_A_TIME = threading.RLock()


def load_array(source: Path | BinaryIO, mmap_mode: Literal["r"] | None = None) -> NDArray[Any]:
    """Return the array of a `.npy` file, mapped and read-only if asked for. Raises OSError, ValueError or EOFError."""
    import numpy as np

    with _ONE_AT_A_TIME:
        found: NDArray[Any] = np.load(source, mmap_mode=mmap_mode, allow_pickle=False)
        return found


@contextmanager
def packed_arrays(file: BinaryIO) -> Iterator[Any]:
    """Give numpy's `NpzFile` of a `.npz` file while it is open: its arrays are to be taken within.

    Raises:
        OSError, ValueError, EOFError, zipfile.BadZipFile: it is no such file, or damaged; KeyError for a name that is missing.
    """
    import numpy as np

    with _ONE_AT_A_TIME, np.load(file, allow_pickle=False) as packed:
        yield packed


def values_begin(file: BinaryIO) -> int:
    """Return where the values begin in an open `.npy` file of version 1.0, and go there. Raises ValueError if it is none."""
    from numpy.lib import format as npy

    with _ONE_AT_A_TIME:
        npy.read_magic(file)
        npy.read_array_header_1_0(file)
    return file.tell()
