"""While *next best* is worked through, what comes next is ordered anew; what is looked at never moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.queues.base import QueueRow
from hyai_tui.queues.prepared_file import write
from hyai_tui.tui.listing import Entry, Walk
from tests.tui.tui_fixtures import Place, make_place, press, running, screen_text, shown, until


class Names:
    """A list of rows that are named by letters."""

    def __init__(self, names: str) -> None:
        self._rows = [row(name) for name in names]

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int = 0, stop: int | None = None) -> list[QueueRow]:
        return self._rows[start:stop]

    def file(self, place: int) -> str:
        return self._rows[place].file


def row(name: str, reason: str = "first") -> QueueRow:
    return QueueRow(name, None, None, None, None, "next-best", reason)


def walk(names: str, position: int, decided: str = "") -> Walk:
    return Walk(Entry("next-best", "Next best", "", Names(names)), dict.fromkeys(decided, "trash"), position)


def order(walk: Walk) -> str:
    return "".join(walk.file(place) for place in range(len(walk)))


def test_what_was_walked_through_stays_and_what_follows_is_new() -> None:
    one = walk("abcdefgh", 2, decided="ab")
    one.follow([row(name, "again") for name in "hbgxc"])
    assert order(one) == "abcdhgxe"
    assert one.current == row("c")
    assert one.row(4) == row("h", "again")
    assert one.row(6) == row("x", "again")


def test_what_was_skipped_stays_at_the_end_and_what_was_decided_does_not_come_back() -> None:
    one = walk("abcdef", 0)
    one.skip()
    one.decided["d"] = "trash"
    one.follow([row(name) for name in "adfe"], last={"a"}, keep=0)
    assert order(one) == "bfeca"
    assert one.current == row("b")


def test_a_second_order_takes_the_place_of_the_first_and_files_are_found_in_it() -> None:
    one = walk("abcd", 0)
    one.follow([row(name, "again") for name in "xyz"], keep=0)
    one.follow([row(name, "once more") for name in "zab"], keep=0)
    assert order(one) == "azbx"
    assert [one.find(name) for name in "azbxcd"] == [0, 1, 2, 3, None, None]
    assert one.row(1).reason == "once more"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = make_place(tmp_path, monkeypatch, '[features]\nencoder = "hog"\n')
    made.know("archive", "trash")
    choice = choose(made.workspace)
    files = list(made.files.values())
    vectors = np.random.default_rng(0).normal(size=(len(files), choice.version.dimension)).astype(np.float32)
    directory = features_directory(made.workspace, choice)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version) as store:
        store.append(files, vectors)
    write(made.workspace.queues_directory, "next-best", np.array(files, "S64"), np.ones(len(files)), {"model": "m"})
    return made


async def test_after_five_decisions_the_rest_is_ordered_anew_and_the_shown_picture_stays(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        app.host.open_queue("next-best")
        await until(pilot, lambda: shown(app.review), "the picture")
        await press(pilot, app, "a", "t", "a", "t", "a")
        assert desk.current is not None
        seen, following = desk.current.file, desk.walk.file(desk.walk.position + 1) if desk.walk else ""
        await until(pilot, lambda: desk.reranked is not None and "re-ranked" in screen_text(app), "a new order")
        assert desk.reranked is not None
        assert desk.reranked.after == 5
        assert desk.walk is not None
        assert len(desk.walk) == 9
        assert desk.current.file == seen
        assert desk.walk.file(desk.walk.position + 1) == following
        assert "re-ranked after 5" in app.review.status.told
        later = [desk.walk.row(at) for at in range(desk.walk.position + 2, 9)]
        assert {one.file for one in later} == set(place.files.values()) - desk.decided.keys() - {seen, following}
        assert all(one.reason.startswith(("chosen again after your last 5", "drawn at random")) for one in later)
        assert len(place.decisions()) == 5
        await press(pilot, app, "u")
        assert len(place.decisions()) == 4


async def test_an_order_that_comes_while_a_page_is_in_view_waits_until_the_picture_is_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        app.host.open_queue("next-best")
        await until(pilot, lambda: shown(app.review), "the picture")
        await press(pilot, app, "a", "t", "a", "t")
        await pilot.press("g")
        await until(pilot, lambda: app.screen is not app.review)
        assert desk.walk is not None
        before = order(desk.walk)
        app.session.writer.decide(desk.walk.file(6), "label", "trash", {})
        await until(pilot, lambda: app.review._news._later is not None, "an order that waits")
        assert order(desk.walk) == before
        await pilot.press("g")
        await until(pilot, lambda: desk.reranked is not None)
        assert desk.reranked is not None
        assert desk.reranked.after == 5
