"""What a library itself knows of copies: which files somebody has compared there, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class FileRelations:
    """What the library says of one file.

    Attributes:
        best: SHA-256 of the best of the files that are duplicates of this one; its own where it has none or is the best,
            empty where the best is not there any more.
        copies: those duplicates.
        apart: files that are no duplicates of it, though alike: alternates of one picture, and false positives. Of a
            group of duplicates only the best is named.
    """

    best: str
    copies: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


@runtime_checkable
class KnowsRelations(Protocol):
    """A library in which people compare files."""

    def relations(self, hashes: Sequence[str]) -> dict[str, FileRelations]:
        """Return what is known of the files; unknown ones are absent.

        Raises:
            HyaiError: the library is away, or the key may not ask.
        """
        ...


@dataclass(frozen=True)
class Relations:
    """What a library knows of many files."""

    known: Mapping[str, FileRelations]

    def are_apart(self, one: str, other: str) -> bool:
        """Return whether somebody has said that two files are no duplicates of each other."""
        return self._names(one, other) or self._names(other, one)

    def rank(self, file: str) -> int:
        """Return 1 for the best of several duplicates, -1 for one of the others, 0 where nobody has said anything."""
        said = self.known.get(file)
        if said is None or not said.copies or not said.best:
            return 0
        return 1 if said.best == file else -1

    def _names(self, one: str, other: str) -> bool:
        said, its = self.known.get(one), self.known.get(other)
        return said is not None and not said.apart.isdisjoint({other, its.best if its is not None else other})
