"""Tags from a text file beside a picture, one a line, as Hydrus exports them.

`a.jpg.txt` is about `a.jpg`, and so is `a.txt` where no other picture beside it is called `a`. The scan takes the tags in by
the picture's hash. A text is read again when it has changed, and then only its difference counts: lines that came are added,
lines that went are taken away. So a tag that was taken off in hyai stays off until somebody writes it there again, and a
text that is deleted takes nothing with it. Neither texts nor pictures are ever written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hyai_tui.errors import WrongUse
from hyai_tui.library.base import Skipped, TagChange
from hyai_tui.library.tag_names import clean_tag

SUFFIX: Final = ".txt"
_MOST_BYTES: Final = 1 << 20
# A line that is longer is prose: the text is about something else than tags.
_LONGEST_LINE: Final = 200
_CHUNK: Final = 256


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A text file beside a picture, with the stamps of its directory entry; both paths are relative to the root."""

    path: str
    picture: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class TakenSidecar:
    """What was taken from a text the last time."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    tags: frozenset[str]


class SidecarBook(Protocol):
    """Where it is kept what was taken, together with the tags themselves."""

    def taken(self, paths: Collection[str]) -> dict[str, TakenSidecar]:
        """Return what was taken from these texts before."""
        ...

    def also_said(self, sha256: str, path: str) -> dict[str, frozenset[str]]:
        """Return what other texts than this one gave a picture, by their paths."""
        ...

    def take(self, found: Collection[TakenSidecar], changes: Collection[TagChange]) -> None:
        """Keep what was taken, and change the tags, all of it or nothing."""
        ...


def owners(pictures: Collection[str], texts: Iterable[str]) -> dict[str, str]:
    """Return which picture each text is about, of the names in one folder; other texts are about none.

    Args:
        pictures: such as `a.jpg`.
        texts: such as `a.jpg.txt` and `a.txt`.
    """
    names = frozenset(pictures)
    called: dict[str, str | None] = {}
    for picture in pictures:
        stem = _stem(picture)
        called[stem] = None if stem in called else picture
    found = {text: _stem(text) if _stem(text) in names else called.get(_stem(text)) for text in texts}
    return {text: picture for text, picture in found.items() if picture is not None}


def is_text(name: str) -> bool:
    """Return whether a name is that of a text."""
    return name.lower().endswith(SUFFIX)


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122 - called for every entry of a tree


def read_tags(content: bytes) -> frozenset[str] | None:
    """Return the tags of a text, one a line; None where it is none of tags: no text, prose, or a line that is no tag."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    found = set()
    for line in filter(None, map(str.strip, lines)):
        if len(line) > _LONGEST_LINE:
            return None
        try:
            found.add(clean_tag(line))
        except WrongUse:
            return None
    return frozenset(found)


class SidecarIntake:
    """Takes tags in, some texts at a time.

    Args:
        root: of the library.
        book: what was taken before.

    Attributes:
        read: how many texts had come or changed, so that their tags were taken.
    """

    def __init__(self, root: Path, book: SidecarBook) -> None:
        self._root = root
        self._book = book
        self._waiting: list[tuple[Sidecar, str]] = []
        self.read = 0

    def put(self, sidecar: Sidecar, sha256: str) -> Iterator[Skipped]:
        """Take a text's tags for the picture with this hash, soon; yields texts that were passed over."""
        self._waiting.append((sidecar, sha256))
        if len(self._waiting) >= _CHUNK:
            yield from self.finish()

    def finish(self) -> Iterator[Skipped]:
        """Take what waits."""
        waiting, self._waiting = self._waiting, []
        known = self._book.taken([one.path for one, _ in waiting])
        found: dict[str, TakenSidecar] = {}
        for sidecar, sha256 in waiting:
            before = known.get(sidecar.path)
            if before is not None and _unchanged(before, sidecar, sha256):
                continue
            tags = self._read(sidecar.path)
            if isinstance(tags, Skipped):
                yield tags
            else:
                found[sidecar.path] = TakenSidecar(sidecar.path, sidecar.size, sidecar.mtime_ns, sha256, tags)
        if found:
            changes = [self._change(one, known.get(path), found) for path, one in found.items()]
            self.read += len(found)
            self._book.take(found.values(), [one for one in changes if one.add or one.remove])

    def _change(self, now: TakenSidecar, before: TakenSidecar | None, found: Mapping[str, TakenSidecar]) -> TagChange:
        """Return what a text changes; what another text of the same picture still says stays."""
        # An exchanged picture is another file: what the text said of the one before is not taken from it.
        earlier = before.tags if before is not None and before.sha256 == now.sha256 else frozenset()
        gone = earlier - now.tags
        if gone:
            for path, tags in self._book.also_said(now.sha256, now.path).items():
                gone -= found[path].tags if path in found else tags
        return TagChange(now.sha256, now.tags - earlier, gone)

    def _read(self, path: str) -> frozenset[str] | Skipped:
        try:
            # Without O_NONBLOCK, opening a pipe that someone named .txt would wait for ever.
            descriptor = os.open(self._root / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return Skipped(path, "not-a-file")
                content = file.read(_MOST_BYTES + 1)
        except OSError:
            return Skipped(path, "unreadable")
        tags = read_tags(content) if len(content) <= _MOST_BYTES else None
        return Skipped(path, "not-tags") if tags is None else tags


def _unchanged(before: TakenSidecar, now: Sidecar, sha256: str) -> bool:
    return (before.size, before.mtime_ns, before.sha256) == (now.size, now.mtime_ns, sha256)
