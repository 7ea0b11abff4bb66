"""`hyai status`: what is there, which model is in use, and what is due."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import Exit, HyaiError
from hyai_tui.text import count, old_scores_line
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Status

T = TypeVar("T")
PENDING: tuple[Status, ...] = ("due", "staged", "failed")


@click.command("status")
@click.option("--line", is_flag=True, help="One short line for a status bar: counts only, cheap, no network.")
@click.option("--accept-removals", is_flag=True, help="Samples that were deleted by hand are meant to be gone.")
@json_option
def status(line: bool, accept_removals: bool, as_json: bool) -> int:
    """Count files, samples, features and scores; say what is due. Takes in hand changes of the training folders."""
    workspace = open_workspace()
    if line:
        text = _line(workspace)
        emit({"line": text}, as_json, lambda: [text])
        return Exit.DONE
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        samples, problem = _synced(workspace, journal, catalog, accept_removals=accept_removals)
        problems = [] if problem is None else [problem]
        data = _data(workspace, journal, catalog, samples, problems)
    emit(data, as_json, lambda: _lines(workspace, data))
    for one in problems:
        narrate(f"hyai: {one.what}")
        narrate(f"      {one.fix}")
    return problems[0].exit_code if problems else Exit.DONE


def _synced(
    workspace: Workspace, journal: Journal, catalog: Catalog, *, accept_removals: bool
) -> tuple[dict[str, int], HyaiError | None]:
    """Bring folders and journal together; where that asks something, count what the journal knows and pass it on."""
    from collections import Counter

    from hyai_tui.samples.sync import ManyRemoved, sync, training_samples

    try:
        report = sync(workspace, journal, catalog, accept_removals=accept_removals)
    except ManyRemoved as error:
        counted = Counter(one.label for one in training_samples(journal, workspace.data))
        return {label.name: counted[label.name] for label in journal.labels()}, error
    if report.line:
        narrate(report.line)
    for identity, labels in report.contradictions:
        narrate(f"warning: {identity[:12]} is in {' and '.join(labels)}; neither trains until one is removed")
    for path in report.unreadable:
        narrate(f"warning: data/{path} cannot be read")
    return dict(report.counts), None


def _data(
    workspace: Workspace, journal: Journal, catalog: Catalog, samples: dict[str, int], problems: list[HyaiError]
) -> dict[str, Any]:
    """Return all that is counted; what is damaged counts as missing, and is added to the problems."""
    from hyai_tui.jobs import supervisor
    from hyai_tui.jobs.rescoring import old_scores
    from hyai_tui.jobs.retraining import due_now, stop_advice
    from hyai_tui.jobs.training_hints import training_hints
    from hyai_tui.learning.registry import Registry
    from hyai_tui.learning.scores import ScoreTable
    from hyai_tui.patterns.store import PatternStore
    from hyai_tui.samples.training import training_samples

    model = _whole(Registry(workspace.models_directory).current, problems)
    counts = catalog.counts()
    effects = journal.effect_counts()
    encoder, features = _whole(lambda: _features(workspace), problems) or (None, 0)
    scored = 0
    labels = {one.identity: one.label for one in training_samples(journal, workspace.data)}
    due = due_now(workspace, journal, labels)
    advice = stop_advice(journal)
    if model is not None:
        scored = ScoreTable.open(workspace.scores_directory, model, *catalog.number_marks(model.id)).scored
    return {
        "workspace": str(workspace.root),
        "library": workspace.settings.library.kind,
        "files": counts["files"],
        "states": {state: counts[state] for state in ("inbox", "archive", "trash", "gone")},
        "motion": counts["motion"],
        "conflicts": counts["conflict"],
        "scanned": catalog.last_scan(),
        "samples": samples,
        "hints": training_hints(workspace, samples),
        "encoder": encoder,
        "features": features,
        "model": None if model is None else model.id,
        "macro_f1": None if model is None else model.metrics.get("macro_f1"),
        "scored": scored,
        "old_scores": _whole(lambda: old_scores(workspace, catalog), problems) or 0,
        "patterns": PatternStore(workspace.patterns_directory).current(),
        "retrain": {"due": due.due, "reason": due.reason, "new": due.new, "corrected": due.corrected + due.removed},
        "plateau": {"reached": advice.settled, "labels_left": advice.labels_left},
        "pending_effects": sum(effects.get(one, 0) for one in PENDING),
        "effects": {one: effects.get(one, 0) for one in PENDING},
        "jobs": [info.id for info in supervisor.jobs(workspace) if info.state == "running"],
    }


def _whole(read: Callable[[], T], problems: list[HyaiError]) -> T | None:
    """Return what is read, or None where it is damaged."""
    try:
        return read()
    except HyaiError as error:
        problems.append(error)
        return None


def _features(workspace: Workspace) -> tuple[str | None, int]:
    """Return the recorded encoder's version id and how many vectors it has; nothing is opened for writing."""
    from hyai_tui.features.choosing import recorded_version
    from hyai_tui.features.store import INDEX_FILE, FeatureStore, store_directory

    version = recorded_version(workspace)
    if version is None:
        return None, 0
    directory = store_directory(workspace.features_directory, version)
    if not (directory / INDEX_FILE).exists():
        return version.id, 0
    with FeatureStore.open(directory, version.dimension, version=version, read_only=True) as store:
        return version.id, len(store)


def _lines(workspace: Workspace, data: dict[str, Any]) -> Iterator[str]:
    states = data["states"]
    library = "Hydrus" if data["library"] == "hydrus" else "folder"
    yield f"workspace  {workspace.root} ({library})"
    scanned = "never scanned: 'hyai scan'" if data["scanned"] is None else f"scanned {_when(data['scanned'])}"
    yield (
        f"files      {data['files']:,} ({states['inbox']:,} inbox, {states['archive']:,} archive, "
        f"{states['trash']:,} trash; {states['gone']:,} gone), {scanned}"
    )
    if data["motion"] and workspace.settings.library.motion == "skip":
        yield f"           {count(data['motion'], 'video or animation', 'videos and animations')} left out"
    if data["conflicts"]:
        yield f"           {count(data['conflicts'], 'file')} with copies in different states"
    yield f"samples    {', '.join(f'{label} {number:,}' for label, number in data['samples'].items()) or 'none'}"
    yield from (f"           {hint}" for hint in data["hints"])
    yield f"features   {data['features']:,}" + (f" of {data['encoder']}" if data["encoder"] else "")
    score = f", macro F1 {data['macro_f1']:.3f}" if data["macro_f1"] is not None else ""
    yield f"model      {data['model']}{score}" if data["model"] else "model      none yet: 'hyai train' makes one"
    old = f"; {old_scores_line(data['old_scores'])}: 'hyai score' scores them anew" if data["old_scores"] else ""
    yield f"scored     {data['scored']:,}{old}"
    if data["patterns"] is not None:
        yield f"learnt     patterns v{data['patterns']} of your tags"
    due = data["retrain"]
    yield f"retrain    {'due: ' if due['due'] else 'not due: '}{due['reason']}"
    left = data["plateau"]["labels_left"]
    if data["plateau"]["reached"]:
        yield "plateau    reached: three models in a row agree, more labels will change little"
    elif left is not None:
        yield f"plateau    about {left:,} labels away"
    parts = [f"{number:,} {name}" for name, number in data["effects"].items() if number]
    yield f"pending    {', '.join(parts) if parts else 'nothing'}"
    if data["jobs"]:
        yield f"running    {', '.join(data['jobs'])}"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


# The line for a status bar is asked for every few seconds: it reads three small things and imports nothing of weight.


def _line(workspace: Workspace) -> str:
    decisions, pending = _journal_numbers(workspace)
    parts = [*_model_part(workspace.models_directory), f"{decisions:,} today"]
    if pending:
        parts.append(f"{pending:,} pending")
    if any(_running(workspace)):
        parts.append("working")
    return "hyai " + " · ".join(parts)


def _model_part(models: Path) -> Iterable[str]:
    """Return `#7 F1 .91` of the model in use, from its two small files."""
    try:
        name = (models / "current").read_text("ascii").strip()
        number = int(name[1:5])
        metrics = json.loads((models / name / "bundle.json").read_bytes()).get("metrics", {})
        score = float(metrics["macro_f1"])
    except FileNotFoundError:
        return ["no model"]
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return ["model ?"]
    return [f"#{number} F1 {score:.2f}".replace("0.", ".", 1)]


def _journal_numbers(workspace: Workspace) -> tuple[int, int]:
    """Return today's decisions and the pending effects; (0, 0) without a journal."""
    if not (workspace.root / "journal.db").exists():
        return 0, 0
    midnight = time.mktime((*time.localtime()[:3], 0, 0, 0, 0, 0, -1))
    with workspace.open_journal() as journal:
        today = takewhile(lambda one: one.at >= midnight, journal.decisions())
        decisions = sum(1 for one in today if one.undone is None and one.source != "folder")
        effects = journal.effect_counts()
    return decisions, sum(effects.get(one, 0) for one in PENDING)


def _running(workspace: Workspace) -> Iterator[str]:
    from hyai_tui.jobs import supervisor

    return (info.id for info in supervisor.jobs(workspace) if info.state == "running")
