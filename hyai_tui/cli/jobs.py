"""`hyai jobs`: what runs and what ran, follow one, end one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from hyai_tui.cli.logs import job_log
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import Exit
from hyai_tui.jobs import supervisor
from hyai_tui.text import duration, table
from hyai_tui.workspace import open_workspace

_END_SECONDS = 30.0


@click.group("jobs", invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """Long work in the background: list it, follow it, end it."""
    if context.invoked_subcommand is None:
        context.invoke(list_jobs, as_json=False)


jobs.add_command(job_log)


@jobs.command("list")
@json_option
def list_jobs(as_json: bool) -> None:
    """List the jobs that run and that ran, newest first."""
    found = supervisor.jobs(open_workspace())
    data = [asdict(info) for info in found]

    def lines() -> Iterable[str]:
        if not found:
            return ["No jobs yet"]
        return table([_row(info) for info in found], ("job", "state", "started", "took", "stage", "what"))

    emit(data, as_json, lines)


def _row(info: supervisor.JobInfo) -> dict[str, Any]:
    counted = "" if info.done is None else f" {info.done:,}" + ("" if info.total is None else f"/{info.total:,}")
    return {
        "job": info.id,
        "state": info.state,
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(info.started)),
        "took": duration((info.ended or time.time()) - info.started),
        "stage": f"{info.stage}{counted}",
        "what": info.what,
    }


@jobs.command("attach")
@click.argument("job", required=False)
@json_option
def attach_job(job: str | None, as_json: bool) -> None:
    """Follow a job to its end: the running one, or JOB. Ctrl-C stops following; the job goes on."""
    from hyai_tui.cli.progress import attach

    workspace = open_workspace()
    handle = supervisor.handle(workspace, job)
    narrate(f"Following {handle.id}; Ctrl-C stops following")
    result = attach(workspace, handle)
    emit(result, as_json, lambda: (f"{name}: {value}" for name, value in result.items()))


@jobs.command("cancel")
@click.argument("job", required=False)
@click.option("--now", is_flag=True, help="Kill it, for a job that does not come to the end of its batch.")
@json_option
def cancel_job(job: str | None, now: bool, as_json: bool) -> int:
    """End a running job after its batch: the running one, or JOB. What it finished is kept."""
    workspace = open_workspace()
    handle = supervisor.cancel(workspace, job, now=now)
    until = time.monotonic() + _END_SECONDS
    for _event in supervisor.follow(handle, lambda: time.monotonic() > until):
        pass
    info = supervisor.job_info(handle.directory)
    emit({"job": info.id, "state": info.state}, as_json, lambda: [_cancelled_line(info)])
    return Exit.DONE


def _cancelled_line(info: supervisor.JobInfo) -> str:
    if info.state == "running":
        return f"{info.id} was asked to stop; it finishes its batch first"
    return f"{info.id}: {info.state}"
