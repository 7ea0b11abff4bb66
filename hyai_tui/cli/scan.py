"""`hyai scan`: read the library into the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.cli.progress import run_job
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace


@click.command("scan")
@click.option("--accept-gone", is_flag=True, help="Mark missing files as gone, however many they are.")
@json_option
def scan(accept_gone: bool, as_json: bool) -> None:
    """Read the library: which files there are, their states and tags."""
    result = run_job(open_workspace(), "scan", {"accept_gone": accept_gone})
    emit(result, as_json, lambda: _lines(result))


def _lines(result: dict[str, Any]) -> Iterable[str]:
    parts = [f"{result['added']:,} new", f"{result['gone']:,} gone", f"{result['skipped']:,} skipped"]
    if result["returned"]:
        parts.insert(1, f"{result['returned']:,} back")
    yield f"{count(result['files'], 'file')}: {', '.join(parts)}"
    for reason, number in result["skipped_reasons"].items():
        yield f"  {number:,} {reason}"
