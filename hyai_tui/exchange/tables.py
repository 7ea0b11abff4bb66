"""Tables as spreadsheets write them: read with the row number of every fault, written so that no cell is a formula.

A row number is what a spreadsheet shows: the header is row 1, and a cell with a line break in it is still one row.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hyai_tui.errors import WrongUse

MOST_BYTES: Final = 512 * 1024 * 1024
_DELIMITERS: Final = ",;\t|"
# What a spreadsheet takes for a formula, behind any number of the apostrophes that turn one into text.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r]")
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the spreadsheet, and its cells by column name."""

    number: int
    cells: Mapping[str, str]


def read_table(path: Path, columns: Iterable[str]) -> list[Row]:
    """Read a CSV file in whatever dialect a spreadsheet wrote it.

    Comma, semicolon, tab or bar between the cells; UTF-8 with or without its mark, or UTF-16; any line end; columns in
    any order, in upper or lower case; columns of other names are kept. Empty rows are left out.

    Args:
        path: the file.
        columns: names of which the header must have at least one; they tell the delimiter.

    Raises:
        WrongUse: it cannot be read as a table; says where.
    """
    text = _decoded(path)
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise WrongUse(f"{path.name} holds a null character on line {row}", "Save it as CSV (UTF-8) and try again")
    delimiter = None
    if "\n" not in text:
        text = text.replace("\r", "\n")
    if found := _SEPARATOR_LINE.match(text):
        delimiter, text = found[1], text[found.end() :]
    header_line = text.lstrip("\r\n").partition("\n")[0]
    if not header_line.strip():
        raise WrongUse(f"{path.name} is empty", "Its first row names the columns")
    wanted = {name.lower() for name in columns}
    delimiter = delimiter or _delimiter(header_line, wanted)
    # A header of one column alone has no delimiter; the comma does as well as any.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or ",", strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, path.name, wanted)
                continue
            rows.append(_row(number, cells, header, path.name))
    except csv.Error as error:
        raise WrongUse(
            f"{path.name} cannot be read as a table at row {number + 1}: {error}", "Look for a quote that is not closed"
        ) from error
    return rows


def _decoded(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise WrongUse(f"{path.name} has {size:,} bytes; a table may have {MOST_BYTES:,}", "Split it")
        content = path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}", "Check its name and permissions") from error
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise WrongUse(
            f"{path.name} is not UTF-8: line {line} has a byte that no character begins with",
            "Save it as 'CSV UTF-8' and try again",
        ) from error


def _delimiter(header_line: str, wanted: set[str]) -> str | None:
    """Return the delimiter that makes the most known names out of the header line; None where none does."""

    def known(delimiter: str) -> int:
        names = next(csv.reader([header_line], delimiter=delimiter), [])
        return sum(name.strip().lower() in wanted for name in names) if len(names) > 1 else 0

    best = max(_DELIMITERS, key=known)
    return best if known(best) else None


def _header(cells: Sequence[str], name: str, wanted: set[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    twice = sorted({one for one in header if one and header.count(one) > 1})
    if twice:
        raise WrongUse(f"{name} has two columns named {twice[0]!r}", "Rename or remove one of them")
    if not wanted.intersection(header):
        raise WrongUse(
            f"{name} has none of the columns {', '.join(sorted(wanted))}; its first row reads {', '.join(cells)[:80]!r}",
            "Its first row names the columns",
        )
    return header


def _row(number: int, cells: Sequence[str], header: Sequence[str], name: str) -> Row:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise WrongUse(
            f"{name} has {len(cells)} cells in row {number}, and {len(header)} columns",
            "Quote cells that hold the delimiter",
        )
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return Row(number, {column: _as_meant(cell) for column, cell in zip(header, padded, strict=False) if column})


def _as_meant(cell: str) -> str:
    """Return the cell without the apostrophe that kept it from being a formula."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def neutral(value: Any) -> str:
    """Return a cell's text so that no spreadsheet takes it for a formula; `read_table` gives back what it was."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def write_table(target: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Write rows as a CSV file, whole or not at all, and return how many there were.

    UTF-8 with its mark, because spreadsheets take a file without one for something else.

    Raises:
        WrongUse: it cannot be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    number = 0
    try:
        with temporary.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow([neutral(row.get(column)) for column in columns])
                number += 1
        temporary.replace(target)
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror or error}", "Choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)
    return number


def table_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as CSV text: commas, quotes where they are needed, line ends of Windows, as RFC 4180 has it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([neutral(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()
