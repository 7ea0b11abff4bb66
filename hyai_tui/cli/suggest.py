"""`hyai suggest FILE`: what the model in use makes of one file, and why. Nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import HyaiError, NotNow
from hyai_tui.text import short_hash
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.queues.arrays import QueueContext

MOST = 5


@click.command("suggest")
@click.argument("file", metavar="FILE")
@json_option
def suggest(file: str, as_json: bool) -> None:
    """Say which labels the model would give FILE, how sure it is, and which tag that makes."""
    from hyai_tui.effects.naming import named_file
    from hyai_tui.learning.registry import Registry
    from hyai_tui.queues.context import load_context

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        identity = named_file(file, journal, catalog, workspace)
        Registry(workspace.models_directory).require_current()
        context = load_context(workspace, catalog=catalog, journal=journal)
    data = _opinion(workspace, context, identity)
    emit(data, as_json, lambda: _lines(data))


def _opinion(workspace: Workspace, context: QueueContext, identity: str) -> dict[str, Any]:
    from hyai_tui.effects.owntags import is_marked, tag_of

    place = int(context.positions.of([identity])[0])
    score = context.score(place) if place >= 0 else None
    if score is None:
        raise _no_score(context, identity)
    assert context.thresholds is not None
    chances = context.probabilities[place].tolist()
    ranked = sorted(zip(context.labels, chances, strict=True), key=lambda one: -one[1])
    sure = int(context.thresholds.assign(context.probabilities[place : place + 1])[0])
    label = context.labels[sure] if sure >= 0 else None
    tag = tag_of(workspace.settings.tag, label) if label and is_marked(workspace.settings.tag, label) else None
    decided = int(context.decided_label[place])
    return {
        "file": identity,
        "model": context.model_id,
        "score": round(score, 6),
        "predicted": context.predicted_name(place),
        "suggestions": [{"label": name, "probability": round(chance, 6)} for name, chance in ranked[:MOST]],
        "tag": tag,
        "current": context.current_name(place),
        "decided": context.names[decided] if decided >= 0 else None,
        "out_of_fold": bool(context.out_of_fold[place]),
        "reason": _reason(context, place, label, tag),
    }


def _reason(context: QueueContext, place: int, label: str | None, tag: str | None) -> str:
    from hyai_tui.queues.queue import percent

    assert context.thresholds is not None
    who = "a model that never saw it" if context.out_of_fold[place] else "the model"
    said = f"{who} says {percent(context.confidence(place))} {context.predicted_name(place)}"
    if label is None:
        needed = ", ".join(
            f"{name} {value:.2f}" for name, value in zip(context.labels, context.thresholds.values, strict=True)
        )
        return f"{said}: not sure enough for a tag (thresholds {needed})"
    return f"{said}: sure enough for {tag}" if tag else f"{said}; tags of {label} are switched off"


def _no_score(context: QueueContext, identity: str) -> HyaiError:
    if (why := context.unreadable.get(identity)) is not None:
        return HyaiError(f"{short_hash(identity)} has no score: it cannot be used as a picture ({why})")
    return NotNow(f"{short_hash(identity)} has no score yet", "Run 'hyai score'")


def _lines(data: dict[str, Any]) -> Iterable[str]:
    yield f"{short_hash(data['file'])}  {data['reason']}"
    for one in data["suggestions"]:
        yield f"  {one['probability']:.3f}  {one['label']}"
    if data["decided"] is not None:
        yield f"  you decided: {data['decided']}; that outranks every score"
