"""Tags of a namespace from the library to a model, a report, suggestions and a review; labels are left alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hyai_tui.checks import namespaces
from hyai_tui.checks.base import CheckPlace
from hyai_tui.checks.book import open_book
from hyai_tui.checks.mending import label_for, tags_for
from hyai_tui.checks.running import run_check
from hyai_tui.cli.main import hyai
from hyai_tui.effects.opening import opened
from hyai_tui.errors import ModelError, NotNow, WrongUse
from hyai_tui.jobs import cache, evaluate, scan, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.retraining import last_training
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.tag_offers import of_namespaces
from hyai_tui.learning.tag_registry import TagRegistry
from hyai_tui.library.base import TagChange
from hyai_tui.queues.context import load_context
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import draw

SETTINGS = (
    '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'
    "[train]\nhidden = 32\nepochs = 40\nbatch_size = 16\nlearning_rate = 0.01\n"
)
LOOKS = {"archive": "series:stripes", "later": "series:check", "trash": "series:noise"}


@dataclass
class Tagged:
    """A workspace whose files are tagged by their look, and what was planted: a file that lacks its tag, one with a wrong one."""

    workspace: Workspace
    lacking: str
    wrong: str
    untagged: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    """60 pictures of three looks in the library, encoded and tagged."""
    root = tmp_path_factory.mktemp("tagged") / "workspace"
    workspace = create_workspace(root, SETTINGS)
    paths = {}
    for number in range(60):
        look = tuple(LOOKS)[number % 3]
        name = f"{look}-{number:02}.png"
        paths[name] = draw(root / "pictures" / name, look, number)
    files = [paths[name] for name in sorted(paths)]
    tags = {paths[name]: {LOOKS[name.partition("-")[0]], "medium:drawn", "series:all"} for name in paths}
    lacking, wrong, untagged = files[0], files[18], files[45]
    tags[lacking].remove("series:stripes")
    tags[wrong].add("series:noise")
    tags[untagged] = {"medium:drawn"}
    tags[files[50]].add("series:rare")
    write(workspace, tags)
    cache.run(JobContext(workspace))
    return Tagged(workspace, lacking, wrong, untagged)


@pytest.fixture(scope="module")
def learned(made: Tagged, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    """The same with a model of the namespace."""
    found = copied(made, tmp_path_factory.mktemp("learned") / "workspace")
    run(train.run, found.workspace, namespace="series")
    return found


def copied(place: Tagged, root: Path) -> Tagged:
    shutil.copytree(place.workspace.root, root)
    return replace(place, workspace=create_workspace(root, SETTINGS))


@pytest.fixture
def tagged(made: Tagged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tagged:
    return at_home(made, tmp_path, monkeypatch)


@pytest.fixture
def trained(learned: Tagged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tagged:
    return at_home(learned, tmp_path, monkeypatch)


def at_home(place: Tagged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tagged:
    root = tmp_path / "workspace"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HYAI_HOME", str(root))
    return copied(place, root)


def write(workspace: Workspace, tags: dict[str, set[str]]) -> None:
    library = workspace.open_library()
    library.change_tags([TagChange(file, add=frozenset(own)) for file, own in tags.items()])
    library.close()
    scan.run(JobContext(workspace))


def run(job: Callable[[JobContext], dict[str, Any]], workspace: Workspace, **options: Any) -> dict[str, Any]:
    return job(JobContext(workspace, options))


def test_tags_of_a_namespace_are_learned_from_the_files_that_have_one(tagged: Tagged) -> None:
    result = run(train.run, tagged.workspace, namespace="Series:")
    assert (result["files"], result["n"], result["rare"]) == (59, 59, 1)
    assert result["samples"] == {"series:all": 59, "series:check": 20, "series:noise": 20, "series:stripes": 19}
    assert result["promoted"]
    # One of twenty was spoilt on purpose, so no tag of the three can be perfect.
    assert all(one["f1"] > 0.85 for one in result["per_label"].values())
    assert {"precision", "recall", "average_precision", "support"} <= result["per_label"]["series:noise"].keys()


def test_a_model_of_tags_leaves_the_one_of_labels_alone(trained: Tagged) -> None:
    model = TagRegistry.of(trained.workspace).require("series").id
    assert Registry(trained.workspace.models_directory).current_id() is None
    with trained.workspace.open_journal() as journal:
        (record,) = journal.runs()
        assert (record["kind"], record["namespace"], record["model"]) == ("train-tags", "series", model)
        assert last_training(trained.workspace, journal) is None
        # Folds of files that are no samples would change which samples are held out together.
        assert journal.folds() == {}
    with pytest.raises(WrongUse, match="Run 1 learned tags"):
        run(train.run, trained.workspace, repeat=1)


def test_the_same_tags_and_seed_give_the_same_figures_and_the_same_folds(trained: Tagged) -> None:
    before = TagRegistry.of(trained.workspace).require("series")
    again = run(train.run, trained.workspace, namespace="series")
    after = TagRegistry.of(trained.workspace).require("series")
    assert {name: before.metrics[name] for name in again["metrics"]} == again["metrics"]
    assert (after.seen.folds == before.seen.folds).all()
    assert (again["previous_model"], again["compared"]["items"]) == (before.id, 59)


def test_a_file_keeps_its_fold_when_others_come(trained: Tagged) -> None:
    before = TagRegistry.of(trained.workspace).require("series").seen
    write(trained.workspace, {trained.untagged: {"series:noise"}})
    run(train.run, trained.workspace, namespace="series", force_promote=True)
    after = TagRegistry.of(trained.workspace).require("series").seen
    assert len(after) == len(before) + 1
    assert all(after.folds[after.place[file]] == before.folds[row] for file, row in before.place.items())


def test_a_training_on_a_part_is_kept_and_not_used(trained: Tagged) -> None:
    whole = TagRegistry.of(trained.workspace).require("series")
    part = run(train.run, trained.workspace, namespace="series", where=["tag=series:check"], least_files=2)
    assert (part["n"], part["promoted"]) == (20, False)
    assert "kept, not used" in part["message"]
    assert TagRegistry.of(trained.workspace).require("series").id == whole.id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"namespace": "creator"}, "no file has one"),
        ({"namespace": "series", "least_files": 100}, "the most frequent is on 59 files"),
        ({"namespace": "series", "data": "somewhere"}, "DATA is about labels"),
        ({"namespace": "series", "head": "linear"}, "mlp only"),
    ],
)
def test_what_cannot_be_learned_says_why(tagged: Tagged, options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        run(train.run, tagged.workspace, **options)


def test_the_report_is_on_the_tags_as_they_are_now(trained: Tagged) -> None:
    model = TagRegistry.of(trained.workspace).require("series")
    report = run(evaluate.run, trained.workspace, namespace="series")
    assert (report["model"], report["n"], report["out_of_fold"], report["unseen"]) == (model.id, 59, 59, 0)
    assert report["macro_f1"] == model.metrics["macro_f1"]
    write(trained.workspace, {trained.untagged: {"series:noise"}, trained.lacking: {"series:stripes"}})
    report = run(evaluate.run, trained.workspace, namespace="series")
    assert (report["n"], report["unseen"]) == (60, 1)
    assert report["per_label"]["series:stripes"]["support"] == 20
    with pytest.raises(ModelError, match="no model of the tags medium"):
        run(evaluate.run, trained.workspace, namespace="medium")


def test_files_without_features_cannot_be_judged(trained: Tagged) -> None:
    library = trained.workspace.open_library()
    with trained.workspace.open_catalog() as catalog:
        library.change_tags([TagChange(one.sha256, remove=one.tags) for one in catalog.files()])
    library.close()
    scan.run(JobContext(trained.workspace))
    with pytest.raises(NotNow, match="No file has both"):
        run(evaluate.run, trained.workspace, namespace="series")


def test_the_review_finds_what_was_planted_and_writes_nothing_by_itself(trained: Tagged) -> None:
    kept = run_check(trained.workspace, namespaces.NAME)
    found = {(one.file, one.kind, one.tags) for one in kept.result.findings}
    assert (trained.lacking, "lacking-tag", ("series:stripes",)) in found
    assert (trained.wrong, "unlikely-tag", ("series:noise",)) in found
    assert len(found) <= 10
    facts = kept.result.facts["namespaces"]["series"]
    assert (facts["tags"], facts["files"]) == (4, 60)
    with trained.workspace.open_catalog() as catalog:
        (file,) = [one for one in catalog.files() if one.sha256 == trained.lacking]
        assert "series:stripes" not in file.tags


def test_an_accepted_finding_is_a_change_of_tags_that_an_undo_takes_back(trained: Tagged) -> None:
    run_check(trained.workspace, namespaces.NAME)
    fixed = CliRunner().invoke(
        hyai, ["findings", "fix", "namespaces", "--file", trained.wrong, "--suggested", "--json"]
    )
    assert json.loads(fixed.stdout) == {"fixed": 1, "waiting": 0, "refused": 0, "done": 1, "failed": 0, "left": 0}
    assert "series:noise" not in tags_of(trained)
    with trained.workspace.open_journal() as journal:
        book = open_book(trained.workspace, journal, [namespaces.NAME])
        assert [book.findings[at].file for at in (book.pile == 2).nonzero()[0].tolist()] == [trained.wrong]
        (edit,) = journal.edits()
    CliRunner().invoke(hyai, ["findings", "undo", str(edit.id)])
    assert "series:noise" in tags_of(trained)


def tags_of(tagged: Tagged) -> frozenset[str]:
    library = tagged.workspace.open_library()
    found = library.lookup([tagged.wrong])[tagged.wrong].tags
    library.close()
    return found


def test_a_finding_suggests_tags_to_add_or_to_take_away(trained: Tagged) -> None:
    with opened(trained.workspace) as parts:
        context = load_context(trained.workspace, catalog=parts.catalog, journal=parts.journal)
        result = namespaces.run(CheckPlace(trained.workspace, parts.catalog, parts.journal, context))
    lines = {(one.file, tags_for(one)) for one in result.findings}
    assert {(trained.lacking, "series:stripes"), (trained.wrong, "-series:noise")} <= lines
    with pytest.raises(WrongUse, match="suggests no label"):
        label_for(result.findings[0])


def test_without_a_model_of_tags_the_review_says_how_to_make_one(tagged: Tagged) -> None:
    kept = run_check(tagged.workspace, namespaces.NAME)
    assert (kept.result.looked_at, list(kept.result.findings)) == (0, [])
    assert "hyai train --namespace" in kept.result.advice[0]


def test_a_file_is_told_which_tags_it_may_lack_and_which_are_doubted(trained: Tagged) -> None:
    with trained.workspace.open_catalog() as catalog:
        (lacks,) = of_namespaces(trained.workspace, catalog, trained.lacking)
        (doubted,) = of_namespaces(trained.workspace, catalog, trained.wrong)
    assert [one["tag"] for one in lacks["offered"]] == ["series:stripes"]
    assert [one["tag"] for one in doubted["doubted"]] == ["series:noise"]
    said = CliRunner().invoke(hyai, ["suggest", trained.lacking, "--json"])
    assert [one["tag"] for one in json.loads(said.stdout)["tags"]] == ["series:stripes"]


def test_models_of_tags_are_listed_chosen_and_removed_by_command(trained: Tagged) -> None:
    first = TagRegistry.of(trained.workspace).require("series").id
    second = run(train.run, trained.workspace, namespace="series")["model"]
    invoke = CliRunner().invoke
    rows = json.loads(invoke(hyai, ["models", "tags", "--use", first, "--json"]).stdout)
    assert [(one["model"], one["current"]) for one in rows] == [(first, True), (second, False)]
    rows = json.loads(invoke(hyai, ["models", "tags", "--remove", second, "--json"]).stdout)
    assert [one["model"] for one in rows] == [first]
    refused = invoke(hyai, ["models", "tags", "--remove", first])
    assert isinstance(refused.exception, ModelError)
