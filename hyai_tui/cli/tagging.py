"""`hyai tag`, `hyai eval` and `hyai untag`: our opinion as tags in the library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.text import count
from hyai_tui.workspace import Workspace, open_workspace

_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done; no write request is made.")
_again = click.option("--again", is_flag=True, help="Also put back tags of ours that you took away.")


@click.command("tag")
@_dry_run
@_again
@json_option
def tag(dry_run: bool, again: bool, as_json: bool) -> None:
    """Write our tags: a decision's label, else the side of the threshold, else none. Only differences are written."""
    workspace = open_workspace()
    result = run_job(workspace, "tag", {"dry_run": dry_run, "again": again})
    emit(result, as_json, lambda: tag_lines(result, workspace.settings.tag.prefix))


@click.command("eval")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_again
@json_option
def evaluate_and_tag(yes: bool, again: bool, as_json: bool) -> None:
    """Score all files, then write our tags; in a terminal, shows first what would be written, and asks."""
    workspace = open_workspace()
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        result = run_job(workspace, "eval", {"again": again})
    else:
        result = _ask_between(workspace, again)
    emit(result, as_json, lambda: tag_lines(result, workspace.settings.tag.prefix))


def _ask_between(workspace: Workspace, again: bool) -> dict[str, Any]:
    """Score, show a dry run, ask, and write if the person says so; else the dry run is the result."""
    scored = run_job(workspace, "score")
    preview = run_job(workspace, "tag", {"dry_run": True, "again": again})
    for line in tag_lines(preview, workspace.settings.tag.prefix):
        narrate(line)
    if not preview["differences"]:
        return {**scored, **preview, "dry_run": False}
    if not click.confirm(f"Write the tags of {count(preview['differences'], 'file')}?", err=True):
        narrate("Nothing was written")
        return {**scored, **preview}
    return {**scored, **run_job(workspace, "tag", {"again": again})}


@click.command("untag")
@_dry_run
@json_option
def untag(dry_run: bool, as_json: bool) -> None:
    """Take all our tags, and no other, off all files, and forget them."""
    result = run_job(open_workspace(), "untag", {"dry_run": dry_run})
    word = "would be cleared of our tags" if dry_run else "cleared of our tags"
    emit(result, as_json, lambda: [f"{count(result['cleared'], 'file')} {word}"])


def tag_lines(result: dict[str, Any], prefix: str) -> Iterator[str]:
    """Yield what a tag run found and did, for people."""
    labels = result.get("labels") or {name: result[name] for name in ("archive", "trash")}
    counts = ", ".join(f"{amount:,} {prefix}{name}" for name, amount in labels.items())
    yield f"{counts}, {result['unsure']:,} unsure, {result['skipped']:,} skipped ({result['decided']:,} decided by you)"
    for reason, amount in result["reasons"].items():
        yield f"  skipped: {amount:,} {reason}"
    if result["held"]:
        yield f"  {count(result['held'], 'file')} left as you changed them (--again tags them too)"
    signed = [f"+{amount:,} {name}" for name, amount in result["added"].items()]
    signed += [f"−{amount:,} {name}" for name, amount in result["removed"].items()]
    if result["change_sides"]:
        signed.append(f"{result['change_sides']:,} change sides")
    if result["dry_run"]:
        would = f": {', '.join(signed)}" if signed else ""
        yield f"{count(result['differences'], 'file')} would be written{would}"
    else:
        yield f"{count(result['written'], 'file')} written"
