"""Presets, the user's own keys, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.errors import SettingsError
from hyai_tui.tui import keymap


def test_the_preset_hyai_has_the_keys_of_the_reference() -> None:
    keys = keymap.load()
    expected = {
        "a": "label archive",
        "t": "label trash",
        "1": "label 1",
        "9": "label 9",
        "0": "unsure",
        "s": "skip",
        "i": "ignore",
        "u": "undo",
        "backspace": "undo",
        "U": "redo",
        "j": "next",
        "l": "next",
        "right": "next",
        "k": "previous",
        "h": "previous",
        "left": "previous",
        "b": "blur",
        "r": "retrain",
        "colon": "command",
        "question_mark": "help",
        "ctrl+p": "palette",
        "enter": "take_list",
        "q": "leave",
        "escape": "back",
    }
    assert {key: keys.act(key) for key in expected} == expected


@pytest.mark.parametrize("preset", keymap.presets())
def test_every_preset_reaches_every_act_and_gives_no_key_twice(preset: str) -> None:
    keys = keymap.load(None, preset)
    assert {act for act in keymap.ACTS if not keys.keys(act)} == set()
    assert keys.clashes == ()


@pytest.mark.parametrize("preset", keymap.presets())
def test_every_act_is_reachable_by_a_single_printable_key_or_through_a_command(preset: str) -> None:
    keys = keymap.load(None, preset)
    printable = {act for key, act in keys.acts.items() if len(key) == 1 or key in {"colon", "question_mark"}}
    assert {
        "label archive",
        "label trash",
        "undo",
        "redo",
        "skip",
        "unsure",
        "next",
        "previous",
        "command",
    } <= printable


def test_enter_never_decides_in_any_preset() -> None:
    for preset in keymap.presets():
        assert keymap.load(None, preset).act("enter") == "take_list"


def test_the_hydrus_preset_has_the_keys_of_the_archive_delete_filter() -> None:
    keys = keymap.load(None, "hydrus")
    found = {key: keys.act(key) for key in ("f7", "delete", "up", "backspace", "ctrl+z")}
    assert found == {
        "f7": "label archive",
        "delete": "label trash",
        "up": "skip",
        "backspace": "undo",
        "ctrl+z": "undo",
    }


def test_the_user_moves_an_act_to_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text('preset = "hyai"\n[keys]\nskip = ["space"]\n', "utf-8")
    keys = keymap.load(file)
    assert keys.act("space") == "skip"
    assert keys.act("s") is None
    assert keys.act("a") == "label archive"


def test_a_clash_goes_to_the_users_act_and_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text('[keys]\nskip = ["t"]\n', "utf-8")
    keys = keymap.load(file)
    assert keys.act("t") == "skip"
    assert keys.clashes == ("t is skip, and no longer label trash",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[keys]\nskipp = ["s"]\n', "skip"),
        ('preset = "vim"\n', "hyai"),
        ("[keys]\nskip = 3\n", "skip"),
        ('colours = "red"\n', "colours"),
        ("[keys\n", "keymap.toml"),
    ],
)
def test_a_wrong_keymap_names_the_file_and_what_would_be_right(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        keymap.load(file)
    assert named in str(caught.value)
    assert str(file) in str(caught.value)


def test_an_unused_key_that_deletes_elsewhere_says_what_it_would_need() -> None:
    keys = keymap.load()
    assert keys.elsewhere("delete") == "Delete does nothing here: t decides trash"
    assert keys.elsewhere("t") is None
    assert keymap.load(None, "hydrus").elsewhere("delete") is None
