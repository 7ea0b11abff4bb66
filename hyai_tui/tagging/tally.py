"""What a tag run found and did, counted as it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hyai_tui.library.base import TagChange
from hyai_tui.tagging.targets import Target, Why


@dataclass(slots=True)
class Tally:
    """What a run found and did.

    Attributes:
        targets: label to files that are to carry it.
        unsure: files whose score lies between the thresholds.
        decided: files on which a person decided; those with a label are in `targets` too.
        off: files whose side is switched off.
        skipped: reason to files that were left alone: `unscored`, `gone`, `refused`, `not-accepted`.
        held: files whose tag the user took away, so that it is not put back.
        differences: files whose tags differ from their target.
        written: files that were changed, and read again to make sure.
        added, removed: tag to files that got or lost it (in a dry run: would).
        sides: files that change from one tag of ours to another.
        named: (file, reason) of files that the library did not take.
    """

    targets: Counter[str] = field(default_factory=Counter)
    unsure: int = 0
    decided: int = 0
    off: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    held: int = 0
    differences: int = 0
    written: int = 0
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    sides: int = 0
    named: list[tuple[str, str]] = field(default_factory=list)

    def count(self, targets: Sequence[Target]) -> None:
        """Count what the files are to have."""
        for target in targets:
            self.decided += target.decided
            if target.label is not None:
                self.targets[target.label] += 1
            elif target.why is Why.UNSURE:
                self.unsure += 1
            elif target.why is Why.OFF:
                self.off += 1
            elif target.why is Why.UNSCORED:
                self.skipped["unscored"] += 1

    def compare(self, changes: Sequence[TagChange]) -> None:
        """Count what is to change."""
        self.differences += len(changes)
        for change in changes:
            self.added.update(change.add)
            self.removed.update(change.remove)
            self.sides += bool(change.add and change.remove)

    def name(self, file: str, reason: str, sentence: str) -> None:
        """Name a file that was not written, and why."""
        self.skipped[reason] += 1
        self.named.append((file, sentence))

    def add(self, other: Tally) -> None:
        """Add what a part of the run found and did."""
        for mine, theirs in (
            (self.targets, other.targets),
            (self.skipped, other.skipped),
            (self.added, other.added),
            (self.removed, other.removed),
        ):
            mine.update(theirs)
        self.unsure += other.unsure
        self.decided += other.decided
        self.off += other.off
        self.held += other.held
        self.differences += other.differences
        self.written += other.written
        self.sides += other.sides
        self.named += other.named
