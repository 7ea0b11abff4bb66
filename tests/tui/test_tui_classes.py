"""The classes screen: labels added, renamed, merged, coloured and ordered by keys, and each change taken back."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from hyai_tui.tui import words
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.screens.classes import ClassesScreen
from hyai_tui.tui.screens.confirm import ConfirmScreen
from hyai_tui.tui.widgets.lines import StatusLine
from tests.tui.tui_fixtures import Place, answered, calm, running, screen_text, until


@pytest.fixture
def place(place: Place) -> Place:
    labels = ("archive", "trash", "later")
    place.know(*labels)
    for label in labels:
        (place.workspace.data / label).mkdir(parents=True, exist_ok=True)
    return place


async def opened(app: HyaiApp, pilot: Pilot[None]) -> ClassesScreen:
    await until(pilot, lambda: app.session.library is not None, "the library")
    # A file is in its folder before the journal says so, and counts are the journal's.
    await calm(pilot, app, "the samples to be written down")
    app.session.commands.run("classes")
    await until(pilot, lambda: isinstance(app.screen, ClassesScreen) and app.screen.read is not None, "the labels")
    screen = app.screen
    assert isinstance(screen, ClassesScreen)
    await calm(pilot, app, "the labels to be drawn")
    return screen


async def typed(pilot: Pilot[None], screen: ClassesScreen, key: str, text: str) -> None:
    """Press a key, type an answer over what stands there, and wait for what the screen says of it."""
    assert isinstance(screen.app, HyaiApp)
    await calm(pilot, screen.app, f"calm before {key}")
    before = screen.query_one(StatusLine).told
    await pilot.press(key)
    await until(pilot, lambda: screen.focused is screen.line, "the line")
    screen.line.value = text
    await pilot.press("enter")
    await until(pilot, lambda: screen.query_one(StatusLine).told != before or screen.app.screen is not screen)


def told(screen: ClassesScreen) -> str:
    return screen.query_one(StatusLine).told


def names(screen: ClassesScreen) -> list[str]:
    return [row.label for row in screen.rows.rows]


async def taken_back(pilot: Pilot[None], screen: ClassesScreen) -> None:
    await pilot.press("u")
    await until(pilot, lambda: told(screen).startswith("taken back"), "the undo")


async def test_a_label_is_added_with_its_key_and_folder_and_taken_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(app, pilot)
        await typed(pilot, screen, "n", "wallpaper")
        assert told(screen) == "wallpaper is new: key 4, folder data/wallpaper · u takes it back"
        assert (place.workspace.data / "wallpaper").is_dir()
        await until(pilot, lambda: names(screen) == ["archive", "trash", "later", "wallpaper"], "the new line")
        # Its key works on the review at once, without taking a new list.
        await until(pilot, lambda: app.review.desk.snapshot.labels.get(4) == "wallpaper", "the key")
        await taken_back(pilot, screen)
        await until(pilot, lambda: names(screen) == ["archive", "trash", "later"], "one line less")
        assert not (place.workspace.data / "wallpaper").exists()


@pytest.mark.parametrize(
    ("key", "text", "answer"),
    [
        ("n", "Archive", "There is a label 'Archive' already"),
        ("n", "a/b", "'a/b' cannot be a label: it has a slash"),
        ("e", "kept", "archive cannot be renamed"),
        ("d", "", "archive cannot be removed"),
        ("c", "purple", "'purple' is no colour"),
        ("m", "nosuch", "there is no other label 'nosuch'"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_reason(place: Place, key: str, text: str, answer: str) -> None:
    with place.workspace.open_journal() as journal:
        before = journal.labels()
    async with running(place.workspace) as (app, pilot):
        screen = await opened(app, pilot)
        if key == "d":
            await pilot.press("d")
        else:
            await typed(pilot, screen, key, text)
        await until(pilot, lambda: answer in told(screen), answer)
    with place.workspace.open_journal() as journal:
        assert journal.labels() == before


async def test_a_renamed_label_keeps_its_key_samples_and_decisions(place: Place) -> None:
    file = place.files["inbox/i0.png"]
    async with running(place.workspace) as (app, pilot):
        app.session.writer.decide(file, "label", "later", {})
        await until(pilot, lambda: place.samples() == {"later/i0"}, "the sample")
        screen = await opened(app, pilot)
        await pilot.press("j", "j")
        assert screen.rows.chosen is not None
        assert screen.rows.chosen.label == "later"
        await typed(pilot, screen, "e", "someday")
        assert told(screen) == "later is someday now, with 1 decided file · u takes it back"
        assert place.samples() == {"someday/i0"}
        assert place.decisions()["inbox/i0.png"] == "someday"
        await until(pilot, lambda: app.review.desk.snapshot.labels.get(3) == "someday", "the key")
        await taken_back(pilot, screen)
        assert place.samples() == {"later/i0"}
        assert place.decisions()["inbox/i0.png"] == "later"


async def test_a_merge_asks_with_its_counts_and_is_taken_back_whole(place: Place) -> None:
    files = [place.files[name] for name in ("inbox/i0.png", "inbox/i1.png")]
    async with running(place.workspace) as (app, pilot):
        for file in files:
            app.session.writer.decide(file, "label", "later", {})
        await until(pilot, lambda: place.samples() == {"later/i0", "later/i1"}, "the samples")
        screen = await opened(app, pilot)
        await pilot.press("end")
        await typed(pilot, screen, "m", "2")
        assert isinstance(app.screen, ConfirmScreen)
        await until(
            pilot, lambda: "2 decided files and 2 samples of later become trash" in screen_text(app), "the line"
        )
        await answered(pilot, app, "y")
        await until(pilot, lambda: "2 files of later moved to trash" in told(screen), "the merge")
        assert place.samples() == {"trash/i0", "trash/i1"}
        await until(pilot, lambda: names(screen) == ["archive", "trash"], "one label less")
        await taken_back(pilot, screen)
        await until(pilot, lambda: place.samples() == {"later/i0", "later/i1"}, "the samples are back")
        await until(pilot, lambda: names(screen) == ["archive", "trash", "later"], "the label is back")


async def test_a_colour_reaches_every_screen_and_stays_readable(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(app, pilot)
        await pilot.press("end")
        await typed(pilot, screen, "c", "1")
        await until(pilot, lambda: words.colour("later") == "#e69f00", "the colour")
        with place.workspace.open_journal() as journal:
            assert [one.colour for one in journal.labels()] == [None, None, "#e69f00"]
        await typed(pilot, screen, "c", "#000000")
        # Black on a dark ground is nothing to look at.
        await until(pilot, lambda: words.colour("later") not in {"#e69f00", "#000000"}, "the colour")
        await taken_back(pilot, screen)
        await until(pilot, lambda: words.colour("later") == "#e69f00", "the colour before")
        app.looks.set_theme("paper")
        on_paper = words.readable("#e69f00", app.looks.ground)
        await until(pilot, lambda: words.colour("later") == on_paper != "#e69f00", "dark enough for paper")
        app.looks.set_theme("harbour")
        await until(pilot, lambda: words.colour("later") == "#e69f00", "light enough for a dark ground")
        await typed(pilot, screen, "c", "none")
        await until(pilot, lambda: words.colour("later") == "$accent", "the theme's")


async def test_the_order_is_a_persons_and_no_digit_moves(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await opened(app, pilot)
        await pilot.press("end", "K")
        await until(pilot, lambda: names(screen) == ["archive", "later", "trash"], "the order")
        await until(pilot, lambda: list(app.review.desk.snapshot.labels) == [1, 3, 2], "the line of keys")
        assert app.review.desk.snapshot.labels == {1: "archive", 2: "trash", 3: "later"}
        assert screen.rows.chosen is not None
        assert screen.rows.chosen.label == "later"
        await taken_back(pilot, screen)
        await until(pilot, lambda: names(screen) == ["archive", "trash", "later"], "the order before")


async def test_enter_opens_the_samples_of_a_label(place: Place) -> None:
    file = place.files["inbox/i1.png"]
    async with running(place.workspace) as (app, pilot):
        app.session.writer.decide(file, "label", "trash", {})
        await until(pilot, lambda: place.samples() == {"trash/i1"}, "the sample")
        screen = await opened(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: told(screen) == "archive has no samples yet", "nothing to show")
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.review.desk.walk is not None and app.review.desk.walk.entry.key == "samples")
        walk = app.review.desk.walk
        assert walk is not None
        assert [walk.row(at).file for at in range(len(walk))] == [file]


async def test_an_app_that_only_looks_changes_no_label(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.writer.set_look_only(True)
        await until(pilot, lambda: app.session.writer.look_only, "the other app")
        screen = await opened(app, pilot)
        await pilot.press("d")
        assert told(screen).startswith("looking only")
