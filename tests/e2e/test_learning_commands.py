"""train, score, retrain, evaluate and models as a person runs them, on pictures drawn here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hyai_tui.features.encoders import hog, small
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.report_lines import headline
from hyai_tui.locations import example_model
from hyai_tui.text import count
from tests.e2e.demo_fixtures import Place

# One worker trains once, instead of each.
pytestmark = pytest.mark.xdist_group("trained")

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n[train]\nhead = "linear"\n'


def draw(path: Path, look: str, number: int) -> str:
    """Draw a picture of stripes (archive), of a check (later) or of noise (trash) and return its SHA-256."""
    random = np.random.default_rng([number, len(look)])
    rows, columns = np.mgrid[:64, :64] // random.integers(6, 12)
    plane = {"archive": rows % 2, "later": (rows + columns) % 2, "trash": random.random((64, 64))}[look]
    pixels = (255 * plane[..., None] * random.uniform(0.5, 1, 3)).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_place(directory: Path) -> Place:
    """Make a workspace with 60 pictures of which 20 are samples of each of two labels, and scan it."""
    place = Place(directory / "workspace", directory / "home")
    place.home.mkdir(parents=True)
    for number in range(60):
        look = ("archive", "trash")[number % 2]
        picture = place.workspace / "pictures" / f"{look}-{number}.png"
        identity = draw(picture, look, number)
        if number < 40:
            sample = place.workspace / "data" / look / f"{identity}.png"
            sample.parent.mkdir(parents=True, exist_ok=True)
            sample.write_bytes(picture.read_bytes())
    (place.workspace / "pictures" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert place.hyai("init", "--library", "pictures", "--json").code == 0
    (place.workspace / "hyai.toml").write_text(SETTINGS)
    assert place.hyai("scan", "--json").data["files"] == 61
    return place


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """A workspace after its first training, and what the training printed."""
    place = make_place(tmp_path_factory.mktemp("learning"))
    return place, place.hyai("train", "--json").data


def test_train_says_what_it_did_and_does_not_score(trained: tuple[Place, dict[str, Any]]) -> None:
    place, said = trained
    assert said["promoted"] is True
    assert said["previous"] is None
    assert set(said["metrics"]) == {"macro_f1", "accuracy", "auc", "ece"}
    assert said["metrics"]["macro_f1"] > 0.8
    assert said["samples"] == {"archive": 20, "trash": 20}
    assert not list((place.workspace / ".hyai" / "scores").glob("*.npy"))
    status = place.hyai("status", "--json").data
    assert (status["model"], status["scored"]) == (said["model"], 0)


def test_the_whole_round(trained: tuple[Place, dict[str, Any]], tmp_path: Path) -> None:
    place = trained[0].copy(tmp_path)
    first = trained[1]

    scored = place.hyai("score", "--json").data
    assert (scored["model"], scored["scored"], scored["files"]) == (first["model"], 60, 61)
    rows = {Path(row["path"]).name: row["score"] for row in place.hyai("files", "--json").data}
    assert rows.pop("torn.png") is None
    right = [(score > 0.5) == name.startswith("trash") for name, score in rows.items()]
    assert sum(right) >= 55

    tried = place.hyai("thresholds", "archive=0.1", "trash=0.9", "--save", "--json").data
    dry = place.hyai("tag", "--dry-run", "--json").data
    assert {name: side["files"] for name, side in tried["sides"].items()} == {
        name: dry[name] for name in ("archive", "trash")
    }
    assert (tried["unsure"], tried["unscored"], tried["decided"]) == (dry["unsure"], dry["skipped"], dry["decided"])
    assert tried["saved"] == dry["model"]
    place.hyai("thresholds", "archive=0.28", "trash=0.78", "--save")

    report = place.hyai("evaluate", "--json").data
    assert report["n"] == 40
    assert report["macro_f1"] == first["metrics"]["macro_f1"]
    assert report["thresholds"]["from"] == {"archive": "model", "trash": "model"}
    assert "not needed" in report["verdict"]

    assert place.hyai("retrain", "--if-due").code == 3

    # A new picture in a training folder is not enough unless one says so, and it is judged on the samples of both.
    draw(place.workspace / "data" / "trash" / "new.png", "trash", 99)
    assert place.hyai("retrain", "--if-due").code == 3
    second = place.hyai("retrain", "--if-due", "--min-new", "1", "--json").data
    assert second["run"] == first["run"] + 1
    assert second["samples"] == {"archive": 20, "trash": 21}
    assert second["compared"]["items"] == 40
    assert second["previous"] == first["metrics"]
    assert second["scored"] == 60
    assert second["scored_by"] == (second["model"] if second["promoted"] else first["model"])
    said = place.hyai("train")
    assert said.code == 0
    assert "on the same items" in said.out


def test_models_are_listed_shown_exported_imported_and_removed(
    trained: tuple[Place, dict[str, Any]], tmp_path: Path
) -> None:
    place = trained[0].copy(tmp_path)
    model = trained[1]["model"]
    shown = place.hyai("models", "show")
    assert f"{hog.DIMENSION}→1: {hog.DIMENSION + 1}" in shown.out
    assert place.hyai("models", "export", str(tmp_path / "out"), "--json").data["model"] == model
    again = place.hyai("models", "import", str(tmp_path / "out"), "--json").data
    assert (again["model"], again["known"], again["current"]) == (model, True, True)
    # The same numbers from another training are another model.
    facts = json.loads((tmp_path / "out" / "bundle.json").read_text())
    (tmp_path / "out" / "bundle.json").write_text(json.dumps({**facts, "created": facts["created"] + 1}))
    taken = place.hyai("models", "import", str(tmp_path / "out"), "--json").data
    assert (taken["known"], taken["current"]) == (False, False)
    assert place.hyai("models", "use", taken["model"], "--json").data == {"model": taken["model"], "settings": {}}
    assert place.hyai("models", "compare", "--json").data["flipped"] == []
    assert place.hyai("models", "rollback", "--json").data == {"model": model}
    assert place.hyai("models", "promote", taken["model"]).code == 0
    assert place.hyai("models", "remove", taken["model"]).code == 1
    assert place.hyai("models", "remove", "1", "--json").data == {"removed": model}
    assert [row["model"] for row in place.hyai("models", "list", "--json").data] == [taken["model"]]
    refused = place.hyai("models", "import", str(place.workspace / "pictures" / "torn.png"))
    assert refused.code == 1
    assert "no model that hyai can take in" in refused.err


def test_a_run_is_shown_with_its_epochs_and_goes_on(trained: tuple[Place, dict[str, Any]], tmp_path: Path) -> None:
    place = trained[0].copy(tmp_path)
    quick = ("--head", "mlp", "--hidden", "16", "--no-kernel")
    made = place.hyai("train", *quick, "--epochs", "3", "--balance", "weighted", "--json").data
    more = place.hyai("train", "--resume", str(made["run"]), "--epochs", "2", "--json").data
    shown = place.hyai("runs", "show", str(more["run"]), "--json").data
    assert [row["epoch"] for row in shown["history"]] == [1, 2, 3, 4, 5]
    assert sum(row["is_best"] for row in shown["history"]) == 1
    assert {one["kind"] for one in shown["checkpoints"]} == {"best", "last"}
    assert shown["settings"]["class_weights"] == "weighted"
    said = place.hyai("runs", "show", str(more["run"]), "--epochs").out
    assert "reached 5 epochs" in said
    assert "val_loss" in said
    assert any("\u2800" < mark < "\u28ff" for mark in said)
    refused = place.hyai("train", "--resume", "1", "--subset", "5")
    assert refused.code == 2
    assert "--subset cannot change it" in refused.err


def test_a_workspace_without_a_model_or_samples_says_what_to_do(tmp_path: Path) -> None:
    place = Place(tmp_path / "workspace", tmp_path / "home")
    (place.workspace / "pictures").mkdir(parents=True)
    place.home.mkdir()
    (place.workspace / "hyai.toml").write_text(SETTINGS)
    for verb, code, word in (("train", 2, "hyai label"), ("score", 1, "hyai train"), ("evaluate", 1, "hyai train")):
        ran = place.hyai(verb)
        assert ran.code == code, ran.err
        assert word in ran.err


def test_the_head_that_is_not_offered_is_refused_with_the_reason(tmp_path: Path) -> None:
    place = Place(tmp_path / "workspace", tmp_path / "home")
    place.home.mkdir(parents=True)
    for head, word in (("with-top", "class scores of ImageNet"), ("forest", "mlp, linear")):
        ran = place.hyai("train", "--head", head)
        assert ran.code == 2
        assert word in ran.err


def test_the_example_model_fits_the_small_encoder_and_its_card_shows_its_report() -> None:
    example = Bundle.load(example_model())
    # If this fails, the encoder has changed: `.venv/bin/python example-model/make.py` makes the model again.
    assert example.encoder.id == small.VERSION.id
    assert example.labels == ("archive", "trash")
    tested = example.record["test"]
    assert tested["macro_f1"] > 0.9
    card = (example_model() / "MODEL_CARD.md").read_text("utf-8")
    for n, figures in ((sum(example.samples.values()), example.metrics), (tested["n"], tested)):
        assert f"on {count(n, 'held-out sample')}: {headline(figures)}" in card
    assert sum(path.stat().st_size for path in example_model().iterdir()) < 1_000_000
