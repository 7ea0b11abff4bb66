"""Starts jobs, follows them and ends them; imports nothing heavy, and never the worker.

The worker is started by command line in a process session of its own and inherits the locks of its kind, so a job
survives the app, the command and the SSH connection that started it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyai_tui.errors import Cancelled, Exit, HyaiError, JobBusy, NotNow, WrongUse
from hyai_tui.jobs.events import Event, EventReader, read_events
from hyai_tui.jobs.kinds import KINDS, JobKind, kind_of
from hyai_tui.jobs.listing import (
    LOCK_FILE,
    JobInfo,
    died_sentences,
    find_job,
    is_running,
    job_info,
    jobs,
    prune,
)
from hyai_tui.jobs.locks import Held, Lock, locks
from hyai_tui.jobs.spec import JobSpec, parts_of_id
from hyai_tui.jobs.warm import hand_over
from hyai_tui.workspace import Workspace

__all__ = ["JobHandle", "JobInfo", "cancel", "find_job", "follow", "handle", "job_info", "jobs", "run", "start"]

_POLL_SECONDS = 0.1
# An ended job's process needs a moment to go, and a reader may hold a lock for an instant to look at it.
_PATIENCE_SECONDS = 5.0
# -P keeps the current directory, which may be a stranger's workspace, off the path of imports.
_WORKER: tuple[str, ...] = ("-P", "-m", "hyai_tui.jobs.worker")
_WORKER_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True, slots=True)
class JobHandle:
    """A job that was started: its id and its directory."""

    id: str
    directory: Path

    @property
    def kind(self) -> str:
        """The job's kind."""
        return kind_in(self.id)


def kind_in(job_id: str) -> str:
    """Return the kind in a job's id, or `hyai` where it is not one."""
    parts = parts_of_id(job_id)
    return parts[0] if parts else "hyai"


def handle(workspace: Workspace, job_id: str | None = None) -> JobHandle:
    """Return the handle of the job of that id (or its beginning or end), or of the running or newest one."""
    directory = find_job(workspace, job_id)
    return JobHandle(directory.name, directory)


def start(
    workspace: Workspace, kind: str, options: Mapping[str, Any] | None = None, *, stays_warm: bool = False
) -> JobHandle:
    """Start a job in a process of its own, or hand it to a worker that is warm, and return at once.

    Args:
        workspace: its settings, as resolved now, go into the specification.
        kind: a key of `kinds.KINDS`.
        options: the command's options, JSON values.
        stays_warm: let the process wait for further jobs while an app holds its lease; for the app alone.

    Raises:
        JobBusy: a job of this kind, or another compute job, is running.
        WrongUse: there is no such kind.
        HyaiError: the disk is full, or the workspace cannot be written.
    """
    wanted = kind_of(kind)
    spec = JobSpec.new(kind, workspace.settings, options or {})
    directory = workspace.jobs_directory / spec.id
    try:
        workspace.prepare_cache()
        with _locks_of(workspace, wanted, spec.id) as held:
            _begin(workspace, directory, spec, held, stays_warm=stays_warm)
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise HyaiError(
            f"The {kind} job could not be started: {error.strerror or error}",
            "Check the disk's free space, and that the workspace is yours to write",
        ) from error
    prune(workspace)
    return JobHandle(spec.id, directory)


def _begin(workspace: Workspace, directory: Path, spec: JobSpec, held: list[Lock], *, stays_warm: bool) -> None:
    """Make the job's directory and start its worker, which inherits the locks."""
    directory.mkdir(mode=0o700, parents=True)
    own = Lock.take(directory / LOCK_FILE, spec.id)
    try:
        spec.write(directory)
        descriptors = [*(lock.descriptor for lock in held), own.descriptor]
        # Compute jobs never run side by side, so a warm worker is free for one; the others have processes of their own.
        if not (KINDS[spec.kind].compute and hand_over(workspace.runtime, directory, descriptors)):
            _spawn(directory, descriptors, stays_warm=stays_warm and KINDS[spec.kind].compute)
    finally:
        own.close()


@contextmanager
def _locks_of(workspace: Workspace, kind: JobKind, job_id: str) -> Iterator[list[Lock]]:
    """Take the kind's locks; waits a moment where their holder has ended and is only on its way out."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with locks(workspace.runtime, kind.locks, job_id) as held:
                _refuse_beside(workspace, kind)
                yield held
                return
        except Held as error:
            directory = workspace.jobs_directory / error.owner
            leaving = not error.owner or not is_running(directory) or _has_ended(directory)
            if not leaving or time.monotonic() > until:
                raise JobBusy(_busy_sentence(kind, error.owner), error.owner) from None
        time.sleep(0.02)


def _refuse_beside(workspace: Workspace, kind: JobKind) -> None:
    """Refuse to start beside a running job whose lock files went away under it.

    Systems empty the runtime directory when a user's last session ends; a job that survived its session still holds
    the lock in its own directory.
    """
    for info in jobs(workspace):
        if info.state == "running" and info.kind in KINDS and set(KINDS[info.kind].locks) & set(kind.locks):
            raise Held(info.id)


def _has_ended(directory: Path) -> bool:
    return any(event.ends for event in read_events(directory))


def _busy_sentence(kind: JobKind, owner: str) -> str:
    other = kind_in(owner)
    if other == kind.name:
        return f"A {other} job is running: {owner}"
    return f"A {kind.name} job cannot run beside the {other} job that is running: {owner}"


def _spawn(directory: Path, descriptors: list[int], *, stays_warm: bool) -> None:
    flags = ["--warm"] if stays_warm else []
    command = [sys.executable, *_WORKER, *flags, str(directory), *map(str, descriptors)]
    log = os.open(directory / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            env={**os.environ, **_WORKER_ENVIRONMENT},
            pass_fds=descriptors,
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(log)
    # Reaps the worker while this process lives; a daemon, so that it keeps nobody from leaving.
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()


def follow(job: JobHandle, stop: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    """Yield the events of a job from its first to its last, waiting for those to come.

    A job that died ends with a `failed` event of ours (not in its file) that says so.

    Args:
        job: the job.
        stop: asked between looks; the iteration ends when it says so, and the job goes on.
    """
    reader = EventReader(job.directory)
    seq, t = 0, time.time()
    while not stop():
        running = is_running(job.directory)
        for event in reader.new():
            seq, t = event.seq, event.t
            yield event
            if event.ends:
                return
        if not running:
            what, fix = died_sentences(job.kind)
            yield Event("failed", seq + 1, t, {"what": what, "fix": fix, "exit": int(Exit.FAILED), "died": True})
            return
        time.sleep(_POLL_SECONDS)


def cancel(workspace: Workspace, job_id: str | None = None, *, now: bool = False) -> JobHandle:
    """Ask a running job to stop after its batch; returns at once. `follow` sees its end.

    Args:
        workspace: the workspace.
        job_id: an id, its beginning or its end; None for the running job.
        now: kill it instead. Jobs survive that, and the next one of the kind goes on from what was finished.

    Raises:
        WrongUse: there is no such job.
        NotNow: it is not running.
    """
    job = handle(workspace, job_id)
    until = time.monotonic() + _PATIENCE_SECONDS
    while is_running(job.directory) and not _has_ended(job.directory):
        if (pid := _pid(job.directory)) is not None:
            _signal(pid, job.directory, signal.SIGKILL if now else signal.SIGTERM)
            return job
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    raise NotNow(f"The job {job.id} is not running", "'hyai jobs list' shows how it ended")


def _pid(directory: Path) -> int | None:
    """Return the worker's process id; None until it listens for SIGTERM."""
    return next((int(event.data["pid"]) for event in read_events(directory) if event.type == "started"), None)


def _signal(pid: int, directory: Path, number: signal.Signals) -> None:
    """Send a signal to the worker, and never to a process that got its number after it."""
    try:
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, number)
            return
        descriptor = os.pidfd_open(pid)
        try:
            # Still holding its lock after the descriptor was opened: the descriptor is the worker.
            if is_running(directory):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)
    except ProcessLookupError:
        # It ended by itself in this moment, which is what was wanted.
        return


def error_of(event: Event) -> HyaiError:
    """Return the error that a `failed` event tells of, of the class that gives its exit code."""
    what, fix = str(event.data.get("what", "The job failed")), str(event.data.get("fix", ""))
    classes: dict[int, type[HyaiError]] = {
        Exit.WRONG_USE: WrongUse,
        Exit.NOT_NOW: NotNow,
        Exit.INTERRUPTED: Cancelled,
    }
    return classes.get(int(event.data.get("exit", Exit.FAILED)), HyaiError)(what, fix)


def run(
    workspace: Workspace,
    kind: str,
    options: Mapping[str, Any] | None = None,
    on_event: Callable[[Event], None] = lambda _event: None,
) -> dict[str, Any]:
    """Start a job, follow it to its end, and return its result.

    Raises:
        JobBusy: it could not start beside a running job.
        HyaiError: what the job failed with; `Cancelled` if it was cancelled.
    """
    return result_of(follow(start(workspace, kind, options)), on_event)


def result_of(events: Iterator[Event], on_event: Callable[[Event], None]) -> dict[str, Any]:
    """Hand each event on, and return the result in the last one.

    Raises:
        HyaiError: what the job failed with.
    """
    for event in events:
        on_event(event)
        if event.type == "result":
            return dict(event.data["result"])
        if event.type == "failed":
            raise error_of(event)
    raise NotNow("The job goes on without us", "'hyai jobs attach' follows it")
