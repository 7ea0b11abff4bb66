"""Numbered bundles in a directory, never overwritten, one of them in use.

`<directory>/<letter>0008-1f2e3d4c/` holds a bundle, `<directory>/current` names the one in use. Both change by renaming, so
a reader sees the old one or the new one, never half of either.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from hyai_tui.errors import ModelError
from hyai_tui.learning import bundle_parts
from hyai_tui.learning.head import Head

_CURRENT = "current"


class Shelf:
    """The bundles of one directory.

    Args:
        directory: where they stand; made with the first of them.
        letter: what their ids begin with.
        listed_by: the command that lists them, for messages.
    """

    def __init__(self, directory: Path, letter: str, listed_by: str) -> None:
        self.directory = directory
        self._letter = letter
        self._listed_by = listed_by
        self._id = re.compile(letter + r"(\d{4,})-[0-9a-f]{8}")

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

    def next_id(self, head: Head) -> str:
        """Return the id of the next bundle: a number that was never given, and a digest of its head."""
        number = max((self.number(one) for one in self._taken()), default=0) + 1
        return f"{self._letter}{number:04d}-{head.digest()[:8]}"

    def point_to(self, name: str) -> None:
        """Make the bundle of an id the one in use."""
        pointer = self.directory / _CURRENT
        new = pointer.with_name(f".{_CURRENT}.new")
        with new.open("w", encoding="ascii") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(pointer)

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

    def _taken(self) -> tuple[str, ...]:
        if not self.directory.is_dir():
            return ()
        names = (one.name for one in self.directory.iterdir() if self._id.fullmatch(one.name))
        return tuple(sorted(names, key=self.number))
