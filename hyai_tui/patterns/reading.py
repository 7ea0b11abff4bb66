"""What was learnt, asked about one file: its tags' pulls, tags that it may lack, its visual group, its context.

Everything is read when it is first needed, and again as soon as there is a newer version: patterns take effect at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import HyaiError
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import FileState
from hyai_tui.patterns import documents
from hyai_tui.patterns.context import facts_of
from hyai_tui.patterns.patterns import Patterns, Pull
from hyai_tui.patterns.reference import Reference
from hyai_tui.patterns.store import PatternStore
from hyai_tui.patterns.suggesting import MOST, Suggestion, neighbours, suggest
from hyai_tui.samples.training import training_samples
from hyai_tui.workspace import Workspace

_MOST_WORDS: Final = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GroupOf:
    """The visual group of a file.

    Attributes:
        id: from 1, the largest group first.
        name: its typical tags.
        cosine: likeness to the group's centre, -1 … 1.
    """

    id: int
    name: str
    cosine: float


@dataclass(frozen=True, slots=True)
class About:
    """What was learnt that touches one file.

    Attributes:
        version: of the patterns.
        pulls: pulls of its tags that are worth a word, the surest first.
        suggestions: tags that it may lack, the likeliest first.
        group: its visual group; None without features.
        context: see `context.facts_of`.
        words: what its first tag is commonly associated with.
    """

    version: int
    pulls: tuple[Pull, ...]
    suggestions: tuple[Suggestion, ...]
    group: GroupOf | None
    context: dict[str, Any]
    words: tuple[str, ...]


class Learnt:
    """The version in use of one workspace."""

    def __init__(self, workspace: Workspace, version: int) -> None:
        self.version = version
        self._workspace = workspace
        self._store = PatternStore(workspace.patterns_directory)

    @classmethod
    def open(cls, workspace: Workspace) -> Learnt:
        """Return what was learnt.

        Raises:
            NotNow: nothing was yet.
        """
        return cls(workspace, PatternStore(workspace.patterns_directory).require())

    @cached_property
    def patterns(self) -> Patterns:
        """Counts, pulls and partners of tags."""
        return self._store.load(self.version)

    @cached_property
    def reference(self) -> Reference | None:
        """Files to compare with."""
        return self._store.load_reference(self.version)

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The visual groups, the largest first."""
        found: list[dict[str, Any]] = self._store.document(documents.GROUPS, self.version)["groups"]
        return found

    @cached_property
    def synonyms(self) -> dict[str, list[str]]:
        """Tag to its related tags, the strongest first."""
        found: dict[str, list[str]] = self._store.document(documents.SEARCH, self.version)["synonyms"]
        return found

    @cached_property
    def words(self) -> dict[str, Any]:
        """Tag to the words of its notes."""
        found: dict[str, Any] = self._store.document(documents.DESCRIPTIONS, self.version)
        return found

    def tags_of(self, file: str, catalog: Catalog) -> list[str]:
        """Return a file's tags as the library shows them, without ours, sorted."""
        known = catalog.file(file)
        shown = (known.display_tags or known.tags) if known is not None else frozenset()
        ours = ours_at_sight(self._workspace.settings.tag)
        return sorted(tag for tag in shown if not ours(tag))

    def about(self, file: str, catalog: Catalog, journal: Journal, most: int = MOST) -> About:
        """Return what was learnt that touches a file."""
        tags = self.tags_of(file, catalog)
        vector = self._vector(file, catalog, journal)
        near = None
        if self.reference is not None and vector is not None:
            near = neighbours(self.reference, vector, self.reference.row_of(file))
        context = facts_of(self.patterns, tags)
        words = self.words.get(context["primary"] or "", {}).get("common_words", [])
        return About(
            self.version,
            tuple(self.patterns.reasons(tags)),
            tuple(suggest(self.patterns, tags, near, most=most)),
            self._group(vector),
            context,
            tuple(words[:_MOST_WORDS]),
        )

    def _group(self, vector: NDArray[np.float32] | None) -> GroupOf | None:
        if self.reference is None or vector is None:
            return None
        number, cosine = self.reference.group_of(vector)
        return GroupOf(number + 1, str(self.groups[number]["name"]), cosine) if 0 <= number < len(self.groups) else None

    def _vector(self, file: str, catalog: Catalog, journal: Journal) -> NDArray[np.float32] | None:
        """Return the file's vector, reduced; None where it has none of the reference's encoder."""
        if self.reference is None:
            return None
        if (row := self.reference.row_of(file)) >= 0:
            found: NDArray[np.float32] = self.reference.vectors[row]
            return found
        choice = choose(self._workspace)
        directory = features_directory(self._workspace, choice)
        if choice.version.id != self.reference.encoder or not directory.is_dir():
            return None
        content = self._content(file, catalog, journal)
        if content is None:
            return None
        try:
            with FeatureStore.open(
                directory, choice.version.dimension, version=choice.version, read_only=True
            ) as store:
                vectors, there = store.get([content])
        except HyaiError as error:
            _log.warning("features could not be read for suggestions: %s", error.what)
            return None
        return self.reference.reduced(vectors)[0] if there[0] else None

    def _content(self, file: str, catalog: Catalog, journal: Journal) -> str | None:
        source = self._workspace.settings.features.source
        known = catalog.file(file)
        if source == "file" and known is not None and known.state is not FileState.GONE:
            return file
        return contents_of(catalog, source, [file], training_samples(journal, self._workspace.data))[0]


def related_tags(workspace: Workspace, tag: str) -> Sequence[str]:
    """Return the tags by which a search for one may be widened, the strongest first; none for an unknown tag.

    Raises:
        NotNow: nothing was learnt yet.
    """
    return Learnt.open(workspace).synonyms.get(tag, [])


def newest(workspace: Workspace, held: Learnt | None) -> Learnt | None:
    """Return what is in use now: what is held already if it still is, None where nothing was learnt. Cheap."""
    version = PatternStore(workspace.patterns_directory).current()
    if version is None:
        return None
    return held if held is not None and held.version == version else Learnt(workspace, version)
