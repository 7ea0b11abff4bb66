"""The index of a large library's features: made when it is asked for, and after a build that has changed much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyai_tui.errors import HyaiError
from hyai_tui.features import inverted, inverting
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.text import count


def make(context: JobContext, store: FeatureStore) -> Mapping[str, Any]:
    """Make the index; return `vectors`, `lists`, `probes`, `recall`, `neighbours`, `asked`, `used`.

    Raises:
        NotNow: the store is small.
        ModelError: faiss is not installed.
    """
    least = 1 if context.options.get("anyway") else inverted.LEAST_ROWS
    record = inverting.make(store, context.report, context.check, least_rows=least)
    used = record.recall >= inverted.LEAST_RECALL
    context.report.log(f"{count(record.rows, 'vector')} in {record.lists:,} lists: {record.line}")
    if not used:
        context.report.warning("That is too little, so searches go on comparing all vectors")
    return {
        "vectors": record.rows,
        "lists": record.lists,
        "probes": record.probes,
        "recall": round(record.recall, 4),
        "neighbours": record.neighbours,
        "asked": record.asked,
        "used": used,
    }


def after_building(context: JobContext, store: FeatureStore) -> None:
    """Make the index of a store that is large enough, where faiss is installed and there is none that stands."""
    if len(store) < inverted.LEAST_ROWS or not inverted.can_be_made() or inverted.stands(store):
        return
    try:
        make(context, store)
    except HyaiError as error:
        context.report.warning(f"The index of the features could not be made: {error}")
