"""A slow line gets smaller pictures and no animation, by preference, by flag, or by command once it is seen to be slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.errors import SettingsError
from hyai_tui.pictures.terminal.encoding import SLOW_LINK
from hyai_tui.tui import preferences
from hyai_tui.tui.confirming import Confirmations
from hyai_tui.tui.seen import SeenGate
from tests.tui.tui_fixtures import make_place, press, running, shown, until


async def test_the_command_draws_smaller_pictures_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace) as (app, pilot):
        assert app.session.picture_box(60, 30) == (60, 30)
        app.session.commands.run("slow")
        assert app.animation_level == "none"
        assert app.session.picture_box(60, 30) == (48, 18)
        assert app.session.pictures is not None
        assert app.session.pictures._drawing.budget == SLOW_LINK
        await until(pilot, lambda: shown(app.review), "the picture again")
        app.session.commands.run("slow")
        assert app.session.picture_box(60, 30) == (60, 30)
        assert app.session.pictures._drawing.budget != SLOW_LINK


async def test_a_line_that_is_seen_to_be_slow_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with running(place.workspace) as (app, pilot):
        app.confirmations.waits.extend([0.9] * 7)
        await until(pilot, lambda: ":slow draws smaller ones" in app.review.status.told, "the word")
        await press(pilot, app, "j")
        app.review.status.tell("")
        app.confirmations.waits.extend([0.9] * 7)
        await pilot.pause(0.6)
        assert app.review.status.told == ""


def test_the_usual_wait_needs_several_pictures_and_is_not_moved_by_one() -> None:
    confirmations = Confirmations(lambda _text: None)
    for at in range(7):
        assert confirmations.usual_wait is None
        gate = SeenGate()
        confirmations.drawn(gate, "one", float(at))
        confirmations.answer(0, 0, at + (5.0 if at == 3 else 0.05))
    assert confirmations.usual_wait == pytest.approx(0.05)


def test_preferences_say_it_for_good(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[app]\nslow = true\ntheme = "paper"\n')
    assert preferences.load(file).slow
    file.write_text('[app]\nslow = "yes"\n')
    with pytest.raises(SettingsError, match="slow = 'yes' means nothing"):
        preferences.load(file)
