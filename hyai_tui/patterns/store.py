"""Versions of what was learnt, on disk: `.hyai/patterns/<version>/`, `.hyai/patterns/current` names the one in use.

A version is written beside the others and then named, so a reader sees the old one or the new one. Beside the versions,
`counts.npz` holds what the next learning needs to count only what has changed. Nothing is pickled.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.errors import NotNow
from hyai_tui.patterns.evidence import Known
from hyai_tui.patterns.mixing import Mix
from hyai_tui.patterns.pairs import PairCounts
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.pulls import Sided
from hyai_tui.patterns.reference import Reference
from hyai_tui.patterns.related import Partners

TABLES: Final = "tables.npz"
REFERENCE: Final = "reference.npz"
_CURRENT: Final = "current"
_COUNTS: Final = "counts.npz"
_NAME: Final = re.compile(r"v(\d{4,})")
_KEPT: Final = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of a version: its name, its size in bytes, and when it was made (seconds since the epoch)."""

    name: str
    size: int
    at: float


@dataclass(frozen=True)
class Counted:
    """What the last learning counted.

    Attributes:
        catalog: identity of the catalog whose tag numbers these are.
        table: the tags of the files, without their names.
        pairs: which of them go together.
    """

    catalog: str
    table: TagTable
    pairs: PairCounts


class PatternStore:
    """The versions of one workspace."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def current(self) -> int | None:
        """Return the version in use, or None. Cheap: one small file is read."""
        try:
            name = (self.directory / _CURRENT).read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        found = _NAME.fullmatch(name)
        return int(found[1]) if found and (self.directory / name / TABLES).is_file() else None

    def require(self) -> int:
        """Return the version in use.

        Raises:
            NotNow: nothing was learnt yet.
        """
        version = self.current()
        if version is None:
            raise NotNow("Nothing was learnt from your tags yet", "Run 'hyai learn'")
        return version

    def versions(self) -> list[int]:
        """Return the versions that are kept, the oldest first."""
        if not self.directory.is_dir():
            return []
        named = [_NAME.fullmatch(one.name) for one in self.directory.iterdir()]
        return sorted(int(found[1]) for found in named if found)

    def place(self, version: int) -> Path:
        """Return the directory of a version."""
        return self.directory / f"v{version:04d}"

    def begin(self) -> tuple[int, Path]:
        """Return the next version's number, and an empty directory to write it to."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        version = max(self.versions(), default=0)
        new = self.directory / ".new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        return version + 1, new

    def finish(self, version: int) -> Path:
        """Name the version that was written to the directory of `begin`, use it, and drop the oldest ones."""
        place = self.place(version)
        (self.directory / ".new").replace(place)
        pointer = self.directory / f".{_CURRENT}.new"
        with pointer.open("w", encoding="ascii") as file:
            file.write(f"{place.name}\n")
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.directory / _CURRENT)
        for number in self.versions():
            if number <= version - _KEPT:
                shutil.rmtree(self.place(number), ignore_errors=True)
        return place

    def artefacts(self, version: int) -> list[Artefact]:
        """Return the files of a version by name."""
        found = [(one, one.stat()) for one in sorted(self.place(version).iterdir())]
        return [Artefact(one.name, stat.st_size, stat.st_mtime) for one, stat in found]

    def document(self, name: str, version: int | None = None) -> Any:
        """Return one of a version's JSON artefacts.

        Raises:
            NotNow: nothing was learnt yet, or that file cannot be read.
        """
        version = self.require() if version is None else version
        try:
            return json.loads((self.place(version) / name).read_bytes())
        except (OSError, ValueError) as error:
            raise NotNow(f"{name} of version {version} cannot be read", "Run 'hyai learn'") from error

    def load(self, version: int | None = None) -> Patterns:
        """Return the version in use, or another.

        Raises:
            NotNow: nothing was learnt yet, or it cannot be read.
        """
        version = self.require() if version is None else version
        try:
            # Opened here: numpy leaves a file open that turns out to be damaged.
            with (self.place(version) / TABLES).open("rb") as file, packed_arrays(file) as arrays:
                return _patterns(version, {name: arrays[name] for name in arrays.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise NotNow(f"Version {version} of the patterns cannot be read", "Run 'hyai learn'") from error

    def load_reference(self, version: int | None = None) -> Reference | None:
        """Return the files that others are compared with; None where there were no features, or they cannot be read."""
        version = self.require() if version is None else version
        try:
            with (self.place(version) / REFERENCE).open("rb") as file, packed_arrays(file) as arrays:
                facts = json.loads(arrays["facts"].tobytes())
                named = {name: arrays[name] for name in arrays.files if name != "facts"}
                vectors = {name: named[name].astype(np.float32) for name in ("vectors", "basis", "mean", "centres")}
                return Reference(**facts, **{**named, **vectors})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("the reference of patterns cannot be read and counts as none: %s", type(error).__name__)
            return None

    def counted(self, catalog: str) -> Counted | None:
        """Return what the last learning counted in this very catalog; None where there is nothing to go on from."""
        try:
            with (self.directory / _COUNTS).open("rb") as file, packed_arrays(file) as arrays:
                if arrays["catalog"].tobytes().decode("ascii") != catalog:
                    return None
                table = TagTable(arrays["number"], arrays["starts"], arrays["tags"], ())
                return Counted(catalog, table, PairCounts(arrays["keys"], arrays["files"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("the counts of patterns cannot be read and are made anew: %s", type(error).__name__)
            return None

    def keep_counted(self, counted: Counted) -> None:
        """Replace what the last learning counted."""
        _write_arrays(
            self.directory / _COUNTS,
            {
                "catalog": np.frombuffer(counted.catalog.encode("ascii"), np.uint8),
                "number": counted.table.number,
                "starts": counted.table.starts,
                "tags": counted.table.tags,
                "keys": counted.pairs.keys,
                "files": counted.pairs.files,
            },
        )


def write_patterns(place: Path, patterns: Patterns) -> None:
    """Write the arrays of a version."""
    facts = {
        "at": patterns.at,
        "labels": list(patterns.sided.labels),
        "library": patterns.known.files,
        "weights": {way: weights.tolist() for way, weights in patterns.mix.weights.items()},
        "trial": patterns.mix.trial,
    }
    _write_arrays(
        place / TABLES,
        {
            "facts": _bytes(facts),
            "names": _bytes(patterns.names),
            "counts": patterns.known.counts,
            "side_sizes": patterns.sided.sizes,
            "side_files": patterns.sided.files.astype(np.int32),
            "starts": patterns.known.partners.starts,
            "partners": patterns.known.partners.tags,
            "both": patterns.known.partners.files,
        },
    )


def write_reference(place: Path, reference: Reference) -> None:
    """Write the files that others are compared with."""
    _write_arrays(
        place / REFERENCE,
        {
            "facts": _bytes({"encoder": reference.encoder, "made_of": reference.made_of, "total": reference.total}),
            "mean": reference.mean,
            "basis": reference.basis,
            "files": reference.files,
            "vectors": reference.vectors.astype(np.float16),
            "starts": reference.starts,
            "tags": reference.tags,
            "side": reference.side,
            "group": reference.group,
            "centres": reference.centres,
        },
    )


def write_document(place: Path, name: str, data: Any) -> None:
    """Write one JSON artefact, without indentation: that would take ten times as long."""
    (place / name).write_text(f"{json.dumps(data, ensure_ascii=False, allow_nan=False)}\n", "utf-8")


def _patterns(version: int, arrays: Mapping[str, NDArray[Any]]) -> Patterns:
    facts = json.loads(arrays["facts"].tobytes())
    partners = Partners(arrays["starts"], arrays["partners"], arrays["both"])
    return Patterns(
        version,
        float(facts["at"]),
        tuple(json.loads(arrays["names"].tobytes())),
        Known(int(facts["library"]), arrays["counts"], partners),
        Sided(tuple(facts["labels"]), arrays["side_sizes"], arrays["side_files"].astype(np.int64)),
        Mix({way: np.array(weights) for way, weights in facts["weights"].items()}, facts["trial"]),
    )


def _bytes(data: Any) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(data).encode("ascii"), np.uint8)


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
