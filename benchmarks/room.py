"""Room for a benchmark on the disk: asked for before it begins, and given back in the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Of a row of the store with its index entries, of a file of the catalog, and what else is to stay free.
ROW_BYTES, FILE_BYTES, SPARE = 2_700, 400, 2 * 10**9


@contextmanager
def room(name: str, directory: Path | None, needed: int) -> Iterator[Path]:
    """Give a directory that goes in the end.

    Args:
        name: of the benchmark.
        directory: where to make it; None for the system's temporary directory.
        needed: bytes that it will hold. Where they are not free, it says so and ends.
    """
    where = directory or Path(tempfile.gettempdir())
    free = shutil.disk_usage(where).free
    if free < needed + SPARE:
        raise SystemExit(
            f"{name} takes {needed / 1e9:.1f} GB, and {where} has {free / 1e9:.1f} GB free: name another place with --directory"
        )
    with tempfile.TemporaryDirectory(prefix=f"hyai-{name}-", dir=directory) as made:
        yield Path(made)
