"""What a job prepared, on disk: `.hyai/queues/<name>.npz`, replaced whole. Deleting them costs time, never work.

Files are named by their SHA-256, so that a file means the same whatever numbers a catalog gives. Nothing is pickled.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.queues.matching import Finds
from hyai_tui.queues.prepared import Prepared, Ranking

_log = logging.getLogger(__name__)

NEXT_BEST, DIVERSE, ODDITIES = "next-best", "diverse", "oddities"
NEIGHBOURS, COPIES, BEST = "neighbours", "near-duplicates", "best-copies"


@dataclass(frozen=True)
class Stored:
    """One prepared list.

    Attributes:
        files: S64[m], identities.
        values: float32[m], or float32[m, c] of a list that says so.
        facts: what it was made from, such as `model` and `encoder`.
    """

    files: NDArray[np.bytes_]
    values: NDArray[np.float32]
    facts: Mapping[str, Any]


def write(
    directory: Path, name: str, files: NDArray[np.bytes_], values: NDArray[Any], facts: Mapping[str, Any]
) -> None:
    """Replace a list; readers see the old one or the new one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{name}.npz"
    new = path.with_suffix(".npz.new")
    with new.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            files=np.asarray(files, "S64"),
            values=np.asarray(values, np.float32),
            facts=np.frombuffer(json.dumps(dict(facts)).encode("ascii"), np.uint8),
        )
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read(directory: Path, name: str, columns: int = 0) -> Stored | None:
    """Return a list, or None where there is none; a damaged one counts as none and is named in the log.

    Args:
        directory: where the lists are.
        name: of the list.
        columns: how many values each of its files has; 0 for a plain number.
    """
    try:
        # Opened here: numpy leaves a file open that turns out to be damaged.
        with (directory / f"{name}.npz").open("rb") as file, packed_arrays(file) as arrays:
            stored = Stored(arrays["files"], arrays["values"], json.loads(arrays["facts"].tobytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("the prepared list %s cannot be read and counts as none: %s", name, error)
        return None
    wanted = (*stored.files.shape, columns) if columns else stored.files.shape
    if stored.files.dtype != np.dtype("S64") or stored.values.shape != wanted:
        _log.warning("the prepared list %s is damaged and counts as none", name)
        return None
    return stored


def read_prepared(directory: Path, positions: Finds, size: int) -> Prepared:
    """Return all prepared lists, aligned with n files."""
    copies = read(directory, COPIES)
    group = None
    if copies is not None:
        group = np.full(size, -1, np.int64)
        at = positions.of(copies.files)
        group[at[at >= 0]] = copies.values[at >= 0].astype(np.int64)
    known = read(directory, BEST)
    rank = None
    if known is not None:
        rank = np.zeros(size, np.int8)
        at = positions.of(known.files)
        rank[at[at >= 0]] = np.sign(known.values[at >= 0]).astype(np.int8)
    return Prepared(
        _ranking(directory, NEXT_BEST, positions),
        _ranking(directory, DIVERSE, positions),
        _ranking(directory, ODDITIES, positions),
        group,
        rank,
    )


def read_neighbours(directory: Path, model_id: str | None) -> Stored | None:
    """Return what was found of the neighbours of the library's mistakes, if it was found with this model."""
    stored = read(directory, NEIGHBOURS)
    return stored if stored is not None and stored.facts.get("model") == model_id else None


def _ranking(directory: Path, name: str, positions: Finds) -> Ranking:
    stored = read(directory, name)
    if stored is None:
        return Ranking()
    at = positions.of(stored.files)
    facts = stored.facts
    return Ranking(
        at[at >= 0], stored.values[at >= 0], True, str(facts.get("model") or ""), str(facts.get("method") or "lof")
    )
