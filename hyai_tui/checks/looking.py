"""Pairs of pictures looked at: small pictures read once, the last ones kept, and laid over each other in threads."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

from hyai_tui.checks.alike import Agreement, Look, agreement
from hyai_tui.errors import HyaiError, LibraryDown, LibraryError, PictureError
from hyai_tui.pictures.decode import open_picture

if TYPE_CHECKING:
    from hyai_tui.library.base import Library
    from hyai_tui.workspace import Workspace

_BOX: Final = (192, 192)
_KEPT: Final = 1_024
_PAIRS: Final = 64


class Pictures:
    """Looks at pairs; opens the library with the first.

    Args:
        workspace: whose library has the pictures.
        progress: called with (done, total) pairs; may raise to stop.

    Attributes:
        away: why the library cannot be read; empty while it can. From then on nothing more is asked of it.
    """

    def __init__(self, workspace: Workspace, progress: Callable[[int, int], None]) -> None:
        self.away = ""
        self._workspace = workspace
        self._progress = progress
        self._library: Library | None = None
        self._kept: OrderedDict[str, Look | None] = OrderedDict()
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="looking")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._library is not None:
            self._library.close()

    def agreements(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Agreement | None]:
        """Yield how far the two of each pair agree; None where one cannot be read."""
        for start in range(0, len(pairs), _PAIRS):
            self._progress(start, len(pairs))
            part = pairs[start : start + _PAIRS]
            self._read(dict.fromkeys(file for pair in part for file in pair))
            yield from self._pool.map(self._agreement, part)

    def _agreement(self, pair: tuple[str, str]) -> Agreement | None:
        one, other = (self._kept[file] for file in pair)
        return None if one is None or other is None else agreement(one, other)

    def _read(self, files: dict[str, None]) -> None:
        """Have the looks of these files, and forget those that were not wanted for long."""
        missing = []
        for file in files:
            if file in self._kept:
                self._kept.move_to_end(file)
            else:
                missing.append(file)
        if not missing:
            return
        there = self._there(missing)
        for file, look in zip(missing, self._pool.map(lambda one: self._look(one, one in there), missing), strict=True):
            self._kept[file] = look
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _there(self, files: Sequence[str]) -> Collection[str]:
        """Return those of the files that the library has; only what it has just listed is asked for by hash."""
        if self.away:
            return ()
        try:
            if self._library is None:
                self._library = self._workspace.open_library()
            return self._library.lookup(files)
        except LibraryError:
            return ()
        except HyaiError as error:
            self.away = error.what
            return ()

    def _look(self, file: str, there: bool) -> Look | None:
        library = self._library
        if library is None or not there or self.away:
            return None
        try:
            source = library.thumbnail(file) or library.path(file) or library.read(file)
            return Look.of(open_picture(source, fit=_BOX, first_frame=True))
        except LibraryDown as error:
            self.away = error.what
            return None
        except (PictureError, LibraryError):
            return None
