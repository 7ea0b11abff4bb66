"""The user's own keymap and themes, read again when their files change; what is wrong is told, and the old ones stay."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hyai_tui.errors import SettingsError

Stamp = tuple[int, int, int]


@dataclass
class Watched:
    """A file, or the TOML files of a directory, and what to do when they change.

    Attributes:
        path: of the file or directory; it need not be there.
        read: reads it again; raises `SettingsError` where it is wrong.
    """

    path: Path
    read: Callable[[], object]
    stamps: dict[str, Stamp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stamps = stamps(self.path)


class Watch:
    """Looks whether files have changed: a look costs a few system calls, so it may be had every second.

    Args:
        watched: what is looked at.
        failed: told of each error once.
    """

    def __init__(self, watched: Sequence[Watched], failed: Callable[[SettingsError], object]) -> None:
        self._watched = watched
        self._failed = failed

    def look(self) -> None:
        """Read again what has changed since the last look."""
        for one in self._watched:
            now = stamps(one.path)
            if now == one.stamps:
                continue
            one.stamps = now
            try:
                one.read()
            except SettingsError as error:
                self._failed(error)


def stamps(path: Path) -> dict[str, Stamp]:
    """Return what tells a changed file from an old one, by name; empty where there is nothing."""
    try:
        with os.scandir(path) as entries:
            files = [entry.path for entry in entries if entry.name.endswith(".toml")]
    except NotADirectoryError:
        files = [str(path)]
    except OSError:
        return {}
    found = {}
    for file in files:
        try:
            status = Path(file).stat()
        except OSError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found
