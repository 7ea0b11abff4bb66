"""The page of features: every row once, with a state that means something."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
ROWS = {"S0": 51, "S1": 55, "S2": 39, "S3": 30, "S4": 56}


def _rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| S\d-\d\d ", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_row_is_listed_once_and_in_order() -> None:
    expected = [f"{group}-{number:02d}" for group, count in ROWS.items() for number in range(1, count + 1)]
    assert [row[0] for row in _rows()] == expected


def test_every_state_is_one_of_four_and_says_what_is_missing_or_why() -> None:
    wrong = [row[0] for row in _rows() if not re.fullmatch(r"done|open|partly: .+|decided: .+", row[2])]
    assert wrong == []


def test_what_is_done_says_how_to_see_it() -> None:
    assert [row[0] for row in _rows() if row[2] != "open" and not row[3]] == []


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"tests/[\w/]+(?:\.py|\*)?", PAGE.read_text("utf-8"))
    root = PAGE.parents[1]
    assert [one for one in named if not list(root.glob(f"{one.rstrip(chr(42))}*"))] == []
