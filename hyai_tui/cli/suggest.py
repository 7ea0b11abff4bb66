"""`hyai suggest FILE`: labels and tags that fit one file, and why. Nothing is recorded unless tags are accepted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import HyaiError, NotNow, WrongUse
from hyai_tui.text import short_hash
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.patterns.reading import About
    from hyai_tui.queues.arrays import QueueContext

MOST = 5


@click.command("suggest")
@click.argument("file", metavar="FILE")
@click.option("--accept", "accepted", multiple=True, metavar="TAG", help="Write this suggested tag; may be repeated.")
@json_option
def suggest(file: str, accepted: tuple[str, ...], as_json: bool) -> None:
    """Say which labels and tags fit FILE, how likely each is, and why.

    Labels come from the model in use, tags from what 'hyai learn' has learnt and from the models of namespaces that 'hyai
    train --namespace' made. --accept writes suggested tags to the library, verified; 'hyai patterns undo' takes them back.
    """
    workspace = open_workspace()
    data = _opinion(workspace, file)
    if accepted:
        from hyai_tui.cli.accepting import accept_tags

        offered = {one["tag"] for one in data["tags"]}
        if unknown := [tag for tag in accepted if tag not in offered]:
            raise WrongUse(
                f"{unknown[0]!r} is not suggested for {short_hash(data['file'])}",
                f"It is one of {', '.join(sorted(offered))}" if offered else "Nothing is suggested for it",
            )
        data["accepted"] = accept_tags(workspace, {data["file"]: list(accepted)})
    emit(data, as_json, lambda: _lines(data))


def learnt_of(file: str) -> dict[str, Any]:
    """Return what was learnt that touches a file: `file`, `patterns`, `pulls`, `group`, `context`, `words`.

    Raises:
        NotNow: nothing was learnt yet.
    """
    from hyai_tui.effects.naming import named_file
    from hyai_tui.patterns.reading import Learnt

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        identity = named_file(file, journal, catalog, workspace)
        return {"file": identity, **_learnt(Learnt.open(workspace).about(identity, catalog, journal))}


def _opinion(workspace: Workspace, file: str) -> dict[str, Any]:
    from hyai_tui.effects.naming import named_file
    from hyai_tui.learning.registry import Registry
    from hyai_tui.learning.tag_offers import of_namespaces
    from hyai_tui.patterns.offering import merged
    from hyai_tui.patterns.reading import newest
    from hyai_tui.queues.context import load_context

    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        identity = named_file(file, journal, catalog, workspace)
        learnt = newest(workspace, None)
        spaces = of_namespaces(workspace, catalog, identity)
        if learnt is None and not spaces:
            Registry(workspace.models_directory).require_current()
        about = None if learnt is None else learnt.about(identity, catalog, journal)
        context = load_context(workspace, catalog=catalog, journal=journal)
    place = int(context.positions.of([identity])[0])
    if learnt is None and not spaces and (place < 0 or not context.scored[place]):
        raise _no_score(context, identity)
    said = {"file": identity, **_by_model(workspace, context, place), **_learnt(about), "namespaces": spaces}
    said["tags"] = [
        {"tag": one.tag, "probability": round(one.chance, 6), "reason": one.reason}
        for one in merged(about.suggestions if about is not None else (), spaces)
    ]
    return said


def _learnt(about: About | None) -> dict[str, Any]:
    if about is None:
        return {"patterns": None, "pulls": [], "group": None, "context": None, "words": []}
    group = about.group
    return {
        "patterns": about.version,
        "pulls": [
            {"tag": one.tag, "label": one.label, "times": round(one.times, 4), "reason": one.reason}
            for one in about.pulls
        ],
        "group": None if group is None else {"id": group.id, "name": group.name, "cosine": round(group.cosine, 4)},
        "context": about.context,
        "words": list(about.words),
    }


def _by_model(workspace: Workspace, context: QueueContext, place: int) -> dict[str, Any]:
    """Return what the model says; nothing of it where there is no score."""
    from hyai_tui.effects.owntags import is_marked, tag_of

    score = context.score(place) if place >= 0 else None
    current = context.current_name(place) if place >= 0 else None
    decided = int(context.decided_label[place]) if place >= 0 else -1
    said: dict[str, Any] = {
        "model": None,
        "score": None,
        "predicted": None,
        "suggestions": [],
        "tag": None,
        "current": current,
        "decided": context.names[decided] if decided >= 0 else None,
        "out_of_fold": False,
        "reason": "the model has not scored it",
    }
    if score is None:
        return said
    assert context.thresholds is not None
    chances = context.probabilities[place].tolist()
    ranked = sorted(zip(context.labels, chances, strict=True), key=lambda one: -one[1])
    sure = int(context.thresholds.assign(context.probabilities[place : place + 1])[0])
    label = context.labels[sure] if sure >= 0 else None
    tag = tag_of(workspace.settings.tag, label) if label and is_marked(workspace.settings.tag, label) else None
    return said | {
        "model": context.model_id,
        "score": round(score, 6),
        "predicted": context.predicted_name(place),
        "suggestions": [{"label": name, "probability": round(chance, 6)} for name, chance in ranked[:MOST]],
        "tag": tag,
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
    yield from (f"  {one['reason']}" for one in data["pulls"])
    if data["words"]:
        yield f"  {data['context']['primary']}: commonly associated with {', '.join(data['words'])}"
    if data["group"] is not None:
        yield f"  looks like group {data['group']['id']}: {data['group']['name']}"
    if data["tags"]:
        sources = [f"patterns v{data['patterns']}"] if data["patterns"] is not None else []
        sources += [f"{one['namespace']} {one['model']}" for one in data["namespaces"]]
        yield f"tags that it may lack ({', '.join(sources)}); --accept TAG writes one:"
        yield from (f"  {one['probability']:.2f}  {one['tag']}: {one['reason']}" for one in data["tags"])
    elif data["patterns"] is None:
        narrate("'hyai learn' learns from your tags; then tags are suggested too")
    yield from (f"  {one['reason']}" for space in data["namespaces"] for one in space["doubted"])
    if "accepted" in data:
        done = data["accepted"]
        yield f"{done['done']:,} written, {done['failed']:,} failed, {done['left']:,} pending; 'hyai patterns undo' takes them back"
