"""The check job: runs checks, each in a process of its own, so that one that fails or hangs stops no other."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hyai_tui.checks import registry, results
from hyai_tui.checks.running import progress_of
from hyai_tui.errors import Cancelled
from hyai_tui.jobs.context import JobContext

KIND = "check"
COMPUTE = False
_LOOK_SECONDS = 0.2
_WAIT_SECONDS = 5.0


def run(context: JobContext) -> dict[str, Any]:
    """Run the checks that the option `names` lists (all where it is empty), one after the other.

    Returns:
        `timestamp`, `total_checks`, `successful_checks`, `failed_checks`, `checks` (name → `status` ok, failed or
        timeout, `findings`, `resolved`, `new`, `seconds`, `error`) and `recommendations`.

    Raises:
        Cancelled: results of the checks that had ended are kept.
    """
    chosen = list(context.options.get("names") or registry.names())
    for name in chosen:
        registry.load(name)
    limit = context.workspace.settings.checks.limit_seconds
    outcome: dict[str, dict[str, Any]] = {}
    advice: list[str] = []
    for number, name in enumerate(chosen):
        context.report.stage("check", f"check {name}, {number + 1} of {len(chosen)}")
        began = time.time()
        status, error = _one(context, name, limit)
        kept = results.read(context.workspace, name) if status == "ok" else None
        outcome[name] = {
            "status": status,
            "findings": len(kept.result.findings) if kept is not None else None,
            "resolved": kept.resolved if kept is not None else None,
            "new": kept.new if kept is not None else None,
            "seconds": round(time.time() - began, 3),
            "error": error,
        }
        if kept is not None:
            advice += kept.result.advice
            context.report.log(f"{name}: {len(kept.result.findings)} findings")
        else:
            results.keep_failure(context.workspace, name, status, error or "", time.time())
            context.report.warning(f"{name}: {error}")
            advice.append(f"The check {name} did not end: run 'hyai check {name}' by itself and look at the log")
    good = sum(one["status"] == "ok" for one in outcome.values())
    return {
        "timestamp": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
        "total_checks": len(outcome),
        "successful_checks": good,
        "failed_checks": len(outcome) - good,
        "checks": outcome,
        "recommendations": advice,
    }


def _one(context: JobContext, name: str, limit: float) -> tuple[str, str | None]:
    """Run one check in a process of its own; returns its status, and what went wrong."""
    command = [sys.executable, "-m", "hyai_tui.checks.running", str(context.workspace.root), name]
    # The workspace is named whatever directory the process begins in.
    environment = {**os.environ, "HYAI_HOME": str(context.workspace.root)}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as process:
        said = ""
        ends = time.monotonic() + limit
        try:
            for line in _lines(process):
                if context.cancelled():
                    raise Cancelled("Cancelled; the checks that had ended are kept", "")
                if time.monotonic() > ends:
                    return "timeout", f"it took longer than {limit:g} seconds"
                if (far := progress_of(line)) is not None:
                    context.report.progress(*far)
                elif line.strip():
                    said = line.strip()
        finally:
            _end(process)
    if process.returncode == 0:
        return "ok", None
    return "failed", said or f"it ended with {process.returncode}"


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield what a process writes, line by line, and an empty line whenever it says nothing for a moment."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        waiting = b""
        while True:
            if not selector.select(_LOOK_SECONDS):
                yield ""
                continue
            block = os.read(process.stdout.fileno(), 65_536)
            *whole, waiting = (waiting + block).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)
            if not block:
                yield waiting.decode("utf-8", "replace")
                break
            yield ""
    while process.poll() is None:
        time.sleep(_LOOK_SECONDS)
        yield ""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
