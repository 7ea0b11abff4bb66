"""`hyai findings`: work through what the checks found."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli import fixing
from hyai_tui.cli.finding_options import Filters, chosen_findings, filter_options, of_files
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.checks.book import Book
    from hyai_tui.workspace import Workspace


@click.group("findings")
def findings() -> None:
    """What the checks found: list, ignore, fix, trend, report."""


findings.add_command(fixing.fix)
findings.add_command(fixing.fixes)
findings.add_command(fixing.undo)


@findings.command("list")
@filter_options
@click.option("--fixed", is_flag=True, help="Those that were fixed since the run, instead of the open ones.")
@click.option(
    "--sort", type=click.Choice(("confidence", "kind", "hash", "tags")), default="confidence", show_default=True
)
@json_option
def list_findings(as_json: bool, **options: Any) -> None:
    """List what the newest run of a check found, the surest first."""
    filters = Filters(**options)
    book, chosen = chosen_findings(open_workspace(), filters)

    def lines() -> Iterable[str]:
        rows = [
            {"file": short_hash(one.file), "kind": one.kind, "sure": f"{one.confidence:.0%}", "reason": one.reason}
            for one in chosen
        ]
        kinds = Counter(one.kind for one in chosen)
        at = max(kept.at for kept in book.kept.values())
        when = datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
        yield f"{filters.name}, {when}: {count(len(chosen), 'finding')}"
        yield from (f"  {number:,} {one}" for one, number in sorted(kinds.items()))
        if rows:
            yield from table(rows, ["file", "kind", "sure", "reason"])

    emit([{**one.as_json(), "band": one.band} for one in chosen], as_json, lines)


@findings.command("counts")
@filter_options
@json_option
def counts(as_json: bool, **options: Any) -> None:
    """Count findings by type, confidence and namespace: each count is the length of the list that the filter leaves."""
    filters = Filters(**options)
    book, _ = chosen_findings(open_workspace(), filters)
    data = {"totals": book.totals(filters.choice().pile), **book.counts(filters.choice())}

    def lines() -> Iterable[str]:
        for name, of in data.items():
            numbers = [f"{value or 'all'} {number:,}" for value, number in of.items()]
            yield f"{name}: {', '.join(numbers)}"

    emit(data, as_json, lines)


@findings.command("ignore")
@filter_options
@click.option("--file", "files", multiple=True, metavar="FILE", help="Only findings on this file; may be repeated.")
@json_option
def ignore(files: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Ignore the open findings that the options choose; with --ignored, watch them again.

    They stay ignored in later runs and after a restart, until somebody takes it back.
    """
    workspace, filters = open_workspace(), Filters(**options)
    book, chosen = chosen_findings(workspace, filters)
    if files:
        chosen = of_files(chosen, files)
    keys = [key for one in chosen for key in book.together(one)]
    with workspace.open_journal() as journal:
        (journal.watch_findings if filters.ignored else journal.ignore_findings)(keys)
    number = len(chosen)
    word = "watched again" if filters.ignored else "ignored"
    emit({"changed": number, "ignored": not filters.ignored}, as_json, lambda: [f"{count(number, 'finding')} {word}"])


@findings.command("trend")
@click.argument("name")
@json_option
def trend(name: str, as_json: bool) -> None:
    """Say how many findings each run of the check NAME had."""
    from hyai_tui.checks import registry, results

    registry.load(name)
    runs = results.history(open_workspace(), name)
    ended = [one for one in runs if one.findings is not None]

    def lines() -> Iterable[str]:
        if not runs:
            yield f"{name} has not run yet: 'hyai check {name}'"
            return
        numbers = [one.findings or 0 for one in ended]
        yield f"{name}: {results.sparkline(numbers)} {' → '.join(f'{one:,}' for one in numbers[-5:])}"
        if runs[-1].status != "ok":
            yield f"the newest run did not end: {runs[-1].error}"
        elif ended:
            yield f"{ended[-1].resolved or 0:,} resolved since the run before"

    emit([asdict(one) for one in runs], as_json, lines)


@findings.command("report")
@click.argument("name", metavar="NAME|all")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write one page with thumbnails.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.0, help="Only pairs at least so similar.")
@click.option(
    "--namespace", default="", help="validation: the figures of this namespace's tags instead of the labels'."
)
def report(name: str, page: Path | None, threshold: float, namespace: str) -> None:
    """Print the report of the check NAME as JSON: tags and near duplicates and validation in their documented shapes.

    Of all checks together there is a page alone.
    """
    from hyai_tui.checks.reports import report_of

    workspace = open_workspace()
    if page is None and name == "all":
        raise WrongUse(
            "The reports of the checks have different shapes", "Name one check, or --html FILE for a page of all"
        )
    book, chosen = chosen_findings(workspace, Filters(name, least=threshold))
    if page is not None:
        _write_page(page, workspace, book, threshold)
        return
    kept = book.kept[name]
    with workspace.open_catalog() as catalog:
        data = report_of(kept, chosen, catalog, threshold or None, namespace)
    emit(data, as_json=True, lines=lambda: ())
    sys.stdout.flush()


def _write_page(page: Path, workspace: Workspace, book: Book, threshold: float) -> None:
    """Write the open findings of every check of the book, and why a newest run did not end."""
    from hyai_tui.checks import results
    from hyai_tui.checks.book import Choice
    from hyai_tui.checks.page import Part, write_page

    runs = results.runs(workspace)
    parts = []
    for name, kept in book.kept.items():
        found = [book.findings[at] for at in book.chosen(Choice(check=name, least=threshold)).tolist()]
        newest = runs.get(name, [])[-1:]
        parts.append(Part(kept, found, newest[0].error if newest else ""))
    shown = write_page(page, workspace, parts)
    number = sum(len(one.findings) for one in parts)
    narrate(f"{page}: {count(number, 'finding')}, {count(shown, 'thumbnail')}")


@findings.command("tags")
@click.option("--namespace", help="Only tags of this namespace.")
@click.option("--top", type=click.IntRange(1, 50), default=10, show_default=True, help="How many rows.")
@json_option
def tags(namespace: str | None, top: int, as_json: bool) -> None:
    """Say which tags are on most files, as the newest run of the check 'tags' counted them: the 50 most frequent."""
    from hyai_tui.checks import results

    kept = results.read(open_workspace(), "tags")
    if kept is None:
        raise NotNow("The check tags has not run yet", "Run 'hyai check tags'")
    facts = kept.result.facts
    rows = list(facts["by_namespace"].get(namespace.rstrip(":"), []) if namespace else facts["most_frequent"])
    ratio = facts["descriptive_ratio"]

    def lines() -> Iterable[str]:
        about = facts["tags"]
        yield f"{about['total']:,} tags on {count(kept.result.looked_at, 'file')}, {about['different']:,} different"
        if ratio is not None:
            yield f"{about['descriptive']:,} of them describe the picture ({ratio:.0%})"
        if rows:
            yield from table(rows[:top], ["tag", "files"])

    emit(rows, as_json, lines)
