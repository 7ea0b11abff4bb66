"""`hyai train`, `hyai score` and `hyai retrain`: labels to model to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.engine_options import engine_of, engine_options
from hyai_tui.cli.output import emit, json_option
from hyai_tui.cli.progress import run_job
from hyai_tui.cli.splits import items_options
from hyai_tui.cli.training_options import training_options
from hyai_tui.errors import WrongUse
from hyai_tui.learning.report_lines import headline
from hyai_tui.learning.tag_lines import tag_headline, tag_lines
from hyai_tui.text import count, duration
from hyai_tui.workspace import open_workspace

PRIORITIES = ("oldest", "random", "failed")


@click.command("train")
@click.argument("data", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@training_options
@click.option(
    "--unfreeze-last-k", type=click.IntRange(1, 20), metavar="K", help="Tune the last K blocks of the network first."
)
@click.option(
    "--frozen-epochs", type=click.IntRange(1, 1000), metavar="N", help="Tuning: epochs of the head alone (3)."
)
@click.option(
    "--unfrozen-epochs", type=click.IntRange(1, 1000), metavar="N", help="Tuning: epochs of all after it (10)."
)
@click.option(
    "--learning-rate-backbone", type=click.FloatRange(1e-8, 1), help="Tuning: Adam's rate of the blocks (1e-4)."
)
@click.option("--subset", metavar="N|N%", help="Train on so many samples, or such a share, chosen by the seed.")
@click.option("--where", multiple=True, metavar="KEY=VALUE", help="Train on samples for which all of these hold.")
@click.option(
    "--labels-of", type=click.IntRange(min=1), metavar="RUN", help="Train on the samples, labels and folds of RUN."
)
@click.option(
    "--repeat", type=click.IntRange(min=1), metavar="RUN", help="Train again as RUN did, from its record alone."
)
@click.option(
    "--label-run", type=click.IntRange(min=1), metavar="N", help="Train on the labels of import N ('hyai labels runs')."
)
@click.option("--resume", type=click.IntRange(min=1), metavar="RUN", help="Go on where RUN ended; its epochs count on.")
@click.option("--until-stopped", is_flag=True, help="Train with one seed after the other until stopped; keep the best.")
@click.option(
    "--namespace", metavar="NAME", help="Learn the library's own tags of this namespace, such as series, instead."
)
@click.option(
    "--least-files",
    type=click.IntRange(min=2),
    metavar="N",
    help="With --namespace: learn tags on N files or more (10).",
)
@json_option
def train(data: Path | None, as_json: bool, **options: Any) -> None:
    """Train a model on the labelled pictures and use it unless it is worse. Does not score.

    DATA is a directory with one folder of pictures a label; without it, the workspace's own data/.

    Ctrl-C while the epochs of an mlp run stops there and keeps the best so far.

    With --unfreeze-last-k the end of the network learns too, on samples that no later figure rests on. That takes a GPU or
    patience: afterwards every file has to be encoded anew. On photographs it gained nothing; other kinds of pictures were not
    measured. The model is kept with its network; 'hyai models use MODEL --encoder' uses both.

    With --namespace it learns which tags of the library go with which pictures: a model of its own that leaves the one of
    labels alone. 'hyai evaluate --namespace', 'hyai suggest' and 'hyai check namespaces' use it; no tag is written.
    """
    if data is not None:
        options["data"] = str(data.resolve())
    options["where"] = list(options["where"])
    _refuse_mixtures(options)
    if options["unfreeze_last_k"] is None and (given := [name for name in _TUNING if options[name] is not None]):
        raise WrongUse(
            f"--{given[0].replace('_', '-')} is of a tuning", "Say how many blocks learn: --unfreeze-last-k 1"
        )
    result = run_job(open_workspace(), "train", options)
    emit(result, as_json, lambda: tag_train_lines(result) if options["namespace"] else train_lines(result))


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


# What each of these trains on is fixed by the run that it names; and a resumed training has its settings, too.
_MATERIAL = ("data", "subset", "where", "encoder", "val_share", "test_share", "hard_negatives", "hints")
_EXCLUDED = {
    "repeat": (*_MATERIAL, "resume", "labels_of", "until_stopped", "head", "seed", "epochs", "augment", "copies"),
    "resume": (*_MATERIAL, "labels_of", "until_stopped", "head", "hidden", "seed", "balance", "augment", "copies"),
    "labels_of": (*_MATERIAL, "label_run"),
    "label_run": ("data", "repeat", "resume", "hints"),
    # A network is tuned on samples of the workspace, by their sticky folds.
    "unfreeze_last_k": (
        *("data", "encoder", "val_share", "test_share", "hints", "label_run", "labels_of"),
        *("repeat", "resume", "until_stopped", "namespace"),
    ),
}
_TUNING = ("frozen_epochs", "unfrozen_epochs", "learning_rate_backbone")


def _refuse_mixtures(options: Mapping[str, Any]) -> None:
    """Refuse options that do not go together."""
    given = {name for name, value in options.items() if value not in (None, False, [])}
    for name, others in _EXCLUDED.items():
        if name in given and (both := [one for one in others if one in given]):
            shown = ", ".join("DATA" if one == "data" else f"--{one.replace('_', '-')}" for one in both)
            raise WrongUse(
                f"--{name.replace('_', '-')} says what is trained on, so {shown} cannot change it",
                "Leave one of them out",
            )
    if "unfreeze_last_k" not in given and (lost := [name for name in _TUNING if name in given]):
        raise WrongUse(
            f"--{lost[0].replace('_', '-')} is of a tuning", "Say how many blocks learn, too: --unfreeze-last-k 1"
        )


@click.command("score")
@click.option("--no-cache", is_flag=True, help="Score only what has features; encode nothing.")
@batch_options
@items_options
@engine_options
@json_option
def score(no_cache: bool, split: str | None, label_run: int | None, as_json: bool, **options: Any) -> None:
    """Score all files with the model in use, or a batch of those it has not scored yet; encodes those that are new.

    With --split or --label-run it predicts labelled items instead, each by a model that never saw it, and keeps every
    prediction beside the true label: a run that 'hyai runs predictions' prints. No score changes.
    """
    engine = engine_of(options)
    if split is not None or label_run is not None:
        if batch_of(options) or engine or no_cache:
            raise WrongUse("--split and --label-run predict labelled items, all of them", "Leave the other options out")
        result = run_job(open_workspace(), "score", {"split": split, "label_run": label_run})
        emit(result, as_json, lambda: prediction_lines(result))
        return
    result = run_job(open_workspace(), "score", {"no_cache": no_cache, **batch_of(options), **engine})
    emit(result, as_json, lambda: score_lines(result))


@click.command("retrain")
@click.option("--if-due", is_flag=True, help="Only if enough was labelled since the last training; else exit 3.")
@click.option("--min-new", type=click.IntRange(min=0), metavar="N", help="New labels that make it due.")
@click.option("--force", is_flag=True, help="Retrain whether it is due or not.")
@training_options
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
    if rounds := result.get("rounds"):
        yield f"best of {count(len(rounds), 'round')}: 'hyai runs show {result['run']}' has them all"
    if "repeated" in result:
        return
    if not result["promoted"]:
        yield f"'hyai models use {result['model']}' uses it all the same"


def tag_train_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a training of tags found, for people."""
    yield str(result["message"])
    rare = f"; {count(result['rare'], 'tag is', 'tags are')} too rare" if result["rare"] else ""
    yield (
        f"learned {count(len(result['samples']), 'tag')} from {count(result['n'], 'file')} in"
        f" {duration(result['seconds'])}{rare}; out of fold: {tag_headline(result['metrics'])}"
    )
    yield from tag_lines(result["per_label"])


def prediction_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a run of predictions found, for people."""
    yield f"{result['message']}; {headline(result['metrics'])}"
    yield f"run {result['run']}: 'hyai runs predictions {result['run']}' prints each of them"


def score_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a scoring did, for people."""
    if "batch" in result:
        new, left = count(result["new"], "file"), count(result["left"], "file")
        yield f"scored {new} of a batch of {len(result['batch']):,} with {result['model']}; {left} without a score of it"
        return
    missing = result["files"] - result["scored"]
    left = f"; {missing:,} have no features ('hyai cache build' says why)" if missing else ""
    yield f"scored {count(result['scored'], 'file')} with {result['model']}{left}"
