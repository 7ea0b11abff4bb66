"""The options of a training, which hold for one run; `hyai config set` changes what they stand in for for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from hyai_tui.errors import WrongUse

HEADS = ("mlp", "linear")
ENCODERS = ("mobilenetv2", "efficientnetb0", "resnet50", "small", "hog", "plugin")
PRESETS = ("none", "no-flip", "flip", "flip-rotate")
BALANCES = ("auto", "none", "weighted", "focal")


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


_OPTIONS = (
    click.option("--head", metavar=f"[{'|'.join(HEADS)}]", callback=_head, help="Kind of head of this training."),
    click.option("--hidden", type=click.IntRange(1, 65536), help="Width of the mlp's hidden layer."),
    click.option("--dropout", type=click.FloatRange(0, 0.95), help="Share of hidden units dropped while training."),
    click.option("--learning-rate", type=click.FloatRange(1e-7, 1), help="Adam's learning rate."),
    click.option(
        "--batch-size", "--batch", "batch_size", type=click.IntRange(1, 1_000_000), metavar="N", help="Samples a step."
    ),
    click.option("--epochs", type=click.IntRange(1, 100_000), metavar="N", help="Most epochs of this training."),
    click.option(
        "--patience", type=click.IntRange(1, 100_000), metavar="N", help="Epochs without a better held-out loss."
    ),
    click.option("--target", type=click.FloatRange(0, 1), help="Held-out accuracy at which it ends; 0 is none."),
    click.option(
        "--val-share",
        type=click.FloatRange(0.05, 0.5),
        help="Share that is held out at a time: .2 is five folds, dealt for this training alone.",
    ),
    click.option(
        "--test-share", type=click.FloatRange(0, 0.9), help="Share that this training never sees and is tested on."
    ),
    click.option(
        "--balance", type=click.Choice(BALANCES), help="How labels of different size are brought into balance."
    ),
    click.option("--hard-negatives", type=click.FloatRange(1, 10), metavar="X", help="How much hard samples count."),
    click.option("--augment", type=click.Choice(PRESETS), help="Learn from changed copies of the samples, too."),
    click.option("--copies", type=click.IntRange(1, 20), metavar="N", help="Changed copies of each sample."),
    click.option("--kernel/--no-kernel", default=None, help="Mix in what the nearest samples say, where that helps."),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of this training."),
    click.option(
        "--encoder", "--backbone", type=click.Choice(ENCODERS), help="Train on vectors of this encoder, this once."
    ),
    click.option("--force-promote", is_flag=True, help="Use the new model even if it is worse."),
    click.option("--accept-removals", is_flag=True, help="Record removed samples however many they are."),
    click.option(
        "--hints/--no-hints", default=None, help="Learn weakly from what the library has archived and trashed, too."
    ),
)


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that `train` and `retrain` share."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
