"""The story of a job: what is written, what is thinned, and what a reader makes of a torn or newer file."""

from __future__ import annotations

import ast
import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import hyai_tui.jobs
from hyai_tui.cli.progress import PlainLines
from hyai_tui.errors import Cancelled, WorkspaceError
from hyai_tui.jobs import worker
from hyai_tui.jobs.context import EventReporter, JobContext
from hyai_tui.jobs.events import EVENTS_FILE, Event, EventReader, EventWriter, read_events
from hyai_tui.jobs.kinds import KINDS
from hyai_tui.jobs.listing import describe
from hyai_tui.jobs.spec import SPEC_FILE, JobSpec
from hyai_tui.settings import Settings
from hyai_tui.workspace import Workspace

JOB = "20261120-235512-train-3f2a"


def lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / EVENTS_FILE).read_text().splitlines()]


def test_a_torn_last_line_waits_for_its_end_and_a_restart_cuts_it(tmp_path: Path) -> None:
    with EventWriter(tmp_path) as writer:
        writer.write("stage", name="one")
    whole = (tmp_path / EVENTS_FILE).read_bytes()
    (tmp_path / EVENTS_FILE).write_bytes(whole + b'{"v": 1, "seq": 1, "t"')
    reader = EventReader(tmp_path)
    assert [event.seq for event in reader.new()] == [0]
    assert reader.new() == []
    with EventWriter(tmp_path) as writer:
        writer.write("log", text="again")
    assert [(line["seq"], line["type"]) for line in lines(tmp_path)] == [(0, "stage"), (1, "log")]


def test_a_reader_keeps_types_that_it_does_not_know_and_drops_lines_that_are_none(tmp_path: Path) -> None:
    (tmp_path / EVENTS_FILE).write_text('{"v": 9, "seq": 0, "t": 1, "type": "confetti", "x": 2}\nnot json\n[1]\n')
    assert list(read_events(tmp_path)) == [Event("confetti", 0, 1.0, {"x": 2})]
    assert describe(JOB, list(read_events(tmp_path)), running=True).state == "running"


def test_progress_is_thinned_but_the_last_of_a_stage_is_always_there(tmp_path: Path) -> None:
    with EventWriter(tmp_path) as writer:
        report = EventReporter(writer)
        report.stage("count")
        for done in range(1000):
            report.progress(done, 2000)
        report.stage("next")
    written = [line for line in lines(tmp_path) if line["type"] == "progress"]
    assert len(written) < 100
    assert (written[-1]["done"], written[-1]["total"], written[-1]["stage"]) == (999, 2000, "count")


def test_a_stage_that_says_again_and_again_that_it_is_whole_is_heard_once(tmp_path: Path) -> None:
    with EventWriter(tmp_path) as writer:
        report = EventReporter(writer)
        for _ in range(1000):
            report.progress(300, 300)
        for done in range(301, 1000):
            report.progress(done, done)
        report.log("next")
    written = [line["done"] for line in lines(tmp_path) if line["type"] == "progress"]
    assert written[0] == 300
    assert written[-1] == 999
    assert len(written) < 100


def test_a_number_that_is_none_is_written_as_null(tmp_path: Path) -> None:
    with EventWriter(tmp_path) as writer:
        EventReporter(writer).metric("loss", float("nan"), 1, 10)
        EventReporter(writer).metric("loss", 0.25, 2, 10)
    assert [line["value"] for line in lines(tmp_path)] == [None, 0.25]


def test_how_a_job_stands_follows_from_its_events() -> None:
    told = [
        Event("started", 0, 10.0, {"pid": 1}),
        Event("stage", 1, 11.0, {"name": "fit", "about": "training"}),
        Event("progress", 2, 12.0, {"done": 3, "total": 10, "unit": "rounds"}),
    ]
    running = describe(JOB, told, running=True)
    assert (running.kind, running.state, running.stage, running.done, running.total) == (
        "train",
        "running",
        "fit",
        3,
        10,
    )
    assert (running.started, running.ended, running.unit, running.what) == (10.0, None, "rounds", "training")
    died = describe(JOB, told, running=False)
    assert (died.state, died.ended) == ("died", 12.0)
    assert "goes on" in died.fix
    ended = {
        "done": Event("result", 3, 13.0, {"result": {}}),
        "failed": Event("failed", 3, 13.0, {"what": "no", "fix": "do", "exit": 1}),
        "cancelled": Event("failed", 3, 13.0, {"what": "Cancelled", "fix": "", "exit": 130}),
    }
    for state, last in ended.items():
        assert describe(JOB, [*told, last], running=False).state == state


def test_a_specification_gives_back_what_was_put_in(tmp_path: Path) -> None:
    spec = JobSpec.new("train", Settings(), {"epochs": 3})
    spec.write(tmp_path)
    assert JobSpec.read(tmp_path) == spec
    (tmp_path / SPEC_FILE).write_text("{}")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        JobSpec.read(tmp_path)


def test_the_worker_imports_only_modules_of_known_kinds(tmp_path: Path) -> None:
    directory = tmp_path / "workspace" / ".hyai" / "jobs" / JOB
    directory.mkdir(parents=True)
    JobSpec(JOB, "antigravity", Settings()).write(directory)
    assert worker.work(directory, worker._load, lambda: False) == 2
    assert lines(directory)[-1]["what"] == "There is no job kind 'antigravity'"


def test_the_workspace_of_a_job_is_where_the_job_stands_so_that_it_may_be_moved(tmp_path: Path) -> None:
    directory = tmp_path / "moved" / ".hyai" / "jobs" / JOB
    directory.mkdir(parents=True)
    JobSpec(JOB, "train", Settings()).write(directory)

    class Look:
        KIND, COMPUTE = "train", True

        def run(self, context: JobContext) -> Mapping[str, Any]:
            return {"root": str(context.workspace.root)}

    assert worker.work(directory, lambda _spec: Look(), lambda: False) == 0
    assert lines(directory)[-1]["result"] == {"root": str(tmp_path.resolve() / "moved")}


def test_check_raises_once_somebody_asked_to_stop(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Settings())
    JobContext(workspace).check()
    with pytest.raises(Cancelled):
        JobContext(workspace, cancelled=lambda: True).check()


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_module_that_agrees_with_the_table(name: str) -> None:
    # Read, not imported: some of them start TensorFlow.
    source = Path(hyai_tui.jobs.__file__).with_name(f"{name}.py").read_text("utf-8")
    constants = {
        target.id: node.value.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert constants["KIND"] == name
    assert constants["COMPUTE"] == KINDS[name].compute
    assert ("compute" in KINDS[name].locks) == KINDS[name].compute


def test_plain_lines_hold_what_a_log_should_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    display = PlainLines()
    for event in (
        Event("started", 0, 0, {"pid": 3}),
        Event("stage", 1, 0, {"name": "starting", "about": "starting"}),
        Event("stage", 2, 0, {"name": "fit", "about": "training"}),
        Event("progress", 3, 0, {"done": 1, "total": 2000, "unit": "files"}),
        Event("progress", 4, 0, {"done": 2000, "total": 2000, "unit": "files"}),
        Event("metric", 5, 0, {"name": "loss", "value": 0.5, "step": 1, "steps": 2}),
        Event("metric", 6, 0, {"name": "loss", "value": None, "step": 2, "steps": 2}),
        Event("warning", 7, 0, {"text": "a name with \x1b[31m"}),
        Event("log", 8, 0, {"text": "one sample has no picture"}),
        Event("log", 9, 0, {"text": "#3 is in use", "in_result": True}),
    ):
        display.show(event)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "training",
        "2,000 of 2,000 files",
        "loss –",
        "warning: a name with ␛[31m",
        "one sample has no picture",
    ]


def test_a_full_disk_costs_lines_of_the_story_and_never_a_torn_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EventWriter(tmp_path) as writer:
        writer.write("stage", name="one")
        file = writer._file

        class Full:
            """A file on a disk without space: half of a line fits, then nothing."""

            room = 10

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

            def write(self, data: bytes) -> int:
                if not self.room:
                    raise OSError(errno.ENOSPC, "No space left on device")
                written = file.write(data[: self.room])
                self.room = 0
                return written

        with monkeypatch.context() as patch:
            patch.setattr(writer, "_file", Full())
            writer.write("log", text="lost")
            writer.write("warning", text="lost too")
            with pytest.raises(OSError, match="No space"):
                writer.write("result", result={})
        writer.write("waiting", text="The disk is full")
    assert [(one["seq"], one["type"]) for one in lines(tmp_path)] == [(0, "stage"), (1, "waiting")]
