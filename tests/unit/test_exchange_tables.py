"""Tables as spreadsheets write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyai_tui.errors import WrongUse
from hyai_tui.exchange.tables import Row, neutral, read_table, table_text, write_table

COLUMNS = ("hash", "label", "note")
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


def read(tmp_path: Path, content: bytes) -> list[Row]:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return read_table(path, COLUMNS)


def cells(rows: list[Row]) -> list[dict[str, str]]:
    return [dict(row.cells) for row in rows]


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_what_is_written_is_read_again_formulas_and_all(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]
) -> None:
    rows = [{"hash": str(number), "label": label, "note": note} for number, (label, note) in enumerate(table)]
    found = read(tmp_path_factory.mktemp("t"), table_text(rows, COLUMNS).encode("utf-8-sig"))
    assert cells(found) == rows


@given(CELL)
def test_no_cell_that_is_written_is_a_formula(text: str) -> None:
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''=1", "\t=1"])
def test_a_cell_that_looks_like_a_formula_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, table_text([{"hash": "1", "label": text}], COLUMNS).encode())
    assert found[0].cells["label"] == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_dialect_of_a_spreadsheet_is_read(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([["Label", " HASH "], ["ärchive, or so", "ab"], ["trash", "cd"]])
    found = read(tmp_path, out.getvalue().encode(encoding))
    assert cells(found) == [{"label": "ärchive, or so", "hash": "ab"}, {"label": "trash", "hash": "cd"}]


def test_the_line_with_which_excel_names_the_separator_is_no_row(tmp_path: Path) -> None:
    found = read(tmp_path, b"sep=;\r\nhash;label\r\nab;trash\r\n")
    assert cells(found) == [{"hash": "ab", "label": "trash"}]


def test_a_row_has_the_number_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    found = read(tmp_path, b'hash,label\n"a\nb",x\n\n  ,\ncd,y\n')
    assert [(row.number, row.cells["label"]) for row in found] == [(2, "x"), (5, "y")]


def test_a_short_row_has_empty_cells_and_columns_of_other_names_are_kept(tmp_path: Path) -> None:
    found = read(tmp_path, b"hash,mine,label\nab,1\n")
    assert cells(found) == [{"hash": "ab", "mine": "1", "label": ""}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n1,2\n", "none of the columns hash, label, note"),
        (b"hash,label,Hash\n", "two columns named 'hash'"),
        (b"hash,label\nab,tr\xe4sh\n", "line 2"),
        (b"hash,label\nab,\0\n", "null character on line 2"),
        (b'hash,label\nab,"trash\n', "at row 2"),
        (b'hash,label\nab,"tr"ash\n', "at row 2"),
        (b"hash,label\nab,trash,more\n", "3 cells in row 2"),
        (b"hash,label\nab," + b"x" * 200_000 + b"\n", "at row 2"),
    ],
)
def test_what_cannot_be_a_table_says_where(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(WrongUse, match=said) as caught:
        read(tmp_path, content)
    assert caught.value.fix


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="No such file"):
        read_table(tmp_path / "none.csv", COLUMNS)


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    assert write_table(target, [{"hash": "ab"}, {"hash": "cd"}], COLUMNS) == 2
    before = target.read_bytes()

    def broken() -> object:
        yield {"hash": "ef"}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(target, broken(), COLUMNS)  # type: ignore[arg-type]
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]
