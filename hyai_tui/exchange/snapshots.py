"""Numbered snapshots: which files a library, or a part of it, had at a moment, and how two of them differ.

They cannot be made again, so they stand beside the journal, in `snapshots/`, one small file each.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.workspace import Workspace

DIRECTORY: Final = "snapshots"
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot.

    Attributes:
        number: from 1 on, never given twice.
        at: when it was made, seconds since the epoch.
        about: the conditions that its files met; empty for all files.
        files: S64[n], SHA-256s in rising order.
    """

    number: int
    at: float
    about: str
    files: NDArray[np.bytes_]


def take(workspace: Workspace, files: NDArray[np.bytes_], about: str) -> Snapshot:
    """Keep a snapshot of these files under the next number.

    Raises:
        WrongUse: it cannot be written.
    """
    place = workspace.root / DIRECTORY
    numbers = listed(workspace)
    found = Snapshot(max(numbers, default=0) + 1, time.time(), about, np.unique(files.astype("S64")))
    head = json.dumps({"at": found.at, "about": about}).encode() + b"\n"
    body = bytes.fromhex(b"".join(found.files.tolist()).decode("ascii"))
    target = place / f"{found.number:04d}.files"
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        temporary.write_bytes(head + body)
        temporary.replace(target)
    except OSError as error:
        raise WrongUse(f"{place} cannot be written: {error.strerror}", "Free some space, or see whose it is") from error
    return found


def of_now(workspace: Workspace, files: NDArray[np.bytes_]) -> Snapshot:
    """Return the newest snapshot if it has just these files, else take one."""
    if listed(workspace) and np.array_equal((newest := read(workspace)).files, np.unique(files.astype("S64"))):
        return newest
    return take(workspace, files, "")


def listed(workspace: Workspace) -> list[int]:
    """Return the numbers of all snapshots, oldest first."""
    names = (path.stem for path in (workspace.root / DIRECTORY).glob("*.files"))
    return sorted(int(name) for name in names if name.isdecimal())


def read(workspace: Workspace, number: int | None = None) -> Snapshot:
    """Return a snapshot by its number, the newest without one.

    Raises:
        WrongUse: there is none, or it cannot be read.
    """
    numbers = listed(workspace)
    if not numbers or (number is not None and number not in numbers):
        named = "no snapshot yet" if not numbers else f"no snapshot {number}; there are {numbers[0]} to {numbers[-1]}"
        raise WrongUse(f"There is {named}", "'hyai snapshots take' makes one")
    chosen = numbers[-1] if number is None else number
    path = workspace.root / DIRECTORY / f"{chosen:04d}.files"
    return _parsed(path, chosen)


def _parsed(path: Path, number: int) -> Snapshot:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        fields = json.loads(head)
        if len(body) % _HASH_BYTES:
            raise ValueError
        names = np.frombuffer(body.hex().encode("ascii"), "S64")
        return Snapshot(number, float(fields["at"]), str(fields["about"]), names)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(f"{path.name} cannot be read as a snapshot", "Restore it from a back-up") from error


def difference(old: Snapshot, new: Snapshot) -> tuple[list[str], list[str]]:
    """Return (added, removed): SHA-256s that only the new one has, and those that only the old one has."""
    added = np.setdiff1d(new.files, old.files, assume_unique=True)
    removed = np.setdiff1d(old.files, new.files, assume_unique=True)
    return [one.decode("ascii") for one in added.tolist()], [one.decode("ascii") for one in removed.tolist()]
