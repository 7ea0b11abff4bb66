"""Matches the rows of a table of labels to files, and checks what they say; gathers every fault instead of stopping at the first.

A row names its file by `hash` (a SHA-256, also in `sha256`, `file` or `item_id`) or by `path`. A bare number names no
file for certain: numbers begin anew in every catalog. But where most rows of a table bear the numbers of this one, a row that does
not was torn apart, as by sorting some of its columns alone, and nobody knows whose its label is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hyai_tui.effects.naming import named_file
from hyai_tui.errors import HyaiError, UnknownFile, WrongUse
from hyai_tui.exchange.tables import Row
from hyai_tui.journal.labels import fault_of_name
from hyai_tui.journal.model import Kind
from hyai_tui.text import count, short_hash

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

IDENTIFIERS: Final = ("hash", "sha256", "file", "item_id", "path", "rel_path")
# Of these one at least has to be there: each says by itself what becomes of a file.
SAYING: Final = ("label", "unsure", "was_unsure", "skipped")
_GUESS: Final = "heuristic_label"
_MISNUMBERED: Final = "item_id is another file's here, though most rows agree: was a column sorted by itself? Delete the column item_id if not"
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_HEX_NAME = re.compile(r"[0-9a-fA-F]+")
_YES = frozenset({"1", "true", "yes", "y", "x"})
_NO = frozenset({"", "0", "false", "no", "n"})


def require_columns(name: str, rows: Sequence[Row], *, guesses: bool) -> None:
    """Refuse a table as a whole where no row of it could say anything, instead of once for each row.

    Args:
        name: of the table's file.
        rows: of the table.
        guesses: guesses of rules may stand for labels.

    Raises:
        WrongUse: it has no rows, or lacks a column without which no row can be used; names those that it has.
    """
    if not rows:
        raise WrongUse(
            f"{name} has a header and no rows, so there is nothing to import", "Fill it in, one row for each file"
        )
    columns = list(rows[0].cells)
    for one_of, wanted in (((*SAYING, *([_GUESS] if guesses else [])), "label"), (IDENTIFIERS, "hash")):
        if not any(one in columns for one in one_of):
            near = difflib.get_close_matches(wanted, columns, 1)
            also = " or 'path'" if wanted == "hash" else ""
            raise WrongUse(
                f"{name} has no column '{wanted}'{also}; its columns are {', '.join(columns)}",
                f"Name one of them {wanted!r}" + (f": {near[0]!r} looks like it" if near else ""),
            )


class RowReader:
    """Matches rows to files and checks what they say.

    Attributes:
        problems: row number and what is wrong with it.
        unknown: hashes that are known to neither library nor journal, where the caller allows them.
        left_alone: rows without a label, where the caller allows them.
        labels: names of the labels that exist.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        new_labels: bool,
        allow_empty: bool,
        allow_unknown: bool,
        guesses: float | None,
        whole: bool,
    ) -> None:
        self._parts = parts
        self._guesses = guesses
        self._whole = whole
        self._new_labels = new_labels
        self._allow_empty = allow_empty
        self._allow_unknown = allow_unknown
        self.unknown: set[str] = set()
        self.left_alone = 0
        self.labels = [one.name for one in parts.journal.labels()]
        self.problems: list[tuple[int, str]] = []
        self._numbered = 0
        self._misnumbered: list[tuple[int, str]] = []

    def read(self, row: Row) -> tuple[str, Kind, str | None] | None:
        """Return file, kind and label; None for a row that is left alone or has a fault."""
        said = self._said(row)
        if said is None:
            return None
        file = self._file(row)
        if file is None:
            return None
        self._compare_number(row, file)
        return file, *said

    def finish(self) -> str:
        """Compare the numbers of all rows once they are read: those of this catalog must agree with their hashes.

        Returns:
            What to tell of a table whose numbers are another catalog's; empty where there is nothing to tell.
        """
        if self._numbered > len(self._misnumbered):
            self.problems += self._misnumbered
            return ""
        if not self._misnumbered:
            return ""
        rows = count(len(self._misnumbered), "row")
        return f"item_id names other files in {rows}: hash and path count, not the numbers of another workspace"

    def _compare_number(self, row: Row, file: str) -> None:
        """Note whether a row's number is that of its file in this catalog."""
        number = row.cells.get("item_id", "").strip()
        if self._whole or not number.isdecimal():
            return
        known = self._parts.catalog.file(file)
        if known is not None and known.number == int(number):
            self._numbered += 1
        else:
            self._misnumbered.append((row.number, _MISNUMBERED))

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
