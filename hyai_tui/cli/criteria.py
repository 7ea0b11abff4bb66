"""`hyai config search`: which files tags may be written to, tried with its count before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import WrongUse
from hyai_tui.library.base import SearchesIds
from hyai_tui.library.presets import MOST, search_of
from hyai_tui.settings_file import set_value
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace


@click.command("search")
@click.argument("words", nargs=-1, metavar="[PRESET | PREDICATE...]")
@click.option("--save", is_flag=True, help="Keep the search as tag.criteria.")
@json_option
def search(words: tuple[str, ...], save: bool, as_json: bool) -> None:
    """Count the files that a search finds; without one, those of tag.criteria. Nothing is written to the library.

    PRESET is everything, inbox or limited (limited:500000 for another limit). PREDICATEs are tags, -tag and system:
    predicates, one an argument.
    """
    workspace = open_workspace()
    criteria = search_of(words) if words else workspace.settings.tag.criteria
    library = workspace.open_library()
    try:
        if isinstance(library, SearchesIds):
            files = len(library.search_ids(criteria))
        else:
            files = sum(1 for _ in library.search_candidates(criteria))
    finally:
        library.close()
    if save:
        if any("," in one for one in criteria):
            raise WrongUse("A predicate with a comma cannot be kept from here", "Write it into hyai.toml, tag.criteria")
        set_value(workspace.settings_file, "tag.criteria", ", ".join(criteria))
    data = {"criteria": list(criteria), "files": files, "saved": save}
    emit(data, as_json, lambda: _lines(data))


def _lines(data: dict[str, Any]) -> Iterator[str]:
    yield f"{count(data['files'], 'file')}: {', '.join(data['criteria']) or 'everything'}"
    if data["saved"]:
        yield "Kept as tag.criteria"
    else:
        yield f"--save keeps it as tag.criteria (presets: everything, inbox, limited, which is {MOST:,})"
