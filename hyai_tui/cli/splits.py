"""Which labelled items a command is about: those of a split, or of a label run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

SPLITS = ("train", "validation", "test")


def items_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options `split` and `label_run`."""
    for option in (
        click.option(
            "--label-run", type=click.IntRange(min=1), metavar="N", help="Items of import N, with its labels."
        ),
        click.option("--split", type=click.Choice(SPLITS), help="Labelled items of this split; a file keeps its own."),
    ):
        command = option(command)
    return command
