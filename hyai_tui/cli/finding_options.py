"""Which findings a command is about: options that all of them share, and the findings that they leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from hyai_tui.errors import NotNow, UnknownFile
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.checks.base import Finding
    from hyai_tui.checks.book import Book, Choice

_LEAST_HEX = 4


@dataclass(frozen=True)
class Filters:
    """What the options of a command choose; see `filter_options`."""

    name: str
    kind: str | None = None
    type: str | None = None
    confidence: str | None = None
    namespace: str | None = None
    text: str | None = None
    least: float = 0.0
    ignored: bool = False
    fixed: bool = False
    sort: str = "confidence"

    def choice(self) -> Choice:
        """Return them as a choice of the book."""
        from hyai_tui.checks.book import Choice

        return Choice(
            pile="ignored" if self.ignored else "fixed" if self.fixed else "open",
            check="" if self.name == "all" else self.name,
            type=self.type or "",
            kind=self.kind or "",
            band=self.confidence or "",
            namespace=self.namespace or "",
            text=self.text or "",
            least=self.least,
        )


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the argument and the options that `Filters` takes."""
    types = ("missing", "incorrect", "duplicates", "files", "samples", "other")
    for option in reversed(
        (
            click.argument("name", metavar="NAME|all"),
            click.option("--kind", help="Only findings of this kind."),
            click.option("--type", type=click.Choice(types), help="Only findings of this type."),
            click.option(
                "--confidence",
                type=click.Choice(("high", "medium", "low")),
                help="High is .8 and more, medium .5, low below.",
            ),
            click.option("--namespace", help="Only findings about a tag of this namespace."),
            click.option("--text", "text", help="Only findings whose hash, reason or tags have this in them."),
            click.option(
                "--least", type=click.FloatRange(0, 1), default=0.0, help="Only near duplicates at least so similar."
            ),
            click.option("--ignored", is_flag=True, help="Those that are ignored, instead of the open ones."),
        )
    ):
        command = option(command)
    return command


def chosen_findings(workspace: Workspace, filters: Filters) -> tuple[Book, list[Finding]]:
    """Return the book of the named checks, and what the filters leave of it.

    Raises:
        WrongUse: there is no such check.
        NotNow: it has not run yet.
    """
    from hyai_tui.checks import registry
    from hyai_tui.checks.book import open_book

    names = registry.names() if filters.name == "all" else [filters.name]
    for name in names:
        registry.load(name)
    with workspace.open_journal() as journal:
        book = open_book(workspace, journal, names)
    if not book.kept:
        what = "No check has" if filters.name == "all" else f"The check {filters.name} has not"
        raise NotNow(f"{what} run yet", f"Run 'hyai check {filters.name}'")
    return book, [book.findings[at] for at in book.chosen(filters.choice(), filters.sort).tolist()]


def of_files(chosen: Sequence[Finding], files: Sequence[str]) -> list[Finding]:
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
