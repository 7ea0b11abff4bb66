"""A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere.

Takes what `hyai evaluate --json` gives. Names of labels and tags come from people, so every text is escaped. Files are
counted and never named: a page may be shown to others.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_COLOURS = ("#2f6fb3", "#d9822b", "#4f9d69", "#a05aa8", "#b3494f", "#6b7a8f", "#8c7a3d", "#3d8c8c")
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;margin:.5rem 0}
td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}
.big{font-size:2rem;font-weight:600}.quiet{color:#666}svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}
@media(prefers-color-scheme:dark){body{background:#16181c;color:#ddd}td,th{border-color:#3a3d44}.quiet{color:#9a9da5}}
"""


def page(report: Mapping[str, Any], now: float | None = None) -> str:
    """Return the whole page.

    Args:
        report: what an evaluation gave.
        now: seconds since the epoch, for the date on the page; None is the present.
    """
    labels = [str(one) for one in report["confusion"]["labels"]]
    date = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    low, high = report["intervals"]["macro_f1"]
    parts = [
        f"<h1>Model {escape(str(report['model']))}</h1>",
        f'<p class="quiet">{date} · {report["n"]:,} held-out samples</p>',
        f'<p class="big">macro F1 {report["macro_f1"]:.3f}</p>',
        f'<p class="quiet">95 % interval {low:.3f} to {high:.3f}</p>',
        *(f"<p>{escape(str(report[key]))}</p>" for key in ("verdict", "target", "action") if report[key]),
        _headline(report),
        "<h2>Labels</h2>",
        _table(
            ["label", "precision", "recall", "F1", "samples"],
            [
                [label, *(f"{one[key]:.3f}" for key in ("precision", "recall", "f1")), f"{one['support']:,}"]
                for label, one in report["per_class"].items()
            ],
        ),
        "<h2>Confusion</h2>",
        _confusion(labels, report["confusion"]["rows"]),
        _table(
            ["labelled", "predicted", "samples"],
            [[one["labelled"], one["predicted"], f"{one['items']:,}"] for one in report["common_errors"]],
        ),
        "<h2>Is it as sure as it is right?</h2>",
        _reliability(report["reliability"]),
        "<h2>Scores</h2>",
        f'<p class="quiet">{escape(report["histogram"]["score"])}</p>',
        _histogram(report["histogram"]["counts"]),
        *_groups(report["groups"]),
        *_baselines(report),
        *_training(report.get("validation"), report.get("probes")),
        *_last_batch(report.get("last_batch")),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        # Nothing may be fetched, whatever a label is called.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>hyai report</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _headline(report: Mapping[str, Any]) -> str:
    names = {
        "accuracy": "accuracy",
        "weighted_f1": "weighted F1",
        "auc": "ROC-AUC",
        "ece": "ECE",
        "log_loss": "log loss",
    }
    shown = [["–" if report[key] is None else f"{report[key]:.3f}" for key in names]]
    return _table(list(names.values()), shown)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(str(one))}</td>" for one in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>" if lines else '<p class="quiet">none</p>'


def _confusion(labels: Sequence[str], rows: Sequence[Sequence[int]]) -> str:
    """Draw a square for each pair of labels, the darker the larger its share of the row."""
    cell, left, top = 56, 130, 40
    width, height = left + cell * len(labels), top + cell * len(labels)
    drawn = []
    for y, (label, row) in enumerate(zip(labels, rows, strict=True)):
        total = max(1, sum(row))
        middle = top + cell * y + cell / 2 + 4
        drawn.append(f'<text x="{left - 8}" y="{middle}" text-anchor="end">{escape(label[:18])}</text>')
        for x, count in enumerate(row):
            colour = _COLOURS[0] if x == y else _COLOURS[1]
            drawn.append(
                f'<rect x="{left + cell * x}" y="{top + cell * y}" width="{cell - 2}" height="{cell - 2}" '
                f'fill="{colour}" fill-opacity="{0.08 + 0.8 * count / total:.3f}"/>'
                f'<text x="{left + cell * x + cell / 2 - 1}" y="{middle}" text-anchor="middle">{count:,}</text>'
            )
    for x, label in enumerate(labels):
        drawn.append(
            f'<text x="{left + cell * x + cell / 2}" y="{top - 10}" text-anchor="middle">{escape(label[:8])}</text>'
        )
    return _svg(width, height, drawn, "rows: labelled, columns: predicted")


def _reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """Draw accuracy over confidence, each bin with its interval; on the diagonal both are equal."""
    size, edge = 260, 36

    def at(x: float, y: float) -> tuple[float, float]:
        return edge + size * x, edge / 2 + size * (1 - y)

    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    drawn = [
        f'<rect x="{x0}" y="{y1}" width="{size}" height="{size}" fill="none" stroke="currentColor" stroke-opacity=".3"/>',
        f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="currentColor" stroke-opacity=".4" stroke-dasharray="4"/>',
        f'<text x="{x0}" y="{y0 + 14}">0</text><text x="{x1}" y="{y0 + 14}" text-anchor="end">1 confidence</text>',
        f'<text x="{x0 - 6}" y="{y1 + 10}" text-anchor="end">1</text>',
    ]
    points = []
    for one in bins:
        x, y = at(one["confidence"], one["accuracy"])
        (_, low), (_, high) = at(0, one["interval"][0]), at(0, one["interval"][1])
        points.append(f"{x:.1f},{y:.1f}")
        drawn.append(f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{_COLOURS[0]}"/>')
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLOURS[0]}"><title>{one["items"]:,} samples</title></circle>'
        )
    drawn.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{_COLOURS[0]}"/>')
    return _svg(size + 2 * edge, size + 1.5 * edge, drawn, "accuracy over confidence")


def _histogram(counts: Mapping[str, Sequence[int]]) -> str:
    """Draw a row of bars for each label."""
    wide, tall, gap, left = 420, 70, 26, 130
    most = max(1, *(max(one) for one in counts.values()))
    drawn = []
    for row, (label, bins) in enumerate(counts.items()):
        base = (tall + gap) * row + tall + 8
        colour = _COLOURS[row % len(_COLOURS)]
        drawn.append(f'<text x="{left - 8}" y="{base - 4}" text-anchor="end">{escape(label[:18])}</text>')
        for place, count in enumerate(bins):
            high = tall * count / most
            x = left + wide * place / len(bins)
            drawn.append(
                f'<rect x="{x:.1f}" y="{base - high:.1f}" width="{wide / len(bins) - 1:.1f}" height="{high:.1f}" '
                f'fill="{colour}"><title>{count:,}</title></rect>'
            )
        drawn.append(
            f'<line x1="{left}" y1="{base}" x2="{left + wide}" y2="{base}" stroke="currentColor" stroke-opacity=".4"/>'
        )
    return _svg(left + wide + 10, (tall + gap) * len(counts) + 10, drawn, "samples by score, 0 to 1")


def _groups(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterable[str]:
    for kind, rows in groups.items():
        if rows:
            yield f"<h2>By {escape(kind)}</h2>"
            yield _table(
                [kind, "samples", "accuracy", "95 % interval", "macro F1"],
                [
                    [
                        row["group"],
                        f"{row['items']:,}",
                        f"{row['accuracy']:.3f}",
                        f"{row['interval'][0]:.3f} to {row['interval'][1]:.3f}",
                        f"{row['macro_f1']:.3f}",
                    ]
                    for row in rows
                ],
            )


def _baselines(report: Mapping[str, Any]) -> Iterable[str]:
    if report.get("baselines"):
        yield "<h2>Without any training</h2>"
        rows = [("this model", report), *report["baselines"].items()]
        yield _table(
            ["", "macro F1", "accuracy"],
            [[name, f"{one['macro_f1']:.3f}", f"{one['accuracy']:.3f}"] for name, one in rows],
        )


def _training(tried: Mapping[str, Any] | None, probes: Mapping[str, Any] | None) -> Iterable[str]:
    """Yield before and after: on the same held-out samples, and on the probes, which go by numbers here."""
    if tried is not None:
        names = [name for name in ("macro_f1", "accuracy", "auc", "ece") if tried["before"].get(name) is not None]
        yield "<h2>Before and after this training</h2>"
        yield f'<p class="quiet">on the same {tried["items"]:,} held-out samples</p>'
        yield _table(
            ["", *names],
            [
                [escape(str(of)), *(_number(numbers.get(name)) for name in names)]
                for of, numbers in ((tried["before_is"], tried["before"]), ("after", tried["after"]))
            ],
        )
    if probes is not None:
        before, after = f"#{probes['before']}", f"#{probes['after']}"
        yield _table(
            ["probe", before, after, "moved"],
            [
                [
                    str(number),
                    *(f"{escape(one[side] or '–')} {_number(one[f'sure_{side}'])}" for side in ("before", "after")),
                    _number(one["moved"]),
                ]
                for number, one in enumerate(probes["rows"], 1)
            ],
        )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _last_batch(batch: Mapping[str, Any] | None) -> Iterable[str]:
    if batch:
        yield "<h2>What the last labels changed</h2>"
        yield (
            f"<p>{batch['new']:,} new, {batch['corrected']:,} corrected, {batch['removed']:,} removed between runs "
            f"{batch['runs'][0]} and {batch['runs'][1]}: macro F1 {batch['before']:.3f} → {batch['after']:.3f} on the same "
            f"{batch['items']:,} samples (95 % interval of the difference {batch['interval'][0]:+.3f} to "
            f"{batch['interval'][1]:+.3f}).</p>"
        )


def _svg(width: float, height: float, drawn: Iterable[str], about: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(about)}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">{"".join(drawn)}</svg>'
    )
