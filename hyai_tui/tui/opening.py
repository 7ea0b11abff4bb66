"""`hyai` without a verb: find the workspace, ask the terminal what it can draw, open the app."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from hyai_tui.errors import HyaiError, SettingsError, WorkspaceError, WrongUse
from hyai_tui.locations import bundled_themes, keymap_file, user_settings_file, user_themes_directory
from hyai_tui.workspace import Workspace, find_root, open_workspace

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp


def open_app(workspace: Workspace | None = None, *, slow: bool = False) -> None:
    """Open the app on a workspace, by default the one found upward; where there is none, offer to make one.

    Args:
        workspace: which one.
        slow: spare a slow line, whatever the user's preferences say.

    Raises:
        WrongUse: without a terminal.
        WorkspaceError: where there is no workspace and nobody to ask.
        HyaiError: if the app itself failed; its text says where the log is.
    """
    in_terminal = (sys.stdin.isatty() and sys.stdout.isatty()) or _in_browser()
    if workspace is None:
        if find_root() is None:
            workspace = _first_run(in_terminal)
            if workspace is None:
                return
        else:
            workspace = open_workspace()
    if not in_terminal:
        raise WrongUse(
            "The app needs a terminal, and this is not one", "'hyai status' and the other commands work without one"
        )
    _run(workspace, slow=slow)


def _in_browser() -> bool:
    """Tell whether `hyai serve` started this process: its driver speaks with a browser, and there is no terminal."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _first_run(in_terminal: bool) -> Workspace | None:
    """Offer to make a workspace; returns None where the person went away."""
    if not in_terminal or _in_browser():
        raise WorkspaceError(
            "There is no workspace here", "Run 'hyai init' to make one, or 'hyai demo' to try it on drawn pictures"
        )
    from hyai_tui.tui.first_run import offer

    return offer()


def _run(workspace: Workspace, *, slow: bool) -> None:
    # Half a million objects are made on the way to the first frame, and none of them is garbage.
    gc.disable()
    # Its modules are read while the terminal answers, which takes a round trip or three.
    threading.Thread(target=importlib.import_module, args=("hyai_tui.tui.app",), name="imports", daemon=True).start()
    # The filter in front of the parser hands on whole sequences, so the parser need not wait long for their rest.
    os.environ.setdefault("ESCDELAY", "20")
    from hyai_tui.pictures.terminal.probe import Terminal, probe
    from hyai_tui.tui import keymap, preferences, themes

    chosen = preferences.load(user_settings_file())
    known, wrong = themes.load_what_can_be(bundled_themes(), user_themes_directory())
    try:
        keys = keymap.load(keymap_file(), chosen.keys or None)
    except SettingsError as error:
        wrong.append(error)
        keys = keymap.load(None, chosen.keys or None)

    def ask() -> Terminal:
        found = probe(sys.stdin.fileno(), sys.__stdout__.fileno() if sys.__stdout__ is not None else 1)
        return found if chosen.graphics == "auto" else replace(found, protocol=chosen.graphics)

    # A browser's terminal draws no graphics and cannot be asked before the app runs; it does answer where its cursor is.
    terminal = Terminal() if _in_browser() else ask()

    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.driver import DiscreetDriver
    from hyai_tui.tui.glyphs import needs_ascii

    app = HyaiApp(
        workspace,
        terminal=terminal,
        ask=None if _in_browser() else ask,
        keymap=keys,
        themes=known,
        theme=chosen.theme or themes.DEFAULT_THEME,
        driver_class=None if _in_browser() else DiscreetDriver,
        slow=slow or chosen.slow,
        notices=[str(error) for error in wrong],
        painted=_collect_from_now_on,
    )
    # Pictures are encoded in threads: a key must not wait for more than a moment of theirs.
    sys.setswitchinterval(0.001)
    if chosen.glyphs == "ascii" or (chosen.glyphs == "auto" and needs_ascii(os.environ)):
        app.looks.use_ascii()
    _leave_well(app)
    try:
        app.run()
    finally:
        saved = app.session.stop()
    if not saved:
        raise HyaiError(
            "Something was still being written when the app left", "The next start goes on with it; nothing is lost"
        )
    if app.return_code:
        sys.exit(app.return_code)
    if not _in_browser():
        for line in app.host.farewell():
            sys.stderr.write(f"{line}\n")


def _collect_from_now_on() -> None:
    """Look for garbage again, but never among what was there at the first frame: a key would wait for 30 ms of it."""
    gc.freeze()
    gc.enable()


def _leave_well(app: HyaiApp) -> None:
    """End in order when the system asks: what was decided is written, the lease is given back, jobs go on."""

    def terminate(_number: int, _frame: object) -> None:
        app.call_later(app.exit)

    def hang_up(number: int, _frame: object) -> None:
        # The terminal is gone: nothing can be drawn any more, so only the session is ended.
        def end() -> None:
            app.session.stop()
            os._exit(128 + number)

        threading.Thread(target=end, name="hang-up").start()

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGHUP, hang_up)
