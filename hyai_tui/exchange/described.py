"""Files with what is known of them, for other programs to learn from: names, texts, tags and features as one JSON list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, Final

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import CatalogFile
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import NotNow
from hyai_tui.journal.journal import Journal
from hyai_tui.queues.context import load_context
from hyai_tui.queues.vectors import open_vectors
from hyai_tui.workspace import Workspace

STAMPS: Final = "export_timestamp.txt"
_DIGITS: Final = 6


def export_described(
    workspace: Workspace,
    catalog: Catalog,
    journal: Journal,
    texts: Mapping[str, tuple[str, ...]],
    target: Path,
    limit: int,
    *,
    recent: bool,
) -> int:
    """Write up to so many files that are in the library and have features, and return how many.

    Each has `filename`, `description` (its first text), `detailed_description` (all of them), `meta_tags`, `face_count`,
    `embedding` and `created_at`. A line with the time and the number is added to `export_timestamp.txt` beside the target.

    Args:
        workspace: whose files.
        catalog: its opened catalog.
        journal: its opened journal.
        texts: file to what is written about it.
        target: a JSON file, replaced whole.
        limit: how many at most.
        recent: the newest imports first; else in the order of the catalog.

    Raises:
        NotNow: no file has features yet.
    """
    context = load_context(workspace, catalog=catalog, journal=journal)
    wanted = np.flatnonzero(context.present & (context.number >= 0))
    with open_vectors(workspace, context, catalog, journal) as vectors:
        known = wanted[:0] if vectors is None else vectors.at(wanted)[0]
        files = catalog.files_of(context.number[known].tolist())
        order = list(range(len(files)))
        if recent:
            order.sort(key=lambda place: (-(files[place].modified or 0.0), files[place].sha256))
        chosen = np.array(order[:limit], np.int64)
        if vectors is None or not len(chosen):
            raise NotNow(
                "No files found for training: none has features yet", "Run 'hyai scan', then 'hyai cache build'"
            )
        _, rows = vectors.at(known[chosen])
    ours = ours_at_sight(workspace.settings.tag)
    found = [
        _row(files[place], texts.get(files[place].sha256, ()), ours, row.tolist())
        for place, row in zip(chosen.tolist(), rows, strict=True)
    ]
    new = target.with_name(f".{target.name}.new")
    new.write_text(json.dumps(found), "utf-8")
    new.replace(target)
    with (target.parent / STAMPS).open("a", encoding="utf-8") as stamps:
        stamps.write(f"{_iso(datetime.now(UTC).timestamp())} {len(found)}\n")
    return len(found)


def _row(file: CatalogFile, texts: tuple[str, ...], ours: Callable[[str], bool], vector: list[float]) -> dict[str, Any]:
    shown = file.display_tags or file.tags
    return {
        "filename": PurePath(file.paths[0]).name if file.paths else file.sha256,
        "description": texts[0] if texts else "",
        "detailed_description": "\n".join(texts),
        "meta_tags": sorted(tag for tag in shown if not ours(tag)),
        "face_count": 0,
        "embedding": [round(value, _DIGITS) for value in vector],
        "created_at": None if file.modified is None else _iso(file.modified),
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
