"""What a finished job has to say, in one line of the banner or the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyai_tui.text import count
from hyai_tui.tui.jobview import JobView


def verdict(job: JobView) -> str:
    """Return what a finished training says of its model, in the words of the promotion; empty for other jobs."""
    result = job.result or {}
    said = result.get("message")
    if job.info.state != "done" or not isinstance(said, str):
        return ""
    return said.replace(" F1 ", " ready: F1 ", 1) if result.get("promoted") else said


def while_away(jobs: Sequence[JobView], since: float) -> tuple[str, str]:
    """Return what ended since the last session and matters: trainings, and what failed and was not made good since.

    Args:
        jobs: newest first.
        since: when the last session ended, seconds since the epoch.

    Returns:
        (line, kind of line); an empty line where there is nothing to say.
    """
    said: dict[str, str] = {}
    failed = False
    for job in jobs:
        info = job.info
        if info.kind in said or info.state == "cancelled" or not (info.ended or 0.0) > since:
            continue
        if info.state in {"failed", "died"}:
            said[info.kind] = counts(job)
            failed = True
        elif info.state == "done":
            about = (job.result or {}).get("message")
            said[info.kind] = f"{info.kind} done, {about}" if isinstance(about, str) else ""
    line = " · ".join(one for one in said.values() if one)
    return (f"while you were away: {line}" if line else "", "warn" if failed else "say")


def counts(job: JobView) -> str:
    """Return the counts of a finished tagging, or the error of a failed job; empty where there is nothing to say."""
    info, result = job.info, job.result or {}
    if info.state in {"failed", "died"}:
        word = "failed" if info.state == "failed" else "died"
        return f"{info.kind} {word}: {info.what}" + (f" · {info.fix}" if info.fix else "")
    if info.state == "cancelled":
        return f"{info.kind} cancelled; what was finished is kept"
    if info.kind in {"tag", "eval"} and "archive" in result:
        return _tagged(info.kind, result)
    if info.kind == "untag" and isinstance(result.get("cleared"), int):
        if result.get("dry_run"):
            return f"untag --dry-run: {count(result['cleared'], 'file')} would be cleared, nothing was written"
        return f"untag: {result['cleared']:,} cleared · ':untag --undo' puts them back"
    if info.kind == "untag" and isinstance(result.get("restored"), int):
        kept = f", {result['changed']:,} changed since and left" if result.get("changed") else ""
        what = "would have our tags again, nothing was written" if result.get("dry_run") else "with our tags again"
        return f"untag --undo: {count(result['restored'], 'file')} {what}{kept}"
    if info.kind == "scan" and isinstance(result.get("files"), int):
        return f"scan: {result['files']:,} files, {result.get('added', 0):,} new, {result.get('gone', 0):,} gone"
    return "the report is ready" if info.kind == "evaluate" else f"{info.kind} done"


def signed_counts(result: Mapping[str, Any]) -> str:
    """Return `+1,204 archive, −310 trash, 41 change sides` of a tag job's result; empty where nothing changes."""
    parts = [f"+{amount:,} {name}" for name, amount in result.get("added", {}).items()]
    parts += [f"−{amount:,} {name}" for name, amount in result.get("removed", {}).items()]
    if sides := result.get("change_sides"):
        parts.append(f"{sides:,} change sides")
    return ", ".join(parts)


def _tagged(kind: str, result: Mapping[str, Any]) -> str:
    """Return `tag: archive 412, trash 130, unsure 58 · 96 files changed`, or what a dry run would change."""
    parts = ", ".join(f"{key} {result[key]:,}" for key in ("archive", "trash", "unsure") if key in result)
    if result.get("dry_run"):
        changes = signed_counts(result) or f"{count(result.get('differences', 0), 'file')} would change"
        return f"{kind} --dry-run: {changes} · nothing was written"
    return f"{kind}: {parts} · {result.get('written', 0):,} files changed"
