"""All models of a workspace: numbered, never overwritten, one of them current.

`.hyai/models/<id>/` holds a bundle, `.hyai/models/current` names the one in use. Both change by renaming, so a reader
sees the old model or the new one, never half of either.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyai_tui.errors import ModelError
from hyai_tui.learning import archive, bundle_file
from hyai_tui.learning.bundle import Bundle

_ID = re.compile(r"m(\d{4,})-[0-9a-f]{8}")
_CURRENT = "current"
# Every model that was ever in use, oldest first, one a line.
_PAST = "past"


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


class Registry:
    """The models of one workspace."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def current_id(self) -> str | None:
        """Return the id of the model in use, or None. Cheap: one small file is read."""
        try:
            name = (self._directory / _CURRENT).read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return name if _ID.fullmatch(name) and (self._directory / name).is_dir() else None

    def current(self) -> Bundle | None:
        """Return the model in use, or None.

        Raises:
            ModelError: if it is damaged.
        """
        name = self.current_id()
        return None if name is None else Bundle.load(self._directory / name).renamed(name)

    def before(self, name: str) -> Bundle | None:
        """Return the newest sound model that is older than this one, or None."""
        for older in reversed([one for one in self._ids() if _number(one) < _number(name)]):
            try:
                return Bundle.load(self._directory / older).renamed(older)
            except ModelError:
                continue
        return None

    def require_current(self) -> Bundle:
        """Return the model in use.

        Raises:
            ModelError: if there is none, with what to do.
        """
        bundle = self.current()
        if bundle is not None:
            return bundle
        if (newest := self.newest_id()) is not None:
            raise ModelError(
                "No model is in use", f"Use the newest with 'hyai models use {newest}', or train one with 'hyai train'"
            )
        raise ModelError(
            "There is no model yet", "Train one with 'hyai train', or take one in with 'hyai models import'"
        )

    def get(self, name: str) -> Bundle:
        """Return the model of an id, an unambiguous beginning of one, or a number such as 8 or #8."""
        found = self.resolve(name)
        return Bundle.load(self._directory / found).renamed(found)

    def resolve(self, name: str) -> str:
        """Return the full id for an id, a beginning of one, or a number.

        Raises:
            ModelError: if it names no model, or several.
        """
        wanted = name.strip().removeprefix("#")
        ids = self._ids()
        found = [one for one in ids if one == wanted]
        if not found and wanted.isdecimal():
            found = [one for one in ids if _number(one) == int(wanted)]
        if not found and wanted:
            found = [one for one in ids if one.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        what = f"{name!r} names several models" if found else f"There is no model {name!r}"
        raise ModelError(what, "'hyai models list' shows them all")

    def list(self) -> Sequence[ModelInfo]:
        """Return all models, oldest first; a damaged one is listed with what is wrong."""
        current = self.current_id()
        listed = []
        for name in self._ids():
            facts: dict[str, Any] = {}
            damaged = None
            try:
                facts = bundle_file.read_facts(self._directory / name)
            except ModelError as error:
                damaged = error.what
            listed.append(ModelInfo(name, _number(name), name == current, facts, damaged))
        return listed

    def newest_id(self) -> str | None:
        """Return the id with the highest number, promoted or not; None where there is no model."""
        ids = self._ids()
        return ids[-1] if ids else None

    def add(self, bundle: Bundle, promote: bool) -> Bundle:
        """Keep a bundle under the next number and return it with its id; make it current if `promote`."""
        number = max((_number(one) for one in self._taken()), default=0) + 1
        digest = hashlib.sha256(b"".join(layer.kernel.tobytes() for layer in bundle.head.layers)).hexdigest()
        kept = bundle.renamed(f"m{number:04d}-{digest[:8]}")
        kept.save(self._directory / kept.id)
        if promote:
            self.promote(kept.id)
        return kept

    def promote(self, name: str) -> str:
        """Make a model the one in use and return its id.

        Raises:
            ModelError: if there is no such model, or it is damaged.
        """
        found = self.get(name).id
        pointer = self._directory / _CURRENT
        new = pointer.with_name(f".{_CURRENT}.new")
        with new.open("w", encoding="ascii") as file:
            file.write(f"{found}\n")
            file.flush()
            os.fsync(file.fileno())
        if found != self.current_id():
            with (self._directory / _PAST).open("a", encoding="ascii") as past:
                past.write(f"{found}\n")
        new.replace(pointer)
        return found

    def previous_id(self) -> str | None:
        """Return the model that was in use before the one in use now, if it is still there."""
        try:
            past = (self._directory / _PAST).read_text("ascii").split()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        ids, current = set(self._ids()), self.current_id()
        if current in past:
            past = past[: len(past) - past[::-1].index(current) - 1]
        return next((one for one in reversed(past) if one in ids and one != current), None)

    def rollback(self) -> str | None:
        """Use the model that was in use before, and return its id; None where there was none. Twice goes back two."""
        previous = self.previous_id()
        if previous is not None:
            past = (self._directory / _PAST).read_text("ascii").split()
            self.promote(previous)
            kept = past[: len(past) - past[::-1].index(previous)]
            (self._directory / _PAST).write_text("".join(f"{one}\n" for one in kept), "ascii")
        return previous

    def set_thresholds(self, name: str, thresholds: Mapping[str, float]) -> str:
        """Keep other thresholds in a model and return its id; nothing else in it changes.

        Args:
            name: of the model.
            thresholds: one a label, 0 … 1.

        Raises:
            ModelError: there is no such model, it is damaged, or they do not fit its labels.
        """
        found = self.resolve(name)
        bundle_file.write_thresholds(self._directory / found, thresholds)
        return found

    def rename_label(self, old: str, new: str) -> None:
        """Rename a label in every model that knows it; a damaged one stays as it is."""
        for info in self.list():
            if info.damaged is None:
                bundle_file.rename_label(self._directory / info.id, old, new)

    def remove(self, name: str) -> str:
        """Delete a model and return its id.

        Raises:
            ModelError: if it is the one in use, or there is no such model.
        """
        found = self.resolve(name)
        if found == self.current_id():
            raise ModelError(f"{found} is the model in use", "Use another one first: 'hyai models use'")
        # Renamed first, so that a delete that is cut short leaves no half model in the list.
        leaving = self._directory / f".removed-{found}"
        shutil.rmtree(leaving, ignore_errors=True)
        (self._directory / found).replace(leaving)
        shutil.rmtree(leaving)
        return found

    def prune(self, most: int, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Delete the oldest models beyond the newest `most`, never the one in use nor those to `keep`; return their ids."""
        spared = {self.current_id(), *keep}
        gone = tuple(one for one in self._ids()[:-most] if one not in spared)
        for name in gone:
            self.remove(name)
        return gone

    def import_from(self, path: Path, expected_encoder: str | None, promote: bool | None = None) -> Bundle:
        """Take in a bundle's directory and return it with its new id.

        Args:
            path: a directory with `bundle.json`.
            expected_encoder: encoder version id that the workspace uses; None takes any.
            promote: make it the one in use; None does so where there is none yet.

        Raises:
            ModelError: if it is no bundle, is damaged, or belongs to another encoder.
        """
        bundle = Bundle.load(path)
        if expected_encoder is not None:
            bundle.require(expected_encoder, bundle.source)
        return self.add(bundle, self.current_id() is None if promote is None else promote)

    def export(self, name: str, target: Path) -> Bundle:
        """Copy a model to a new ZIP file, if that is how the target's name ends, or to a new directory.

        Raises:
            ModelError: if something is there already.
        """
        bundle = self.get(name)
        if target.suffix.lower() == ".zip":
            archive.pack(self._directory / bundle.id, target)
            return bundle
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ModelError(f"{target} is there already", "Name a directory that does not exist yet")
        bundle.save(target)
        return bundle

    def _ids(self) -> tuple[str, ...]:
        return tuple(one for one in self._taken() if (self._directory / one / bundle_file.FACTS).is_file())

    def _taken(self) -> tuple[str, ...]:
        if not self._directory.is_dir():
            return ()
        return tuple(sorted((one.name for one in self._directory.iterdir() if _ID.fullmatch(one.name)), key=_number))


def _number(name: str) -> int:
    match = _ID.fullmatch(name)
    return int(match[1]) if match else 0
