"""Acts on several files: what exactly they would do, counted before they are asked about and again afterwards.

A plan names its files by hash when the question is asked. Whatever happens on the screen meanwhile, a yes does what the
question said and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from hyai_tui.queues.base import QueueRow
from hyai_tui.text import count, visible

# One act is one transaction; this many take about a quarter of a second.
MOST_AT_ONCE = 1000
_MODES = {"STAGED": " (staged for the library)", "LIVE": " (LIVE: moves them in the library at once)"}


@dataclass(frozen=True)
class Plan:
    """Decisions that one yes makes as one act.

    Attributes:
        decisions: each file's row and the label that it gets.
        exceptions: marked files that stay as they are.
        without: files that stay because nothing is suggested for them.
        elsewhere: how many of the files are not on the page in view.
        marked: True where the files are the marked ones.
        title: what the act is, where it is neither the marked files nor the rest of a page.
    """

    decisions: tuple[tuple[QueueRow, str], ...]
    exceptions: int = 0
    without: int = 0
    elsewhere: int = 0
    marked: bool = False
    title: str = ""

    @property
    def counts(self) -> str:
        """Return `13 archive, 7 trash`."""
        amounts = Counter(label for _row, label in self.decisions)
        return ", ".join(f"{number:,} {visible(label)}" for label, number in amounts.most_common())

    @property
    def stays(self) -> str:
        """Return `, 4 exceptions stay`; empty where all of them are decided."""
        parts = []
        if self.exceptions:
            parts.append(f"{count(self.exceptions, 'exception')} {'stays' if self.exceptions == 1 else 'stay'}")
        if self.without:
            parts.append(f"{self.without:,} without a suggestion {'stays' if self.without == 1 else 'stay'}")
        return "".join(f", {part}" for part in parts)

    def question(self, mode: str) -> str:
        """Return the question: what, how many, where they are, and what it does to the library in this mode."""
        if self.marked:
            label = visible(self.decisions[0][1])
            away = f", {self.elsewhere:,} not on this page" if self.elsewhere else ""
            asked = f"{label} {len(self.decisions):,} marked{away}"
        else:
            asked = f"{self.counts}{self.stays}"
        return f"{asked}{_MODES.get(mode, '')}? y/n"

    @property
    def done(self) -> str:
        """Return what was done, for the line afterwards."""
        return f"{self.counts}{self.stays}"


def confirm_rest(rows: Sequence[QueueRow], seen: Set[str], marked: Set[str], decided: Set[str]) -> Plan:
    """Return the plan that gives each drawn tile its suggestion; marked tiles stay, decided ones are left alone.

    Args:
        rows: of the page.
        seen: files whose pictures the terminal has confirmed on this page; others take no decision.
        marked: the exceptions.
        decided: files that are decided already.
    """
    open_ = [row for row in rows if row.file in seen and row.file not in decided]
    given = [(row, row.suggested) for row in open_ if row.file not in marked and row.suggested is not None]
    return Plan(
        tuple((row, label) for row, label in given if label is not None),
        exceptions=sum(row.file in marked for row in open_),
        without=sum(row.suggested is None and row.file not in marked for row in open_),
    )


def decide_marked(label: str, marks: Mapping[str, QueueRow], page: Set[str]) -> Plan:
    """Return the plan that gives all marked files one label.

    Args:
        label: for all of them.
        marks: the marked files.
        page: files that are on the page in view, or the one in the picture view.
    """
    return Plan(
        tuple((row, label) for row in marks.values()),
        elsewhere=sum(file not in page for file in marks),
        marked=True,
    )
