"""Jobs in processes of their own: what is locked, how they end, and who learns of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hyai_tui.errors import Cancelled, HyaiError, JobBusy, NotNow, WrongUse
from hyai_tui.jobs import supervisor
from hyai_tui.jobs.events import Event, read_events
from hyai_tui.jobs.listing import is_running, prune
from hyai_tui.jobs.spec import JobSpec, parts_of_id
from hyai_tui.locations import crashes_directory
from hyai_tui.workspace import Workspace
from tests.unit.jobs_fixtures import make_workspace, use_sample_worker

SLOW = {"steps": 2000, "seconds": 0.02}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_sample_worker(monkeypatch)
    return make_workspace(tmp_path, monkeypatch)


def wait_for(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not truth():
        assert time.monotonic() < until
        time.sleep(0.02)


def state(workspace: Workspace, job: supervisor.JobHandle) -> str:
    return next(info.state for info in supervisor.jobs(workspace) if info.id == job.id)


def end(workspace: Workspace, job: supervisor.JobHandle) -> Event:
    supervisor.cancel(workspace, job.id)
    return list(supervisor.follow(job))[-1]


def test_a_job_runs_to_its_result_and_every_event_is_seen_in_order(workspace: Workspace) -> None:
    seen: list[Event] = []
    result = supervisor.run(workspace, "scan", {"steps": 3}, seen.append)
    assert result == {"counted": 3, "batch": 256, "stdin": ""}
    assert [event.seq for event in seen] == list(range(len(seen)))
    assert [event.type for event in seen][:2] == ["started", "stage"]
    assert seen[-1].type == "result"


def test_the_settings_of_the_start_are_those_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sample_worker(monkeypatch)
    workspace = make_workspace(tmp_path, monkeypatch, "[tag]\nbatch_size = 12\n")
    job = supervisor.start(workspace, "scan", {"steps": 20, "seconds": 0.01})
    workspace.settings_file.write_text("[tag]\nbatch_size = 99\n")
    assert list(supervisor.follow(job))[-1].data["result"]["batch"] == 12


def test_an_id_tells_kind_and_time_and_sorts_by_it(workspace: Workspace) -> None:
    before = time.time()
    job = supervisor.start(workspace, "scan")
    kind, started = parts_of_id(job.id) or ("", 0.0)
    assert kind == "scan" == job.kind
    assert before - 1 <= started <= time.time()
    assert parts_of_id("lost+found") is None
    assert parts_of_id("20269999-235512-scan-3f2a") is None
    list(supervisor.follow(job))


def test_a_second_job_of_the_kind_is_refused_with_the_id_of_the_first(workspace: Workspace) -> None:
    first = supervisor.start(workspace, "scan", SLOW)
    with pytest.raises(JobBusy) as caught:
        supervisor.start(workspace, "scan")
    assert caught.value.job_id == first.id
    assert first.id in caught.value.fix
    assert caught.value.exit_code == 3
    end(workspace, first)


@pytest.mark.parametrize(
    ("running", "wanted", "refused"),
    [
        ("cache", "train", True),
        ("train", "retrain", True),
        ("tag", "eval", True),
        ("untag", "tag", True),
        ("scan", "train", False),
        ("train", "tag", False),
    ],
)
def test_one_compute_job_at_all_and_one_writer_of_tags(
    workspace: Workspace, running: str, wanted: str, refused: bool
) -> None:
    first = supervisor.start(workspace, running, SLOW)
    if refused:
        with pytest.raises(JobBusy, match=first.id):
            supervisor.start(workspace, wanted)
    else:
        supervisor.run(workspace, wanted)
    end(workspace, first)


def test_a_job_that_survived_its_runtime_directory_still_refuses_another(workspace: Workspace) -> None:
    first = supervisor.start(workspace, "scan", SLOW)
    for lock in workspace.runtime.glob("*.lock"):
        lock.unlink()
    with pytest.raises(JobBusy, match=first.id):
        supervisor.start(workspace, "scan")
    end(workspace, first)


def test_the_next_job_starts_while_the_process_of_an_ended_one_still_lingers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_LINGERS", "1")
    supervisor.run(workspace, "scan")
    assert supervisor.run(workspace, "scan")["counted"] == 1


def test_cancel_ends_a_job_after_its_batch_and_keeps_exit_130(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", SLOW)
    assert state(workspace, job) == "running"
    last = end(workspace, job)
    assert last.data["exit"] == 130
    assert state(workspace, job) == "cancelled"
    with pytest.raises(NotNow):
        supervisor.cancel(workspace, job.id)
    with pytest.raises(Cancelled):
        supervisor.result_of(supervisor.follow(job), lambda _event: None)


def test_a_job_that_does_not_listen_can_be_killed(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", {"steps": 1, "seconds": 1000})
    supervisor.cancel(workspace, job.id, now=True)
    assert list(supervisor.follow(job))[-1].data["died"]
    assert state(workspace, job) == "died"


def test_a_workspace_that_cannot_be_written_says_so_and_leaves_no_job(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_spec: JobSpec, _directory: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(JobSpec, "write", full)
        with pytest.raises(HyaiError, match="No space left on device") as caught:
            supervisor.start(workspace, "scan")
    assert "free space" in caught.value.fix
    assert list(workspace.jobs_directory.iterdir()) == []
    assert supervisor.jobs(workspace) == []


def test_following_and_starting_jobs_imports_nothing_heavy() -> None:
    code = "import sys, hyai_tui.jobs.supervisor, hyai_tui.cli.progress, hyai_tui.cli.jobs; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "tensorflow", "keras", "sklearn", "PIL", "textual", "rich", "hyai_tui.jobs.worker"}
    assert not heavy & set(done.stdout.split())


def test_a_killed_worker_died_says_so_and_frees_its_locks(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", {"end": "killed"})
    last = list(supervisor.follow(job))[-1]
    assert last.type == "failed"
    assert last.data["died"]
    assert state(workspace, job) == "died"
    assert supervisor.run(workspace, "scan")["counted"] == 1


def test_an_error_with_a_fix_keeps_both_and_its_exit_code(workspace: Workspace) -> None:
    with pytest.raises(NotNow) as caught:
        supervisor.run(workspace, "scan", {"end": "down"})
    assert (caught.value.what, caught.value.fix) == ("Hydrus is not running", "Start it")
    assert supervisor.jobs(workspace)[0].what == "Hydrus is not running"


def test_a_defect_leaves_a_log_and_a_report_that_tell_where_without_its_message(workspace: Workspace) -> None:
    with pytest.raises(HyaiError) as caught:
        supervisor.run(workspace, "scan", {"end": "defect"})
    directory = supervisor.find_job(workspace, None)
    (report,) = crashes_directory().glob("*.txt")
    assert str(report) in caught.value.fix
    for file in (directory / "worker.log", report):
        text = file.read_text("utf-8")
        assert "jobs_sample_worker.py" in text
        assert "ZeroDivisionError" in text
        assert "a defect" not in text
        assert file.stat().st_mode & 0o077 == 0
    assert (directory / "events.jsonl").stat().st_mode & 0o077 == 0


def test_a_job_works_in_a_session_of_its_own_and_a_hang_up_does_not_end_it(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", SLOW)
    wait_for(lambda: any(event.type == "progress" for event in read_events(job.directory)))
    pid = next(event.data["pid"] for event in read_events(job.directory) if event.type == "started")
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGHUP)
    seen = len(list(read_events(job.directory)))
    wait_for(lambda: len(list(read_events(job.directory))) > seen)
    assert is_running(job.directory)
    end(workspace, job)


def test_following_stops_when_asked_and_the_job_goes_on(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", SLOW)
    looks = iter([False, False, True])
    assert not any(event.ends for event in supervisor.follow(job, lambda: next(looks)))
    assert is_running(job.directory)
    end(workspace, job)


def test_a_second_reader_sees_the_same_story(workspace: Workspace) -> None:
    job = supervisor.start(workspace, "scan", {"steps": 5, "seconds": 0.01})
    assert list(supervisor.follow(job)) == list(supervisor.follow(job))


def test_a_job_is_found_by_the_beginning_or_the_end_of_its_id(workspace: Workspace) -> None:
    with pytest.raises(WrongUse, match="no jobs"):
        supervisor.find_job(workspace, None)
    supervisor.run(workspace, "scan")
    job = supervisor.handle(workspace)
    assert supervisor.find_job(workspace, job.id[-4:]) == job.directory
    assert supervisor.find_job(workspace, job.id[:15]) == job.directory
    with pytest.raises(WrongUse, match="nope"):
        supervisor.find_job(workspace, "nope")


def test_an_unknown_kind_is_refused_and_nothing_of_its_name_is_imported(workspace: Workspace) -> None:
    with pytest.raises(WrongUse, match="antigravity"):
        supervisor.start(workspace, "antigravity")
    assert not workspace.jobs_directory.exists()


def test_old_jobs_go_and_running_ones_stay(workspace: Workspace) -> None:
    running = supervisor.start(workspace, "scan", SLOW)
    for number in range(5):
        name = f"20990101-00000{number}-tag-00aa"
        (workspace.jobs_directory / name).mkdir()
        JobSpec(name, "tag", workspace.settings).write(workspace.jobs_directory / name)
    prune(workspace, kept=2)
    assert [info.id[:15] for info in supervisor.jobs(workspace)] == [
        "20990101-000004",
        "20990101-000003",
        running.id[:15],
    ]
    end(workspace, running)


def test_a_copied_workspace_shows_its_jobs_as_dead_and_starts_its_own(workspace: Workspace, tmp_path: Path) -> None:
    job = supervisor.start(workspace, "scan", SLOW)
    wait_for(lambda: any(event.type == "progress" for event in read_events(job.directory)))
    shutil.copytree(workspace.root, tmp_path / "copy")
    copy = Workspace(tmp_path / "copy", workspace.settings)
    assert [info.state for info in supervisor.jobs(copy)] == ["died"]
    assert supervisor.run(copy, "scan")["counted"] == 1
    end(workspace, job)
