"""`hyai tag`, `hyai eval` and `hyai untag`: our opinion as tags in the library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from hyai_tui.cli.learn import batch_of, batch_options, score_lines
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.effects.owntags import tag_of
from hyai_tui.errors import WrongUse
from hyai_tui.settings import TagSettings
from hyai_tui.text import count
from hyai_tui.workspace import Workspace, open_workspace

_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done; no write request is made.")
_again = click.option("--again", is_flag=True, help="Also put back tags of ours that you took away.")


@click.command("tag")
@_dry_run
@_again
@click.option(
    "--rescore", is_flag=True, help="Score first what the model in use has not scored; with --batch, tag only that."
)
@batch_options
@json_option
def tag(dry_run: bool, again: bool, rescore: bool, as_json: bool, **options: Any) -> None:
    """Write our tags: a decision's label, else the side of the threshold, else none. Only differences are written."""
    workspace, batch = open_workspace(), batch_of(options)
    if batch and not rescore:
        raise WrongUse("A batch is of files to score anew, and --rescore was not given", "Add --rescore")
    result = run_job(workspace, "eval" if rescore else "tag", {"dry_run": dry_run, "again": again, **batch})
    emit(result, as_json, lambda: _rescored_lines(result, workspace.settings.tag))


def _rescored_lines(result: dict[str, Any], settings: TagSettings) -> Iterator[str]:
    """Yield what was scored first, where something was, then what was tagged."""
    if "scored" in result:
        yield from score_lines(result)
    yield from tag_lines(result, settings)


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
    emit(result, as_json, lambda: tag_lines(result, workspace.settings.tag))


def _ask_between(workspace: Workspace, again: bool) -> dict[str, Any]:
    """Score, show a dry run, ask, and write if the person says so; else the dry run is the result."""
    scored = run_job(workspace, "score")
    preview = run_job(workspace, "tag", {"dry_run": True, "again": again})
    for line in tag_lines(preview, workspace.settings.tag):
        narrate(line)
    if not preview["differences"]:
        return {**scored, **preview, "dry_run": False}
    if not click.confirm(f"Write the tags of {count(preview['differences'], 'file')}?", err=True):
        narrate("Nothing was written")
        return {**scored, **preview}
    return {**scored, **run_job(workspace, "tag", {"again": again})}


@click.command("untag")
@_dry_run
@click.option("--undo", is_flag=True, help="Put back what the last clearing took.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def untag(dry_run: bool, undo: bool, yes: bool, as_json: bool) -> None:
    """Take all our tags, and no other, off all files; in a terminal, it counts first and asks for the number."""
    workspace = open_workspace()
    options = {"undo": True} if undo else {}
    if dry_run or yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        result = run_job(workspace, "untag", {**options, "dry_run": dry_run})
    else:
        result = _ask_for_the_number(workspace, options)
    emit(result, as_json, lambda: untag_lines(result))


def _ask_for_the_number(workspace: Workspace, options: dict[str, bool]) -> dict[str, Any]:
    """Count, ask for the count to be typed, and write if it was; else the dry run is the result."""
    preview = run_job(workspace, "untag", {**options, "dry_run": True})
    files = preview.get("cleared", preview.get("restored", 0))
    if not files:
        return {**preview, "dry_run": False}
    for line in untag_lines(preview):
        narrate(line)
    typed = click.prompt(f"Type {files} to go on, Enter to leave it", default="", show_default=False, err=True)
    if typed.strip().replace(",", "") != str(files):
        narrate("Nothing was written")
        return preview
    return run_job(workspace, "untag", {**options, "dry_run": False})


def untag_lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield what a clearing or its undo found and did, for people."""
    tags = ", ".join(f"{amount:,} {tag}" for tag, amount in result["tags"].items())
    about = f": {tags}" if tags else ""
    if "cleared" in result:
        word = "would be cleared of our tags" if result["dry_run"] else "cleared of our tags"
        yield f"{count(result['cleared'], 'file')} {word}{about}"
        if result["cleared"] and not result["dry_run"]:
            yield "'hyai untag --undo' puts them back"
        return
    word = "would have our tags again" if result["dry_run"] else "with our tags again"
    yield f"{count(result['restored'], 'file')} {word}{about}"
    if result["changed"]:
        yield f"  {count(result['changed'], 'file')} left as they are: tagged or decided on since"
    if result["gone"]:
        yield f"  {count(result['gone'], 'file')} not in the library any more"


def tag_lines(result: dict[str, Any], settings: TagSettings) -> Iterator[str]:
    """Yield what a tag run found and did, for people."""
    labels = result.get("labels") or {name: result[name] for name in ("archive", "trash")}
    counts = ", ".join(f"{amount:,} {tag_of(settings, name)}" for name, amount in labels.items())
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
