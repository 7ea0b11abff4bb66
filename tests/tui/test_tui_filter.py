"""Filters, orders and jumps in the review: the place is kept, and nothing is decided."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.commands import completions
from tests.tui.tui_fixtures import Place, press, running, screen_text, settled, until


async def type_line(pilot: Pilot[None], app: HyaiApp, key: str, text: str) -> None:
    """Open a line with its key, type the text over what stands there, and press Enter."""
    await pilot.press(key)
    line = app.review.query_one("#command-line", Input)
    await until(pilot, lambda: app.focused is line, "the line")
    line.value = text
    await pilot.press("enter")
    await pilot.pause()


def files(app: HyaiApp, place: Place) -> list[str]:
    walk = app.review.desk.walk
    assert walk is not None
    return [place.name(walk.file(position)) for position in range(len(walk))]


def current(app: HyaiApp, place: Place) -> str:
    row = app.review.desk.current
    return "" if row is None else place.name(row.file)


async def test_the_slash_shows_only_what_matches_and_escape_everything_again(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input), "the line")
        await pilot.press(*"state", "equals_sign", *"trash", "enter")
        await until(pilot, lambda: len(files(app, place)) == 3, "the filter")
        assert sorted(files(app, place)) == ["trash/t0.png", "trash/t1.png", "trash/t2.png"]
        await until(pilot, lambda: app.review.status.told == "3 of 9 · Esc shows all", "the word")
        await until(pilot, lambda: "/state=trash" in screen_text(app), "the filter's name")
        await until(pilot, lambda: settled(app.review))
        await press(pilot, app, "escape")
        assert len(files(app, place)) == 9
        assert place.decisions() == {}


async def test_the_place_stays_at_its_file_or_at_the_nearest_that_is_left(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await type_line(pilot, app, "G", "go archive/a1")
        await until(pilot, lambda: current(app, place) == "archive/a1.png", "the jump")
        await type_line(pilot, app, "slash", "/state=archive sort=name")
        await until(pilot, lambda: len(files(app, place)) == 3, "the filter")
        assert files(app, place) == ["archive/a0.png", "archive/a1.png", "archive/a2.png"]
        assert current(app, place) == "archive/a1.png"
        await until(pilot, lambda: settled(app.review))
        await press(pilot, app, "escape")
        assert current(app, place) == "archive/a1.png"


async def test_nothing_that_matches_leaves_the_queue_as_it_is(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        before = files(app, place)
        await type_line(pilot, app, "slash", "/holiday")
        await until(pilot, lambda: "nothing here matches holiday" in app.review.status.told, "the answer")
        assert files(app, place) == before
        await type_line(pilot, app, "slash", "/stat=inbox")
        assert "Did you mean state?" in app.review.status.told


async def test_one_key_goes_through_the_orders_and_a_command_names_one(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await press(pilot, app, "S")
        await until(pilot, lambda: files(app, place)[0] == "archive/a0.png", "the order by score")
        assert "sorted by score, trash first" in app.review.status.told
        app.session.commands.run("sort score")
        await until(pilot, lambda: files(app, place)[0] == "trash/t0.png", "the other way")
        app.session.commands.run("sort beauty")
        assert "It is one of rank" in app.review.status.told


async def test_a_filtered_queue_is_decided_like_any_other_and_the_grid_shows_it(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await type_line(pilot, app, "slash", "/state=inbox decided=no sort=name")
        await until(pilot, lambda: len(files(app, place)) == 3, "the filter")
        await until(pilot, lambda: settled(app.review))
        first = current(app, place)
        await press(pilot, app, "t")
        assert place.decisions() == {first: "trash"}
        await press(pilot, app, "u")
        assert current(app, place) == first


async def test_jumps_go_to_positions_shares_and_hashes_and_say_what_is_not_there(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        walk = app.review.desk.walk
        assert walk is not None
        app.session.commands.run("go 4")
        assert walk.position == 3
        app.session.commands.run("go 100%")
        assert walk.position == 8
        app.session.commands.run(f"go {place.files['inbox/i1.png'][:10]}")
        await until(pilot, lambda: current(app, place) == "inbox/i1.png", "the hash")
        app.session.commands.run("go nowhere")
        await until(pilot, lambda: "nothing in this queue matches nowhere" in app.review.status.told)
        assert place.decisions() == {}


async def test_another_queue_has_no_filter_and_a_new_list_keeps_it(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await type_line(pilot, app, "slash", "/state=inbox")
        await until(pilot, lambda: len(files(app, place)) == 3, "the filter")
        app.review.desk.receive(app.review.desk.snapshot)
        app.review.acts.do("take_list", "enter", 0.0)
        await until(
            pilot, lambda: app.review.desk.query is not None and len(files(app, place)) == 3, "the filter again"
        )
        app.host.open_queue("mistakes")
        assert app.review.desk.query is None
        assert len(files(app, place)) > 3


def test_the_line_completes_keys_of_conditions() -> None:
    assert completions("/st") == ["/state="]
    assert completions("/state=inbox so") == [
        f"/state=inbox sort={key}" for key in ("rank", "score", "confidence", "size", "time", "name", "hash")
    ]
    assert completions("sort na") == ["sort name"]


async def test_a_filter_that_is_saved_stands_behind_the_queues_at_once_and_after_a_restart(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        app.session.commands.run("save mine")
        assert "no filter is on" in app.review.status.told
        await type_line(pilot, app, "slash", "/state=archive sort=name")
        await until(pilot, lambda: len(files(app, place)) == 3, "the filter")
        app.session.commands.run("save mistakes")
        await until(pilot, lambda: "the name of a queue" in app.review.status.told, "the refusal")
        app.session.commands.run("save mine")
        await until(pilot, lambda: app.review.desk.snapshot.entry("mine") is not None, "the list")
        await press(pilot, app, "escape")
        app.host.open_queue("mine")
        assert files(app, place) == ["archive/a0.png", "archive/a1.png", "archive/a2.png"]
        # A filter on a saved search is saved with its conditions.
        await type_line(pilot, app, "slash", "/a1")
        await until(pilot, lambda: len(files(app, place)) == 1, "the filter")
        app.session.commands.run("save only-one")
        await until(pilot, lambda: app.review.desk.snapshot.entry("only-one") is not None, "the list")
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: app.review.desk.snapshot.entry("only-one") is not None, "the lists")
        app.host.open_queue("only-one")
        assert files(app, place) == ["archive/a1.png"]
        app.session.commands.run("drop only-one")
        await until(pilot, lambda: app.review.desk.snapshot.entry("only-one") is None, "the list without it")
        app.session.commands.run("drop only-one")
        await until(pilot, lambda: "no saved search" in app.review.status.told, "the refusal")
        with place.workspace.open_journal() as journal:
            assert [(one.name, one.queue) for one in journal.searches()] == [("mine", "all")]
