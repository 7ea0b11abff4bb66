"""The loop by commands: look at mistakes, relabel five, retrain, look at what tagging would write, undo the five."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hyai_tui.cli.demo import run_step
from hyai_tui.cli.output import narrate
from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.context import load_context
from hyai_tui.queues.registry import QUEUES
from hyai_tui.text import count, short_hash
from hyai_tui.workspace import Workspace

RELABELLED = 5
SESSION = "demo-loop"
_EFFECT_SECONDS = 30.0


def run_loop(workspace: Workspace) -> None:
    """Run the loop once and say what is done; leaves every decision as it was before."""
    with opened(workspace) as parts:
        decider = Decider(workspace, parts.journal, parts.catalog, parts.library, session=SESSION, source="command")
        _undo_leftovers(parts, decider)
        chosen = _choose(mistakes(workspace), RELABELLED)
        narrate(f"Relabelling {count(len(chosen), 'mistake')} as their queue suggests")
        for row in chosen:
            narrate(f"  {short_hash(row.file)}  {row.reason}")
            shown = {"queue": "mistakes", "score": row.score, "predicted": row.predicted, "view": "command"}
            narrate(f"    {decider.decide(row.file, row.suggested, shown=shown).line}")
        _settle(parts)
        _retrain(workspace)
        _dry_run(workspace)
        undone = decider.undo(len(chosen)).decisions
        _settle(parts)
        narrate(f"Undid {count(len(undone), 'decision')}: the training folders and tags are as they were")
    mistakes(workspace)


def _settle(parts: Parts) -> None:
    """Do what the decisions ask for, and say what could not be done."""
    report = parts.runner.drain(_EFFECT_SECONDS)
    if report.failed or report.left:
        narrate(f"{count(report.failed + report.left, 'effect')} not done: 'hyai effects list' says why")


def mistakes(workspace: Workspace) -> list[QueueRow]:
    """Return the mistakes, and say how many there are of each kind."""
    rows = QUEUES["mistakes"].build(load_context(workspace)).rows()
    kinds = Counter(row.kind for row in rows)
    parts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    narrate(f"{count(len(rows), 'mistake')} open: {parts}" if rows else "No mistakes are open")
    return rows


def _choose(rows: list[QueueRow], wanted: int) -> list[QueueRow]:
    """Return the first rows of each kind in turn, so that all kinds are among them."""
    kinds: dict[str, list[QueueRow]] = {}
    for row in rows:
        if row.suggested is not None:
            kinds.setdefault(row.kind, []).append(row)
    ranked = [(place, row) for group in kinds.values() for place, row in enumerate(group[:wanted])]
    return [row for _place, row in sorted(ranked, key=lambda one: one[0])[:wanted]]


def _undo_leftovers(parts: Parts, decider: Decider) -> None:
    """Undo what an earlier loop that was interrupted has left decided."""
    acts = {one.act for one in parts.journal.decisions() if one.session == SESSION and one.undone is None}
    if acts:
        decider.undo(len(acts))
        _settle(parts)
        narrate(f"Undid {count(len(acts), 'decision')} of a demo that was interrupted")


def _retrain(workspace: Workspace) -> None:
    narrate("Retraining with them, then scoring the library")
    result = run_step(workspace, "retrain")
    trained: dict[str, Any] = result.get("train", result)
    verdict = "in use" if trained.get("promoted") else "kept the one before, which is better on the same items"
    narrate(f"Model {trained['model']}: macro F1 {trained['metrics']['macro_f1']:.3f}, {verdict}")


def _dry_run(workspace: Workspace) -> None:
    result = run_step(workspace, "tag", {"dry_run": True})
    narrate(
        f"Tagging would write hyai:archive on {result['archive']:,}, hyai:trash on {result['trash']:,}"
        f" and leave {result['unsure']:,} without; nothing was written"
    )
