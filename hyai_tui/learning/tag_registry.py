"""All tag models of a workspace, in `.hyai/tag-models/`: a shelf for each namespace, with a pointer of its own.

Training, choosing or removing one never touches another namespace, nor the model of labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.learning.shelf import Shelf
from hyai_tui.learning.tag_bundle import TagBundle, read_facts
from hyai_tui.workspace import Workspace

LETTER = "t"


@dataclass(frozen=True, slots=True)
class TagModelInfo:
    """One line of the list of tag models, read without its arrays.

    Attributes:
        namespace: as its facts say; empty if damaged.
        id: `t0002-1f2e3d4c`.
        current: True for the one in use for its namespace.
        facts: what its `bundle.json` says; empty if damaged.
        damaged: what is wrong with it, or None.
    """

    namespace: str
    id: str
    current: bool
    facts: dict[str, Any]
    damaged: str | None = None


class TagRegistry:
    """The tag models of one workspace."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def of(cls, workspace: Workspace) -> TagRegistry:
        """Return the registry of a workspace."""
        return cls(workspace.tag_models_directory)

    def shelf(self, namespace: str) -> Shelf:
        """Return the models of one namespace."""
        # A namespace may hold any character; its digest is a name everywhere.
        name = hashlib.sha256(namespace.encode()).hexdigest()[:16]
        return Shelf(self._directory / name, LETTER, "hyai models tags")

    def current(self, namespace: str) -> TagBundle | None:
        """Return the model in use for a namespace, or None.

        Raises:
            ModelError: if it is damaged.
        """
        shelf = self.shelf(namespace)
        name = shelf.current_id()
        return None if name is None else TagBundle.load(shelf.directory / name).renamed(name)

    def require(self, namespace: str) -> TagBundle:
        """Return the model in use for a namespace.

        Raises:
            ModelError: if there is none, with what to do.
        """
        bundle = self.current(namespace)
        if bundle is None:
            raise ModelError(
                f"There is no model of the tags {namespace}:… yet",
                f"Train one with 'hyai train --namespace {namespace}'",
            )
        return bundle

    def all_current(self) -> list[TagBundle]:
        """Return the models in use of all namespaces, by namespace.

        Raises:
            ModelError: one of them is damaged.
        """
        used = sorted((one for one in self.list() if one.current), key=lambda one: one.namespace)
        for one in used:
            if one.damaged is not None:
                raise ModelError(one.damaged, "Train it again with 'hyai train --namespace'")
        return [self.require(one.namespace) for one in used]

    def list(self) -> Sequence[TagModelInfo]:
        """Return all tag models, by namespace and then oldest first; a damaged one is listed with what is wrong."""
        if not self._directory.is_dir():
            return []
        listed = []
        for place in sorted(one for one in self._directory.iterdir() if one.is_dir()):
            shelf = Shelf(place, LETTER, "hyai models tags")
            current = shelf.current_id()
            for name in shelf.ids():
                facts: dict[str, Any] = {}
                damaged = None
                try:
                    facts = read_facts(place / name)
                except ModelError as error:
                    damaged = error.what
                listed.append(TagModelInfo(str(facts.get("namespace", "")), name, name == current, facts, damaged))
        return sorted(listed, key=lambda one: one.namespace)

    def add(self, bundle: TagBundle, promote: bool) -> TagBundle:
        """Keep a bundle under the next number of its namespace and return it with its id; use it if `promote`."""
        shelf = self.shelf(bundle.namespace)
        kept = bundle.renamed(shelf.next_id(bundle.head))
        kept.save(shelf.directory / kept.id)
        if promote:
            shelf.point_to(kept.id)
        return kept


def clean_namespace(text: str) -> str:
    """Return a namespace as tags have it: `Series:` becomes `series`.

    Raises:
        WrongUse: it can be none.
    """
    found = " ".join(text.strip().lower().removesuffix(":").split())
    if not found or ":" in found or not found.isprintable():
        raise WrongUse(f"{text!r} is no namespace", "Name one such as series, for tags such as series:x")
    return found
