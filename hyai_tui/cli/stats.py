"""`hyai stats`: what there is and how one gets on, in numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.journal.pace import Pace, days_in_a_row, midnight, pace
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.queues.statistics import Histogram, Statistics

_BAR = 40


@click.command("stats")
@click.option("--bins", type=click.IntRange(5, 100), default=20, show_default=True, help="Columns of the histograms.")
@json_option
def stats(bins: int, as_json: bool) -> None:
    """Count what there is: files, labels, progress, how sure the model is, how scores lie, and today's pace."""
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.statistics import statistics

    workspace = open_workspace()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        found = statistics(load_context(workspace, catalog=catalog, journal=journal), bins)
        decisions = list(journal.decisions())
    now, goal = time.time(), workspace.settings.review.goal
    today = pace(decisions, midnight(now))
    days = days_in_a_row(decisions, now, goal)
    data = {
        **asdict(found),
        "decided": found.decided,
        "progress": found.progress,
        "today": {**asdict(today), "goal": goal, "days": days},
    }
    emit(data, as_json, lambda: _lines(found, today, goal, days))


def _lines(found: Statistics, today: Pace, goal: int, days: int) -> Iterator[str]:
    yield f"{count(found.files, 'file')}: {_amounts(found.states)}"
    aside = {"motion pictures": found.motion, "gone": found.gone}
    if any(aside.values()):
        yield f"beside them: {_amounts({name: number for name, number in aside.items() if number})}"
    yield f"decided: {found.decided:,}, {found.progress:.1%}: {_amounts(_decided(found))}"
    yield f"samples: {_amounts(found.samples)}"
    if found.model:
        yield f"scored by {found.model}: {found.scored:,}; predicted {_amounts(found.predicted)}"
        yield f"confidence: {_amounts(found.bands)} (high from .8, low below .5)"
    for title, histogram in (("scores", found.scores), ("samples, by a model that never saw them", found.held_out)):
        if histogram is not None:
            yield ""
            yield f"{title}: probability of {histogram.label}, {', '.join(histogram.rows)}"
            yield from _bars(histogram)
    yield ""
    rate = f", {today.per_minute:.0f} a minute" if today.per_minute else ""
    aim = f" of {goal:,}" if goal else ""
    yield f"today: {today.decided:,}{aim} decisions{rate}; {count(days, 'day')} in a row"


def _decided(found: Statistics) -> dict[str, int]:
    return {**found.labels, "unsure": found.unsure, "ignored": found.ignored}


def _amounts(amounts: object) -> str:
    assert isinstance(amounts, dict)
    return ", ".join(f"{number:,} {name}" for name, number in amounts.items()) or "none"


def _bars(histogram: Histogram) -> Iterator[str]:
    total = histogram.total
    most = max(total, default=0)
    for at, number in enumerate(total):
        parts = " ".join(f"{row[at]:>7,}" for row in histogram.rows.values())
        yield f"  {at / len(total):4.2f}  {parts}  {'█' * (-(-number * _BAR // most) if most else 0)}"
