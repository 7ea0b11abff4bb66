"""All models of a workspace, in `.hyai/models/`: numbered, never overwritten, one of them in use; see `shelf`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyai_tui.errors import ModelError
from hyai_tui.learning import archive, bundle_file, bundle_parts
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.shelf import Shelf

# Every model that was ever in use, oldest first, one a line.
_PAST = "past"


class Registry(Shelf[Bundle]):
    """The models of one workspace."""

    def __init__(self, directory: Path) -> None:
        super().__init__(Bundle, directory, "m", "hyai models list")

    def before(self, name: str) -> Bundle | None:
        """Return the newest sound model that is older than this one, or None."""
        for older in reversed([one for one in self.ids() if self.number(one) < self.number(name)]):
            try:
                return self.get(older)
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

    def add(self, bundle: Bundle, promote: bool) -> Bundle:
        """Keep a bundle under the next number and return it with its id; make it current if `promote`."""
        kept = self.keep(bundle)
        if promote:
            self.promote(kept.id)
        return kept

    def promote(self, name: str) -> str:
        """Make a model the one in use and return its id.

        Raises:
            ModelError: if there is no such model, or it is damaged.
        """
        found = self.get(name).id
        if found != self.current_id():
            with (self.directory / _PAST).open("a", encoding="ascii") as past:
                past.write(f"{found}\n")
        self.point_to(found)
        return found

    def previous_id(self) -> str | None:
        """Return the model that was in use before the one in use now, if it is still there."""
        try:
            past = (self.directory / _PAST).read_text("ascii").split()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        ids, current = set(self.ids()), self.current_id()
        if current in past:
            past = past[: len(past) - past[::-1].index(current) - 1]
        return next((one for one in reversed(past) if one in ids and one != current), None)

    def rollback(self) -> str | None:
        """Use the model that was in use before, and return its id; None where there was none. Twice goes back two."""
        previous = self.previous_id()
        if previous is not None:
            past = (self.directory / _PAST).read_text("ascii").split()
            self.promote(previous)
            kept = past[: len(past) - past[::-1].index(previous)]
            bundle_parts.replace_file(self.directory / _PAST, "".join(f"{one}\n" for one in kept).encode("ascii"))
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
        bundle_file.write_thresholds(self.directory / found, thresholds)
        return found

    def rename_label(self, old: str, new: str) -> None:
        """Rename a label in every model that knows it; a damaged one stays as it is."""
        for info in self.list():
            if info.damaged is None:
                bundle_file.rename_label(self.directory / info.id, old, new)

    def same_as(self, path: Path) -> str | None:
        """Return the id of the model here that is the bundle in a directory, whatever it is called; None without one.

        Raises:
            ModelError: there is no bundle in it.
        """
        wanted = _content(bundle_file.read_facts(path))
        return next((one.id for one in self.list() if one.damaged is None and _content(one.facts) == wanted), None)

    def imported_as(self, sha256: str, encoder: str) -> str | None:
        """Return the newest model here that was made of a file of another program, for an encoder version; None without one.

        Args:
            sha256: of the file's content.
            encoder: id of the version.
        """
        return next(
            (
                one.id
                for one in reversed(self.list())
                if (one.facts.get("record") or {}).get("imported_sha256") == sha256
                and (one.facts.get("encoder") or {}).get("id") == encoder
            ),
            None,
        )

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

    def export(self, name: str, target: Path, network: Path | None = None) -> Bundle:
        """Copy a model to a new ZIP file, if that is how the target's name ends, or to a new directory.

        Args:
            name: of the model.
            target: the file or directory.
            network: weights to go with it; None for a network that other machines have.

        Raises:
            ModelError: if something is there already.
        """
        bundle = self.get(name)
        if target.suffix.lower() == ".zip":
            archive.pack(self.directory / bundle.id, target, network)
            return bundle
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ModelError(f"{target} is there already", "Name a directory that does not exist yet")
        bundle.save(target)
        if network is not None:
            shutil.copyfile(network, target / bundle_parts.NETWORK)
        return bundle


def _content(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes a bundle the one that it is: its numbers, by their digest, and when and on what it was trained."""
    return tuple(facts.get(name) for name in ("arrays_sha256", "created", "encoder", "labels", "source"))
