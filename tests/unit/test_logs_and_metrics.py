"""What jobs said and what trainings measured can be taken away as text and as a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hyai_tui.cli.main import hyai
from hyai_tui.jobs.events import EventWriter
from hyai_tui.jobs.spec import JobSpec
from hyai_tui.workspace import Workspace, create_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a job that is done, and two runs, of which one has its files."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOME", str(tmp_path))
    made = create_workspace(tmp_path / "workspace", "")
    monkeypatch.setenv("HYAI_HOME", str(made.root))
    made.prepare_cache()
    spec = JobSpec.new("train", made.settings, {})
    directory = made.jobs_directory / spec.id
    directory.mkdir(parents=True)
    spec.write(directory)
    with EventWriter(directory) as events:
        events.write("stage", name="train", about="training 5 folds side by side")
        events.write("metric", name="loss", value=0.5, step=1, steps=2)
        events.write("warning", text="few samples")
        events.write("result", result={})
    tried = {"items": 40, "before_is": "#1", "before": {"macro_f1": 0.8}, "after": {"macro_f1": 0.9}}
    first: dict[str, Any] = {"kind": "train", "model": "m0001-0", "samples": {"archive": 9, "trash": 7}, "metrics": {}}
    with made.open_journal() as journal:
        journal.add_run(first)
        second = journal.add_run({**first, "model": "m0002-0", "metrics": {"macro_f1": 0.9}, "validation": tried})
    folder = made.runs_directory / f"{second:04d}"
    folder.mkdir(parents=True)
    history = [{"epoch": 1, "loss": 0.5, "val_loss": 0.6}, {"epoch": 2, "loss": 0.4, "val_loss": 0.55}]
    (folder / "run.json").write_text(json.dumps({"run": second, "history": history}))
    return made


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.usefixtures("workspace")
def test_a_job_s_log_has_everything_that_it_said_in_order() -> None:
    printed = CliRunner().invoke(hyai, ["jobs", "log"]).stdout.splitlines()
    assert [line.split("  ")[1].strip() for line in printed] == ["stage", "metric", "warning", "result"]
    assert "training 5 folds side by side" in printed[0]
    assert "loss, value 0.5, step 1, steps 2" in printed[1]
    data = json.loads(CliRunner().invoke(hyai, ["jobs", "log", "--json"]).stdout)
    assert data[2]["text"] == "few samples"


@pytest.mark.usefixtures("workspace")
def test_metrics_of_all_runs_are_one_table_and_those_of_epochs_another(tmp_path: Path) -> None:
    result = CliRunner().invoke(hyai, ["runs", "export", str(tmp_path / "runs.csv"), "--json"])
    assert json.loads(result.stdout)["rows"] == 2
    first, second = read(tmp_path / "runs.csv")
    assert (first["model"], first["samples"], first["macro_f1"], first["items"]) == ("m0001-0", "16", "", "")
    assert (second["macro_f1"], second["before_macro_f1"], second["after_macro_f1"]) == ("0.9", "0.8", "0.9")
    CliRunner().invoke(hyai, ["runs", "export", str(tmp_path / "epochs.csv"), "--epochs"])
    rows = read(tmp_path / "epochs.csv")
    assert [(row["run"], row["epoch"], row["val_loss"]) for row in rows] == [("2", "1", "0.6"), ("2", "2", "0.55")]
