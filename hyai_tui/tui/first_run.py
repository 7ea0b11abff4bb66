"""The first run: no workspace here, so offer to make one. Plain questions, before any screen is drawn."""

from __future__ import annotations

from pathlib import Path

import click

from hyai_tui.errors import HyaiError, WorkspaceError
from hyai_tui.text import visible
from hyai_tui.workspace import Workspace, open_workspace

_CHOICES = """\
There is no workspace here yet. hyai can

  1  show itself on a demo in ./hyai-demo
  2  learn from the pictures in a folder
  3  sit beside a Hydrus client
  q  leave
"""


def offer() -> Workspace | None:
    """Ask what to begin with; returns the workspace, or None where the person leaves."""
    click.echo(_CHOICES)
    while True:
        answer = click.prompt("Which", default="1", show_default=True).strip().lower()
        if answer in {"q", "quit", ""}:
            return None
        try:
            if answer == "1":
                return _demo()
            if answer == "2":
                return _folder()
            if answer == "3":
                return _hydrus()
        except HyaiError as error:
            click.echo(f"{visible(error.what)}\n{visible(error.fix)}", err=True)
            continue
        click.echo("1, 2, 3 or q")


def _demo() -> Workspace | None:
    """Make the demo as `hyai demo` does, which opens the app by itself."""
    from hyai_tui.cli.main import hyai

    hyai.main(args=["demo"], prog_name="hyai", standalone_mode=False)
    return None


def _folder() -> Workspace:
    """Make a workspace here for a folder of pictures."""
    text = click.prompt("Folder of pictures", default=".")
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise WorkspaceError(f"{text} is not a folder", "Name one that exists")
    here = Path.cwd()
    _init(here, ["--library", str(folder)])
    return open_workspace(here)


def _hydrus() -> Workspace:
    """Make a workspace here for a Hydrus client."""
    here = Path.cwd()
    _init(here, ["--hydrus"])
    return open_workspace(here)


def _init(directory: Path, arguments: list[str]) -> None:
    from hyai_tui.cli.main import hyai

    hyai.main(args=["init", str(directory), *arguments], prog_name="hyai", standalone_mode=False)
