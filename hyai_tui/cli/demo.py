"""`hyai demo`: a workspace on a drawn picture library, with a first model and its mistakes to look at."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import attach, job_display, run_job
from hyai_tui.errors import HyaiError, JobBusy, NotNow
from hyai_tui.jobs import supervisor
from hyai_tui.jobs.events import Event
from hyai_tui.text import count
from hyai_tui.workspace import Workspace, create_workspace

if TYPE_CHECKING:
    from hyai_tui.library.demo.place import DemoPlace

SEED = 3
DIRECTORY = "hyai-demo"
_END_SECONDS = 20.0


@click.command("demo")
@click.argument("directory", metavar="[DIR]", default=DIRECTORY, type=click.Path(path_type=Path))
@click.option("--no-app", is_flag=True, help="Run the loop by commands instead of opening the app.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the drawn pictures (default 3).")
@click.option("--files", type=click.IntRange(min=40, max=20_000), help="How many pictures to draw (default 640).")
@json_option
def demo(directory: Path, no_app: bool, seed: int | None, files: int | None, as_json: bool) -> None:
    """Try hyai on drawn pictures: make (or reopen) a demo workspace in DIR, default ./hyai-demo.

    In a terminal the app opens on it. Without one, or with --no-app, five mistakes are relabelled, the model is
    trained again, a dry run of tagging is shown, and the five are undone.
    """
    from hyai_tui.library.demo import FILES
    from hyai_tui.library.demo.place import claim

    place = claim(directory.expanduser().absolute(), seed, files, (SEED, FILES))
    workspace = _complete(place)
    opens = not no_app and sys.stdin.isatty() and sys.stdout.isatty()
    if not opens:
        from hyai_tui.cli.demo_loop import run_loop

        run_loop(workspace)
    _wait_for_workers(workspace)
    summary = _summary(workspace)
    if opens:
        from hyai_tui.tui.opening import open_app

        narrate(f"Opening {workspace.root}")
        open_app(workspace)
    if as_json or not opens:
        emit(summary, as_json, lambda: _lines(summary))


def _complete(place: DemoPlace) -> Workspace:
    """Do what is missing: draw, put samples, scan, encode, train, score. Each step may be done twice."""
    from hyai_tui.library.demo.place import SETTINGS, mark_complete

    workspace = create_workspace(place.root, SETTINGS)
    if place.complete:
        narrate(f"Reopening the demo in {place.root}")
        return workspace
    narrate(f"Making a demo in {place.root}: {count(place.files, 'picture')} of seed {place.seed}")
    _draw(place, workspace)
    run_step(workspace, "scan")
    run_step(workspace, "cache")
    run_step(workspace, "train")
    run_step(workspace, "score")
    mark_complete(place)
    return workspace


def _draw(place: DemoPlace, workspace: Workspace) -> None:
    """Draw the library unless it is there, tag it, and fill the training folders."""
    from hyai_tui.library.demo.drawing import draw_library
    from hyai_tui.library.demo.layout import facts, plan
    from hyai_tui.library.demo.place import put_samples
    from hyai_tui.library.demo.tags import put_tags
    from hyai_tui.library.folder_tags import FolderTags
    from hyai_tui.library.opening import TAGS_FILE

    if not place.pictures.exists():
        with job_display() as display:
            display.show(_event("stage", name="draw", about="drawing pictures"))
            draw_library(
                place.pictures,
                seed=place.seed,
                files=place.files,
                on_progress=lambda done, total: display.show(
                    _event("progress", done=done, total=total, unit="pictures")
                ),
            )
    planned = plan(place.seed, place.files)
    tags = FolderTags(workspace.root / TAGS_FILE)
    try:
        put_tags(place, tags, planned)
    finally:
        tags.close()
    put_samples(place, workspace.data, facts(place.pictures, planned).samples)


def run_step(workspace: Workspace, kind: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run a job, after the one that an interrupted demo may have left running."""
    try:
        return run_job(workspace, kind, options)
    except JobBusy as busy:
        narrate(f"{busy.job_id} is running here: waiting for its end")
        _wait_for(workspace, busy.job_id)
        return run_job(workspace, kind, options)


def _wait_for(workspace: Workspace, job_id: str) -> None:
    try:
        attach(workspace, supervisor.handle(workspace, job_id))
    except KeyboardInterrupt:
        raise
    except HyaiError as error:
        # Somebody else's job: how it ended is theirs to mend, and our own step says what is wrong for us.
        narrate(f"{job_id} ended: {error.what}")


def _wait_for_workers(workspace: Workspace) -> None:
    """Return when no process works in the workspace any more; a job's process leaves shortly after its result.

    Raises:
        NotNow: if one still runs after a while.
    """
    until = time.monotonic() + _END_SECONDS
    while running := [info.id for info in supervisor.jobs(workspace) if info.state == "running"]:
        if time.monotonic() > until:
            raise NotNow(f"The job {running[0]} still runs", f"Follow it with 'hyai jobs attach {running[0]}'")
        time.sleep(0.05)


def _summary(workspace: Workspace) -> dict[str, Any]:
    from hyai_tui.learning.registry import Registry

    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        return {
            "workspace": str(workspace.root),
            "files": catalog.counts()["files"],
            "samples": sum(1 for one in journal.samples().values() if one.present),
            "model": Registry(workspace.models_directory).current_id(),
        }


def _lines(summary: Mapping[str, Any]) -> Iterable[str]:
    yield f"{count(summary['files'], 'file')}, {count(summary['samples'], 'sample')}, model {summary['model']}"
    yield f"Open it with: hyai demo {summary['workspace']}"


def _event(type_: str, **data: Any) -> Event:
    return Event(type_, 0, time.time(), data)
