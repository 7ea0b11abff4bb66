"""When checks are worth another run: how much has changed since each looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyai_tui.checks import results
from hyai_tui.learning.registry import Registry
from hyai_tui.text import count

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed since the oldest of the newest runs.

    Attributes:
        files: files that came or went.
        decisions: acts that were made.
        model: another model is in use.
        at: when that run ended, seconds since the epoch; None where some check has never run.
        due: it is time to run again.
    """

    files: int
    decisions: int
    model: bool
    at: float | None
    due: bool

    @property
    def line(self) -> str:
        """What has changed, for people; empty where nothing has."""
        parts = [count(self.files, "file")] if self.files else []
        parts += [count(self.decisions, "decision")] if self.decisions else []
        parts += ["the model"] if self.model else []
        return f"{' and '.join(parts)} changed since the last check" if parts else ""


def marks(workspace: Workspace, catalog: Catalog, journal: Journal) -> dict[str, Any]:
    """Return how far files, decisions and models have come."""
    newest = next(iter(journal.decisions(limit=1)), None)
    return {
        "newest": catalog.newest_number(),
        "files": catalog.counts()["files"],
        "decision": 0 if newest is None else newest.id,
        "model": Registry(workspace.models_directory).current_id() or "",
    }


def changed(workspace: Workspace, catalog: Catalog, journal: Journal, checks: Iterable[str]) -> Changed:
    """Return what has changed since these checks ran; due from `checks.again_after` files and decisions on."""
    kept = [results.marks_of(workspace, name) for name in checks]
    ran = [one for one in kept if one is not None]
    now = marks(workspace, catalog, journal)
    if not ran:
        return Changed(0, 0, False, None, True)
    at, before = min(ran, key=lambda one: one[0])
    files = _files(catalog, before, now)
    decisions = max(0, now["decision"] - int(before.get("decision", 0)))
    least = workspace.settings.checks.again_after
    return Changed(
        files,
        decisions,
        before.get("model", "") != now["model"],
        at,
        len(ran) < len(kept) or bool(least and files + decisions >= least),
    )


def _files(catalog: Catalog, before: Mapping[str, Any], now: Mapping[str, Any]) -> int:
    """Return how many files have come and how many have gone."""
    come = catalog.count_after(int(before.get("newest", 0)))
    return come + max(0, int(before.get("files", 0)) + come - int(now["files"]))
