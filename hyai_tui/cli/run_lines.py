"""The record of a training as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hyai_tui.braille import curve
from hyai_tui.learning.report_lines import headline
from hyai_tui.text import count, duration, megabytes, table

_STEPS = ("round", "seed", "epoch", "epochs", "strength")
_METRICS = ("loss", "val_loss", "log_loss", "accuracy", "macro_f1")


def record_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a training was made of and what became of it."""
    if data.get("kind", "train") != "train":
        yield from _other_lines(data)
        return
    yield f"run {data['run']}: {data['message']}"
    model = f"model        {data['model']}" + (", promoted" if data.get("promoted") else ", kept and not used")
    yield model + (f"; before it {data['previous']}" if data.get("previous") else "")
    yield f"samples      {', '.join(f'{number:,} {label}' for label, number in data['samples'].items())}"
    for name, said in (
        ("hints", data.get("hints")),
        ("left out", data.get("left_out")),
        (
            "part",
            {name: data[name] for name in ("data", "subset", "where", "labels_of", "label_run") if data.get(name)},
        ),
        ("after", {name: data[name] for name in ("repeat", "resumed", "epochs_before") if data.get(name)}),
    ):
        if said:
            yield f"{name:12} {', '.join(f'{key} {value}' for key, value in said.items())}"
    yield f"encoder      {data['encoder']}, from {data['source']}"
    yield f"out of fold  {headline(data['metrics'])}"
    yield f"balance      {data['balance']}"
    if data.get("augmentation"):
        yield f"copies       {data['augmentation']}"
    if tuned := data.get("tuning"):
        yield f"tuned        the last {count(tuned['blocks'], 'block')}, epoch {tuned['epochs']}; {tuned['stop']}; held-out loss {tuned['loss_before']:.3f} → {tuned['loss_after']:.3f}"
    settings = data["settings"]
    shown = ", ".join(f"{name} {settings[name]}" for name in sorted(settings))
    yield f"settings     {shown}"
    length = f"{count(data['epochs'], 'epoch')} kept" if "epochs" in data else f"strength {data.get('strength')}"
    yield f"training     seed {data.get('seed')}, {length} of {data.get('steps', '?')}, {duration(data['seconds'])}"
    yield f"end          {data['stop']}"
    yield f"versions     {', '.join(f'{name} {version}' for name, version in data['versions'].items())}"
    for one in data["checkpoints"]:
        at = "" if one["epoch"] is None else f" after {count(one['epoch'], 'epoch')}"
        yield f"kept         {one['name']}, {megabytes(one['bytes'])}: the {one['kind']}{at}"


def _other_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say of a training of tags, or of a run of predictions."""
    yield f"run {data['run']}: {data['message']}"
    yield f"model        {data['model']}"
    yield f"items        {', '.join(f'{number:,} {name}' for name, number in data['samples'].items())}"
    shown = (f"{name} {value:.3f}" for name, value in data["metrics"].items() if value is not None)
    yield f"out of fold  {', '.join(shown)}"
    if splits := data.get("splits"):
        yield f"splits       {', '.join(f'{number:,} {name}' for name, number in splits.items())}"


def round_lines(rounds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the rounds of a training that went on until it was stopped."""
    yield ""
    yield from _steps(rounds)


def epoch_lines(history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield every epoch (or strength of a linear head), and how held-out loss and accuracy went."""
    if not history:
        return
    yield ""
    yield from _steps(history)
    for name in ("val_loss", "accuracy"):
        values = [float(row[name]) for row in history if row.get(name) is not None]
        if values:
            yield ""
            yield f"{name} {min(values):.4g} to {max(values):.4g}"
            yield from curve(values)


def _steps(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table of steps, the one that was kept with a mark."""
    shown = [
        {
            name: f"{value:.4f}" if isinstance(value, float) and name in _METRICS else value
            for name, value in row.items()
        }
        | {"": "▸" if row.get("is_best") else ""}
        for row in rows
    ]
    yield from table(shown, ["", *(name for name in (*_STEPS, *_METRICS, "seconds") if name in rows[0])])
