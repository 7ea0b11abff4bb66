"""An evaluation as lines for people: what `hyai evaluate` prints and what the app's report shows are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyai_tui.learning.probing import Probe, from_json
from hyai_tui.text import count, short_hash, table, visible

# Cells of a bar, and of one where there is little room; of a name there.
_WIDE, _NARROW, _NAME = 30, 14, 9
# Of what a model says of a file: `archive 0.97`.
_OPINION = 12


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line.

    Attributes:
        text: what it says.
        files: the files that it counts, where somebody may want to look at them.
        reasons: why each of them is there; empty where the text says it.
        narrow: the same in fewer cells, for a terminal in which the text does not fit; empty where it is only cut or wrapped.
    """

    text: str
    files: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    narrow: str = ""


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


def report_lines(report: Mapping[str, Any]) -> Iterator[ReportLine]:
    """Yield an evaluation, for people: what it means first, then what it is made of."""
    low, high = report["intervals"]["macro_f1"]
    if report.get("split") or report.get("label_run"):
        splits = ", ".join(f"{number:,} {name}" for name, number in report["splits"].items())
        which = [f"split {report['split']}"] if report["split"] else []
        which += [f"label run {report['label_run']}"] if report["label_run"] else []
        yield ReportLine(f"{', '.join(which)}: {count(report['n'], 'item')} (of {splits})")
    yield ReportLine(
        f"model #{int(report['model'][1:5])} on {count(report['n'], 'held-out sample')}: {headline(report)}"
    )
    yield ReportLine(f"95 % interval of macro F1: {low:.3f} to {high:.3f}")
    yield ReportLine(str(report["target"]))
    yield ReportLine(str(report["verdict"]))
    if report["action"]:
        yield ReportLine(str(report["action"]))
    yield ReportLine("")
    rows = [
        {"label": label, **{key: f"{one[key]:.3f}" for key in ("precision", "recall", "f1")}, "samples": one["support"]}
        for label, one in report["per_class"].items()
    ]
    columns = {"label": "label", "precision": "prec.", "recall": "rec.", "f1": "f1", "samples": "n"}
    yield from _tabled(rows, columns)
    yield ReportLine("")
    labels = report["confusion"]["labels"]
    confused = [
        {"labelled": label, **{f"as {name}": cell for name, cell in zip(labels, cells, strict=True)}}
        for label, cells in zip(labels, report["confusion"]["rows"], strict=True)
    ]
    yield from _tabled(confused, {"labelled": "as →", **{f"as {name}": name for name in labels}})
    for one in report["common_errors"]:
        said = f"{one['labelled']} → {one['predicted']}: {count(one['items'], 'error')}"
        yield ReportLine(said, tuple(one["files"]))
    yield ReportLine("")
    yield ReportLine("accuracy by confidence (┃ is the confidence: equal where the model is as sure as it is right)")
    for one in report["reliability"]:
        bars = [
            f"  {one['from']:.1f}–{one['to']:.1f} {_bar(one['accuracy'], one['confidence'], width)} {one['items']:,}"
            for width in (_WIDE, _NARROW)
        ]
        yield ReportLine(bars[0], narrow=bars[1])
    yield ReportLine(f"samples by {report['histogram']['score']}, 0 to 1")
    for label, counts in report["histogram"]["counts"].items():
        yield ReportLine(f"  {_columns(counts)}  {label}")
    for kind, parts in report["groups"].items():
        if parts:
            yield ReportLine("")
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
            columns = {kind: kind, "samples": "n", "accuracy": "acc.", "95 % interval": "95 % interval"}
            yield from _tabled(shown, columns, ["macro F1"])
    yield ReportLine("")
    if report["baselines"]:
        yield ReportLine("without any training:")
        for line in _baselines(report["baselines"]):
            yield ReportLine(line, narrow=line.replace("macro F1", "F1").replace("accuracy", "acc."))
    if tried := report.get("validation"):
        before, after = tried["before"]["macro_f1"], tried["after"]["macro_f1"]
        yield ReportLine(
            f"the training, on the same {count(tried['items'], 'held-out sample')}: macro F1 "
            f"{before:.3f} ({tried['before_is']}) → {after:.3f}"
        )
    if (batch := report["last_batch"]) and any(batch[kind] for kind in ("new", "corrected", "removed")):
        yield ReportLine(
            f"the last labels ({batch['new']:,} new, {batch['corrected']:,} corrected, {batch['removed']:,} removed): macro F1 "
            f"{batch['before']:.3f} → {batch['after']:.3f} on the same {count(batch['items'], 'sample')}"
        )
    if found := report.get("probes"):
        yield ReportLine("")
        names = f"#{found['before']}", f"#{found['after']}"
        yield from probe_lines(names, [from_json(row) for row in found["rows"]], pinned=found["pinned"])
        yield ReportLine("")
    origins = report["thresholds"]["from"]
    stated = ", ".join(f"{label} {report['thresholds'][label]:.2f} ({origins[label]})" for label in labels)
    right = report["precision_of_tags"]
    tagged = f"; {report['coverage']:.0%} would get a tag" + ("" if right is None else f", {right:.1%} of them right")
    yield ReportLine(f"thresholds: {stated}{tagged}")


def _baselines(found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, one in found.items():
        yield f"  {name:10} macro F1 {one['macro_f1']:.3f}, accuracy {one['accuracy']:.3f}"


def _tabled(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], more: Sequence[str] = (), most: int = _NAME
) -> Iterator[ReportLine]:
    """Yield a table, each line with its narrow twin.

    Args:
        rows: the cells by column.
        columns: each column, and what it is called where there is little room.
        more: columns for which there is no room then.
        most: cells of a text then.
    """
    cells = [list(columns.values()), *([str(row[name]) for name in columns] for row in rows)]
    cut = [
        [text if len(text) <= most or at == len(row) - 1 else f"{text[: most - 1]}…" for at, text in enumerate(row)]
        for row in cells
    ]
    widths = [max(len(row[at]) for row in cut) for at in range(len(columns))]
    for text, row in zip(table(rows, [*columns, *more]), cut, strict=True):
        narrow = "  ".join(visible(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ReportLine(text, narrow=narrow.rstrip())


def _bar(value: float, mark: float, width: int) -> str:
    """Return a bar of a share 0 … 1, so many cells wide, with a mark on it."""
    cells = ["█" if place < round(value * width) else "·" for place in range(width)]
    cells[min(width - 1, int(mark * width))] = "┃"
    return f"{''.join(cells)} {value:.2f}"


def _columns(counts: list[int]) -> str:
    """Return a row of columns, one character each."""
    most = max(1, *counts)
    return "".join(" ▁▂▃▄▅▆▇█"[0 if not one else max(1, round(8 * one / most))] for one in counts)


def probe_lines(names: tuple[str, str], probes: Sequence[Probe], *, pinned: bool) -> Iterator[ReportLine]:
    """Yield a table of the probes: what each model says of the same files, and how sure it is."""
    kind = "pinned" if pinned else "always the same, until some are pinned"
    turned = sum(one.turned for one in probes)
    files = tuple(one.file for one in probes)
    several, others = count(len(probes), "probe"), f"{turned} with another label"
    yield ReportLine(f"{several} ({kind}), {others}", files, narrow=f"{several}, {others}")
    rows = [
        {
            "file": short_hash(one.file),
            names[0]: _said(one.before, one.sure_before),
            names[1]: _said(one.after, one.sure_after),
            "moved": "–" if one.moved != one.moved else f"{one.moved:.2f}",
            "": "≠" if one.turned else "",
        }
        for one in probes
    ]
    columns = {"file": "file", names[0]: names[0], names[1]: names[1]}
    head, *lines = _tabled(rows, columns, ["moved", ""], most=_OPINION)
    yield ReportLine(f"  {head.text}", narrow=head.narrow)
    for line, one in zip(lines, probes, strict=True):
        why = f"probe: {names[1]} says {_said(one.after, one.sure_after)}"
        yield ReportLine(f"  {line.text}", (one.file,), (why,), line.narrow)


def _said(label: str | None, sure: float) -> str:
    return "–" if label is None else f"{label} {sure:.2f}"
