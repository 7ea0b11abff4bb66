"""Every file with its tags and what they say, as one JSON document in the shape that tag extraction tools exchange."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from hyai_tui.library.describing import is_descriptive
from hyai_tui.queues.context import load_context
from hyai_tui.queues.vectors import open_vectors

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.journal.journal import Journal
    from hyai_tui.workspace import Workspace

_CHUNK = 4_096


def records(workspace: Workspace, catalog: Catalog, journal: Journal) -> dict[str, Any]:
    """Return `items`, one for each file that is in the library, and `summary`.

    An item has `hash`, `file_path` (relative to a folder library, else null), `existing_series_tags`, `existing_all_tags`,
    `embedding_path` (the store that has its vector, relative to the workspace; null where none does), `tag_metrics`
    (`total_tags`, `descriptive_tags`, `descriptive_ratio`), `extra_metadata` (`person_tags`, `title_tags`) and `timestamp`.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    encoded, store = _encoded(workspace, catalog, journal)
    made = []
    files = (one for one in catalog.files() if one.state.value != "gone")
    while chunk := list(islice(files, _CHUNK)):
        made += [_item(one, store if one.sha256 in encoded else None, now) for one in chunk]
    ratios = [one["tag_metrics"]["descriptive_ratio"] for one in made if one["tag_metrics"]["total_tags"]]
    summary = {
        "processed": len(made),
        "with_series_tags": sum(bool(one["existing_series_tags"]) for one in made),
        "with_embeddings": sum(one["embedding_path"] is not None for one in made),
        "average_descriptive_ratio": round(sum(ratios) / len(ratios), 6) if ratios else None,
        "directory": str(workspace.root),
    }
    return {"items": made, "summary": summary}


def _item(file: CatalogFile, store: str | None, now: str) -> dict[str, Any]:
    tags = sorted(file.display_tags or file.tags)
    described = sum(map(is_descriptive, tags))
    return {
        "hash": file.sha256,
        "file_path": file.paths[0].encode("utf-8", "replace").decode() if file.paths else None,
        "existing_series_tags": list(_of("series", tags)),
        "existing_all_tags": tags,
        "embedding_path": store,
        "tag_metrics": {
            "total_tags": len(tags),
            "descriptive_tags": described,
            "descriptive_ratio": round(described / len(tags), 6) if tags else 0.0,
        },
        "extra_metadata": {"person_tags": list(_of("person", tags)), "title_tags": list(_of("title", tags))},
        "timestamp": now,
    }


def _of(namespace: str, tags: list[str]) -> Iterator[str]:
    return (tag for tag in tags if tag.lower().startswith(f"{namespace}:"))


def _encoded(workspace: Workspace, catalog: Catalog, journal: Journal) -> tuple[frozenset[str], str]:
    """Return the files that have a vector of the encoder in use, and where the store of those vectors is."""
    context = load_context(workspace, catalog=catalog, journal=journal)
    with open_vectors(workspace, context, catalog, journal) as vectors:
        if vectors is None:
            return frozenset(), ""
        found: set[str] = set()
        for at, _rows in vectors.blocks(_CHUNK):
            found.update(one.decode("ascii") for one in np.asarray(context.sha256)[at].tolist())
        directory = workspace.features_directory / vectors.encoder
        return frozenset(found), str(directory.relative_to(workspace.root))
