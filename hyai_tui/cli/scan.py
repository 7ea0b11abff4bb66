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
@click.option("--full", is_flag=True, help="Read every file of a Hydrus client again, not only what changed.")
@json_option
def scan(accept_gone: bool, full: bool, as_json: bool) -> None:
    """Read the library: which files there are, their states and tags.

    Of a Hydrus client only what came or changed since the last scan is read: new files, states, and our own tags. Other
    tags that changed there are taken in with --full.
    """
    result = run_job(open_workspace(), "scan", {"accept_gone": accept_gone, "full": full})
    emit(result, as_json, lambda: _lines(result))


def _lines(result: dict[str, Any]) -> Iterable[str]:
    parts = [f"{result['added']:,} new", f"{result['gone']:,} gone", f"{result['skipped']:,} skipped"]
    if result["returned"]:
        parts.insert(1, f"{result['returned']:,} back")
    yield f"{count(result['files'], 'file')}: {', '.join(parts)}"
    for reason, number in result["skipped_reasons"].items():
        yield f"  {number:,} {reason}"
