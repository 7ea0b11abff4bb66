"""Results on disk: the newest of each check, and a line of counts for every run, so that trends can be shown.

They can be made again, so they stand in `.hyai/checks/`. What a person said of a finding (ignored) stands in the journal.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a check, as the history keeps it.

    Attributes:
        at: when it ended, seconds since the epoch.
        check: its name.
        status: `ok`, `failed` or `timeout`.
        findings, resolved: counts; None where it did not end.
        kinds: findings by kind.
        error: why it did not end; empty where it did.
    """

    at: float
    check: str
    status: str = "ok"
    findings: int | None = None
    resolved: int | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def directory(workspace: Workspace) -> Path:
    """Where results stand."""
    return workspace.cache / "checks"


def keep(
    workspace: Workspace, check: str, result: CheckResult, at: float, marks: Mapping[str, Any] | None = None
) -> Kept:
    """Write a result in place of the one before, note its counts, and return it with what has changed."""
    before = read(workspace, check)
    now = {one.key for one in result.findings}
    old = {one.key for one in before.result.findings} if before is not None else set()
    kept = Kept(check, at, result, len(old - now), len(now - old))
    place = directory(workspace)
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
    write_text(place / f"{check}.json", json.dumps(data))
    write_text(place / f"{check}.marks", json.dumps({"at": at, "marks": dict(marks or {})}))
    kinds = dict(sorted(Counter(one.kind for one in result.findings).items()))
    _note(workspace, Run(at, check, "ok", len(result.findings), kept.resolved, kinds))
    return kept


def keep_failure(workspace: Workspace, check: str, status: str, error: str, at: float) -> None:
    """Note that a run did not end well: `failed` or `timeout`, and why; the newest result stays."""
    _note(workspace, Run(at, check, status, error=error))


def _note(workspace: Workspace, run: Run) -> None:
    place = directory(workspace)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")


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


def marks_of(workspace: Workspace, check: str) -> tuple[float, Mapping[str, Any]] | None:
    """Return when the newest result of a check was made, and how far everything had come; None where there is none.

    The marks are kept beside the result as well, because a result may hold a hundred thousand findings.
    """
    try:
        data: Any = json.loads((directory(workspace) / f"{check}.marks").read_text("utf-8"))
        return float(data["at"]), dict(data["marks"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_text(target: Path, text: str) -> None:
    """Replace a file of this directory; readers see the old one or the new one."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    temporary.write_text(text, "utf-8")
    temporary.replace(target)


def history(workspace: Workspace, check: str) -> list[Run]:
    """Return every run of a check, oldest first; a torn last line is left out."""
    return runs(workspace).get(check, [])


def runs(workspace: Workspace) -> dict[str, list[Run]]:
    """Return every run by check, oldest first."""
    found: dict[str, list[Run]] = {}
    try:
        lines = (directory(workspace) / HISTORY).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    for line in lines:
        try:
            run = Run(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found.setdefault(run.check, []).append(run)
    return found


def open_findings(kept: Kept, ignored: Collection[str]) -> list[Finding]:
    """Return the findings that nobody has said to ignore."""
    return [one for one in kept.result.findings if one.key not in ignored]


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Collection[int]) -> str:
    """Return counts as a line of bars, the largest the highest."""
    most = max(values, default=0)
    return "".join(_BARS[min(len(_BARS) - 1, value * (len(_BARS) - 1) // most if most else 0)] for value in values)
