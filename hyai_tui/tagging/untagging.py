"""Clearing all our tags and putting them back, batch by batch: note, write, read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hyai_tui.effects.owntags import wanted_tags
from hyai_tui.library.base import Library, MediaFile, TagChange
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.ledger import CLEARING, Ledger
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.targets import Decided

Record = Callable[[Sequence[MediaFile]], None]


@dataclass(slots=True)
class Cleared:
    """What a clearing came to.

    Attributes:
        files: how many lost their tags, or would.
        tags: tag to files that lost it, or would.
        left: how many files still carry one.
    """

    files: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    left: int = 0


def clear(
    library: Library,
    ours: frozenset[str],
    files: Sequence[str],
    patience: Patience,
    ledger: Ledger,
    record: Record,
    result: Cleared,
    *,
    dry: bool,
) -> None:
    """Take our tags, and no other, off one batch of files.

    The ledger is told first what they carry and that it does not know any more whether they still do: a clearing that is
    cut short must not look as if the user had taken the tags away.
    """
    found = patience.ask(lambda: library.lookup(files))
    carried = {one.sha256: one.tags & ours for one in found.values() if one.tags & ours}
    after: Mapping[str, MediaFile] = {}
    if carried and not dry:
        ledger.clearings.take(carried, CLEARING)
        changes = [TagChange(file, remove=tags) for file, tags in carried.items()]
        patience.ask(lambda: library.change_tags(changes))
        after = patience.ask(lambda: library.lookup(list(carried)))
        record(list(after.values()))
    left = {one.sha256 for one in after.values() if one.tags & ours}
    for file, tags in carried.items():
        if file not in left:
            result.files += 1
            result.tags.update(tags)
    result.left += len(left)


@dataclass(slots=True)
class Restored:
    """What the undo of a clearing came to.

    Attributes:
        files: how many have their tags again, or would.
        tags: tag to files that have it again, or would.
        changed: files that were left alone, because they carry another tag of ours by now or a person has decided
            otherwise since.
        gone: files that the library does not have any more.
        refused: how many files' tags the library did not take.
    """

    files: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    gone: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Restorer:
    """Puts tags back that a clearing took away.

    Attributes:
        library: where they go.
        patience: how a busy library is asked.
        settings: prefix and marks.
        ours: all tags that are ours.
        decisions: returns the decisions in force now.
        decided_then: returns those of some files on which a decision had left something when they were cleared.
        record: keeps what the library says after a write.
        dry: only compare.
    """

    library: Library
    patience: Patience
    settings: TagSettings
    ours: frozenset[str]
    decisions: Callable[[Sequence[str]], Mapping[str, Decided]]
    decided_then: Callable[[Sequence[str]], Collection[str]]
    record: Record
    dry: bool = False

    def put_back(self, taken: Mapping[str, frozenset[str]], result: Restored) -> list[str]:
        """Put back the tags of one batch; returns the files that carry again what they carried before the clearing."""
        files = list(taken)
        found = self.patience.ask(lambda: self.library.lookup(files))
        decisions, decided_then = self.decisions(files), self.decided_then(files)
        result.gone += len(taken) - len(found)
        back, wanting = [], []
        for file, media in found.items():
            present = media.tags & self.ours
            if present == taken[file]:
                back.append(file)
            elif present or not self._still_right(taken[file], decisions.get(file), decided_then=file in decided_then):
                result.changed += 1
            else:
                wanting.append(file)
        if wanting and not self.dry:
            changes = [TagChange(file, add=taken[file]) for file in wanting]
            self.patience.ask(lambda: self.library.change_tags(changes))
            after = self.patience.ask(lambda: self.library.lookup(wanting))
            self.record(list(after.values()))
            refused = {one for one in wanting if one not in after or after[one].tags & self.ours != taken[one]}
            result.refused += len(refused)
            wanting = [one for one in wanting if one not in refused]
        back += wanting
        result.files += len(back)
        for file in back:
            result.tags.update(taken[file])
        return back

    def _still_right(self, tags: frozenset[str], decision: Decided | None, *, decided_then: bool) -> bool:
        """Return whether the tags contradict nothing that a person has decided since."""
        if decision is None:
            return not decided_then
        label = decision.label if decision.kind == "label" else None
        return wanted_tags(self.settings, label, tags) == tags
