"""What a check is given, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.workspace import Workspace

# The bands of confidence by which findings are filtered: high from .8, medium from .5, low below.
HIGH: Final = 0.8
MEDIUM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks wrong.

    Attributes:
        check: name of the check.
        kind: what sort of fault, a stable short name such as `missing-tag`.
        file: SHA-256 of the file.
        confidence: how sure the check is that this is a fault, 0 … 1.
        reason: one sentence for people.
        other: SHA-256 of the other file of a pair.
        tags: the tags that it is about, sorted.
        suggested: the label that would mend it, where one would.
    """

    check: str
    kind: str
    file: str
    confidence: float
    reason: str
    other: str | None = None
    tags: tuple[str, ...] = ()
    suggested: str | None = None

    @property
    def key(self) -> str:
        """Names this finding again in a later run, so that it can stay ignored: the reason's wording is no part of it."""
        return "\n".join((self.check, self.kind, self.file, self.other or "", *self.tags))

    @property
    def band(self) -> str:
        """`high`, `medium` or `low`."""
        return "high" if self.confidence >= HIGH else "medium" if self.confidence >= MEDIUM else "low"

    def as_json(self) -> dict[str, Any]:
        """Return it for a report; `from_json` reads it back."""
        return {
            "check": self.check,
            "kind": self.kind,
            "file": self.file,
            "confidence": round(self.confidence, 4),
            "reason": self.reason,
            "other": self.other,
            "tags": list(self.tags),
            "suggested": self.suggested,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Finding:
        """Return a finding that `as_json` wrote."""
        return cls(**{**found, "tags": tuple(found["tags"])})


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Attributes:
        looked_at: files or samples that it judged.
        findings: the surest first.
        facts: figures that belong in its report, JSON-serialisable.
        advice: what to do next, one sentence each.
    """

    looked_at: int
    findings: Sequence[Finding]
    facts: Mapping[str, Any] = field(default_factory=dict)
    advice: Sequence[str] = ()


class Progress(Protocol):
    """Takes how far a check is."""

    def __call__(self, done: int, total: int | None, unit: str = "files", /) -> None:
        """Take how many of how many are done, where that is known, and of what."""


def untold(_done: int, _total: int | None, _unit: str = "files", /) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class CheckPlace:
    """Where a check looks.

    Attributes:
        workspace: the workspace.
        catalog: its opened catalog.
        journal: its opened journal.
        context: all files as aligned arrays, with what our tags say.
        progress: called with (done, total), and what is counted where that is not files, as often as is convenient; may
            raise `Cancelled`.
    """

    workspace: Workspace
    catalog: Catalog
    journal: Journal
    context: QueueContext
    progress: Progress = untold

    def counting(self, unit: str) -> Callable[[int, int | None], None]:
        """Return a progress that counts something else than files."""
        return lambda done, total: self.progress(done, total, unit)


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name.

    Attributes:
        name: what commands call it.
        about: one sentence for people.
        run: looks and returns what it found.
    """

    name: str
    about: str
    run: Callable[[CheckPlace], CheckResult]


def surest_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings by falling confidence, ties by kind and file, so that two runs agree."""
    return sorted(findings, key=lambda one: (-one.confidence, one.kind, one.file, one.other or "", one.tags))
