"""The process that works: `python -m hyai_tui.jobs.worker JOBDIR LOCKFD…`, started by the supervisor only.

It has a process session of its own, so that it outlives the terminal that started it. SIGTERM asks it to stop after
the batch. One that an app started may wait for further jobs, see `jobs/warm`. Its standard output and error go to `worker.log` in the job's directory.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, cast

from hyai_tui.crashes import about
from hyai_tui.errors import Cancelled, Exit, HyaiError
from hyai_tui.jobs.context import EventReporter, JobContext
from hyai_tui.jobs.events import EventWriter
from hyai_tui.jobs.kinds import kind_of
from hyai_tui.jobs.spec import JobSpec
from hyai_tui.jobs.warm import fingerprint, waiting
from hyai_tui.logs import discreet, start_log
from hyai_tui.settings import Settings
from hyai_tui.workspace import Workspace

LOG_FILE = "worker.log"
WARM = "--warm"
_NICE = 5
# Modules whose import takes longer than the work that needs them.
_WORTH_KEEPING = frozenset({"tensorflow", "sklearn", "scipy"})


class JobModule(Protocol):
    """What a job's module offers."""

    KIND: str
    COMPUTE: bool

    def run(self, context: JobContext) -> Mapping[str, Any]:
        """Do the work and return the command's JSON."""
        ...


def work(directory: Path, load: Callable[[JobSpec], JobModule], cancelled: Callable[[], bool]) -> int:
    """Run the job whose specification stands in `directory`, and write how it ended.

    Args:
        directory: the job's directory, `<workspace>/.hyai/jobs/<id>`.
        load: gives the module that does the work; called after the first event, as an import may take seconds.
        cancelled: whether the user asked to stop.

    Returns:
        The exit code.
    """
    with EventWriter(directory) as writer:
        spec = JobSpec.read(directory)
        writer.write("started", pid=os.getpid(), kind=spec.kind)
        workspace = Workspace(directory.resolve().parents[2], spec.settings)
        context = JobContext(workspace, spec.options, EventReporter(writer), cancelled, spec.created)
        try:
            context.report.stage("starting", "starting")
            result = load(spec).run(context)
            writer.write("result", result=dict(result))
        except Cancelled as error:
            return _failed(writer, error.what, error.fix, Exit.INTERRUPTED)
        except HyaiError as error:
            return _failed(writer, error.what, error.fix, error.exit_code)
        except Exception as error:  # noqa: BLE001 - the outermost place of this process; nothing is hidden
            # The job's own output is read by people who help: where it happened, and no name or tag.
            sys.stderr.write(f"{discreet(error)}\n")
            logging.getLogger(__name__).error("job %s failed: %s", spec.id, type(error).__name__)
            what = f"The {spec.kind} job met a defect of hyai ({type(error).__name__})"
            return _failed(writer, what, about(error, f"the job {spec.kind}"), Exit.FAILED)
        return Exit.DONE


def _failed(writer: EventWriter, what: str, fix: str, code: Exit) -> int:
    writer.write("failed", what=what, fix=fix, exit=int(code))
    return code


def _load(spec: JobSpec) -> JobModule:
    kind = kind_of(spec.kind)
    if kind.compute and os.getpriority(os.PRIO_PROCESS, 0) < _NICE:
        # The app on the same machine draws pictures meanwhile, and a key is worth more than a second of training.
        os.nice(_NICE)
    return cast(JobModule, importlib.import_module(kind.module))


class _Asked:
    """Remembers that somebody asked to stop. A plain flag: nothing in it can block inside a signal handler."""

    def __init__(self) -> None:
        self.stop = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True


def main(arguments: list[str], load: Callable[[JobSpec], JobModule] = _load) -> int:
    """Run as a process: keep the inherited locks to ourselves, listen for SIGTERM, work.

    Args:
        arguments: `--warm` where the process may wait for further jobs, the job's directory, then the numbers of the
            open files that hold its locks.
        load: gives the module that does the work.
    """
    stays = arguments[0] == WARM
    first, *numbers = arguments[1:] if stays else arguments
    began_as = fingerprint() if stays else ""
    asked = _Asked()
    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    start_log()
    code = _one(Path(first), [int(text) for text in numbers], load, asked)
    if stays:
        _go_on(Path(first), load, asked, began_as)
    return code


def _one(directory: Path, descriptors: list[int], load: Callable[[JobSpec], JobModule], asked: _Asked) -> int:
    """Do one job, and free its locks."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    try:
        return work(directory, load, lambda: asked.stop)
    finally:
        # The end is written and the work is over: free the locks before the interpreter takes its time to go.
        for descriptor in descriptors:
            os.close(descriptor)


def _go_on(directory: Path, load: Callable[[JobSpec], JobModule], asked: _Asked, began_as: str) -> None:
    """Take further jobs of the workspace while an app holds its lease and there is anything to keep warm."""
    workspace = Workspace(directory.resolve().parents[2], Settings())
    if asked.stop or not _WORTH_KEEPING.intersection(sys.modules):
        return
    with waiting(workspace.runtime, began_as) as line:
        while line is not None:
            found = line.next(lambda: not asked.stop and _app_runs(workspace))
            if found is None:
                return
            job, descriptors = found
            asked.stop = False
            _write_log_to(job)
            _one(job, descriptors, load, asked)


def _app_runs(workspace: Workspace) -> bool:
    """Return whether an app holds the workspace's lease."""
    if not (workspace.root / "journal.db").exists():
        return False
    try:
        with workspace.open_journal() as journal:
            return journal.lease() is not None
    except HyaiError:
        return False


def _write_log_to(directory: Path) -> None:
    """Let what is printed from now on stand in this job's log; the first job's directory may be pruned away."""
    os.chdir(directory)
    log = os.open(directory / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
