"""LIVE: asked for by a typed word, in inverse video, verified before it says so, and never there at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from hyai_tui.library.base import Rights
from hyai_tui.settings import Settings
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.screens.commit import CommitScreen
from hyai_tui.tui.screens.typed import TypedScreen
from hyai_tui.tui.widgets.header import HeaderLine, header_content
from tests.tui.tui_fixtures import Place, make_place, press, running, settled, until


async def test_live_needs_the_word_and_then_moves_at_once_and_undo_moves_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: app.session.rights is not None and app.review.desk.line.holder, "the library")
        app.session.commands.run("queue mistakes:keep→trash")
        await until(pilot, lambda: settled(app.review), "the picture")
        assert app.review.desk.current is not None
        file = app.review.desk.current.file
        home = place.workspace.library_root / place.name(file)
        trashed = place.workspace.library_root / "trash" / home.name
        app.session.commands.run("mode live")
        await until(pilot, lambda: isinstance(app.focused, Input) and isinstance(app.screen, TypedScreen), "the panel")
        word = app.screen.query_one("#typed-word", Input)
        word.value = "yes"
        await pilot.press("enter")
        await until(pilot, lambda: word.value == "", "the refusal of another word")
        assert app.review.desk.line.mode == "LEARN"
        word.value = "LIVE"
        await pilot.press("enter")
        await until(pilot, lambda: app.review.desk.line.mode == "LIVE" and settled(app.review), "the mode")
        await until(pilot, lambda: "→ trash" in str(app.review.query_one("#keys").render()), "the key line")
        await press(pilot, app, "t")
        await until(pilot, lambda: app.review.status.told == "in trash ✓ · u undeletes", "the verified move")
        assert trashed.exists()
        assert not home.exists()
        await press(pilot, app, "u")
        await until(pilot, lambda: app.review.status.told == "back in the archive ✓", "the undo")
        assert home.exists()
        assert not trashed.exists()
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.line.mode == "LEARN"


async def test_escape_leaves_live_off(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: app.session.rights is not None, "the library")
        app.session.commands.run("mode live")
        await until(pilot, lambda: isinstance(app.screen, TypedScreen), "the panel")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review, "the review")
        assert app.review.status.told == "still LEARN"


async def test_a_read_only_app_refuses_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    monkeypatch.setenv("HYAI_READ_ONLY", "1")
    from hyai_tui.workspace import open_workspace

    async with running(open_workspace(place.workspace.root)) as (app, pilot):
        await until(pilot, lambda: app.session.rights is not None, "the library")
        app.session.commands.run("mode live")
        await pilot.pause()
        assert "read-only" in app.review.status.told
        assert app.screen is app.review


def test_the_header_shows_live_in_inverse_video() -> None:
    line = header_content(HeaderLine(session=SessionLine(mode="LIVE")), 100)
    (style,) = [str(span.style) for span in line.spans if line.plain[span.start : span.end] == " LIVE "]
    assert "reverse" in style


def test_a_key_that_may_not_move_is_offered_the_hashes() -> None:
    from hyai_tui.effects.staged import Staged

    rights = Rights(True, True, False, cannot=("archive, trash or rescue files: tick it",), name="Hydrus 682")
    screen = CommitScreen(Staged(keep=9, trash=3), rights, read_only=Settings().read_only)
    assert "Staged for the library: keep 9, trash 3: commit, forget, go back" in screen._lines
    assert "cannot: archive, trash or rescue files: tick it" in screen._lines
    assert {"page", "hashes"} <= {name for _, name, _ in screen._answers}
