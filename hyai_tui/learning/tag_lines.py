"""What people read of a tag model: its headline and one row for each tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hyai_tui.text import table, visible

COLUMNS = ("tag", "F1", "precision", "recall", "AP", "files", "from")


def tag_headline(metrics: Mapping[str, Any]) -> str:
    """Return the figures of a tag model in one line: macro F1 first."""
    mean = metrics.get("mean_average_precision")
    ranked = "" if mean is None else f", mean average precision {mean:.3f}"
    return f"macro F1 {metrics['macro_f1']:.3f}, micro F1 {metrics['micro_f1']:.3f}{ranked}, all tags right {metrics['exact']:.1%}"


def tag_lines(per_label: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table with a row for each tag, the most frequent first."""
    ranked = sorted(per_label.items(), key=lambda one: (-one[1]["support"], one[0]))
    rows = [
        {
            "tag": visible(tag),
            "F1": f"{one['f1']:.3f}",
            "precision": f"{one['precision']:.3f}",
            "recall": f"{one['recall']:.3f}",
            "AP": "" if one["average_precision"] is None else f"{one['average_precision']:.3f}",
            "files": f"{one['support']:,}",
            "from": f"{one['threshold']:.2f}",
        }
        for tag, one in ranked
    ]
    yield from table(rows, COLUMNS)
