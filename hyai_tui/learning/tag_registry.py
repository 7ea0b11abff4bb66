"""All tag models of a workspace, in `.hyai/tag-models/`: a shelf for each namespace, with a pointer of its own.

Training, choosing or removing one never touches another namespace, nor the model of labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.learning.shelf import ModelInfo, Shelf
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.workspace import Workspace

LETTER = "t"


class TagRegistry:
    """The tag models of one workspace."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def of(cls, workspace: Workspace) -> TagRegistry:
        """Return the registry of a workspace."""
        return cls(workspace.tag_models_directory)

    def shelf(self, namespace: str) -> Shelf[TagBundle]:
        """Return the models of one namespace."""
        # A namespace may hold any character; its digest is a name everywhere.
        return self._shelf(self._directory / hashlib.sha256(namespace.encode()).hexdigest()[:16])

    def current(self, namespace: str) -> TagBundle | None:
        """Return the model in use for a namespace, or None.

        Raises:
            ModelError: if it is damaged.
        """
        return self.shelf(namespace).current()

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
        used = [one for one in self.list() if one.current]
        for one in used:
            if one.damaged is not None:
                raise ModelError(one.damaged, "Train it again with 'hyai train --namespace'")
        return [self.require(namespace_of(one)) for one in used]

    def list(self) -> Sequence[ModelInfo]:
        """Return all tag models, by namespace and then oldest first; a damaged one is listed with what is wrong."""
        if not self._directory.is_dir():
            return []
        places = sorted(one for one in self._directory.iterdir() if one.is_dir())
        return sorted((one for place in places for one in self._shelf(place).list()), key=namespace_of)

    def add(self, bundle: TagBundle, promote: bool) -> TagBundle:
        """Keep a bundle under the next number of its namespace and return it with its id; use it if `promote`."""
        shelf = self.shelf(bundle.namespace)
        kept = shelf.keep(bundle)
        if promote:
            shelf.point_to(kept.id)
        return kept

    def _shelf(self, directory: Path) -> Shelf[TagBundle]:
        return Shelf(TagBundle, directory, LETTER, "hyai models tags")


def namespace_of(info: ModelInfo) -> str:
    """Return the namespace of a tag model, as its facts say; empty if it is damaged."""
    return str(info.facts.get("namespace", ""))


def clean_namespace(text: str) -> str:
    """Return a namespace as tags have it: `Series:` becomes `series`.

    Raises:
        WrongUse: it can be none.
    """
    found = " ".join(text.strip().lower().removesuffix(":").split())
    if not found or ":" in found or not found.isprintable():
        raise WrongUse(f"{text!r} is no namespace", "Name one such as series, for tags such as series:x")
    return found
