"""Data to standard output, narration to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import click

from hyai_tui.cli.streams import narrate
from hyai_tui.text import table, visible

__all__ = ["emit", "json_option", "narrate", "stream", "table"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")


def emit(data: Any, as_json: bool, lines: Callable[[], Iterable[str]]) -> None:
    """Print the data as JSON, or the lines that a person reads.

    Args:
        data: what `--json` gives, JSON-serialisable.
        as_json: the flag.
        lines: makes the human form; called only when it is wanted. Each line is made safe for a terminal.
    """
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=True, allow_nan=False))
        return
    for line in lines():
        click.echo(visible(line))


def stream(rows: Iterable[Any]) -> None:
    """Print a JSON list row by row, one a line, so that a million of them need no memory."""
    click.echo("[", nl=False)
    for number, row in enumerate(rows):
        click.echo(("," if number else "") + "\n" + json.dumps(row, ensure_ascii=True, allow_nan=False), nl=False)
    click.echo("\n]")
