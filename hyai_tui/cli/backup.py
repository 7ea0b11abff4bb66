"""`hyai backup` and `hyai reset`: a workspace in one file and back; starting over, never without such a file."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import WrongUse
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import Workspace, open_workspace

SESSION = "command"
_SECONDS = 60.0


@click.group()
def backup() -> None:
    """The workspace in one file: create, verify, restore."""


@backup.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@json_option
def create(file: Path | None, as_json: bool) -> None:
    """Write settings, journal, tags, pages, training folders, snapshots and models to FILE, and check it.

    Without FILE it goes beside the workspace.
    Features, scores and thumbnails are not in it: they can be made again. Keys never are.
    """
    _create(open_workspace(), file, as_json)


def _create(workspace: Workspace, file: Path | None, as_json: bool) -> Path:
    from hyai_tui.exchange.backup import back_up, default_name

    target = file or default_name(workspace, time.time())
    done = back_up(workspace, target)
    data = {"file": str(target), "members": done.members, "bytes": done.size}
    emit(data, as_json, lambda: [f"{target}: {count(done.members, 'member')}, {megabytes(done.size)}, verified"])
    return target


@backup.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, as_json: bool) -> None:
    """Check every member of FILE against its checksum."""
    from hyai_tui.exchange.backup import verify as check

    members = check(file)
    emit({"file": str(file), "members": members}, as_json, lambda: [f"{file}: {count(members, 'member')}, whole"])


@backup.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def restore(file: Path, directory: Path, as_json: bool) -> None:
    """Make a workspace in DIRECTORY, which is new or empty, from FILE."""
    from hyai_tui.exchange.backup import restore as unpack

    members = unpack(file, directory)
    data = {"workspace": str(directory.absolute()), "members": members}
    emit(data, as_json, lambda: [f"{directory} is a workspace now, from {count(members, 'member')}"])
    narrate("Next: 'hyai doctor' there; a library path that is relative to the workspace may need 'hyai config set'")
    narrate("Then 'hyai scan', 'hyai cache build' and 'hyai score' make again what a back-up leaves out")


@click.group()
def reset() -> None:
    """Start over, in part: each verb writes a back-up first and asks for the workspace's name."""


@reset.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def decisions(yes: bool, as_json: bool) -> None:
    """Take back every decision, as one act that 'hyai undo' brings back; samples go to data/.aside."""
    from hyai_tui.effects.deciding import Decider
    from hyai_tui.effects.opening import opened
    from hyai_tui.journal.model import NewDecision
    from hyai_tui.samples.sync import sync

    workspace = open_workspace()
    with opened(workspace) as parts:
        sync(workspace, parts.journal, parts.catalog)
        files = sorted(parts.journal.effective())
        if not files:
            _nothing({"cleared": 0}, "no decision is in force", as_json)
            return
        _consent(workspace, f"take back {count(len(files), 'decision')}", yes)
        target = _create(workspace, None, as_json=False) if not as_json else _quietly(workspace)
        decider = Decider(workspace, parts.journal, parts.catalog, parts.library, session=SESSION, source="command")
        decider.decide_many([NewDecision(file, "clear") for file in files])
        parts.runner.drain(_SECONDS)
    data = {"cleared": len(files), "backup": str(target)}
    emit(data, as_json, lambda: [f"{count(len(files), 'decision')} taken back; 'hyai undo' brings them back"])


@reset.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def models(yes: bool, as_json: bool) -> None:
    """Remove every model and its scores; the samples stay, and 'hyai retrain' makes a new one."""
    import shutil

    from hyai_tui.learning.registry import Registry

    workspace = open_workspace()
    number = len(Registry(workspace.models_directory).list())
    if not number:
        _nothing({"removed": 0}, "there is no model", as_json)
        return
    _consent(workspace, f"remove {count(number, 'model')} with all scores", yes)
    target = _create(workspace, None, as_json=False) if not as_json else _quietly(workspace)
    for directory in (workspace.models_directory, workspace.scores_directory):
        shutil.rmtree(directory, ignore_errors=True)
    emit(
        {"removed": number, "backup": str(target)},
        as_json,
        lambda: [f"{count(number, 'model')} removed; they are in {target.name}"],
    )


def _nothing(data: dict[str, int], why: str, as_json: bool) -> None:
    """Say that there is nothing to reset: no question is worth asking, and no back-up worth making."""
    emit({**data, "backup": None}, as_json, lambda: [f"There is nothing to reset: {why}"])


def _quietly(workspace: Workspace) -> Path:
    from hyai_tui.exchange.backup import back_up, default_name

    target = default_name(workspace, time.time())
    back_up(workspace, target)
    return target


def _consent(workspace: Workspace, what: str, yes: bool) -> None:
    """Ask for the workspace's name before something is taken away."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUse(f"This would {what}", "Say --yes, or run it in a terminal")
    typed = click.prompt(f"This will {what}. Type the workspace's name ({workspace.root.name}) to go on", err=True)
    if typed.strip() != workspace.root.name:
        raise WrongUse("That is not its name, so nothing was done", "Run it again if you mean it")
