"""Numbered label runs to train and judge by, sticky splits, and predictions that are kept with their run."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from hyai_tui.cli.main import hyai
from hyai_tui.effects.opening import opened
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.exchange.importing import carry_out, plan_import
from hyai_tui.exchange.label_runs import compare, label_runs, labels_of_run
from hyai_tui.jobs import cache, evaluate, score, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.label_runs import samples_of_run
from hyai_tui.jobs.retraining import is_whole, last_training
from hyai_tui.learning.predictions import Predictions
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.runs import folder, rename_label
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import _runtime, run, workspace

__all__ = ["_runtime", "workspace"]


def pictures(workspace: Workspace) -> list[str]:
    """Return the hashes of the twenty pictures, by name: ten of archive, ten of trash."""
    with workspace.open_catalog() as catalog:
        return [one.sha256 for one in sorted(catalog.files(), key=lambda one: one.paths[0])]


def take_in(workspace: Workspace, tmp_path: Path, labels: dict[str, str]) -> int:
    """Import labels and return the number of their run."""
    table = tmp_path / "labels.csv"
    table.write_text("hash,label\n" + "".join(f"{file},{label}\n" for file, label in labels.items()))
    with opened(workspace) as parts:
        number = carry_out(plan_import(table, parts), parts, "test")
        parts.runner.drain(60)
    assert number is not None
    return number


def two_runs(workspace: Workspace, tmp_path: Path) -> tuple[int, int]:
    """Label all files rightly, then sixteen of them with four errors; return both runs."""
    run(train.run, workspace)
    cache.run(JobContext(workspace))
    files = pictures(workspace)
    right = {file: ("archive", "trash")[place >= 10] for place, file in enumerate(files)}
    wrong = {file: right[file] for file in files[2:18]}
    wrong |= dict.fromkeys(files[2:4], "trash") | dict.fromkeys(files[16:18], "archive")
    return take_in(workspace, tmp_path, right), take_in(workspace, tmp_path, wrong)


def test_a_label_run_is_all_that_its_table_said(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_runs(workspace, tmp_path)
    with workspace.open_journal() as journal:
        found = {one.number: (one.rows, one.files) for one in label_runs(list(journal.decisions()))}
        # Sixteen files had their label already, and twelve of the second table.
        assert found == {first: (20, 4), second: (16, 4)}
        labels = {one.identity: one.label for one in samples_of_run(journal, workspace.data, first)}
    assert list(labels.values()).count("archive") == 10
    assert labels[pictures(workspace)[2]] == "archive"


def test_two_label_runs_are_compared_file_by_file(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_runs(workspace, tmp_path)
    with workspace.open_journal() as journal:
        decisions = list(journal.decisions(newest_first=False))
    found = compare(labels_of_run(decisions, first), labels_of_run(decisions, second))
    assert (found.both, found.same, found.only_first, found.only_second) == (16, 12, 4, 0)
    # Each label on half of the files by both: chance agrees on half, and half of the rest agrees too.
    assert found.kappa == pytest.approx(0.5)
    assert found.pairs == {
        ("archive", "archive"): 6,
        ("archive", "trash"): 2,
        ("trash", "archive"): 2,
        ("trash", "trash"): 6,
    }
    files = pictures(workspace)
    assert found.different == {
        **dict.fromkeys(sorted(files[2:4]), ("archive", "trash")),
        **dict.fromkeys(sorted(files[16:18]), ("trash", "archive")),
    }
    assert compare({"a": "x"}, {"b": "x"}).kappa is None
    assert compare({"a": "x"}, {"a": "x"}).kappa is None, "one label alone agrees by chance"


def test_two_label_runs_train_two_models_that_their_records_tell_apart(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_runs(workspace, tmp_path)
    in_use = Registry(workspace.models_directory).current_id()
    one, other = (run(train.run, workspace, label_run=number) for number in (first, second))
    assert (one["samples"], other["samples"]) == ({"archive": 10, "trash": 10}, {"archive": 8, "trash": 8})
    assert not one["promoted"]
    assert Registry(workspace.models_directory).current_id() == in_use
    with workspace.open_journal() as journal:
        records = journal.runs()[-2:]
        assert [record["label_run"] for record in records] == [first, second]
        assert records[0]["fingerprint"] != records[1]["fingerprint"]
        assert not any(map(is_whole, records))
        assert (found := last_training(workspace, journal)) is not None
        assert found.run == 1


def test_a_model_is_judged_by_the_labels_of_a_run(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_runs(workspace, tmp_path)
    one, other = (run(evaluate.run, workspace, label_run=number) for number in (first, second))
    assert (one["n"], other["n"]) == (20, 16)
    # Twelve of the sixteen rows of the second are right, so a good model is not.
    assert one["accuracy"] > other["accuracy"]
    assert other["label_run"] == second


def test_an_undone_label_run_is_refused_and_one_that_never_was_too(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_runs(workspace, tmp_path)
    with workspace.open_journal() as journal:
        journal.undo_act(second)
    with pytest.raises(WrongUse, match="was undone"):
        run(train.run, workspace, label_run=second)
    with pytest.raises(WrongUse, match="no label run 99") as refused:
        run(evaluate.run, workspace, label_run=99)
    assert str(first) in refused.value.fix


def test_splits_are_sticky_and_their_counts_sum(workspace: Workspace) -> None:
    run(train.run, workspace)
    whole = run(evaluate.run, workspace)
    parts = {name: whole["splits"][name] for name in ("train", "validation")}
    assert (sum(whole["splits"].values()), whole["splits"]["test"]) == (whole["n"], 0)
    for name, number in parts.items():
        report = run(evaluate.run, workspace, split=name)
        assert (report["n"], report["split"], report["splits"]) == (number, name, whole["splits"])
    with pytest.raises(NotNow, match="no sample in the split test") as refused:
        run(evaluate.run, workspace, split="test")
    assert refused.value.fix.startswith("Set train.test_share")
    kept = replace(workspace.settings, train=replace(workspace.settings.train, test_share=0.2))
    with pytest.raises(NotNow) as too_late:
        run(evaluate.run, replace(workspace, settings=kept), split="test")
    assert too_late.value.fix.startswith("Samples keep the fold"), (
        "the setting is there, and says nothing of old samples"
    )
    with pytest.raises(WrongUse, match="no split 'nothing'"):
        run(evaluate.run, workspace, split="nothing")
    run(train.run, workspace, seed=9)
    assert run(evaluate.run, workspace)["splits"] == whole["splits"]


def test_a_training_keeps_a_prediction_of_each_sample(workspace: Workspace) -> None:
    trained = run(train.run, workspace)
    found = Predictions.load(folder(workspace.runs_directory, trained["run"]), trained["run"])
    rows = list(found.rows())
    assert len(rows) == sum(trained["samples"].values()) == 16
    assert all(row["is_correct"] == (row["label"] == row["predicted"]) for row in rows)
    assert sum(row["is_correct"] for row in rows) / 16 == pytest.approx(trained["metrics"]["accuracy"])
    assert all(row["confidence"] == max(row["probabilities"].values()) for row in rows)


def test_predictions_of_a_split_are_a_run_of_their_own(workspace: Workspace) -> None:
    run(train.run, workspace)
    done = [run(score.run, workspace, split=name) for name in ("train", "validation")]
    assert sum(one["scored"] for one in done) == 16
    with workspace.open_journal() as journal:
        records = journal.runs()[-2:]
    for one, record in zip(done, records, strict=True):
        rows = list(Predictions.load(folder(workspace.runs_directory, one["run"]), one["run"]).rows())
        assert (len(rows), sum(row["is_correct"] for row in rows)) == (one["scored"], one["correct"])
        assert {row["split"] for row in rows} == {record["split"]}
        assert (record["kind"], record["status"], record["model"]) == ("predict", "finished", one["model"])
        assert record["metrics"]["accuracy"] == pytest.approx(one["correct"] / one["scored"], abs=1e-6)
        assert not is_whole(record)
    assert not list(workspace.scores_directory.glob("*.npy")), "no file has got a score"
    with pytest.raises(WrongUse, match="is no training"):
        run(train.run, workspace, repeat=done[0]["run"])


def test_the_predictions_of_a_run_are_printed_and_written(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = run(train.run, workspace)
    monkeypatch.setenv("HYAI_HOME", str(workspace.root))
    target = tmp_path / "p.csv"
    invoke = CliRunner().invoke
    number = str(trained["run"])
    rows = json.loads(invoke(hyai, ["runs", "predictions", number, "--csv", str(target), "--json"]).stdout)
    with target.open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.DictReader(file))
    assert [one["file"] for one in cells] == [one["file"] for one in rows]
    assert json.loads(cells[0]["probabilities"]) == rows[0]["probabilities"]
    wrong = json.loads(invoke(hyai, ["runs", "predictions", number, "--wrong", "--json"]).stdout)
    assert len(wrong) == sum(not one["is_correct"] for one in rows)
    (listed,) = json.loads(invoke(hyai, ["runs", "list", "--json"]).stdout)
    assert (listed["type"], listed["accuracy"]) == ("training", trained["metrics"]["accuracy"])
    assert isinstance(invoke(hyai, ["runs", "predictions", "9"]).exception, WrongUse)


def test_a_renamed_label_is_renamed_in_kept_predictions(workspace: Workspace) -> None:
    trained = run(train.run, workspace)
    rename_label(workspace.runs_directory, "archive", "keep")
    found = Predictions.load(folder(workspace.runs_directory, trained["run"]), trained["run"])
    assert found.labels == ("keep", "trash")


def test_predictions_that_are_not_kept_or_damaged_are_named(workspace: Workspace) -> None:
    trained = run(train.run, workspace)
    place = folder(workspace.runs_directory, trained["run"])
    (place / "predictions.npz").write_bytes(b"nothing")
    with pytest.raises(WrongUse, match="cannot be read"):
        Predictions.load(place, trained["run"])
    (place / "predictions.npz").unlink()
    with pytest.raises(WrongUse, match="are not kept"):
        Predictions.load(place, trained["run"])


def test_a_run_may_train_on_a_part_of_it_by_the_tags_of_its_files(workspace: Workspace, tmp_path: Path) -> None:
    first, _ = two_runs(workspace, tmp_path)
    part = run(train.run, workspace, label_run=first, where=["state=inbox"])
    with workspace.open_catalog() as catalog:
        known = sum(one.state.value == "inbox" for one in catalog.files())
    assert sum(part["samples"].values()) == known
