"""What jobs there are, and how each one stands: read from their directories, never from memory."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hyai_tui.errors import Exit, WrongUse
from hyai_tui.jobs.events import EVENTS_FILE, Event, read_events
from hyai_tui.jobs.locks import is_held
from hyai_tui.jobs.spec import SPEC_FILE, parts_of_id
from hyai_tui.workspace import Workspace

LOCK_FILE = "lock"
KEPT = 50


@dataclass(frozen=True, slots=True)
class JobInfo:
    """How a job stands.

    Attributes:
        id, kind: as in its specification.
        state: `running`, `done`, `failed`, `cancelled`, or `died` (it wrote no end, and no process works on it).
        started, ended: seconds since the epoch; `ended` of a job that died is its last sign of life.
        stage: name of the last stage.
        done, total, unit: last progress of that stage; None where it has none.
        what: why it failed or was cancelled, else the last stage's sentence.
        fix: what to do next, where something is to be done.
    """

    id: str
    kind: str
    state: str
    started: float
    ended: float | None
    stage: str
    done: int | None
    total: int | None
    unit: str
    what: str
    fix: str = ""


def is_running(directory: Path) -> bool:
    """Return whether a process works on the job in that directory."""
    return is_held(directory / LOCK_FILE)


def job_directories(workspace: Workspace) -> list[Path]:
    """Return the directories of all jobs, oldest first."""
    if not workspace.jobs_directory.is_dir():
        return []
    entries = workspace.jobs_directory.iterdir()
    return sorted(one for one in entries if parts_of_id(one.name) is not None and (one / SPEC_FILE).is_file())


def jobs(workspace: Workspace) -> list[JobInfo]:
    """Return every job that is kept, newest first."""
    infos = [job_info(directory) for directory in job_directories(workspace)]
    return sorted(infos, key=lambda info: (info.started, info.id), reverse=True)


def job_info(directory: Path) -> JobInfo:
    """Return how the job in that directory stands."""
    running = is_running(directory)
    # Looked at after the lock was asked for: a job that ended in between has written its end by now.
    if running:
        return describe(directory.name, list(read_events(directory)), running)
    events = directory / EVENTS_FILE
    stamp = events.stat() if events.exists() else None
    return _ended_job(directory, (stamp.st_size, stamp.st_mtime_ns) if stamp else None)


@lru_cache(maxsize=4 * KEPT)
def _ended_job(directory: Path, _stamp: tuple[int, int] | None) -> JobInfo:
    """Return how a job ended; its file does not change any more, and the app asks every second."""
    return describe(directory.name, list(read_events(directory)), running=False)


def describe(job_id: str, events: Sequence[Event], running: bool) -> JobInfo:
    """Return how a job stands from its events, and from whether a process works on it."""
    kind, started = parts_of_id(job_id) or ("", 0.0)
    stage, what, fix, unit = "", "", "", "files"
    done: int | None = None
    total: int | None = None
    state = "running" if running else "died"
    ended: float | None = None
    for event in events:
        data = event.data
        if event.type == "stage":
            stage, what = str(data.get("name", "")), str(data.get("about", ""))
            done = total = None
        elif event.type == "progress":
            done, total, unit = data.get("done"), data.get("total"), str(data.get("unit", "files"))
        elif event.type == "result":
            state, ended, what = "done", event.t, ""
        elif event.type == "failed":
            state = "cancelled" if data.get("exit") == Exit.INTERRUPTED else "failed"
            ended, what, fix = event.t, str(data.get("what", "")), str(data.get("fix", ""))
    if state == "died":
        ended = events[-1].t if events else started
        what, fix = died_sentences(kind)
    return JobInfo(job_id, kind, state, events[0].t if events else started, ended, stage, done, total, unit, what, fix)


def died_sentences(kind: str) -> tuple[str, str]:
    """Return what happened to a job that died, and what to do."""
    return f"The {kind} job was killed before its end", "Start it again; it goes on from what was finished"


def find_job(workspace: Workspace, text: str | None) -> Path:
    """Return the directory of the job that the text means: an id, its beginning or its end; None is the newest.

    Raises:
        WrongUse: if there is none, or more than one.
    """
    known = job_directories(workspace)
    if text is None:
        if not known:
            raise WrongUse("There are no jobs yet", "Start one, such as 'hyai scan'")
        return max(known, key=lambda one: (is_running(one), one.name))
    fitting = [one for one in known if one.name == text] or [
        one for one in known if text and (one.name.startswith(text) or one.name.endswith(text))
    ]
    if len(fitting) != 1:
        what = f"No job is called {text!r}" if not fitting else f"{text!r} means {len(fitting)} jobs"
        raise WrongUse(what, "'hyai jobs list' names them")
    return fitting[0]


def prune(workspace: Workspace, kept: int = KEPT) -> None:
    """Remove the oldest jobs that have ended, so that `kept` are left."""
    known = job_directories(workspace)
    for directory in known[: max(0, len(known) - kept)]:
        if not is_running(directory):
            shutil.rmtree(directory, ignore_errors=True)
