"""What a client's own duplicate filter has settled, in the words of its Client API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyai_tui.library.hydrus.idlist import missing
from hyai_tui.library.relations import FileRelations

# Hydrus' numbers of what two files are to each other; 0, potential duplicates, says nothing that a person has said.
_FALSE_POSITIVES, _ALTERNATES, _DUPLICATES = "1", "3", "8"
AT_ONCE = 256


def read_relations(answer: object) -> dict[str, FileRelations]:
    """Return what `/manage_file_relationships/get_file_relationships` says, by SHA-256.

    Raises:
        LibraryError: this is not such an answer.
    """
    listed = answer.get("file_relationships") if isinstance(answer, dict) else None
    if not isinstance(listed, dict):
        raise missing("file_relationships")
    return {str(file): _of(str(file), said) for file, said in listed.items() if isinstance(said, dict)}


def _of(file: str, said: Mapping[str, Any]) -> FileRelations:
    king, copies = said.get("king"), _hashes(said, _DUPLICATES)
    # A king that was deleted is not among the duplicates. What the answer says of its place is about the file itself.
    best = king if isinstance(king, str) and king in {file, *copies} else ""
    return FileRelations(best, copies, _hashes(said, _FALSE_POSITIVES) | _hashes(said, _ALTERNATES))


def _hashes(said: Mapping[str, Any], number: str) -> frozenset[str]:
    found = said.get(number)
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()
