"""The loop by commands: look at mistakes, relabel five, retrain, look at what tagging would write, undo the five."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hyai_tui.cli.demo import run_step
from hyai_tui.cli.output import narrate
from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.runner import EffectRunner
from hyai_tui.journal.journal import Journal
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
    catalog, library = workspace.open_catalog(), workspace.open_library()
    try:
        with workspace.open_journal() as journal, catalog:
            decider = Decider(workspace, journal, catalog, library, session=SESSION, source="command")
            runner = EffectRunner(workspace, journal, catalog, library)
            _undo_leftovers(journal, decider, runner)
            chosen = _choose(mistakes(workspace), RELABELLED)
            narrate(f"Relabelling {count(len(chosen), 'mistake')} as their queue suggests")
            for row in chosen:
                narrate(f"  {short_hash(row.file)}  {row.reason}")
                outcome = decider.decide(
                    row.file, label=row.suggested, shown={"queue": "mistakes", "score": row.score, "view": "demo"}
                )
                narrate(f"    {outcome.line}")
            runner.drain(_EFFECT_SECONDS)
            _retrain(workspace)
            _dry_run(workspace)
            undone = decider.undo(len(chosen))
            runner.drain(_EFFECT_SECONDS)
            narrate(f"Undid {count(len(undone), 'decision')}: the training folders and tags are as they were")
    finally:
        library.close()
    mistakes(workspace)


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


def _undo_leftovers(journal: Journal, decider: Decider, runner: EffectRunner) -> None:
    """Undo what an earlier loop that was interrupted has left decided."""
    acts = {one.act for one in journal.decisions() if one.session == SESSION and one.undone is None}
    if acts:
        decider.undo(len(acts))
        runner.drain(_EFFECT_SECONDS)
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
