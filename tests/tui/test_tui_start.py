"""What the app loads before its first paint."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "click",
    "sqlite3",
    "hyai_tui.journal.journal",
    "hyai_tui.catalog.model",
    "numpy",
    "PIL",
    "hydrus_api",
    "requests",
    "tensorflow",
    "keras",
    "sklearn",
    "textual_image",
)


def test_before_first_paint_neither_numpy_nor_pillow_nor_the_parser_of_commands_is_imported() -> None:
    code = (
        "import sys, hyai_tui.cli.running, hyai_tui.tui.opening, hyai_tui.tui.app, hyai_tui.tui.driver, "
        "hyai_tui.tui.keymap, hyai_tui.tui.preferences, hyai_tui.pictures.terminal.probe\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
