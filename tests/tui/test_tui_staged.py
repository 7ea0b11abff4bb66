"""Staged changes of the library, from the key that stages them to the panel that makes or forgets them."""

from __future__ import annotations

from pathlib import Path

from tests.tui.tui_fixtures import Place, appears, press, running, settled, until


async def test_the_staged_mode_stages_and_the_panel_commits(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("mode staged")
        await until(pilot, lambda: app.review.desk.line.mode == "STAGED", "the mode")
        app.session.commands.run("queue mistakes:keep→trash")
        await until(pilot, lambda: settled(app.review), "the picture")
        assert app.review.desk.current is not None
        name = place.name(app.review.desk.current.file)
        await press(pilot, app, "t")
        assert app.review.status.told == "staged: will move to trash"
        await until(pilot, lambda: app.review.desk.line.staged == 1, "the count")
        assert (place.workspace.library_root / name).exists()
        app.session.commands.run("commit")
        await pilot.pause()
        await pilot.press("c")
        moved = place.workspace.library_root / "trash" / Path(name).name
        await until(pilot, moved.exists, "the move")


async def test_archive_on_a_trashed_file_stages_its_rescue_in_every_mode(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("queue mistakes:trash→keep")
        await until(pilot, lambda: settled(app.review), "the picture")
        await press(pilot, app, "a")
        await until(pilot, lambda: app.review.desk.line.rescues == 1, "the count")
        await appears(pilot, app, "rescued file still in trash")


async def test_forgetting_staged_changes_undoes_the_decisions_behind_them(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("mode staged")
        app.session.commands.run("queue mistakes:keep→trash")
        await until(pilot, lambda: app.review.desk.line.mode == "STAGED" and settled(app.review), "the mode")
        await press(pilot, app, "t")
        await until(pilot, lambda: app.review.desk.line.staged == 1, "the count")
        app.session.commands.run("commit")
        await pilot.pause()
        await pilot.press("f")
        await until(pilot, lambda: place.decisions() == {}, "the undo")
