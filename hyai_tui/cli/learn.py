"""`hyai train`, `hyai score` and `hyai retrain`: labels to model to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import WrongUse
from hyai_tui.learning.report_lines import headline
from hyai_tui.text import count, duration
from hyai_tui.workspace import open_workspace

HEADS = ("mlp", "linear")
PRIORITIES = ("oldest", "random", "failed")


def _head(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Take a kind of head; the original's second one is refused with the reason."""
    if value is None or value in HEADS:
        return value
    if value == "with-top":
        raise WrongUse(
            "The head 'with-top' is not offered: it learned from the 1,000 class scores of ImageNet, which keep less of a "
            "picture than the features before them",
            "Use --head mlp, the original's other head, or --head linear",
        )
    raise click.BadParameter(f"{value!r} is not one of {', '.join(HEADS)}.")


def _training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a training, which hold for one run; `hyai config set` changes them for good."""
    for option in (
        click.option(
            "--hints/--no-hints", default=None, help="Learn weakly from what the library has archived and trashed, too."
        ),
        click.option("--accept-removals", is_flag=True, help="Record removed samples however many they are."),
        click.option("--force-promote", is_flag=True, help="Use the new model even if it is worse."),
        click.option("--epochs", type=click.IntRange(1, 100_000), help="Most epochs of this training."),
        click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of this training."),
        click.option("--head", metavar=f"[{'|'.join(HEADS)}]", callback=_head, help="Kind of head of this training."),
    ):
        command = option(command)
    return command


@click.command("train")
@click.argument("data", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@_training_options
@click.option("--subset", metavar="N|N%", help="Train on so many samples, or such a share, chosen by the seed.")
@click.option("--where", multiple=True, metavar="KEY=VALUE", help="Train on samples for which all of these hold.")
@click.option(
    "--repeat", type=click.IntRange(min=1), metavar="RUN", help="Train again as RUN did, from its record alone."
)
@json_option
def train(data: Path | None, as_json: bool, **options: Any) -> None:
    """Train a model on the labelled pictures and use it unless it is worse. Does not score.

    DATA is a directory with one folder of pictures a label; without it, the workspace's own data/.

    Ctrl-C while the epochs of an mlp run stops there and keeps the best so far.
    """
    if data is not None:
        options["data"] = str(data.resolve())
    options["where"] = list(options["where"])
    result = run_job(open_workspace(), "train", options)
    emit(result, as_json, lambda: train_lines(result))


def batch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a batch: how many of the files without a score of the model in use, and which first."""
    for option in (
        click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of the random order."),
        click.option(
            "--priority",
            type=click.Choice(PRIORITIES),
            help="Which first: the oldest opinions (default), random ones, or what could not be encoded before.",
        ),
        click.option("--batch", type=click.IntRange(min=1), metavar="N", help="At most N of the files not scored yet."),
    ):
        command = option(command)
    return command


def batch_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a batch that were given.

    Raises:
        WrongUse: an order was given, but not how many files.
    """
    given = {name: options[name] for name in ("batch", "priority", "seed") if options[name] is not None}
    if given and "batch" not in given:
        raise WrongUse("An order was given, but not how many files", "Add --batch N, such as --batch 500")
    return given


@click.command("score")
@click.option("--no-cache", is_flag=True, help="Score only what has features; encode nothing.")
@batch_options
@json_option
def score(no_cache: bool, as_json: bool, **options: Any) -> None:
    """Score all files with the model in use, or a batch of those it has not scored yet; encodes those that are new."""
    result = run_job(open_workspace(), "score", {"no_cache": no_cache, **batch_of(options)})
    emit(result, as_json, lambda: score_lines(result))


@click.command("retrain")
@click.option("--if-due", is_flag=True, help="Only if enough was labelled since the last training; else exit 3.")
@click.option("--min-new", type=click.IntRange(min=0), metavar="N", help="New labels that make it due.")
@click.option("--force", is_flag=True, help="Retrain whether it is due or not.")
@_training_options
@json_option
def retrain(as_json: bool, **options: Any) -> None:
    """Train, then score all files with the model in use."""
    if options.pop("force"):
        options["if_due"] = False
    result = run_job(open_workspace(), "retrain", options)
    emit(result, as_json, lambda: (*train_lines(result), *score_lines({**result, "model": result["scored_by"]})))


def train_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a training found, for people."""
    yield str(result["message"])
    samples = ", ".join(f"{amount:,} {label}" for label, amount in result["samples"].items() if amount)
    if hints := result.get("hints"):
        weak = " + ".join(f"{amount:,}" for amount in hints.values())
        samples = f"{samples} and {weak} hints" if samples else f"{weak} hints and no decision"
    yield f"trained on {samples} in {duration(result['seconds'])}; out of fold: {headline(result['metrics'])}"
    if "repeated" in result:
        return
    if not result["promoted"]:
        yield f"'hyai models use {result['model']}' uses it all the same"


def score_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a scoring did, for people."""
    if "batch" in result:
        new, left = count(result["new"], "file"), count(result["left"], "file")
        yield f"scored {new} of a batch of {len(result['batch']):,} with {result['model']}; {left} without a score of it"
        return
    missing = result["files"] - result["scored"]
    left = f"; {missing:,} have no features ('hyai cache build' says why)" if missing else ""
    yield f"scored {count(result['scored'], 'file')} with {result['model']}{left}"
