"""Results on disk: the newest of each check, and a line of counts for every run, so that trends can be shown.

They can be made again, so they stand in `.hyai/checks/`. What a person said of a finding (ignored) stands in the journal.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.workspace import Workspace

HISTORY: Final = "history.jsonl"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest result of a check.

    Attributes:
        check: its name.
        at: when it ended, seconds since the epoch.
        result: what it found.
        resolved: findings of the run before that are no more.
        new: findings that the run before did not have.
    """

    check: str
    at: float
    result: CheckResult
    resolved: int
    new: int


def directory(workspace: Workspace) -> Path:
    """Where results stand."""
    return workspace.cache / "checks"


def keep(workspace: Workspace, check: str, result: CheckResult, at: float) -> Kept:
    """Write a result in place of the one before, note its counts, and return it with what has changed."""
    before = read(workspace, check)
    now = {one.key for one in result.findings}
    old = {one.key for one in before.result.findings} if before is not None else set()
    kept = Kept(check, at, result, len(old - now), len(now - old))
    place = directory(workspace)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = {
        "format": FORMAT,
        "check": check,
        "at": at,
        "looked_at": result.looked_at,
        "resolved": kept.resolved,
        "new": kept.new,
        "facts": dict(result.facts),
        "advice": list(result.advice),
        "findings": [one.as_json() for one in result.findings],
    }
    temporary = place / f".{check}.{os.getpid()}.part"
    temporary.write_text(json.dumps(data), "utf-8")
    temporary.replace(place / f"{check}.json")
    kinds = dict(sorted(Counter(one.kind for one in result.findings).items()))
    line = {"at": at, "check": check, "findings": len(result.findings), "resolved": kept.resolved, "kinds": kinds}
    with (place / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return kept


def read(workspace: Workspace, check: str) -> Kept | None:
    """Return the newest result of a check; None where there is none that can be read."""
    try:
        data: Any = json.loads((directory(workspace) / f"{check}.json").read_text("utf-8"))
        if data["format"] != FORMAT:
            return None
        findings = [Finding.from_json(one) for one in data["findings"]]
        result = CheckResult(data["looked_at"], findings, data["facts"], data["advice"])
        return Kept(check, data["at"], result, data["resolved"], data["new"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it can be made again


def history(workspace: Workspace, check: str) -> list[Mapping[str, Any]]:
    """Return the counts of every run of a check, oldest first; a torn last line is left out."""
    found: list[Mapping[str, Any]] = []
    try:
        lines = (directory(workspace) / HISTORY).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict) and one.get("check") == check:
            found.append(one)
    return found


def open_findings(kept: Kept, ignored: Collection[str]) -> list[Finding]:
    """Return the findings that nobody has said to ignore."""
    return [one for one in kept.result.findings if one.key not in ignored]


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Collection[int]) -> str:
    """Return counts as a line of bars, the largest the highest."""
    most = max(values, default=0)
    return "".join(_BARS[min(len(_BARS) - 1, value * (len(_BARS) - 1) // most if most else 0)] for value in values)
