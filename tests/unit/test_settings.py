"""Settings: what is read, what is refused, and how the error helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui import settings
from hyai_tui.errors import SettingsError


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path / "hyai.toml", {})
    assert loaded == settings.Settings()


def test_a_wrong_key_names_file_key_and_the_nearest_valid_one(tmp_path: Path) -> None:
    file = tmp_path / "hyai.toml"
    file.write_text("[tag]\ntrash_treshold = 0.7\n")
    with pytest.raises(SettingsError) as caught:
        settings.load(file, {})
    assert "hyai.toml" in caught.value.what
    assert "tag.trash_treshold" in caught.value.what
    assert "tag.trash_threshold" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[tag]\ntrash_threshold = 1.5", "tag.trash_threshold"),
        ("[tag]\ntrash_threshold = nan", "tag.trash_threshold"),
        ("[tag]\nmark_trash = 1", "tag.mark_trash"),
        ("[tag]\ncriteria = 'inbox'", "tag.criteria"),
        ("[train]\nfolds = 2.5", "train.folds"),
        ("[features]\nencoder = 'mobilenet'", "features.encoder"),
        ("tag = 3", "tag"),
        ("[tag]\narchive_threshold = 0.8\ntrash_threshold = 0.2", "tag.archive_threshold"),
        ("[tag]\nnames = 'trash'", "tag.names"),
        ("[tag.names]\ntrash = 3", "tag.names.trash"),
        ("[tag.names]\ntrash = '-no'", "tag.names.trash"),
        ("[tag.names]\ntrash = ''", "tag.names.trash"),
        ("[tag.names]\ntrash = 'Same  tag'\nblurry = 'same tag'", "trash and blurry"),
        ("[tag.names]\ntrash = 'hyai:archive'", "another label's"),
        ("[tag]\nprefix = 'mine:'\n[tag.names]\ntrash = 'Mine:archive'", "another label's"),
        ("[tag.thresholds]\nblurry = 1.5", "tag.thresholds.blurry"),
        ("[tag.thresholds]\ntrash = 0.9", "tag.thresholds does not speak of trash"),
        ("[tag.marks]\nblurry = 'no'", "tag.marks.blurry"),
        ("[tag.marks]\narchive = false", "tag.marks does not speak of archive"),
    ],
)
def test_a_wrong_value_names_its_key(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "hyai.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=key):
        settings.load(file, {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hyai.toml"
    file.write_text("[tag]\nbatch_size = 100\n")
    loaded = settings.load(file, {"HYAI_TAG_BATCH_SIZE": "50", "HYAI_HYDRUS_URL": "http://127.0.0.1:1"})
    assert loaded.tag.batch_size == 50
    assert loaded.library.url == "http://127.0.0.1:1"


def test_a_wrong_variable_is_named_and_an_unknown_one_only_listed() -> None:
    with pytest.raises(SettingsError, match="HYAI_TAG_BATCH_SIZE"):
        settings.with_environment(settings.Settings(), {"HYAI_TAG_BATCH_SIZE": "many"})
    assert settings.unknown_variables({"HYAI_TAG_BATCHSIZE": "1", "HYAI_HOME": "x", "PATH": "y"}) == [
        "HYAI_TAG_BATCHSIZE"
    ]


def test_settings_survive_the_way_through_a_job_specification() -> None:
    loaded = settings.with_environment(settings.Settings(), {"HYAI_TAG_TRASH_THRESHOLD": "0.7"})
    assert settings.from_dict(loaded.as_dict()) == loaded


def test_settings_by_label_come_from_a_table_or_from_the_environment() -> None:
    table = {"names": {"trash": "delete me"}, "thresholds": {"line art": 1}, "marks": {"v1.2": False}}
    loaded = settings.from_dict({"tag": table}).tag
    assert (loaded.names, loaded.thresholds, loaded.marks) == (
        {"trash": "delete me"},
        {"line art": 1.0},
        {"v1.2": False},
    )
    given = {"HYAI_TAG_NAMES": "trash=delete me, archive=keep", "HYAI_TAG_MARKS": "v1.2=no", "HYAI_TAG_THRESHOLDS": ""}
    told = settings.with_environment(settings.from_dict({"tag": table}), given)
    assert told.tag.names == {"trash": "delete me", "archive": "keep"}
    assert told.tag.marks == {"v1.2": False}
    assert told.tag.thresholds == {}
    assert settings.from_dict(told.as_dict()) == told


def test_a_variable_by_label_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(SettingsError, match="HYAI_TAG_NAMES: 'delete me' is no LABEL=VALUE"):
        settings.with_environment(settings.Settings(), {"HYAI_TAG_NAMES": "delete me"})


@pytest.mark.parametrize("prefix", ["", " ", "-hyai:", "system:", ":", "hyai: ", "hyai :", " hyai:", "hy*ai:", "a\nb:"])
def test_a_prefix_by_which_our_tags_could_not_be_told_or_found_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match=r"tag\.prefix"):
        settings.from_dict({"tag": {"prefix": prefix}})


@pytest.mark.parametrize("prefix", ["hyai:", "Mine:", "hyai ", "my pictures:", "médias:"])
def test_a_prefix_that_a_library_keeps_is_taken(prefix: str) -> None:
    assert settings.from_dict({"tag": {"prefix": prefix}}).tag.prefix == prefix
