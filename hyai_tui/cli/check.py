"""`hyai check` and `hyai findings`: look for what is wrong, and work through what was found."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate, table
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import Exit, NotNow, UnknownFile
from hyai_tui.text import count, short_hash
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.checks.base import Finding
    from hyai_tui.checks.results import Kept

_BANDS = ("high", "medium", "low")
_LEAST_HEX = 4


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME|all]...")
@click.option("--list", "listed", is_flag=True, help="Say which checks there are.")
@json_option
def check(names: tuple[str, ...], listed: bool, as_json: bool) -> None:
    """Look for what is wrong: tags, predictions, files, training data.

    Without NAME, or with 'all', every check runs; each in a process of its own with its own time limit (setting
    checks.limit_seconds), so that one that fails stops no other. Exit code 1 if one did.
    """
    from hyai_tui.checks import registry

    if listed:
        data = [{"name": name, "about": registry.load(name).about} for name in registry.names()]
        emit(data, as_json, lambda: table(data, ["name", "about"]))
        return
    chosen = [] if "all" in names else list(names)
    for name in chosen:
        registry.load(name)
    result = run_job(open_workspace(), "check", {"names": chosen})
    emit(result, as_json, lambda: _summary(result))
    if result["failed_checks"]:
        raise click.exceptions.Exit(Exit.FAILED)


def _summary(result: dict[str, Any]) -> Iterable[str]:
    for name, one in result["checks"].items():
        if one["status"] == "ok":
            changes = f", {one['resolved']:,} resolved, {one['new']:,} new since the last run"
            yield f"ok       {name}: {count(one['findings'], 'finding')}{changes}"
        else:
            yield f"{one['status']:<8} {name}: {one['error']}"
    yield f"{result['successful_checks']} ok, {result['failed_checks']} failed"
    yield from (f"Next: {text}" for text in result["recommendations"])


@click.group("findings")
def findings() -> None:
    """What the checks found: list, ignore, trend, report."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("name"),
            click.option("--kind", help="Only findings of this kind."),
            click.option("--confidence", type=click.Choice(_BANDS), help="High is .8 and more, medium .5, low below."),
            click.option("--namespace", help="Only findings about a tag of this namespace."),
            click.option("--text", "text", help="Only findings whose hash or reason has this in it."),
            click.option("--ignored", is_flag=True, help="Those that are ignored, instead of the open ones."),
        )
    ):
        command = option(command)
    return command


@findings.command("list")
@_filters
@json_option
def list_findings(
    name: str,
    kind: str | None,
    confidence: str | None,
    namespace: str | None,
    text: str | None,
    ignored: bool,
    as_json: bool,
) -> None:
    """List what the last run of the check NAME found, the surest first."""
    kept, chosen = _chosen(open_workspace(), name, kind, confidence, namespace, text, ignored)

    def lines() -> Iterable[str]:
        rows = [
            {"file": short_hash(one.file), "kind": one.kind, "sure": f"{one.confidence:.0%}", "reason": one.reason}
            for one in chosen
        ]
        kinds = Counter(one.kind for one in chosen)
        when = datetime.fromtimestamp(kept.at).astimezone().strftime("%Y-%m-%d %H:%M")
        yield f"{name}, {when}: {count(len(chosen), 'finding')}"
        yield from (f"  {number:,} {one}" for one, number in sorted(kinds.items()))
        if rows:
            yield from table(rows, ["file", "kind", "sure", "reason"])

    emit([{**one.as_json(), "band": one.band} for one in chosen], as_json, lines)


@findings.command("ignore")
@_filters
@click.option("--file", "files", multiple=True, metavar="FILE", help="Only findings on this file; may be repeated.")
@json_option
def ignore(
    name: str,
    kind: str | None,
    confidence: str | None,
    namespace: str | None,
    text: str | None,
    ignored: bool,
    files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ignore the open findings of the check NAME that the options choose; with --ignored, watch them again.

    They stay ignored in later runs and after a restart, until somebody takes it back.
    """
    workspace = open_workspace()
    _, chosen = _chosen(workspace, name, kind, confidence, namespace, text, ignored)
    if files:
        chosen = _of_files(chosen, files)
    keys = [one.key for one in chosen]
    with workspace.open_journal() as journal:
        number = journal.watch_findings(keys) if ignored else journal.ignore_findings(keys)
    word = "watched again" if ignored else "ignored"
    emit({"changed": number, "ignored": not ignored}, as_json, lambda: [f"{count(number, 'finding')} {word}"])


@findings.command("trend")
@click.argument("name")
@json_option
def trend(name: str, as_json: bool) -> None:
    """Say how many findings each run of the check NAME had."""
    from hyai_tui.checks import registry, results

    registry.load(name)
    runs = results.history(open_workspace(), name)

    def lines() -> Iterable[str]:
        numbers = [int(one["findings"]) for one in runs]
        yield (
            f"{name}: {results.sparkline(numbers)} {' → '.join(f'{one:,}' for one in numbers[-5:])}"
            if runs
            else (f"{name} has not run yet: 'hyai check {name}'")
        )
        if runs:
            yield f"{runs[-1]['resolved']:,} resolved since the run before"

    emit(list(runs), as_json, lines)


@findings.command("report")
@click.argument("name")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write one page with thumbnails.")
def report(name: str, page: Path | None) -> None:
    """Print the report of the check NAME as JSON: tags and near duplicates and validation in their documented shapes."""
    from hyai_tui.checks import reports

    workspace = open_workspace()
    kept, chosen = _chosen(workspace, name)
    shapes: dict[str, Callable[[], dict[str, Any]]] = {
        "tags": lambda: reports.tagging_report(kept, chosen),
        "near-duplicates": lambda: reports.near_duplicate_report(kept, chosen),
        "validation": lambda: reports.validation_report(kept),
    }
    if page is not None:
        from hyai_tui.checks.page import write_page

        shown = write_page(page, workspace, kept, chosen)
        narrate(f"{page}: {count(len(chosen), 'finding')}, {count(shown, 'thumbnail')}")
        return
    data = shapes.get(name, lambda: reports.summary(kept, chosen))()
    emit(data, as_json=True, lines=lambda: ())
    sys.stdout.flush()


def _chosen(
    workspace: Workspace,
    name: str,
    kind: str | None = None,
    confidence: str | None = None,
    namespace: str | None = None,
    text: str | None = None,
    ignored: bool = False,
) -> tuple[Kept, list[Finding]]:
    from hyai_tui.checks import registry, results

    registry.load(name)
    kept = results.read(workspace, name)
    if kept is None:
        raise NotNow(f"The check {name} has not run yet", f"Run 'hyai check {name}'")
    with workspace.open_journal() as journal:
        silenced = journal.ignored_findings()
    prefix = f"{namespace.rstrip(':').lower()}:" if namespace else ""
    wanted = text.lower() if text else ""
    return kept, [
        one
        for one in kept.result.findings
        if (one.key in silenced) is ignored
        and (kind is None or one.kind == kind)
        and (confidence is None or one.band == confidence)
        and (not prefix or any(tag.lower().startswith(prefix) for tag in one.tags))
        and (not wanted or one.file.startswith(wanted) or wanted in one.reason.lower())
    ]


def _of_files(chosen: Sequence[Finding], files: Sequence[str]) -> list[Finding]:
    """Return the findings on the named files; a beginning of a hash must fit one file only."""
    found: list[Finding] = []
    for name in files:
        fitting = {one.file for one in chosen if len(name) >= _LEAST_HEX and one.file.startswith(name.lower())}
        if len(fitting) != 1:
            raise UnknownFile(
                f"{name} names {len(fitting)} of the files with such a finding", "Give the file's hash, or more of it"
            )
        found += [one for one in chosen if one.file in fitting]
    return found
