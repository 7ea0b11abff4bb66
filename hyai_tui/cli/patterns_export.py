"""`hyai patterns export`: files with tags, texts and features, for another program to learn from."""

from __future__ import annotations

from pathlib import Path

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import HyaiError
from hyai_tui.text import count
from hyai_tui.workspace import Workspace, open_workspace


@click.command("export")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="At most so many files.")
@click.option("--recent", is_flag=True, help="The newest files first.")
@json_option
def export(target: Path, limit: int, recent: bool, as_json: bool) -> None:
    """Write files with their names, texts, tags and features to FILE as JSON, for another program to learn from."""
    from hyai_tui.exchange.described import export_described

    workspace = open_workspace()
    texts = _texts(workspace)
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        number = export_described(workspace, catalog, journal, texts, target, limit, recent=recent)
    data = {"files": number, "target": str(target)}
    emit(
        data,
        as_json,
        lambda: [f"{count(number, 'file')} in {target}", "Next: 'hyai learn' learns from all of them here"],
    )


def _texts(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Return what is written about files; nothing, and a line that says why, where the library cannot be asked."""
    from hyai_tui.library.base import KnowsTexts

    library = None
    try:
        library = workspace.open_library()
        if not isinstance(library, KnowsTexts):
            return {}
        return {one.sha256: one.texts for one in library.texts(workspace.settings.patterns.texts_most)}
    except HyaiError as error:
        narrate(f"warning: without notes, because they could not be read: {error.what}")
        return {}
    finally:
        if library is not None:
            library.close()
