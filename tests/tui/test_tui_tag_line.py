"""Tags by keys with the picture in view: suggested ones by number, others typed; saved, verified, and taken back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from hyai_tui.errors import LibraryError
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.patterns.suggesting import Suggestion
from hyai_tui.tui.app import HyaiApp
from tests.tui.test_tui_patterns import tags_in_library
from tests.tui.tui_fixtures import Place, make_place, press, running, scan, screen_text, settled, until

OFFERS = [
    Suggestion("creator:smith, john", 0.71, "14 of the 20 nearest tagged pictures have it"),
    Suggestion("harbour", 0.43, "3.2 × as frequent beside boat"),
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = make_place(tmp_path, monkeypatch)
    made.know("archive", "trash")
    library = made.workspace.open_library()
    try:
        library.change_tags([TagChange(file, add=frozenset({"boat", "old"})) for file in made.files.values()])
    finally:
        library.close()
    scan(made.workspace)
    monkeypatch.setattr("hyai_tui.patterns.offering.offered", lambda *_: OFFERS)
    return made


async def shown_file(pilot: Pilot[None], app: HyaiApp) -> str:
    """Wait until the terminal has confirmed the picture; returns its file."""
    gate = app.review.desk.gate
    await until(
        pilot, lambda: settled(app.review) and gate.decidable(time.monotonic()) is not None, "the picture, confirmed"
    )
    assert app.review.desk.current is not None
    return app.review.desk.current.file


def line(app: HyaiApp) -> Input:
    return app.review.query_one("#command-line", Input)


async def test_a_number_takes_a_suggested_tag_as_it_is_and_u_takes_it_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        file = await shown_file(pilot, app)
        await pilot.press("e")
        await until(pilot, lambda: "1 creator:smith, john 71 %  2 harbour 43 %" in app.review.status.told, "the offers")
        await until(pilot, lambda: "14 of the 20" in screen_text(app), "the reason beside the picture")
        await pilot.press("1")
        await until(pilot, lambda: app.review.status.told == "Enter: +creator:smith, john", "what Enter does")
        await pilot.press("enter")
        await until(pilot, lambda: tags_in_library(place)[file] == {"boat", "old", OFFERS[0].tag}, "the tag")
        await until(pilot, lambda: "u takes it back" in app.review.status.told, "the word")
        await until(pilot, lambda: "smith" in screen_text(app), "the tag beside the picture")
        await shown_file(pilot, app)
        await pilot.press("u")
        await until(pilot, lambda: tags_in_library(place)[file] == {"boat", "old"}, "the tags before")
        assert place.decisions() == {}


async def test_tags_are_typed_added_and_taken_away_and_tab_completes_them(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        file = await shown_file(pilot, app)
        await pilot.press("e")
        await until(pilot, lambda: "harbour" in app.review.status.told, "the offers")
        await pilot.press("h", "a", "tab", "comma", "minus", "o", "tab")
        await until(pilot, lambda: line(app).value == "tags harbour, -old", "the completed line")
        await until(pilot, lambda: app.review.status.told == "Enter: +harbour, −old", "what Enter does")
        await pilot.press("enter")
        await until(pilot, lambda: tags_in_library(place)[file] == {"boat", "harbour"}, "the tags")
        # A decision after it is taken back first, then the tags.
        await press(pilot, app, "t")
        await until(pilot, lambda: place.decisions() == {place.name(file): "trash"}, "the decision")
        await press(pilot, app, "u")
        await until(pilot, lambda: place.decisions() == {}, "no decision")
        await press(pilot, app, "u")
        await until(pilot, lambda: tags_in_library(place)[file] == {"boat", "old"}, "the tags before")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hyai:trash", "hyai:trash is written by decisions"),
        ("7", "Nothing is suggested under 7"),
        ("harbour, -harbour", "harbour is both added and taken away"),
        ("", "No tag was named"),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(place: Place, typed: str, said: str) -> None:
    async with running(place.workspace) as (app, pilot):
        await shown_file(pilot, app)
        before = tags_in_library(place)
        await pilot.press("e")
        await until(pilot, lambda: "harbour" in app.review.status.told, "the offers")
        line(app).value = f"tags {typed}"
        await pilot.press("enter")
        await until(pilot, lambda: said in app.review.status.told, "the refusal")
        assert tags_in_library(place) == before


async def test_the_line_is_about_the_file_that_it_was_opened_for_and_no_other(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        file = await shown_file(pilot, app)
        before = tags_in_library(place)
        await pilot.press("e")
        await until(pilot, lambda: "harbour" in app.review.status.told, "the offers")
        # Another file comes into view while somebody types.
        other = next(one for one in place.files.values() if one != file)
        app.review.show_file(other, "somebody asked for it")
        assert await shown_file(pilot, app) == other
        await pilot.press("1", "enter")
        await until(pilot, lambda: "its tags stay as they are" in app.review.status.told, "the refusal")
        app.review.view = "nothing"
        await pilot.press("e")
        await until(pilot, lambda: "hidden" in app.review.status.told, "nothing is shown")
        assert not line(app).display
        assert tags_in_library(place) == before


async def test_a_change_that_the_library_refuses_is_told_with_what_to_do_and_can_be_taken_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LibraryError("The library takes no tag harbour", "Choose another tag")

    monkeypatch.setattr(FolderLibrary, "change_tags", refuse)
    async with running(place.workspace) as (app, pilot):
        before = tags_in_library(place)
        await shown_file(pilot, app)
        await pilot.press("e")
        await until(pilot, lambda: "harbour" in app.review.status.told, "the offers")
        await pilot.press(*"harbour", "enter")
        await until(pilot, lambda: "tags not written (harbour): The library takes no" in app.review.status.told, "why")
        assert "'hyai effects retry' tries again" in app.review.status.told
        await until(pilot, lambda: app.review.desk.line.failed == 1, "the header's count")
        await shown_file(pilot, app)
        await pilot.press("u")
        await until(pilot, lambda: app.review.desk.line.failed == 0, "nothing that failed")
        assert tags_in_library(place) == before
