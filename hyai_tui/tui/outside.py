"""Opens an original in the user's own viewer: a command of words, never through a shell, never from a workspace."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from hyai_tui.errors import HyaiError


def over_ssh(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether this terminal is at the other end of a line, where a window would open on the wrong machine."""
    return bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"))


def link_to(path: str) -> str:
    """Return a link to a file of this machine that names the machine, so that a terminal elsewhere does not take its own."""
    return f"file://{socket.gethostname()}{quote(path)}"


def viewer_words(viewer: str, platform: str = sys.platform) -> list[str]:
    """Return the words of the viewer's command.

    Args:
        viewer: from the user's own configuration; empty for what the system opens pictures with.
        platform: as `sys.platform`.

    Raises:
        HyaiError: if the words cannot be read.
    """
    try:
        words = shlex.split(viewer)
    except ValueError as error:
        raise HyaiError(f"The viewer {viewer!r} cannot be read: {error}", "Close its quotes in config.toml") from error
    return words or (["open"] if platform == "darwin" else ["xdg-open"])


def open_outside(path: Path, viewer: str) -> None:
    """Start the viewer on a file and let it go on by itself; it gets neither our terminal nor our variables.

    Raises:
        HyaiError: if there is no such program.
    """
    words = viewer_words(viewer)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HYAI_")}
    try:
        process = subprocess.Popen(
            [*words, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise HyaiError(
            f"{words[0]} cannot be started: {error.strerror}", 'Name another: viewer = "…" under [app] in config.toml'
        ) from error
    # Somebody has to wait for it, or it stays in the list of processes after it has ended.
    threading.Thread(target=process.wait, name="viewer", daemon=True).start()
