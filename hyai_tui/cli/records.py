"""`hyai labels export-items`: every file with its tags, as one JSON document."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import WrongUse
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace


@click.command("export-items")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export_items(file: Path, as_json: bool) -> None:
    """Write every file with its tags and what they say into FILE, as JSON. Prints the summary."""
    from hyai_tui.exchange.records import records

    workspace = open_workspace()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        data = records(workspace, catalog, journal)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror}", "Choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)
    summary = data["summary"]
    emit(summary, as_json, lambda: [f"{file}: {count(summary['processed'], 'file')}"])
