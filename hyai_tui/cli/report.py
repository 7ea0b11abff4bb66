"""`hyai evaluate`: how good the model is, as lines, JSON, or one HTML file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate, table
from hyai_tui.cli.progress import run_job
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace

_WIDE = 30


@click.command("evaluate")
@click.option("--baseline", is_flag=True, help="Judge what needs no training: nearest samples, nearest mean.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one HTML page too."
)
@json_option
def evaluate(baseline: bool, html: Path | None, as_json: bool) -> None:
    """Report how good the model in use is, on samples that it was not trained on."""
    result = run_job(open_workspace(), "evaluate", {"baseline": baseline})
    if html is not None and not baseline:
        from hyai_tui.learning.report_page import page

        temporary = html.with_name(f".{html.name}.{os.getpid()}.new")
        temporary.write_text(page(result), "utf-8")
        temporary.replace(html)
        narrate(f"report: {html}")
    emit(result, as_json, lambda: baseline_lines(result) if baseline else report_lines(result))


def headline(metrics: Mapping[str, Any]) -> str:
    """Return the four numbers of a model in one line."""
    names = {"macro_f1": "macro F1", "accuracy": "accuracy", "auc": "AUC", "ece": "ECE"}
    return ", ".join(
        f"{name} {'–' if metrics[key] is None else format(metrics[key], '.3f')}" for key, name in names.items()
    )


def baseline_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is guessed without any training, for people."""
    yield f"without any training, on {count(report['n'], 'sample')}: macro F1 {report['macro_f1']:.3f} at best"
    yield from _baselines(report["baselines"])


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield an evaluation, for people."""
    low, high = report["intervals"]["macro_f1"]
    yield f"{report['model']} on {count(report['n'], 'held-out sample')}: {headline(report)}"
    yield f"95 % interval of macro F1: {low:.3f} to {high:.3f}"
    yield ""
    rows = [
        {"label": label, **{key: f"{one[key]:.3f}" for key in ("precision", "recall", "f1")}, "samples": one["support"]}
        for label, one in report["per_class"].items()
    ]
    yield from table(rows, ["label", "precision", "recall", "f1", "samples"])
    yield ""
    labels = report["confusion"]["labels"]
    confused = [
        {"labelled": label, **{f"as {name}": cell for name, cell in zip(labels, cells, strict=True)}}
        for label, cells in zip(labels, report["confusion"]["rows"], strict=True)
    ]
    yield from table(confused, ["labelled", *(f"as {name}" for name in labels)])
    for one in report["common_errors"]:
        yield f"{one['labelled']} → {one['predicted']}: {count(one['items'], 'error')}"
    yield ""
    yield "accuracy by confidence (┃ is the confidence: equal where the model is as sure as it is right)"
    for one in report["reliability"]:
        yield f"  {one['from']:.1f}–{one['to']:.1f} {_bar(one['accuracy'], one['confidence'])} {one['items']:,}"
    yield f"samples by {report['histogram']['score']}, 0 to 1"
    for label, counts in report["histogram"]["counts"].items():
        yield f"  {_columns(counts)}  {label}"
    for kind, parts in report["groups"].items():
        if parts:
            yield ""
            shown = [
                {
                    kind: one["group"],
                    "samples": one["items"],
                    "accuracy": f"{one['accuracy']:.3f}",
                    "95 % interval": f"{one['interval'][0]:.3f} to {one['interval'][1]:.3f}",
                    "macro F1": f"{one['macro_f1']:.3f}",
                }
                for one in parts
            ]
            yield from table(shown, [kind, "samples", "accuracy", "95 % interval", "macro F1"])
    yield ""
    if report["baselines"]:
        yield "without any training:"
        yield from _baselines(report["baselines"])
    if batch := report["last_batch"]:
        yield (
            f"the last labels ({batch['new']:,} new, {batch['corrected']:,} corrected, {batch['removed']:,} removed): macro F1 "
            f"{batch['before']:.3f} → {batch['after']:.3f} on the same {count(batch['items'], 'sample')}"
        )
    origins = report["thresholds"]["from"]
    stated = ", ".join(f"{label} {report['thresholds'][label]:.2f} ({origins[label]})" for label in labels)
    right = report["precision_of_tags"]
    tagged = f"; {report['coverage']:.0%} would get a tag" + ("" if right is None else f", {right:.1%} of them right")
    yield f"thresholds: {stated}{tagged}"
    yield str(report["verdict"])
    yield str(report["target"])
    if report["action"]:
        yield str(report["action"])


def _baselines(found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, one in found.items():
        yield f"  {name:10} macro F1 {one['macro_f1']:.3f}, accuracy {one['accuracy']:.3f}"


def _bar(value: float, mark: float) -> str:
    """Return a bar of a share 0 … 1 with a mark on it."""
    cells = ["█" if place < round(value * _WIDE) else "·" for place in range(_WIDE)]
    cells[min(_WIDE - 1, int(mark * _WIDE))] = "┃"
    return f"{''.join(cells)} {value:.2f}"


def _columns(counts: list[int]) -> str:
    """Return a row of columns, one character each."""
    most = max(1, *counts)
    return "".join(" ▁▂▃▄▅▆▇█"[0 if not one else max(1, round(8 * one / most))] for one in counts)
