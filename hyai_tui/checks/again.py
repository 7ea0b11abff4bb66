"""When checks are worth another run: how much has changed since each looked, and how long ago that was."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hyai_tui.checks import results
from hyai_tui.learning.registry import Registry
from hyai_tui.text import count

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.workspace import Workspace

_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed since the oldest of the newest runs.

    Attributes:
        files: files that came or went.
        decisions: acts that were made.
        model: another model is in use.
        at: when that run ended, seconds since the epoch; None where some check has never run.
        due: it is time to run again.
        waited: whole days since then, where `checks.every_days` have gone by; else 0.
    """

    files: int
    decisions: int
    model: bool
    at: float | None
    due: bool
    waited: int = 0

    @property
    def line(self) -> str:
        """What has changed, or how long ago the last check was, for people; empty where neither asks for another."""
        parts = [count(self.files, "file")] if self.files else []
        parts += [count(self.decisions, "decision")] if self.decisions else []
        parts += ["the model"] if self.model else []
        if parts:
            return f"{' and '.join(parts)} changed since the last check"
        return f"the last check was {count(self.waited, 'day')} ago" if self.waited else ""

    def told(self, ago: str) -> str:
        """Return the line with how long ago the run was, where the line does not say it already."""
        return f"{self.line}, {ago}" if self.files or self.decisions or self.model else self.line


def marks(workspace: Workspace, catalog: Catalog, journal: Journal) -> dict[str, Any]:
    """Return how far files, decisions and models have come."""
    newest = next(iter(journal.decisions(limit=1)), None)
    return {
        "newest": catalog.newest_number(),
        "files": catalog.counts()["files"],
        "decision": 0 if newest is None else newest.id,
        "model": Registry(workspace.models_directory).current_id() or "",
    }


def changed(
    workspace: Workspace, catalog: Catalog, journal: Journal, checks: Iterable[str], now: float | None = None
) -> Changed:
    """Return what has changed since these checks ran.

    Due from `checks.again_after` files and decisions on, and `checks.every_days` days after the oldest run.

    Args:
        workspace: the workspace.
        catalog: its opened catalog.
        journal: its opened journal.
        checks: names of the checks.
        now: seconds since the epoch; None for the clock.
    """
    kept = [results.marks_of(workspace, name) for name in checks]
    ran = [one for one in kept if one is not None]
    here = marks(workspace, catalog, journal)
    if not ran:
        return Changed(0, 0, False, None, True)
    at, before = min(ran, key=lambda one: one[0])
    files = _files(catalog, before, here)
    decisions = max(0, here["decision"] - int(before.get("decision", 0)))
    settings = workspace.settings.checks
    days = ((time.time() if now is None else now) - at) / _DAY
    waited = max(1, int(days)) if settings.every_days and days >= settings.every_days else 0
    enough = bool(settings.again_after and files + decisions >= settings.again_after)
    return Changed(
        files,
        decisions,
        before.get("model", "") != here["model"],
        at,
        len(ran) < len(kept) or enough or waited > 0,
        waited,
    )


def _files(catalog: Catalog, before: Mapping[str, Any], now: Mapping[str, Any]) -> int:
    """Return how many files have come and how many have gone."""
    come = catalog.count_after(int(before.get("newest", 0)))
    return come + max(0, int(before.get("files", 0)) + come - int(now["files"]))
