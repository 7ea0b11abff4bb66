"""A model file of the original classifier that is dropped into the workspace: found, taken in once, or refused by name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hyai_tui.cli.models import models
from hyai_tui.errors import ModelError
from hyai_tui.features.choosing import choose
from hyai_tui.learning import old_models
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.old_models import take_in_dropped
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.learning_fixtures import small_bundle

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which the other process is stood in for: a file that says `bad` is refused."""
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    read: list[Path] = []

    def convert(workspace: Workspace, file: Path, target: Path) -> Path:
        read.append(file)
        if file.read_bytes() == b"bad":
            raise ModelError(f"The head of {file.name} takes 999 numbers", "Take in another")
        version = choose(workspace).version
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        stamp = EncoderStamp(version.id, version.name, small_bundle().encoder.dimension)
        record = {"imported": file.name, "imported_sha256": digest}
        replace(small_bundle(), encoder=stamp, record=record).save(target)
        assert read.count(file) == 1, "it was read before"
        return target

    monkeypatch.setattr(old_models, "convert", convert)
    return made


def test_a_file_of_the_old_name_is_taken_in_once(workspace: Workspace) -> None:
    (workspace.root / "best_model.topless.keras").write_bytes(b"good")
    (one,) = take_in_dropped(workspace)
    registry = Registry(workspace.models_directory)
    (listed,) = registry.list()
    assert (listed.id, listed.current, listed.facts["record"]["imported"]) == (
        one.model,
        True,
        "best_model.topless.keras",
    )
    assert take_in_dropped(workspace) == []
    # The same model in the other place is no other model.
    (workspace.models_directory / "best_model.keras").write_bytes(b"good")
    assert take_in_dropped(workspace) == []


def test_one_that_does_not_fit_is_named_each_time_and_leaves_the_model_in_use(workspace: Workspace) -> None:
    (workspace.root / "best_model.keras").write_bytes(b"good")
    take_in_dropped(workspace)
    current = Registry(workspace.models_directory).current_id()
    (workspace.models_directory / "best_model.topless.keras").write_bytes(b"bad")
    for _ in range(2):
        (refused,) = take_in_dropped(workspace)
        assert refused.error is not None
        assert (refused.error.what, refused.error.fix) == (
            "The head of best_model.topless.keras takes 999 numbers",
            "Take in another",
        )
    assert Registry(workspace.models_directory).current_id() == current
    assert len(Registry(workspace.models_directory).list()) == 1


def test_other_names_and_links_are_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "other.keras").write_bytes(b"good")
    (tmp_path / "elsewhere.keras").write_bytes(b"good")
    (workspace.root / "best_model.keras").symlink_to(tmp_path / "elsewhere.keras")
    assert take_in_dropped(workspace) == []


def test_the_same_model_twice_is_one_model_and_is_said_to_be_here(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYAI_HOME", str(workspace.root))

    def said(*arguments: str) -> Any:
        done = CliRunner().invoke(models, [*arguments, "--json"], catch_exceptions=False)
        return json.loads(done.stdout)

    (tmp_path / "mine.keras").write_bytes(b"good")
    first = said("import", str(tmp_path / "mine.keras"))
    assert (first["known"], first["current"]) == (False, True)
    # The same bytes under another name are not even read again.
    (tmp_path / "copy.keras").write_bytes(b"good")
    again = said("import", str(tmp_path / "copy.keras"), "--use")
    assert (again["known"], again["model"]) == (True, first["model"])
    said("export", str(tmp_path / "model.zip"))
    assert said("import", str(tmp_path / "model.zip"))["model"] == first["model"]
    assert len(Registry(workspace.models_directory).list()) == 1


def test_a_file_that_keras_did_not_save_is_refused_at_once_without_keras(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "best_model.keras"
    file.write_bytes(b"nonsense")
    monkeypatch.undo()
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("a process was started"))
    with pytest.raises(ModelError, match=r"best_model\.keras is not a file that Keras saved"):
        old_models.convert(workspace, file, tmp_path / "model")
