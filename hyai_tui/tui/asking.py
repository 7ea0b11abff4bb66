"""Tagging as the app does it: first a dry run, then the question, and only then a job that writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hyai_tui.text import count
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.verdicts import signed_counts

ASKED_FIRST = frozenset({"tag", "eval", "untag"})


class Starter(Protocol):
    """Starts a job in the background."""

    def __call__(
        self, kind: str, options: Mapping[str, Any], *, said: str = "", started: Callable[[str], object] | None = None
    ) -> None:
        """Start it; `started` is called with its id from another thread, `said` is told instead of that it has begun."""
        ...


@dataclass(frozen=True)
class Question:
    """What a job would write, and the job that writes it.

    Attributes:
        title: what asked.
        line: what would change, and the keys.
        kind: the job that writes.
        options: its options.
        word: what has to be typed; empty where a key is enough.
    """

    title: str
    line: str
    kind: str
    options: Mapping[str, Any]
    word: str = ""


@dataclass(frozen=True)
class _Step:
    """A job that the question waits for: what was asked, with which options, and whether scoring comes before."""

    asked: str
    options: Mapping[str, Any]
    scores: bool = False


class AskFirst:
    """Follows the jobs that come before a question."""

    def __init__(self, start: Starter) -> None:
        self._start = start
        self._steps: dict[str, _Step] = {}

    def begin(self, kind: str, options: Mapping[str, Any]) -> None:
        """Begin what `:tag`, `:eval` or `:untag` asks for, without writing anything."""
        if kind == "eval":
            step = _Step(kind, options, scores=True)
            self._run("score", {}, step, "eval: scoring first, then it shows what it would write")
        else:
            self._dry_run(kind, options)

    def ended(self, job: JobView) -> Question | str | None:
        """A job ended: return the question, a line to tell instead of one, or None for a job that nobody asked for.

        An empty text says that the next job of the chain has begun.
        """
        step = self._steps.pop(job.info.id, None)
        if step is None or job.info.state != "done":
            return None
        if step.scores:
            self._dry_run(step.asked, step.options)
            return ""
        return _untag(step, job.result or {}) if step.asked == "untag" else _tag(step, job.result or {})

    def _dry_run(self, asked: str, options: Mapping[str, Any]) -> None:
        kind = "untag" if asked == "untag" else "tag"
        said = f"{asked}: counting what would change; nothing is written before you say so"
        self._run(kind, {**options, "dry_run": True}, _Step(asked, options), said)

    def _run(self, kind: str, options: Mapping[str, Any], step: _Step, said: str) -> None:
        self._start(kind, options, said=said, started=lambda job: self._steps.update({job: step}))


def _tag(step: _Step, result: Mapping[str, Any]) -> Question | str:
    differences = int(result.get("differences", 0))
    if not differences:
        return f"{step.asked}: nothing to write, the tags are as they should be"
    changes = signed_counts(result) or f"{count(differences, 'file')} would change"
    title = f"{step.asked}: {count(differences, 'file')}, nothing written yet"
    return Question(title, f"{changes} · Enter writes, Esc leaves", "tag", step.options)


def _untag(step: _Step, result: Mapping[str, Any]) -> Question | str:
    options = {name: value for name, value in step.options.items() if name != "dry_run"}
    undoing = "restored" in result
    files = int(result.get("restored" if undoing else "cleared", 0))
    if not files:
        return f"untag: nothing to {'put back' if undoing else 'clear, no file carries a tag of ours'}"
    tags = ", ".join(f"{amount:,} {tag}" for tag, amount in result.get("tags", {}).items())
    if undoing:
        line = f"our tags back on {count(files, 'file')}: {tags} · Enter writes, Esc leaves"
        return Question("untag --undo: nothing written yet", line, "untag", options)
    line = f"all our tags off {count(files, 'file')}: {tags}"
    return Question("untag: nothing cleared yet", line, "untag", options, word="untag")
