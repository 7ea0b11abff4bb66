"""Two files side by side: what is known of each, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import megabytes, short_hash
from hyai_tui.tui import words
from hyai_tui.tui.words import word

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.workspace import Workspace

_UNKNOWN = "—"


@dataclass(frozen=True)
class Side:
    """What is known of one file, as texts; raw, made visible where they are drawn.

    Attributes:
        file: SHA-256.
        facts: name of a fact to its text.
        tags: as the library displays them.
        amounts: name of a fact to its number: bytes of `size`, dots of `pixels`.
    """

    file: str
    facts: dict[str, str]
    tags: frozenset[str] = frozenset()
    amounts: dict[str, int] = field(default_factory=dict)


def read_side(journal: Journal, catalog: Catalog, row: QueueRow) -> Side:
    """Return what catalog, journal and queue know of a file."""
    known = catalog.file(row.file)
    decision = journal.effective([row.file]).get(row.file)
    facts = {"hash": short_hash(row.file), "name": _UNKNOWN, "size": _UNKNOWN, "pixels": _UNKNOWN, "type": _UNKNOWN}
    tags: frozenset[str] = frozenset()
    amounts = {}
    if known is not None:
        name = PurePath(known.paths[0]).name if known.paths else _UNKNOWN
        facts["name"] = name
        facts["size"] = _UNKNOWN if known.size is None else megabytes(known.size)
        facts["pixels"] = f"{known.width}×{known.height}" if known.width and known.height else _UNKNOWN
        facts["type"] = (known.mime or "").removeprefix("image/") or PurePath(name).suffix.removeprefix(".") or _UNKNOWN
        amounts = {"size": known.size or 0, "pixels": (known.width or 0) * (known.height or 0)}
        # Our own tags would tell what the model said.
        tags = (known.display_tags or known.tags) if row.kind != HIDES_MODEL else frozenset()
    facts["library"] = known.state.value if known is not None else "in no library"
    facts["you"] = (word(decision) if decision is not None else None) or _UNKNOWN
    facts["model"] = _opinion(row)
    return Side(row.file, facts, tags, amounts)


def differences(left: Side, right: Side) -> list[tuple[str, str, str]]:
    """Return (fact, left, right) for facts that differ, then those that are the same with an empty right text."""
    pairs = [(name, text, right.facts[name]) for name, text in left.facts.items()]
    differ = [pair for pair in pairs if pair[1] != pair[2]]
    return [*differ, *((name, text, "") for name, text, other in pairs if text == other and text != _UNKNOWN)]


def read_likeness(workspace: Workspace, catalog: Catalog, left: str, right: str) -> float | None:
    """Return how much two files are alike to the encoder of the model in use; None where that is not known."""
    from hyai_tui.features.likeness import likeness
    from hyai_tui.learning.registry import Registry

    bundle = Registry(workspace.models_directory).current()
    if bundle is None:
        return None
    # The content of an original is the file itself, unless the builder found otherwise.
    own = bundle.source == "file"
    one = catalog.content(bundle.source, left) or (left if own else None)
    other = catalog.content(bundle.source, right) or (right if own else None)
    if one is None or other is None:
        return None
    return likeness(workspace.features_directory / bundle.encoder.id, bundle.encoder.dimension, one, other)


def amount_words(name: str, left: Side, right: Side) -> str:
    """Return `left has 1.5 times as much`, for a fact that is an amount known of both and not the same."""
    one, other = left.amounts.get(name, 0), right.amounts.get(name, 0)
    if not one or not other or one == other:
        return ""
    return f"{'left' if one > other else 'right'} has {max(one, other) / min(one, other):.3g} times as much"


def tag_lines(left: Side, right: Side) -> tuple[Sequence[str], Sequence[str], int]:
    """Return the tags that only the left file has, those that only the right one has, and how many both have."""
    return sorted(left.tags - right.tags), sorted(right.tags - left.tags), len(left.tags & right.tags)


def _opinion(row: QueueRow) -> str:
    if row.kind == HIDES_MODEL or row.predicted is None or row.score is None:
        return _UNKNOWN
    share = 1 - row.score if row.predicted == "archive" else row.score
    return f"{row.predicted} {words.percent(share)}"
