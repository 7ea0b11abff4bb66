"""Acts on many files at once, each one decision act that one `hyai undo` takes back; `--dry-run` says what it would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.decide import SESSION, settle_decided
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.naming import named_file
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.journal.model import NewDecision
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.bulk import BulkPlan

_dry_run = click.option("--dry-run", is_flag=True, help="Decide nothing; say what would be decided.")
_SHOWN_GROUPS = 20


@click.command("similar")
@click.argument("file", metavar="FILE")
@click.option("-k", "amount", type=click.IntRange(1, 10_000), default=12, show_default=True, help="How many files.")
@click.option("--label", help="Sweep: give this label to those of them that nobody has decided on.")
@click.option("--above", type=click.FloatRange(-1, 1), help="Only files at least so similar.")
@_dry_run
@json_option
def similar(file: str, amount: int, label: str | None, above: float | None, dry_run: bool, as_json: bool) -> None:
    """List the files nearest to FILE, with their labels; --label gives them one, as one act."""
    from hyai_tui.queues.bulk import BulkPlan, Proposal
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.near_duplicates import known_label_of
    from hyai_tui.queues.similar import nearest
    from hyai_tui.queues.vectors import open_vectors

    workspace = open_workspace()
    with opened(workspace) as parts:
        context = load_context(workspace, catalog=parts.catalog, journal=parts.journal)
        position = int(context.positions.of([named_file(file, parts.journal, parts.catalog, workspace)])[0])
        with open_vectors(workspace, context, parts.catalog, parts.journal) as vectors:
            if vectors is None or position < 0:
                raise NotNow("There are no features to compare yet", "Run 'hyai cache build'")
            found = nearest(context, vectors, position, amount)
        near = [
            (place, cosine)
            for place, cosine in zip(found.positions.tolist(), found.cosines.tolist(), strict=True)
            if above is None or cosine >= above
        ]
        if label is not None:
            open_ = [Proposal(context.file(at), label, None) for at, _ in near if context.undecided[at]]
            _act(parts, context, BulkPlan(tuple(open_), len(near) - len(open_)), "similar", dry_run, as_json)
            return
        rows = [
            {
                "file": context.file(at),
                "similarity": round(cosine, 4),
                "label": known_label_of(context, at),
                "decided": not bool(context.undecided[at]),
                "score": context.score(at),
                "predicted": context.predicted_name(at),
            }
            for at, cosine in near
        ]
    people = [
        {
            **row,
            "file": short_hash(str(row["file"])),
            "similarity": f"{row['similarity']:.4f}",
            "score": "" if row["score"] is None else f"{row['score']:.3f}",
        }
        for row in rows
    ]
    emit(rows, as_json, lambda: table(people, ("similarity", "file", "label", "predicted", "score")))
    if found.recall:
        narrate(f"By the index of the features: {found.recall}")


@click.command("accept")
@click.argument("name", metavar="QUEUE")
@click.option("--above", type=click.FloatRange(0, 1), required=True, help="Only where the model is at least so sure.")
@click.option("--kind", help="Only rows of this kind.")
@_dry_run
@json_option
def accept(name: str, above: float, kind: str | None, dry_run: bool, as_json: bool) -> None:
    """Accept the suggestions of QUEUE of which the model is sure enough, as one act."""
    from hyai_tui.queues import bulk
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.registry import queue_kind

    chosen = queue_kind(name, available())
    if chosen.hides_model:
        raise WrongUse(f"The queue {name} is for answers of your own", "Look at its files one by one")

    def plan(context: QueueContext) -> BulkPlan:
        queue = chosen.build(context)
        return bulk.accept(queue if kind is None else queue.only(kind), above)

    _plan_and_act(plan, name, dry_run, as_json)


@click.command("assign")
@click.argument("label", metavar="LABEL")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Least probability.")
@click.option("--else", "other", metavar="LABEL", help="What all other files get; without it they stay as they are.")
@_dry_run
@json_option
def assign(label: str, threshold: float, other: str | None, dry_run: bool, as_json: bool) -> None:
    """Give LABEL to all files that nobody has decided on and whose probability of it reaches a threshold, as one act."""
    from hyai_tui.queues import bulk

    _plan_and_act(lambda context: bulk.assign(context, label, threshold, other), "assign", dry_run, as_json)


@click.command("duplicates")
@click.option("--keep-best", is_flag=True, help="Keep the largest copy of each group and throw the others away.")
@click.option(
    "--copy-label", is_flag=True, help="Give undecided copies the label of their group, where its labels agree."
)
@_dry_run
@json_option
def duplicates(keep_best: bool, copy_label: bool, dry_run: bool, as_json: bool) -> None:
    """List the groups of near duplicates that the last check found, the best copy first; or decide on them, as one act."""
    from hyai_tui.checks import copies
    from hyai_tui.queues.context import load_context

    if keep_best and copy_label:
        raise WrongUse("--keep-best and --copy-label exclude each other", "Give one of them")
    workspace = open_workspace()
    with opened(workspace) as parts:
        context = load_context(workspace, catalog=parts.catalog, journal=parts.journal)
        if context.prepared.copies is None:
            raise NotNow("Nobody has looked for near duplicates yet", "Run 'hyai check near-duplicates'")
        groups = copies.read_groups(context, parts.catalog)
        if keep_best or copy_label:
            made = copies.keep_best(groups) if keep_best else copies.copy_label(groups)
            _act(parts, context, made, "near-duplicates", dry_run, as_json)
            return
    data = [{"group": number, "files": [asdict(one) for one in group.copies]} for number, group in enumerate(groups)]
    emit(data, as_json, lambda: _group_lines(data))


def _plan_and_act(plan: Callable[[QueueContext], BulkPlan], name: str, dry_run: bool, as_json: bool) -> None:
    from hyai_tui.queues.context import load_context

    workspace = open_workspace()
    with opened(workspace) as parts:
        context = load_context(workspace, catalog=parts.catalog, journal=parts.journal)
        _act(parts, context, plan(context), name, dry_run, as_json)


def _act(parts: Parts, context: QueueContext, plan: BulkPlan, name: str, dry_run: bool, as_json: bool) -> None:
    """Decide what the plan says, unless it is a dry run, and print it."""
    decided: Sequence[Any] = ()
    if not dry_run and plan.proposals:
        decider = Decider(
            parts.workspace, parts.journal, parts.catalog, parts.library, session=SESSION, source="command"
        )
        shown = {"queue": name, "model": context.model_id, "view": "bulk"}
        new = [
            NewDecision(one.file, "label", one.label, {**shown, "confidence": one.confidence}) for one in plan.proposals
        ]
        decided = [outcome.decision for outcome in decider.decide_many(new)]
    data = {
        "dry_run": dry_run,
        "counts": plan.counts,
        "decided": len(decided),
        "act": decided[0].act if decided else None,
        "spared": plan.spared,
        "edges": [asdict(one) for one in plan.edges],
        "nearest_spared": [asdict(one) for one in plan.nearest_spared],
    }
    emit(data, as_json, lambda: _plan_lines(plan, dry_run))
    if decided:
        settle_decided(parts, decided)


def _plan_lines(plan: BulkPlan, dry_run: bool) -> Iterator[str]:
    said = ", ".join(f"{amount:,} {label}" for label, amount in plan.counts.items()) or "nothing"
    yield f"{'would decide' if dry_run else 'decided'}: {said}; {count(plan.spared, 'file stays', 'files stay')} as before"
    for title, edge in (("least sure of these", plan.edges), ("nearest of the others", plan.nearest_spared)):
        if edge and edge[0].confidence is not None:
            yield f"{title}: " + ", ".join(f"{short_hash(one.file)} {one.label} {one.confidence:.3f}" for one in edge)
    if plan.proposals and not dry_run:
        yield "'hyai undo' takes all of it back"


def _group_lines(data: list[dict[str, Any]]) -> Iterator[str]:
    if not data:
        yield "No near duplicates"
        return
    for group in data[:_SHOWN_GROUPS]:
        yield f"group {group['group'] + 1}"
        for place, one in enumerate(group["files"]):
            pixels = f"{one['width']}×{one['height']}" if one["width"] else ""
            tags = f"  only here: {', '.join(one['tags'][:5])}" if one["tags"] else ""
            best = "best  " if place == 0 else "      "
            yield f"  {best}{short_hash(one['file'])}  {one['label'] or '–':8}  {pixels:>11}  {one['size'] or 0:>10,} B{tags}"
    if len(data) > _SHOWN_GROUPS:
        yield f"{count(len(data) - _SHOWN_GROUPS, 'more group')}; --json shows all"
