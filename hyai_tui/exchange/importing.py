"""Labels from a table: every row is matched to a file and checked before anything is recorded, then all is one act.

A row names its file by `hash` (a SHA-256, also in `sha256`, `file` or `item_id`) or by `path`. A bare number names no
file for certain: numbers begin anew in every catalog, so an `item_id` that is one is left aside.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.naming import named_file
from hyai_tui.errors import HyaiError, UnknownFile, WrongUse
from hyai_tui.exchange.tables import Row, read_table
from hyai_tui.journal.labels import fault_of_name
from hyai_tui.journal.model import Decision, Kind, NewDecision
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.sync import adopt_label_folders
from hyai_tui.text import count, short_hash

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

IDENTIFIERS: Final = ("hash", "sha256", "file", "item_id", "path", "rel_path")
COLUMNS: Final = (*IDENTIFIERS, "label", "unsure", "was_unsure", "skipped")
MOST_LISTED: Final = 10
MOST_A_LABEL: Final = 5
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_HEX_NAME = re.compile(r"[0-9a-fA-F]+")
_YES = frozenset({"1", "true", "yes", "y", "x"})
_NO = frozenset({"", "0", "false", "no", "n"})


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
    """

    rows: int
    decisions: tuple[NewDecision, ...]
    unchanged: int
    left_alone: int
    new_labels: tuple[str, ...]
    unknown: tuple[str, ...] = ()

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

    Raises:
        BadTable: with every fault and its row number.
        WrongUse: the file cannot be read as a table.
    """
    rows = read_table(path, COLUMNS)
    adopt_label_folders(parts.journal, SampleFolders(parts.workspace.data, parts.journal))
    reader = _Reader(
        parts, new_labels=new_labels, allow_empty=allow_empty, allow_unknown=allow_unknown, guesses=guesses
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
    )


def carry_out(plan: ImportPlan, parts: Parts, session: str) -> int | None:
    """Record a plan as one act, and return the number of its label run; None where nothing changes."""
    if not plan.decisions:
        return None
    decider = Decider(parts.workspace, parts.journal, parts.catalog, parts.library, session=session, source="command")
    outcomes = decider.decide_many(plan.decisions, new_label=bool(plan.new_labels))
    return outcomes[0].decision.act


class _Reader:
    """Matches rows to files and checks what they say; gathers every fault instead of stopping at the first."""

    def __init__(
        self, parts: Parts, *, new_labels: bool, allow_empty: bool, allow_unknown: bool, guesses: float | None
    ) -> None:
        self._parts = parts
        self._guesses = guesses
        self._new_labels = new_labels
        self._allow_empty = allow_empty
        self._allow_unknown = allow_unknown
        self.unknown: set[str] = set()
        self.left_alone = 0
        self.labels = [one.name for one in parts.journal.labels()]
        self.problems: list[tuple[int, str]] = []

    def read(self, row: Row) -> tuple[str, Kind, str | None] | None:
        """Return file, kind and label; None for a row that is left alone or has a fault."""
        said = self._said(row)
        if said is None:
            return None
        file = self._file(row)
        return None if file is None else (file, *said)

    def _fault(self, row: Row, text: str) -> None:
        self.problems.append((row.number, text))

    def _said(self, row: Row) -> tuple[Kind, str | None] | None:
        label = row.cells.get("label", "").strip()
        unsure = self._flag(row, "unsure") or self._flag(row, "was_unsure")
        skipped = self._flag(row, "skipped")
        if unsure is None or skipped is None:
            return None
        if not (label or unsure or skipped):
            label = self._guess(row)
        if label and unsure:
            self._fault(row, f"it is labelled {label!r} and unsure at once")
        elif label in self.labels or (label and self._may_be_made(row, label)):
            return "label", label
        elif unsure:
            return "unsure", None
        elif not label and not (skipped or self._allow_empty):
            self._fault(row, "there is no label")
        elif not label:
            self.left_alone += 1
        return None

    def _guess(self, row: Row) -> str:
        """Return the label that a rule has guessed surely enough; empty for none."""
        if self._guesses is None:
            return ""
        try:
            sure = float(row.cells.get("heuristic_confidence", "") or 0)
        except ValueError:
            return ""
        return row.cells.get("heuristic_label", "").strip() if sure >= self._guesses else ""

    def _flag(self, row: Row, column: str) -> bool | None:
        text = row.cells.get(column, "").strip().lower()
        if text in _YES or text in _NO:
            return text in _YES
        self._fault(row, f"{column} is {text!r}; it is true or false")
        return None

    def _may_be_made(self, row: Row, label: str) -> bool:
        if not self._new_labels:
            near = difflib.get_close_matches(label, self.labels, 1)
            self._fault(row, f"{label!r} is no label" + (f"; did you mean {near[0]!r}?" if near else ""))
            return False
        if fault := fault_of_name(label):
            self._fault(row, f"{label!r} cannot be a label: {fault}")
            return False
        return True

    def _file(self, row: Row) -> str | None:
        """Return the file that a row names; every column that names one must name the same."""
        cells = {name: row.cells.get(name, "").strip() for name in IDENTIFIERS}
        hashes = [cells[name].lower() for name in ("hash", "sha256", "file") if cells[name]]
        if _HASH.fullmatch(cells["item_id"]):
            hashes.append(cells["item_id"].lower())
        found: dict[str, str] = {}
        for text in hashes:
            if not _HASH.fullmatch(text):
                self._fault(row, f"{text[:20]!r} is no SHA-256 of 64 digits")
                return None
            if self._parts.catalog.file(text) is None and not self._parts.journal.known_files(text, 1):
                if self._allow_unknown:
                    self.unknown.add(text)
                else:
                    self._fault(row, f"no file {short_hash(text)} is known here")
                return None
            found[text] = short_hash(text)
        # A path may have been made readable on its way: where the hash is there too, one that leads nowhere is no fault.
        paths = [text for text in (cells["path"], cells["rel_path"]) if text]
        for text in paths:
            if (by_path := self._by_path(row, text, named=bool(found))) is not None:
                found.setdefault(by_path, text)
        if len(found) > 1:
            self._fault(row, f"{' and '.join(found.values())} are different files")
            return None
        if not found and not paths:
            number = f": item_id {cells['item_id']!r} means nothing here" if cells["item_id"] else ""
            self._fault(row, f"it names no file by hash or path{number}")
        return next(iter(found), None)

    def _by_path(self, row: Row, text: str, *, named: bool) -> str | None:
        # A name of hexadecimal digits alone is a name here, never the beginning of a hash.
        text = f"./{text}" if _HEX_NAME.fullmatch(text) else text
        try:
            return named_file(text, self._parts.journal, self._parts.catalog, self._parts.workspace)
        except UnknownFile as error:
            if not named:
                self._fault(row, error.what)
        except HyaiError as error:
            self._fault(row, error.what)
        return None


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
