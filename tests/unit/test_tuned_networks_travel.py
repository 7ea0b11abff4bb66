"""A network that was tuned goes where its model goes: to another machine, and into a back-up."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from hyai_tui.cli.models import models
from hyai_tui.effects.opening import opened
from hyai_tui.errors import ModelError
from hyai_tui.exchange.backup import back_up, restore
from hyai_tui.exchange.project import write_project
from hyai_tui.exchange.taking import take_project
from hyai_tui.features import tuned
from hyai_tui.features.choosing import choice_of, choose
from hyai_tui.jobs import scan, score, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.archive import unpack
from hyai_tui.learning.bundle_parts import NETWORK
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace, create_workspace, open_workspace
from tests.unit.training_fixtures import _runtime, draw, run
from tests.unit.tuning_fixtures import place, weights_file

__all__ = ["_runtime", "place"]


def tune(place: Workspace) -> str:
    """Tune a network and return its model."""
    model: str = train.run(JobContext(place, {"unfreeze_last_k": 1}))["model"]
    return model


def said(*arguments: str) -> str:
    done = CliRunner().invoke(models, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def elsewhere(tmp_path: Path) -> Workspace:
    """A workspace on another machine, which has the network as it came."""
    made = create_workspace(tmp_path / "other", '[library]\nkind = "folder"\npath = "pictures"\n')
    for number in range(4):
        draw(made.root / "pictures" / f"{number}.png", ("archive", "trash")[number % 2], 500 + number)
    scan.run(JobContext(made))
    return made


def test_an_exported_model_takes_its_tuned_network_along(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tune(place)
    target = tmp_path / "model.zip"
    assert json.loads(said("export", str(target), model, "--json"))["network"] is True
    other = elsewhere(tmp_path)
    monkeypatch.setenv("HYAI_HOME", str(other.root))
    taken = json.loads(said("import", str(target), "--json"))
    assert (taken["network"], taken["current"]) == (True, False)
    assert choose(open_workspace(other.root)).version.id != taken["encoder"]
    said("use", taken["model"], "--encoder")
    now = open_workspace(other.root)
    assert choose(now).version.id == taken["encoder"]
    assert tuned.read_lesson(choose(now).weights_path) is not None
    assert score.run(JobContext(now))["scored"] == 4

    third = create_workspace(tmp_path / "third", "")
    monkeypatch.setenv("HYAI_HOME", str(third.root))
    at_once = json.loads(said("import", str(target), "--use", "--json"))
    assert at_once["current"] is True
    assert choose(open_workspace(third.root)).version.id == at_once["encoder"]


def test_a_project_takes_the_tuned_network_along_and_waits_to_be_told_to_use_it(
    place: Workspace, tmp_path: Path
) -> None:
    model = tune(place)
    with opened(place) as parts:
        write_project(tmp_path / "project.zip", parts, model=True)
    other = elsewhere(tmp_path)
    with opened(other) as parts:
        for known in (False, True):
            taken = take_project(tmp_path / "project.zip", parts, labeler="me", session="test")
            assert (taken.network, taken.known) == (True, known)
    registry = Registry(other.models_directory)
    assert [one.current for one in registry.list()] == [False]
    encoder = Registry(place.models_directory).get(model).encoder.id
    assert registry.get(taken.model or "").encoder.id == encoder
    assert tuned.network_of(other, encoder) is not None


def test_a_model_of_the_network_as_it_came_travels_alone(place: Workspace, tmp_path: Path) -> None:
    run(train.run, place)
    assert json.loads(said("export", str(tmp_path / "model.zip"), "--json"))["network"] is False
    assert sorted(one.name for one in unpack(tmp_path / "model.zip", tmp_path / "out").iterdir()) == [
        "arrays.npz",
        "bundle.json",
    ]


def test_a_network_that_is_not_the_models_is_refused(place: Workspace, tmp_path: Path) -> None:
    model = tune(place)
    said("export", str(tmp_path / "model"), model)
    weights_file(tmp_path / "model" / NETWORK, 3.0)
    before = sorted(tuned.tuned_directory(place).iterdir())
    done = CliRunner().invoke(models, ["import", str(tmp_path / "model")])
    assert isinstance(done.exception, ModelError)
    assert "is not the network that the model was trained on" in str(done.exception)
    assert sorted(tuned.tuned_directory(place).iterdir()) == before


def test_a_backup_holds_tuned_networks(place: Workspace, tmp_path: Path) -> None:
    model = tune(place)
    back_up(place, tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert any(name.startswith(".hyai/tuned/") for name in archive.namelist())
    restore(tmp_path / "backup.zip", tmp_path / "again")
    again = open_workspace(tmp_path / "again")
    bundle = Registry(again.models_directory).get(model)
    found = choice_of(again, bundle.encoder.id)
    assert found is not None
    assert found.weights_path is not None
    assert found.weights_path.is_relative_to(again.root)
