"""What a finished job has to say, in one line of the banner or the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyai_tui.tui import words
from hyai_tui.tui.following import JobView


def verdict(job: JobView) -> str:
    """Return what a training said of its model: better and promoted, or kept out; empty for other jobs."""
    result = job.result or {}
    trained = result.get("train", result)
    if job.info.state != "done" or not isinstance(trained, Mapping) or "promoted" not in trained:
        return ""
    name = _number(trained.get("model"))
    now, before = _f1(trained.get("metrics")), _previous_f1(trained)
    if trained["promoted"]:
        change = f"F1 {words.fraction(before)}→{words.fraction(now)} on the same items" if before and now else ""
        alone = f"F1 {words.fraction(now)}" if now and not change else ""
        return ": ".join(part for part in (f"{name} ready", change or alone) if part)
    worse = f" by {_small(before - now)}" if before is not None and now is not None and before > now else ""
    return f"{name} worse{worse}, kept {_number(_previous_name(trained))}; your labels are safe"


def counts(job: JobView) -> str:
    """Return the counts of a finished tagging, or the error of a failed job; empty where there is nothing to say."""
    info, result = job.info, job.result or {}
    if info.state in {"failed", "died"}:
        return f"{info.kind} failed: {info.what}" + (f" · {info.fix}" if info.fix else "")
    if info.state == "cancelled":
        return f"{info.kind} cancelled; what was finished is kept"
    tagged = result.get("tag", result)
    if info.kind in {"tag", "eval"} and isinstance(tagged, Mapping):
        parts = [f"{key} {tagged[key]:,}" for key in ("archive", "trash", "unsure") if isinstance(tagged.get(key), int)]
        written = tagged.get("written")
        end = f"{written:,} files changed" if isinstance(written, int) else ""
        return f"{info.kind}: " + " · ".join([*parts, end] if end else parts)
    if info.kind == "untag" and isinstance(result.get("cleared"), int):
        return f"untag: {result['cleared']:,} cleared"
    if info.kind == "scan" and isinstance(result.get("files"), int):
        return f"scan: {result['files']:,} files, {result.get('added', 0):,} new, {result.get('gone', 0):,} gone"
    return f"{info.kind} done"


def _f1(metrics: Any) -> float | None:
    value = metrics.get("macro_f1") if isinstance(metrics, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _previous_f1(trained: Mapping[str, Any]) -> float | None:
    previous = trained.get("previous")
    if not isinstance(previous, Mapping):
        return None
    return _f1(previous.get("metrics", previous))


def _previous_name(trained: Mapping[str, Any]) -> Any:
    previous = trained.get("previous")
    return previous.get("model", previous.get("id")) if isinstance(previous, Mapping) else previous


def _number(model: Any) -> str:
    """Return `#8` for `m0008-1f2e3d4c`, or `the new model` where there is no name."""
    text = str(model or "")
    digits = text[1:5]
    return (
        f"#{int(digits)}"
        if text.startswith("m") and digits.isdecimal()
        else "the model before"
        if not text
        else text[:12]
    )


def _small(difference: float) -> str:
    return f"{difference:.3f}".removeprefix("0")
