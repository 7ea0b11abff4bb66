"""init, config, status and files as commands, run in this process: what they count, refuse, and leave behind."""

from __future__ import annotations

import errno
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui import settings_file
from hyai_tui.cli.running import exit_code
from hyai_tui.errors import SettingsError
from hyai_tui.features import choosing
from hyai_tui.features.encoders import hog
from hyai_tui.features.store import FeatureStore, store_directory
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.workspace import open_workspace
from tests.unit.catalog_fixtures import file as listed
from tests.unit.catalog_fixtures import put, sha, take_in
from tests.unit.learning_fixtures import small_bundle


class Shell:
    """Runs `hyai` in this process."""

    def __init__(self, here: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.here, self._patch, self._capture = here, patch, capture

    def __call__(self, *arguments: str | Path, code: int = 0, **environment: str) -> str:
        """Run a command and return what it said, on either stream."""
        return "".join(self._run(arguments, code, environment))

    def json(self, *arguments: str | Path, **environment: str) -> Any:
        return json.loads(self._run([*arguments, "--json"], 0, environment)[0])

    def _run(self, arguments: Sequence[str | Path], code: int, environment: Mapping[str, str]) -> tuple[str, str]:
        self._capture.readouterr()
        with self._patch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            found = exit_code([*map(str, arguments)])
        out, err = self._capture.readouterr()
        assert found == code, err
        return out, err


@pytest.fixture
def hyai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    here = tmp_path / "art"
    here.mkdir()
    for name in [one for one in os.environ if one.startswith("HYAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(here)
    return Shell(here, monkeypatch, capsys)


def test_config_shows_where_values_come_from_and_set_keeps_comments(hyai: Shell) -> None:
    hyai("init")
    file = hyai.here / "hyai.toml"
    file.write_text(file.read_text() + "\n# strict about trash\n[tag]\ntrash_threshold = 0.9 # mine\n")
    hyai("config", "set", "tag.trash_threshold", "0.7")
    hyai("config", "set", "encoder", "hog")
    hyai("config", "set", "tag.criteria", "system:inbox,-x")
    hyai("config", "set", "checks.needs", '["series > person", "a, b > c"]')
    text = file.read_text()
    assert "# strict about trash" in text
    assert "0.7 # mine" in text
    shown = {one["name"]: one for one in hyai.json("config", "show", HYAI_TRAIN_SEED="5")["settings"]}
    assert (shown["tag.trash_threshold"]["value"], shown["tag.trash_threshold"]["from"]) == (0.7, "file")
    assert (shown["train.seed"]["value"], shown["train.seed"]["from"]) == (5, "environment")
    assert (shown["train.epochs"]["value"], shown["train.epochs"]["from"]) == (60, "default")
    assert shown["tag.criteria"]["value"] == ["system:inbox", "-x"]
    assert shown["checks.needs"]["value"] == ["series > person", "a, b > c"], "a list as it is shown is one"
    assert shown["features.encoder"]["value"] == "hog"
    hyai("config", "set", "tag.trash_threshold", "none")
    assert "trash_threshold" not in file.read_text()
    hyai("config", "validate")


def test_one_label_is_set_by_its_name_and_taken_out_again(hyai: Shell) -> None:
    hyai("init")
    file = hyai.here / "hyai.toml"
    assert hyai.json("config", "set", "tag.names.trash", "delete me")["value"] == {"trash": "delete me"}
    hyai("config", "set", "tag.thresholds.v1.2", "0.9")
    hyai("config", "set", "tag.marks.v1.2", "no")
    assert tomllib.loads(file.read_text())["tag"] == {
        "names": {"trash": "delete me"},
        "thresholds": {"v1.2": 0.9},
        "marks": {"v1.2": False},
    }
    assert "tag.names = trash=delete me  (file)" in hyai("config", "show", "tag.names")
    assert {one["name"].partition(".")[0] for one in hyai.json("config", "show", "patterns")["settings"]} == {
        "patterns"
    }
    about = {one["name"]: one for one in hyai.json("doctor")["checks"]}["journal"]
    assert "tag.thresholds.v1.2, tag.marks.v1.2" in about["fix"], "there is no such label"
    assert "tag.names" not in about["fix"]
    hyai("config", "set", "tag.names.trash", "none")
    assert open_workspace(hyai.here).settings.tag.names == {}


def test_a_tag_of_its_own_that_files_carry_already_is_told_before_it_is_taken_away(hyai: Shell) -> None:
    hyai("init")
    with open_workspace(hyai.here).open_catalog() as catalog:
        take_in(catalog, [listed(1, FileState.INBOX, tags=frozenset({"delete me"}))])
    assert "on 1 file already" in hyai("config", "set", "tag.names.trash", "Delete  me")
    assert "already" not in hyai("config", "set", "tag.names.trash", "away with it")


def test_what_is_said_of_a_label_follows_its_new_name(hyai: Shell) -> None:
    hyai("init")
    hyai("labels", "add", "blurry")
    hyai("config", "set", "tag.names.blurry", "out of focus")
    hyai("config", "set", "tag.thresholds.blurry", "0.9")
    row = hyai.json("labels", "rename", "blurry", "unsharp")
    assert row["tag"] == "out of focus"
    tag = open_workspace(hyai.here).settings.tag
    assert (tag.names, tag.thresholds) == ({"unsharp": "out of focus"}, {"unsharp": 0.9})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tag.trash_treshold", "0.5", "tag.trash_threshold"),
        ("tag.thresholds.trash", "0.5", "tag.trash_threshold"),
        ("tag.names.trash", "system:inbox", "tag.names.trash"),
        ("tag.prefix.trash", "x", "tag.prefix"),
        ("tag.trash_threshold", "7", "0 to 1"),
        ("batch_size", "7", "tag.batch_size"),
        ("nonsense", "7", "config show"),
        ("tag.archive_threshold", "0.95", "tag.archive_threshold"),
    ],
)
def test_a_wrong_setting_is_refused_and_the_file_stays(hyai: Shell, name: str, value: str, said: str) -> None:
    hyai("init")
    hyai("config", "set", "tag.trash_threshold", "0.9")
    before = (hyai.here / "hyai.toml").read_bytes()
    assert said in hyai("config", "set", name, value, code=2)
    assert (hyai.here / "hyai.toml").read_bytes() == before


def test_a_wrong_line_of_an_old_file_makes_no_workspace(hyai: Shell, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("trash_thresh = 0.78\ntrash_tresh = 0.1\n")
    said = hyai("init", "--from-hyai", tmp_path / "settings.py", code=2)
    assert "line 2" in said
    assert "trash_thresh" in said
    assert not (hyai.here / "hyai.toml").exists()


def test_a_second_init_with_another_wish_changes_nothing_and_says_so(hyai: Shell) -> None:
    put(hyai.here, "pictures/a.jpg")
    put(hyai.here, "more/a.jpg")
    hyai("init", "--library", "pictures")
    before = (hyai.here / "hyai.toml").read_bytes()
    hyai("init", "--library", "pictures")
    hyai("init")
    assert "library.path" in hyai("init", "--library", "more", code=2)
    hyai("init", "--hydrus", "http://127.0.0.1:1", code=2)
    assert (hyai.here / "hyai.toml").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--library", "nowhere"),
        ("--library", "data"),
        ("--hydrus", "not an address"),
        ("--library", ".", "--hydrus", "http://127.0.0.1:1"),
        ("--from-hyai", "nowhere.py"),
    ],
)
def test_a_wrong_init_makes_nothing(hyai: Shell, arguments: tuple[str, ...]) -> None:
    (hyai.here / "data").mkdir()
    hyai("init", *arguments, code=2)
    assert [one.name for one in hyai.here.iterdir()] == ["data"]


@pytest.mark.parametrize("condition", ["state=lost", "colour=red", "score=much"])
def test_a_wrong_condition_is_named(hyai: Shell, condition: str) -> None:
    hyai("init")
    assert condition.split("=")[-1] in hyai("files", "--where", condition, code=2)


def test_a_setting_that_cannot_be_written_leaves_the_file_as_it_was(
    hyai: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyai("init")
    before = sorted(hyai.here.iterdir()), (hyai.here / "hyai.toml").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hyai_tui.settings_file.os.fsync", full)
    said = hyai("config", "set", "tag.prefix", "x:", code=1)
    assert "hyai.toml could not be written: No space left on device" in said
    assert "free space" in said
    assert (sorted(hyai.here.iterdir()), (hyai.here / "hyai.toml").read_bytes()) == before


def test_none_gives_the_default_of_any_setting_back(hyai: Shell) -> None:
    hyai("init")
    before = {one["name"]: one["value"] for one in hyai.json("config", "show")["settings"]}
    for name, value in (("tag.mark_trash", "false"), ("library.tag_service", "ab" * 16), ("train.epochs", "7")):
        hyai("config", "set", name, value)
        assert hyai.json("config", "set", name, "none")["value"] == before[name]
    assert hyai.json("config", "set", "train.class_weights", "none")["value"] == "none"
    hyai("config", "set", "read_only", "true")
    assert hyai.json("config", "set", "read_only", "none")["value"] is False


def test_status_counts_all_the_rest_where_a_model_or_the_features_are_damaged(
    hyai: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hyai.here, "a.png")
    hyai("init")
    workspace = open_workspace()
    model = Registry(workspace.models_directory).add(small_bundle(), promote=True)
    (workspace.models_directory / model.id / "arrays.npz").write_bytes(b"")
    said = hyai("status", code=1)
    assert "samples    archive 0, trash 0" in said
    assert "model      none" in said
    assert "arrays.npz is not the file" in said
    assert "hyai train" in said
    assert hyai("models", "list").count(model.id) == 1


def test_status_and_files_know_features_model_and_scores(hyai: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(hyai.here.parent))
    hashes = [put(hyai.here, f"{n}.jpg") for n in range(3)]
    hyai("init")
    workspace = open_workspace(hyai.here)
    choosing.record(workspace, hog.VERSION)
    directory = store_directory(workspace.features_directory, hog.VERSION)
    with FeatureStore.open(directory, hog.VERSION.dimension, version=hog.VERSION) as store:
        store.append([sha(b"1"), sha(b"2")], np.zeros((2, hog.VERSION.dimension), np.float32))
    bundle = Registry(workspace.models_directory).add(small_bundle(), True)
    with workspace.open_catalog() as catalog:
        for name in ("0.jpg", "1.jpg", "2.jpg"):
            catalog.resolve(name, hyai.here)
        numbers = catalog.snapshot().number
        table = np.full((int(numbers.max()) + 1, 2), np.nan, np.float32)
        table[numbers[:2]] = [[0.9, 0.1], [0.25, 0.75]]
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.identity)
    status = hyai.json("status")
    assert (status["features"], status["model"], status["scored"], status["files"]) == (2, bundle.id, 2, 3)
    assert hyai("status", "--line").startswith("hyai #1")
    assert hyai.json("status", "--line")["line"].startswith("hyai #1")
    rows = {row["file"]: (row["score"], row["model"]) for row in hyai.json("files")}
    assert rows == {hashes[0]: (0.1, bundle.id), hashes[1]: (0.75, bundle.id), hashes[2]: (None, None)}

    # File numbers of a catalog that was made again are others: no old score may be read with them.
    (workspace.cache / "catalog.db").unlink()
    with workspace.open_catalog() as catalog:
        for name in ("2.jpg", "1.jpg", "0.jpg"):
            catalog.resolve(name, hyai.here)
    assert {row["score"] for row in hyai.json("files")} == {None}
    assert hyai.json("status")["scored"] == 0


def test_init_begins_with_the_example_model_once(hyai: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    example = hyai.here.parent / "example"
    small_bundle().save(example)
    monkeypatch.setattr("hyai_tui.cli.init.example_model_directory", lambda: example)
    assert "config set features.encoder" in hyai("init", "--example-model")
    hyai("init", "--example-model")
    assert len(Registry(open_workspace(hyai.here).models_directory).list()) == 1


def test_many_removed_samples_ask_and_are_still_counted(hyai: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(hyai.here.parent))
    hyai("init")
    for n in range(20):
        put(hyai.here, f"data/{'trash' if n % 2 else 'archive'}/{n}.jpg")
    assert hyai.json("status")["samples"] == {"archive": 10, "trash": 10}
    for n in range(12):
        (hyai.here / f"data/{'trash' if n % 2 else 'archive'}/{n}.jpg").unlink()
    assert "--accept-removals" in hyai("status", code=1)
    assert hyai.json("status", "--accept-removals")["samples"] == {"archive": 4, "trash": 4}


def test_read_only_is_a_setting_like_others(hyai: Shell) -> None:
    hyai("init")
    hyai("config", "set", "read_only", "true")
    assert hyai.json("config", "show", "read_only")["settings"][0]["value"] is True
    assert hyai.json("config", "show", "read_only")["settings"][0]["from"] == "file"
    hyai("config", "set", "read_only", "perhaps", code=2)


def test_several_settings_are_written_together_or_not_at_all(hyai: Shell) -> None:
    hyai("init")
    file = hyai.here / "hyai.toml"
    settings_file.set_values(file, {"tag.archive_threshold": "0.8", "tag.trash_threshold": "0.9"})
    before = file.read_bytes()
    with pytest.raises(SettingsError, match="is above"):
        settings_file.set_values(file, {"tag.mark_trash": "false", "tag.trash_threshold": "0.1"})
    assert file.read_bytes() == before
