"""The options of commands whose work may be done by more than one machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.errors import WrongUse


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who does the work."""
    for option in (
        click.option(
            "--shared", metavar="DIR|URL", help="Where workers hand vectors over; default a place in the workspace."
        ),
        click.option(
            "--workers", type=click.IntRange(min=1), metavar="N", help="Workers of ray; default one a machine."
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="This machine alone, or workers on all machines of a Ray cluster.",
        ),
    ):
        command = option(command)
    return command


def engine_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the job that say who does the work; empty for this machine alone.

    Raises:
        WrongUse: an option of workers was given, and no workers were asked for.
    """
    given = {name: options[name] for name in ("workers", "shared") if options[name] is not None}
    if options["engine"] == "local":
        if given:
            raise WrongUse(f"{' and '.join(f'--{name}' for name in given)} is for --engine ray", "Add --engine ray")
        return {}
    if "://" not in given.get("shared", "://"):
        given["shared"] = str(Path(given["shared"]).expanduser().absolute())
    return {"engine": options["engine"], **given}
