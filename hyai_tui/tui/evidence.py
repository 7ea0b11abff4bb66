"""What is known of the files of a finding, read in a thread, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.checks.base import Finding
from hyai_tui.checks.kinds import type_of
from hyai_tui.checks.mending import begun_tags
from hyai_tui.effects.waiting import why_waiting
from hyai_tui.journal.edits import Edit
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.knowing import read_facts

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.settings import Settings
    from hyai_tui.tui.writing import Writer


@dataclass(frozen=True)
class Evidence:
    """A finding with what is known of its files.

    Attributes:
        key: of the finding.
        sides: facts of its file, and of the other one of a pair.
        edit: the newest change of tags that was made for it; None without one.
        trouble: what became of that change where it could not be done, or what it waits for.
    """

    key: str
    sides: tuple[Facts, ...]
    edit: Edit | None = None
    trouble: str = ""

    def only(self, side: int) -> tuple[str, ...]:
        """Return the tags that one side of a pair has and the other has not."""
        if len(self.sides) < 2:
            return ()
        other = set(self.sides[1 - side].tags)
        return tuple(tag for tag in self.sides[side].tags if tag not in other)

    @property
    def common(self) -> int:
        """How many tags both sides have."""
        return len(set(self.sides[0].tags) & set(self.sides[-1].tags)) if len(self.sides) > 1 else 0


@dataclass(frozen=True)
class Proposal:
    """What the key for fixing would do.

    Attributes:
        label: decide this label; empty for none.
        tags: a line of tags to add and take away, see `effects.editing.parse_change`; empty for none.
        asks: the line is only a beginning: a person has to complete it.
        why_not: what to do instead, where nothing is proposed.
    """

    label: str = ""
    tags: str = ""
    asks: bool = False
    why_not: str = ""


def read_evidence(
    journal: Journal,
    catalog: Catalog,
    writer: Writer,
    finding: Finding,
    labels: tuple[str, ...],
    settings: Settings,
) -> Evidence:
    """Read what is known of the files of a finding."""
    files = [finding.file] if finding.other is None else [finding.file, finding.other]
    sides = tuple(read_facts(journal, catalog, writer, file, labels) for file in files)
    edit = journal.mended_findings().get(finding.key)
    last = journal.last_effect(edit.file, "edit") if edit is not None else None
    failed = last.reason if last is not None and last.status == "failed" else ""
    trouble = failed or why_waiting(last, settings, journal)
    return Evidence(finding.key, sides, edit, trouble)


def proposal(finding: Finding, evidence: Evidence | None, side: int) -> Proposal:
    """Return what would mend a finding, as far as it or the other side of the pair says so."""
    if finding.suggested:
        return Proposal(label=finding.suggested)
    if type_of(finding.check, finding.kind) == "duplicates":
        return _of_pair(evidence, side)
    begun = begun_tags(finding)
    if begun:
        return Proposal(tags=begun, asks=begun.endswith(":"))
    if finding.kind in {"few-tags", "many-tags"}:
        return Proposal(asks=True)
    return Proposal(why_not="nothing to propose here: decide it, change its tags, or ignore the finding")


def _of_pair(evidence: Evidence | None, side: int) -> Proposal:
    """Give the chosen side what the other one has: its label where they differ, else its tags."""
    if evidence is None or len(evidence.sides) < 2:
        return Proposal(why_not="still reading what is known of both")
    mine, other = (_label(evidence.sides[at]) for at in (side, 1 - side))
    if other and other != mine:
        return Proposal(label=other)
    if missing := [tag for tag in evidence.only(1 - side) if tag not in evidence.sides[1 - side].own]:
        return Proposal(tags=", ".join(missing))
    return Proposal(why_not="both have the same label and tags: i ignores the pair, a label decides on one of them")


def _label(facts: Facts) -> str:
    """Return what people said of a file: by a decision, or by where the library has it."""
    return facts.you or (facts.state if facts.state in {"archive", "trash"} else "")
