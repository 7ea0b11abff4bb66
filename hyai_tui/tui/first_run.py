"""The first run: no workspace here, so ask what to begin with, and make it."""

from __future__ import annotations

from pathlib import Path

from hyai_tui.locations import bundled_themes, user_settings_file, user_themes_directory
from hyai_tui.tui import preferences, themes
from hyai_tui.tui.driver import DiscreetDriver
from hyai_tui.tui.welcome import WelcomeApp, Wish
from hyai_tui.workspace import Workspace, open_workspace


def offer() -> Workspace | None:
    """Ask on a screen of its own; returns the workspace, or None where the person leaves or the demo has opened itself."""
    here = Path.cwd()
    known, _ = themes.load_what_can_be(bundled_themes(), user_themes_directory())
    theme = preferences.load(user_settings_file()).theme or themes.DEFAULT_THEME
    wish = WelcomeApp(here, room(here), known, theme, DiscreetDriver).run()
    return None if wish is None else begin(wish, room(here))


def room(here: Path) -> Path:
    """Return where a new workspace is made: here, but in a folder of its own where here is the person's own directory."""
    return here / "hyai" if here == Path.home() else here


def begin(wish: Wish, root: Path) -> Workspace | None:
    """Do what was chosen.

    Args:
        wish: what it is.
        root: of a new workspace.
    """
    if wish.kind == "open" and wish.folder is not None:
        return open_workspace(wish.folder)
    if wish.kind == "demo":
        # It opens the app by itself.
        _run("demo")
        return None
    library = ["--library", str(wish.folder)] if wish.kind == "folder" else ["--hydrus"]
    _run("init", str(root), *library, "--app-follows")
    return open_workspace(root)


def _run(*arguments: str) -> None:
    from hyai_tui.cli.main import hyai

    hyai.main(args=list(arguments), prog_name="hyai", standalone_mode=False)
