"""Numbered bundles in a directory, never overwritten, one of them in use.

`<directory>/<letter>0008-1f2e3d4c/` holds a bundle, `<directory>/current` names the one in use. Both change by renaming, so
a reader sees the old one or the new one, never half of either. `<directory>/last` holds the last number that was given: a
number that people have seen never comes to mean another model.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from hyai_tui.errors import ModelError
from hyai_tui.learning import bundle_parts
from hyai_tui.learning.head import Head

_CURRENT, _LAST = "current", "last"


class Shelved(Protocol):
    """A bundle that a shelf can hold."""

    @property
    def id(self) -> str:
        """Which one it is."""
        ...

    @property
    def head(self) -> Head:
        """What its id is told from."""
        ...

    def renamed(self, bundle_id: str) -> Self:
        """Return the same bundle under another id."""
        ...

    def save(self, directory: Path) -> None:
        """Write it; the directory appears whole or not at all."""
        ...

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read and check it; raises `ModelError` where it is damaged."""
        ...

    @classmethod
    def facts_in(cls, directory: Path) -> dict[str, Any]:
        """Return what its `bundle.json` says, without its arrays; raises `ModelError` where that is damaged."""
        ...


B = TypeVar("B", bound=Shelved)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One line of the list of models, read without its arrays.

    Attributes:
        id, number: `m0008-1f2e3d4c` and 8.
        current: True for the model in use.
        facts: what its `bundle.json` says; empty if damaged.
        damaged: what is wrong with it, or None.
    """

    id: str
    number: int
    current: bool
    facts: dict[str, Any]
    damaged: str | None = None


class Shelf(Generic[B]):
    """The bundles of one directory.

    Args:
        kind: of the bundles.
        directory: where they stand; made with the first of them.
        letter: what their ids begin with.
        listed_by: the command that lists them, for messages.
    """

    def __init__(self, kind: type[B], directory: Path, letter: str, listed_by: str) -> None:
        self.directory = directory
        self._kind = kind
        self._letter = letter
        self._listed_by = listed_by
        self._id = re.compile(letter + r"(\d{4,})-[0-9a-f]{8}")

    def current(self) -> B | None:
        """Return the one in use, or None.

        Raises:
            ModelError: if it is damaged.
        """
        name = self.current_id()
        return None if name is None else self._load(name)

    def get(self, name: str) -> B:
        """Return the model of an id, an unambiguous beginning of one, or a number such as 8 or #8.

        Raises:
            ModelError: if it names no model or several, or the model is damaged.
        """
        return self._load(self.resolve(name))

    def list(self) -> Sequence[ModelInfo]:
        """Return all models, oldest first; a damaged one is listed with what is wrong."""
        current = self.current_id()
        listed = []
        for name in self.ids():
            facts: dict[str, Any] = {}
            damaged = None
            try:
                facts = self._kind.facts_in(self.directory / name)
            except ModelError as error:
                damaged = error.what
            listed.append(ModelInfo(name, self.number(name), name == current, facts, damaged))
        return listed

    def keep(self, bundle: B) -> B:
        """Write a bundle under the next number and return it with its id; it is not in use yet."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            number = self._last_number() + 1
            kept = bundle.renamed(f"{self._letter}{number:04d}-{bundle.head.digest()[:8]}")
            kept.save(self.directory / kept.id)
            self._replace(_LAST, str(number))
        return kept

    def current_id(self) -> str | None:
        """Return the id of the one in use, or None. Cheap: one small file is read."""
        try:
            name = (self.directory / _CURRENT).read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return name if self._id.fullmatch(name) and (self.directory / name).is_dir() else None

    def newest_id(self) -> str | None:
        """Return the id with the highest number, in use or not; None where there is none."""
        ids = self.ids()
        return ids[-1] if ids else None

    def resolve(self, name: str) -> str:
        """Return the full id for an id, a beginning of one, or a number.

        Raises:
            ModelError: if it names no model, or several.
        """
        wanted = name.strip().removeprefix("#")
        ids = self.ids()
        found = [one for one in ids if one == wanted]
        if not found and wanted.isdecimal():
            found = [one for one in ids if self.number(one) == int(wanted)]
        if not found and wanted:
            found = [one for one in ids if one.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        what = f"{name!r} names several models" if found else f"There is no model {name!r}"
        raise ModelError(what, f"'{self._listed_by}' shows them all")

    def point_to(self, name: str) -> None:
        """Make the bundle of an id the one in use."""
        with self._alone():
            self._replace(_CURRENT, name)

    def remove(self, name: str) -> str:
        """Delete a model and return its id.

        Raises:
            ModelError: if it is the one in use, or there is no such model.
        """
        found = self.resolve(name)
        if found == self.current_id():
            raise ModelError(f"{found} is the model in use", "Use another one first: 'hyai models use'")
        # Renamed first, so that a delete that is cut short leaves no half model in the list.
        leaving = self.directory / f".removed-{found}"
        shutil.rmtree(leaving, ignore_errors=True)
        (self.directory / found).replace(leaving)
        shutil.rmtree(leaving)
        return found

    def prune(self, most: int, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Delete the oldest models beyond the newest `most`, never the one in use nor those to `keep`; return their ids."""
        spared = {self.current_id(), *keep}
        gone = tuple(one for one in self.ids()[:-most] if one not in spared)
        for name in gone:
            self.remove(name)
        return gone

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all bundles, oldest first."""
        return tuple(one for one in self._taken() if (self.directory / one / bundle_parts.FACTS).is_file())

    def number(self, name: str) -> int:
        """Return the number in an id; 0 for a name that is none."""
        match = self._id.fullmatch(name)
        return int(match[1]) if match else 0

    def _load(self, name: str) -> B:
        return self._kind.load(self.directory / name).renamed(name)

    def _last_number(self) -> int:
        """Return the highest number that was ever given; 0 before the first."""
        try:
            last = int((self.directory / _LAST).read_text("ascii"))
        except (FileNotFoundError, ValueError):
            last = 0
        return max([last, *(self.number(one) for one in self._taken())])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from numbering bundles and from pointing to one; as short as writing a bundle."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, name: str, text: str) -> None:
        """Write a file of one line, whole and on the disk, in the place of what it said before."""
        bundle_parts.replace_file(self.directory / name, f"{text}\n".encode("ascii"))

    def _taken(self) -> tuple[str, ...]:
        if not self.directory.is_dir():
            return ()
        names = (one.name for one in self.directory.iterdir() if self._id.fullmatch(one.name))
        return tuple(sorted(names, key=self.number))
