"""Every file of a workspace as one row of a table: what people decided, what the model thinks, which split it is in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from hyai_tui.queues.context import load_context

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Decision
    from hyai_tui.workspace import Workspace

ITEM_COLUMNS: Final = (
    "item_id",
    "hash",
    "path",
    "label",
    "was_unsure",
    "decided_at",
    "state",
    "score",
    "predicted",
    "split",
    "model",
)
TEST_SPLIT: Final = "test"
_CHUNK = 1_000


def items(
    workspace: Workspace, catalog: Catalog, journal: Journal, *, decided_only: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield a row for each file of the catalog that is not gone, then for each sample that no library knows.

    Args:
        workspace: the workspace.
        catalog: its opened catalog.
        journal: its opened journal.
        decided_only: leave out files that have neither a label nor `unsure`.

    Yields:
        `item_id` (the file's number in this catalog; empty for a sample of no library), `hash`, `path` (relative to a
        folder library), `label`, `was_unsure`, `decided_at` (ISO 8601, UTC), `state`, `score`, `predicted`, `split`
        (number of the fold, or `test`) and `model`.
    """
    context = load_context(workspace, catalog=catalog, journal=journal)
    in_force = journal.effective()
    folds = journal.folds()
    seen: set[str] = set()
    files = catalog.files()
    while chunk := list(islice(files, _CHUNK)):
        places = context.positions.of([one.sha256 for one in chunk]).tolist()
        for file, place in zip(chunk, places, strict=True):
            decision = in_force.get(file.sha256)
            if (file.state.value == "gone" and decision is None) or (decided_only and not _says_something(decision)):
                continue
            seen.add(file.sha256)
            score = context.score(place) if place >= 0 else None
            predicted = int(context.predicted[place]) if place >= 0 else -1
            yield {
                **_decided(file.sha256, decision, folds),
                "item_id": file.number,
                "path": _readable(file.paths[0]) if file.paths else None,
                "state": file.state.value,
                "score": None if score is None else round(score, 6),
                "predicted": context.labels[predicted] if predicted >= 0 else None,
                "model": context.model_id if score is not None else None,
            }
    for identity in sorted(one for one, decision in in_force.items() if _says_something(decision)):
        if identity not in seen:
            yield _decided(identity, in_force[identity], folds)


def _decided(sha256: str, decision: Decision | None, folds: dict[str, int]) -> dict[str, Any]:
    fold = folds.get(sha256)
    row: dict[str, Any] = dict.fromkeys(ITEM_COLUMNS)
    row["hash"] = sha256
    row["was_unsure"] = "true" if decision is not None and decision.kind == "unsure" else "false"
    if decision is not None and _says_something(decision):
        row["label"] = decision.label
        row["decided_at"] = datetime.fromtimestamp(decision.at, UTC).isoformat(timespec="milliseconds")
    if fold is not None:
        row["split"] = TEST_SPLIT if fold < 0 else str(fold)
    return row


def _says_something(decision: Decision | None) -> bool:
    return decision is not None and decision.kind in {"label", "unsure"}


def _readable(path: str) -> str:
    """Return a path as text that every program can read; bytes that are no text become a replacement character."""
    return os.fsencode(path).decode("utf-8", "replace")
