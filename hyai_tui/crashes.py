"""A file for each crash: where it happened and on what, without names, paths, keys or tags, so that it can be passed on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import time
from pathlib import Path

from hyai_tui import __version__
from hyai_tui.locations import crashes_directory, log_file
from hyai_tui.logs import discreet

_MOST = 10
_PACKAGES = ("textual", "textual-image", "numpy", "pillow", "scikit-learn", "tensorflow")
_TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG")


def write_report(error: BaseException, doing: str) -> Path | None:
    """Write what is needed to mend a crash, and drop all but the newest ten; None where no file can be written.

    Args:
        error: what ended it. Of its message nothing is kept: it may hold a name or a tag.
        doing: a word on what ran, such as `the app` or `hyai train`.
    """
    directory = crashes_directory()
    path = directory / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(_text(error, doing), "utf-8")
        path.chmod(0o600)
        for old in sorted(directory.glob("*.txt"))[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def about(error: BaseException, doing: str) -> str:
    """Write the report of a crash, and return the sentence that says where it is."""
    report = write_report(error, doing)
    if report is None:
        return f"The log has the rest: {log_file()}"
    return f"A report of it, without names, paths or keys, is {report}"


def _text(error: BaseException, doing: str) -> str:
    size = shutil.get_terminal_size()
    terminal = [f"{name} {os.environ[name]}" for name in _TERMINAL if name in os.environ]
    terminal += [word for name, word in (("TMUX", "in tmux"), ("SSH_TTY", "over SSH")) if name in os.environ]
    lines = [
        f"hyai {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"packages  {', '.join(_versions())}",
        f"terminal  {', '.join([*terminal, f'{size.columns}×{size.lines}'])}",
        f"doing     {doing}",
        "",
        "What happened, the first cause first; the last line of each is its kind:",
        discreet(error),
        "",
    ]
    return "\n".join(lines)


def _versions() -> list[str]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return found
