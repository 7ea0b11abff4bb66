"""The language of conditions: what it reads, what it refuses, and what holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.columns import CatalogColumns
from hyai_tui.errors import WrongUse
from hyai_tui.library.base import FileState
from hyai_tui.queues.plain import everything
from hyai_tui.queues.queue import Kind, build
from hyai_tui.queues.selecting import Library, matches, picked
from hyai_tui.queues.where import STATES, Query, parse, parse_line
from tests.unit.queues_fixtures import Known, name_of, trashy, world

NAMES = ["cat/one.png", "Cat/two.JPG", "dog/three.png", "", "dog/five.webp"]
SIZES = [1_000.0, 2_500_000.0, 40_000.0, np.nan, 700_000.0]
FILES = [
    Known("inbox", trashy(0.8)),
    Known("archive", trashy(0.1), decision="label"),
    Known("trash", trashy(0.55)),
    Known("inbox", None, decision="unsure"),
    Known("gone", trashy(0.97)),
]


@dataclass
class Shelf:
    """A catalog of made-up facts."""

    tags: dict[str, list[int]] = field(default_factory=lambda: {"a b": [1, 3]})
    read: int = 0

    def columns(self) -> CatalogColumns:
        self.read += 1
        numbers = np.arange(1, 6, dtype=np.int64)
        mimes = np.array([0, 1, 0, 2, 3], np.int32)
        sides = np.array([10.0, 20.0, 30.0, np.nan, 50.0])
        return CatalogColumns(
            numbers, np.array(SIZES), sides[::-1], sides, sides, mimes, ("image/png", "image/jpeg", "", "image/webp")
        )

    def found_with(self, tags: Sequence[str]) -> NDArray[np.int64]:
        return np.array([number for one in tags for number in self.tags.get(one, [])], np.int64)

    def files_with_path_part(self, text: str) -> NDArray[np.bytes_]:
        return np.array([name_of(at) for at, name in enumerate(NAMES) if text.lower() in name.lower()], "S64")

    def files_by_path(self) -> NDArray[np.bytes_]:
        ranked = sorted((name, at) for at, name in enumerate(NAMES) if name)
        return np.array([name_of(at) for _name, at in ranked], "S64")


@pytest.fixture
def library() -> Library:
    return Library(world(FILES), cast(Catalog, Shelf()))


def found(library: Library, text: str) -> list[int]:
    return np.flatnonzero(matches(library, parse_line(text))).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("state=inbox", [0, 3]),
        ("state!=inbox", [1, 2, 4]),
        ("predicted=trash", [0, 2, 4]),
        ("score>=.8", [0, 4]),
        ("score>.8", [4]),
        ("score<0.2", [1]),
        ("score=.5..0.8", [0, 2]),
        ("score!=.5..0.8", [1, 4]),
        ("score=..0.6", [1, 2]),
        ("confidence=high", [0, 1, 4]),
        ("confidence=medium", [2]),
        ("confidence=low", []),
        ("decided=no", [0, 2, 4]),
        ("decided=yes", [1, 3]),
        ("decided=unsure", [3]),
        ("label=", [0, 1, 2, 3, 4]),
        ('tag="a b"', [0, 2]),
        ('tag!="a b"', [1, 3, 4]),
        ("tag=none", []),
        ("cat", [0, 1]),
        ("text=three", [2]),
        ("text!=cat", [2, 3, 4]),
        ("type=jpg", [1]),
        ("type=image/png", [0, 2]),
        ("size>1MB", [1]),
        ("size=1kB..50kb", [0, 2]),
        ("width<25 state=inbox", [0]),
        ("cat dog", []),
    ],
)
def test_every_condition_holds_for_exactly_its_files(library: Library, text: str, expected: list[int]) -> None:
    assert found(library, text) == expected


def test_the_beginning_of_a_hash_finds_its_file(library: Library) -> None:
    assert found(library, name_of(3)[:6]) == [3]
    assert found(library, f"hash={name_of(2)[:5].upper()}") == [2]
    assert found(library, f"hash={name_of(2)}0") == [2]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("rank", [0, 1, 2, 3]),
        ("-rank", [3, 2, 1, 0]),
        ("score", [1, 2, 0, 3]),
        ("-score", [0, 2, 1, 3]),
        ("confidence", [2, 0, 1, 3]),
        ("size", [0, 2, 1, 3]),
        ("-size", [1, 2, 0, 3]),
        ("time", [3, 2, 0, 1]),
        ("name", [1, 0, 2, 3]),
    ],
)
def test_every_order_is_that_of_its_key_and_files_without_one_come_last(
    library: Library, sort: str, expected: list[int]
) -> None:
    queue = build("all", library.context, [(Kind("all", lambda _context, _position: ""), np.arange(4))])
    part = queue.taken(picked(library, parse_line(f"sort={sort}"), queue.positions))
    assert [part.file(place) for place in range(len(part))] == [name_of(at) for at in expected]


def test_what_was_decided_since_counts_and_facts_are_read_once(library: Library) -> None:
    assert found(library, "label=trash") == []
    library.decide({name_of(0): "trash", name_of(2): "ignore", name_of(4): "skip"})
    assert found(library, "label=trash") == [0]
    assert found(library, "decided=ignore") == [2]
    assert found(library, "decided=skip") == [4]
    assert found(library, "decided=no") == [4]
    found(library, "size>1 type=png")
    found(library, "width>1")
    assert cast(Any, library.catalog).read == 1


def test_a_queue_keeps_its_kinds_and_reasons_under_a_filter(library: Library) -> None:
    queue = everything(library.context)
    part = queue.taken(picked(library, parse_line("score>.5 sort=-score"), queue.positions))
    assert [row.file for row in part.rows()] == [row.file for row in part.rows() if row.kind == "all"]
    assert part.place_of(part.file(1)) == 1
    assert part.place_of(name_of(1)) is None
    assert part.place_of("0" * 64) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("stat=inbox", "Did you mean state?"),
        ("state=lost", "inbox, archive, trash, gone"),
        ("state=inbox state=trash", "one state"),
        ("score=high", "0 to 1"),
        ("size>3XB", "is no number"),
        ("score=.1..x", "is no number"),
        ("tag>3", "has no order"),
        ("decided=perhaps", "It is one of yes"),
        ("sort=beauty", "sort=KEY"),
        ("sort>size", "sort=KEY"),
        ('tag="a', "Close its quotes"),
        ("score>.2..0.4", "a range and an order"),
    ],
)
def test_a_wrong_condition_says_what_would_be_right(text: str, named: str) -> None:
    with pytest.raises(WrongUse) as caught:
        parse_line(text)
    assert named in str(caught.value)


def test_words_of_a_shell_and_a_typed_line_mean_the_same() -> None:
    assert parse(["tag=a b", "sort=-size"]).conditions == parse_line('tag="a b" sort=-size').conditions
    assert Query().empty
    assert not parse_line("sort=-rank").empty


def test_the_states_that_may_be_asked_for_are_those_of_a_library() -> None:
    assert tuple(state.value for state in FileState) == STATES
