"""Keys and themes of the user's own: read again when they change, told where they are wrong, and then the old ones stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from hyai_tui.errors import SettingsError
from hyai_tui.locations import bundled_themes, keymap_file, user_themes_directory
from hyai_tui.tui import keymap
from hyai_tui.tui.keynames import nearest, shown, textual_name
from hyai_tui.tui.screens.help import HelpScreen
from hyai_tui.tui.watching import Watch, Watched
from tests.tui.tui_fixtures import Place, press, running, screen_text, until


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("code", range(33, 127))
def test_every_character_of_a_keyboard_has_the_name_that_textual_gives_it(code: int) -> None:
    assert textual_name(chr(code)) == _character_to_key(chr(code))
    assert textual_name(_character_to_key(chr(code))) == (_character_to_key(chr(code)))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"),
        ("Esc", "escape"),
        ("PgDn", "pagedown"),
        ("←", "left"),
        ("Ctrl+P", "ctrl+p"),
        ("ctrl+left", "ctrl+left"),
        ("F7", "f7"),
        ("A", "A"),
        ("é", "é"),
        ("question_mark", "question_mark"),
        ("ctrl+", None),
        ("colour", None),
        ("f77", None),
    ],
)
def test_a_key_may_be_written_as_people_write_it(written: str, name: str | None) -> None:
    assert textual_name(written) == name
    if name is not None:
        assert textual_name(shown(name)) == name, "and as the help shows it"


def test_a_key_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    assert nearest("escpe") == "escape"
    write(tmp_path / "keymap.toml", '[keys]\nskip = ["spce"]\n')
    with pytest.raises(SettingsError, match="'skip' has a key 'spce' that does not exist") as caught:
        keymap.load(tmp_path / "keymap.toml")
    assert "Did you mean 'space'?" in caught.value.fix


def test_clashes_and_keys_that_never_arrive_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "keymap.toml", '[keys]\nskip = ["u", "Ctrl+S"]\nundo = ["u"]\nredo = ["backspace"]\nhelp = []\n')
    found = keymap.load(tmp_path / "keymap.toml")
    assert found.clashes == (
        "Ctrl+S for skip: many terminals stop their output at it",
        "u is undo, and no longer skip",
        "help has no key now",
    )
    assert found.act("u") == "undo"


@pytest.mark.parametrize("preset", keymap.presets())
async def test_help_lists_every_key_of_the_live_keymap_once(preset: str, place: Place) -> None:
    async with running(place.workspace, size=(120, 120)) as (app, pilot):
        app.session.commands.run(f"keys {preset}")
        app.session.commands.run("help")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and f"Keys: {preset}" in screen_text(app))
        assert isinstance(app.screen, HelpScreen)
        rows = {about: keys for keys, about in app.screen._rows()}
        live = app.session.keymap
        listed = sorted(key for keys in rows.values() for key in keys)
        expected = [
            shown(key) for key, act in live.acts.items() if act not in {f"label {digit}" for digit in range(3, 10)}
        ]
        assert listed == sorted(expected), "labels 3 to 9 do not exist here"
        assert rows["decide: trash"] == [*live.keys("label trash"), "2"]


@pytest.mark.parametrize("screen", ["jobs", "history", "thresholds"])
async def test_help_over_another_screen_is_about_that_screen(screen: str, place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run(screen)
        await until(pilot, lambda: app.screen is not app.review and "retrain" not in screen_text(app), screen)
        below = app.screen
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Keys here" in screen_text(app), "the help")
        assert "retrain" not in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is below, "what was below")


async def test_a_question_mark_that_is_typed_is_text(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.press("colon", "question_mark")
        await pilot.pause()
        assert app.screen is app.review


async def test_a_changed_keymap_is_taken_at_once_and_a_wrong_one_is_told(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        # A key that no preset gives to anything else.
        write(keymap_file(), '[keys]\n"label trash" = ["F9"]\n')
        await until(pilot, lambda: app.session.keymap.act("f9") == "label trash", "the new key")
        await until(pilot, lambda: app.review.status.told == "keys read again", "the word")
        await until(pilot, lambda: "F9 learn trash" in screen_text(app), "the key in the line of keys")
        write(keymap_file(), '[keys]\nlabel trash = ["q"]\n')
        await until(pilot, lambda: "not valid TOML" in app.review.status.told, "the error")
        assert "what was before stays" in app.review.status.told
        await press(pilot, app, "f9")
        assert list(place.decisions().values()) == ["trash"]
        keymap_file().unlink()
        await until(pilot, lambda: app.session.keymap.act("t") == "label trash", "the preset's key again")


async def test_a_theme_that_is_edited_is_drawn_again_and_a_broken_one_is_left_out(place: Place) -> None:
    own = user_themes_directory() / "mine.toml"
    harbour = (bundled_themes() / "harbour.toml").read_text().replace('name = "harbour"', 'name = "mine"')
    async with running(place.workspace) as (app, pilot):
        write(own, harbour)
        await until(pilot, lambda: "mine" in app.looks.themes(), "the new theme")
        app.session.commands.run("theme mine")
        await pilot.pause()
        before = app.review.styles.background
        write(own, harbour.replace('background = "#121417"', 'background = "#402020"'))
        await until(pilot, lambda: app.review.styles.background != before, "the new ground")
        assert app.review.styles.background.r > 0x30
        write(own, harbour.replace("#5fafd7", "blue"))
        await until(pilot, lambda: "primary is no colour" in app.review.status.told, "the error")
        assert app.review.styles.background.r > 0x30


async def test_settings_changed_by_a_command_are_taken_and_a_wrong_file_is_told(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        file = place.workspace.settings_file
        text = file.read_text()
        file.write_text(text + "\n[tag]\ntrash_threshold = 0.6\n")
        await until(pilot, lambda: app.workspace.settings.tag.trash_threshold == 0.6, "the new threshold")
        file.write_text(text + "\n[tag]\ntrash_treshold = 0.6\n")
        await until(pilot, lambda: "trash_treshold" in app.review.status.told, "the error")
        assert app.workspace.settings.tag.trash_threshold == 0.6


def test_a_look_at_files_that_did_not_change_reads_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    read: list[str] = []
    failed: list[SettingsError] = []

    def take() -> None:
        read.append(file.read_text() if file.exists() else "")
        if read[-1] == "wrong":
            raise SettingsError("It is wrong", "Mend it")

    watch = Watch([Watched(file, take), Watched(tmp_path / "nowhere", take)], failed.append)
    watch.look()
    assert read == []
    file.write_text("one")
    watch.look()
    watch.look()
    assert read == ["one"]
    replaced = tmp_path / "a.new"
    replaced.write_text("two")
    os.utime(replaced, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    replaced.replace(file)
    watch.look()
    assert read == ["one", "two"], "another file with the same size and time is another file"
    file.write_text("wrong")
    watch.look()
    watch.look()
    assert [str(error) for error in failed] == [str(SettingsError("It is wrong", "Mend it"))]
