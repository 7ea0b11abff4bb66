"""Labels from a table: every row is matched to a file and checked before anything is recorded, then all is one act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hyai_tui.effects.deciding import Decider
from hyai_tui.errors import WrongUse
from hyai_tui.exchange.matching import IDENTIFIERS, SAYING, RowReader, require_columns
from hyai_tui.exchange.tables import read_table
from hyai_tui.journal.model import Decision, Kind, NewDecision
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.sync import adopt_label_folders
from hyai_tui.text import count, short_hash

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

COLUMNS: Final = (*IDENTIFIERS, *SAYING)
MOST_LISTED: Final = 10
MOST_A_LABEL: Final = 5


class BadTable(WrongUse):
    """Rows of a table cannot be used; nothing was recorded.

    Args:
        name: of the table's file.
        problems: row number and what is wrong with it, in the order of the rows.
        labels: the labels that exist.

    Attributes:
        problems: all of them.
        lines: the first ones for people, rows with the same fault together.
    """

    def __init__(self, name: str, problems: Sequence[tuple[int, str]], labels: Sequence[str]) -> None:
        self.problems = tuple(problems)
        self.lines = tuple(_listed(problems))
        rows = count(len({number for number, _ in problems}), "row")
        super().__init__(
            f"{name}: {rows} cannot be used, so nothing was imported",
            f"Mend the table; the labels are {', '.join(labels)}"
            if labels
            else "There are no labels yet: --new makes those of the table, 'hyai labels add NAME' makes one",
        )


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would record.

    Attributes:
        rows: rows of the table.
        decisions: those that change something.
        unchanged: files that are decided so already.
        left_alone: rows without a label, where the caller allows them.
        unknown: hashes that are known to neither library nor journal, where the caller allows them.
        new_labels: labels that would be made.
        note: what else a person should know of the table; mostly empty.
    """

    rows: int
    decisions: tuple[NewDecision, ...]
    unchanged: int
    left_alone: int
    new_labels: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    note: str = ""

    def counts(self) -> dict[str, int]:
        """Return how many files each label (or `unsure`) would get."""
        return dict(sorted(Counter(one.label or one.kind for one in self.decisions).items()))


def plan_import(
    path: Path,
    parts: Parts,
    *,
    labeler: str = "manual",
    split: str | None = None,
    new_labels: bool = False,
    allow_empty: bool = False,
    allow_unknown: bool = False,
    guesses: float | None = None,
    whole: bool = False,
) -> ImportPlan:
    """Read and check a table; nothing is recorded.

    Args:
        path: CSV file with a column that names files and a column `label`.
        parts: the workspace's opened parts.
        labeler: who labelled, kept with every decision.
        split: which split the rows are for, kept with every decision.
        new_labels: names that are no labels yet are made, where they can be folders.
        allow_empty: rows without a label leave their file alone; otherwise they are faults.
        allow_unknown: rows whose hash is known to neither library nor journal are left out; otherwise they are faults.
        guesses: a row without a label takes its `heuristic_label` where `heuristic_confidence` is this or more; None for none.
        whole: the table is part of a project: it may have no rows, and its numbers are another workspace's.

    Raises:
        BadTable: with every fault and its row number.
        WrongUse: the file cannot be read as a table.
    """
    rows = read_table(path, COLUMNS)
    if not whole:
        require_columns(path.name, rows, guesses=guesses is not None)
    adopt_label_folders(parts.journal, SampleFolders(parts.workspace.data, parts.journal))
    reader = RowReader(
        parts,
        new_labels=new_labels,
        allow_empty=allow_empty,
        allow_unknown=allow_unknown,
        guesses=guesses,
        whole=whole,
    )
    wanted: dict[str, tuple[int, Kind, str | None]] = {}
    for row in rows:
        found = reader.read(row)
        if found is None:
            continue
        file, kind, label = found
        before = wanted.setdefault(file, (row.number, kind, label))
        if before[1:] != (kind, label):
            said = before[2] or before[1]
            reader.problems.append(
                (row.number, f"{short_hash(file)} is {label or kind} here and {said} in row {before[0]}")
            )
    note = reader.finish()
    if reader.problems:
        raise BadTable(path.name, sorted(reader.problems), reader.labels)
    in_force = parts.journal.effective(wanted)
    came_from = {"import": {"labeler": labeler, "source": path.name, "split": split}}
    changed = [
        NewDecision(file, kind, label, came_from)
        for file, (_, kind, label) in wanted.items()
        if not _is_so(in_force.get(file), kind, label)
    ]
    decided = {one.file for one in changed}
    if changed and (same := [file for file, (_, _, label) in wanted.items() if label and file not in decided]):
        # What was so already is part of the label run as well: the first decision names it.
        changed[0] = replace(changed[0], shown={"import": {**came_from["import"], "unchanged": same}})
    made = sorted({one.label for one in changed if one.label is not None} - set(reader.labels))
    return ImportPlan(
        rows=len(rows),
        decisions=tuple(changed),
        unchanged=len(wanted) - len(changed),
        left_alone=reader.left_alone,
        new_labels=tuple(made),
        unknown=tuple(sorted(reader.unknown)),
        note=note,
    )


def carry_out(plan: ImportPlan, parts: Parts, session: str) -> int | None:
    """Record a plan as one act, and return the number of its label run; None where nothing changes."""
    if not plan.decisions:
        return None
    decider = Decider(parts.workspace, parts.journal, parts.catalog, parts.library, session=session, source="command")
    outcomes = decider.decide_many(plan.decisions, new_label=bool(plan.new_labels))
    return outcomes[0].decision.act


def _is_so(decision: Decision | None, kind: Kind, label: str | None) -> bool:
    return decision is not None and (decision.kind, decision.label) == (kind, label)


def _listed(problems: Sequence[tuple[int, str]]) -> list[str]:
    """Return the first faults for people, those of one sentence together."""
    rows: dict[str, list[int]] = {}
    for number, text in problems:
        rows.setdefault(text, []).append(number)
    lines = []
    for text, numbers in list(rows.items())[:MOST_LISTED]:
        most = MOST_LISTED if text == "there is no label" else MOST_A_LABEL
        shown = ", ".join(map(str, numbers[:most])) + (
            f" and {len(numbers) - most} more" if len(numbers) > most else ""
        )
        lines.append(f"  row {shown}: {text}" if len(numbers) == 1 else f"  rows {shown}: {text}")
    if len(rows) > MOST_LISTED:
        lines.append(f"  and {len(rows) - MOST_LISTED} more kinds of faults")
    return lines
