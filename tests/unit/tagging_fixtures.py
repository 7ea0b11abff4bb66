"""A library in memory that is as awkward as a test wants, and scores and decisions by plain dictionaries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import LibraryDown, LibraryError
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.library.base import (
    FileState,
    Library,
    MediaFile,
    Rights,
    ScanItem,
    ScanOptions,
    StateChange,
    TagChange,
)
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.ledger import Ledger
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.tally import Tally
from hyai_tui.tagging.targets import Rules, our_tags
from hyai_tui.tagging.writing import BATCH, TagWriter

LABELS = ("archive", "trash")
MODEL = "m0001-aaaaaaaa"


def name_of(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


@dataclass
class MemoryLibrary:
    """Files by hash with their tags.

    Attributes:
        tags: of each file that is in the library.
        poison: files that make every request that names them fail.
        deaf: files whose tags never change, although the request is taken.
        down_every: every n-th request fails as if the library were overloaded; 0 for never.
        before_change: called before each write, to let the world change meanwhile.
        requests: the changes of each write that was taken.
    """

    tags: dict[str, set[str]]
    poison: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    down_every: int = 0
    before_change: Callable[[], None] = lambda: None
    requests: list[list[TagChange]] = field(default_factory=list)
    asked: int = 0

    kind = "memory"

    def rights(self) -> Rights:
        return Rights(True, True, True, name="memory")

    def scan(self, options: ScanOptions) -> Iterator[ScanItem]:
        raise NotImplementedError

    def count(self) -> int | None:
        return len(self.tags)

    def lookup(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        self._answer()
        return {
            one: MediaFile(one, FileState.INBOX, tags=frozenset(self.tags[one])) for one in hashes if one in self.tags
        }

    def search_candidates(self, criteria: Sequence[str]) -> Iterator[str]:
        self._answer()
        yield from self.tags

    def path(self, sha256: str) -> Path | None:
        return None

    def read(self, sha256: str) -> bytes:
        raise NotImplementedError

    def thumbnail(self, sha256: str) -> bytes | None:
        return None

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        self.before_change()
        self._answer()
        if any(change.sha256 in self.poison for change in changes):
            raise LibraryError("One bad id fails the whole batch")
        self.requests.append(list(changes))
        for change in changes:
            if change.sha256 in self.tags and change.sha256 not in self.deaf:
                self.tags[change.sha256] = (self.tags[change.sha256] - change.remove) | change.add

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        self.asked += 1
        if self.down_every and self.asked % self.down_every == 0:
            raise LibraryDown("The library hung up", "Start it")

    @property
    def sent(self) -> list[str]:
        """Every file that a write named, as often as it was named."""
        return [change.sha256 for request in self.requests for change in request]


@dataclass(frozen=True)
class Choice:
    """A decision as far as tagging reads it."""

    kind: str
    label: str | None = None
    at: float = 2e9


@dataclass
class Known:
    """Scores of trash and decisions by file."""

    scores: dict[str, float] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    effects: dict[str, frozenset[str]] = field(default_factory=dict)
    recorded: list[MediaFile] = field(default_factory=list)
    traces: dict[str, frozenset[str]] = field(default_factory=dict)

    def probabilities(self, files: Sequence[str]) -> NDArray[np.float32]:
        scores = [self.scores.get(file, np.nan) for file in files]
        return np.array([[1 - score, score] for score in scores], np.float32).reshape(-1, 2)

    def decisions(self, files: Sequence[str]) -> Mapping[str, Choice]:
        return {file: self.choices[file] for file in files if file in self.choices}

    def applied(self, file: str) -> frozenset[str]:
        return self.effects.get(file, frozenset())

    def before(self, tags: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]) -> None:
        for file, present in tags.items():
            if file in self.choices:
                self.traces.setdefault(file, present)

    def after(self, tags: Mapping[str, frozenset[str]]) -> None:
        self.effects.update(tags)

    def tagged(self, files: Sequence[str]) -> None:
        for file in files:
            self.traces.pop(file, None)

    def record(self, files: Sequence[MediaFile]) -> None:
        self.recorded += files


RULES = Rules(TagSettings(), Thresholds(LABELS, (0.28, 0.78), ("default", "default")))


def tag_all(
    library: Library,
    ledger: Ledger,
    known: Known,
    files: Sequence[str],
    *,
    rules: Rules = RULES,
    size: int = 256,
    dry: bool = False,
    again: bool = False,
    labels: Sequence[str] = ("archive", "trash", "memes"),
) -> Tally:
    """Run the writer over the files as the job does, without waiting."""
    tally = Tally()
    patience = Patience(lambda: None, sleep=lambda _seconds: None)
    writer = TagWriter(
        library, ledger, known, rules, our_tags(rules.settings, labels), MODEL, patience, dry=dry, again=again
    )
    step = min(size, BATCH)
    for start in range(0, len(files), step):
        writer.write(files[start : start + step], tally)
    return tally
