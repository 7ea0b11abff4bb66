"""`hyai label`, `undo`, `redo` and `decisions`: the same journal as the app."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.effects.deciding import Decider, Mode
from hyai_tui.effects.moves import Moves
from hyai_tui.effects.naming import named_file
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.errors import NotNow, PermissionMissing, WrongUse
from hyai_tui.journal.model import Decision, Kind, NewDecision
from hyai_tui.text import count, short_hash
from hyai_tui.workspace import open_workspace

DRAIN_SECONDS = 1.0
SESSION = "command"
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("skip", "Look at the files later; nothing is learned."),
    ("unsure", "The files are neither; no label, no tag."),
    ("ignore", "Do not ask about the files again; no label, no tag."),
    ("clear", "Take the files' decisions away."),
)


def _kind_options(command: Any) -> Any:
    for kind, about in reversed(_KINDS):
        command = click.option(f"--{kind}", "kinds", flag_value=kind, multiple=True, help=about)(command)
    return command


@click.command("label")
@click.argument("words", nargs=-1, required=True, metavar="FILE... [LABEL]")
@_kind_options
@click.option("--new", "new_label", is_flag=True, help="Make the label if there is none of that name.")
@click.option("--stage", is_flag=True, help="Stage the move to archive or trash, for 'hyai effects commit'.")
@click.option("--live", is_flag=True, help="Move the files in the library at once; undo moves them back.")
@json_option
def label(
    words: tuple[str, ...], kinds: tuple[Kind, ...], new_label: bool, stage: bool, live: bool, as_json: bool
) -> None:
    """Decide on FILE...: give them LABEL, as one act. FILE is a SHA-256, a unique beginning of one, or a path."""
    files, name, kind = _parsed(words, kinds)
    if stage and live:
        raise WrongUse("--stage and --live exclude each other", "Give one of them")
    workspace = open_workspace()
    with opened(workspace) as parts:
        decider = _decider(parts, "LIVE" if live else "STAGED" if stage else "LEARN")
        if live:
            _require_moves(parts, decider)
        # Every name is looked up before anything is recorded: one that is wrong stops all.
        new = [NewDecision(named_file(one, parts.journal, parts.catalog, workspace), kind, name) for one in files]
        outcomes = decider.decide_many(new, new_label=new_label)
        rows = [{**_row(one.decision), "line": one.line} for one in outcomes]
        emit(rows, as_json, lambda: (f"{short_hash(one.decision.file)}  {one.line}" for one in outcomes))
        settle_decided(parts, [one.decision for one in outcomes])


@click.command("undo")
@click.argument("acts", type=click.IntRange(min=1), default=1, metavar="[N]")
@click.option("--act", type=click.IntRange(min=1), help="The act of this number in 'hyai decisions --json'.")
@json_option
def undo(acts: int, act: int | None, as_json: bool) -> None:
    """Undo the newest act, the newest N, or one by its number; an act on several files is undone whole."""
    with opened(open_workspace()) as parts:
        decider = _decider(parts)
        reversal = decider.undo(acts, everybody=True) if act is None else decider.undo_act(act)
        _print_reversal(reversal.decisions, reversal.line, as_json)
        settle_decided(parts, reversal.decisions)
    if not reversal.decisions:
        raise NotNow("There is nothing to undo")


@click.command("redo")
@click.argument("acts", type=click.IntRange(min=1), default=1, metavar="[N]")
@click.option("--act", type=click.IntRange(min=1), help="The act of this number in 'hyai decisions --json'.")
@json_option
def redo(acts: int, act: int | None, as_json: bool) -> None:
    """Take back the newest undo, or the newest N, as long as nothing new was decided since; or one act's, however old."""
    with opened(open_workspace()) as parts:
        decider = _decider(parts)
        reversal = decider.redo(acts, everybody=True) if act is None else decider.redo_act(act)
        _print_reversal(reversal.decisions, reversal.line, as_json)
        settle_decided(parts, reversal.decisions)
    if not reversal.decisions:
        raise NotNow("There is nothing to redo")


@click.command("decisions")
@click.option("--limit", type=click.IntRange(min=0), help="Most rows, newest first.")
@json_option
def decisions(limit: int | None, as_json: bool) -> None:
    """List what was decided, newest first, undone decisions marked."""
    with opened(open_workspace()) as parts:
        settle_decided(parts, ())
        found = list(parts.journal.decisions(limit))
    emit([_row(one) for one in found], as_json, lambda: map(_line, found))


def _parsed(words: Sequence[str], kinds: Sequence[Kind]) -> tuple[Sequence[str], str | None, Kind]:
    """Return files, label and kind of a `label` command."""
    if len(set(kinds)) > 1:
        raise WrongUse(f"--{' and --'.join(dict.fromkeys(kinds))} exclude each other", "Give one of them")
    if kinds:
        return words, None, kinds[0]
    if len(words) < 2:
        raise WrongUse("There is no label", "Write the files, then the label: hyai label FILE... LABEL")
    return words[:-1], words[-1], "label"


def _decider(parts: Parts, mode: Mode = "LEARN") -> Decider:
    return Decider(
        parts.workspace, parts.journal, parts.catalog, parts.library, session=SESSION, source="command", mode=mode
    )


def _require_moves(parts: Parts, decider: Decider) -> None:
    """Refuse to begin what could not be done at once."""
    if parts.workspace.settings.read_only:
        raise WrongUse("--live moves files, and hyai runs read-only", "Leave out --live, or --read-only")
    rights = decider.ask_rights()
    if rights is None:
        assert parts.why_no_library is not None
        raise parts.why_no_library
    if not rights.change_state:
        raise PermissionMissing(
            f"Files of {rights.called} cannot be moved: {'; '.join(rights.cannot)}",
            "Leave out --live: labels are learned",
        )


def _print_reversal(found: Sequence[Decision], line: str, as_json: bool) -> None:
    emit([_row(one) for one in found], as_json, lambda: [line])


def settle_decided(parts: Parts, changed: Collection[Decision]) -> None:
    """Do what is due for a second, and say what could not be done. What was printed before is on the disk."""
    sys.stdout.flush()
    if changed:
        for line in parts.first_write():
            narrate(line)
    moves = Moves(parts.journal, parts.catalog, undo="'hyai undo'")
    moves.watch(one.file for one in changed)
    report = parts.runner.drain(DRAIN_SECONDS)
    for line, _ in moves.news():
        narrate(line)
    files = {one.file for one in changed}
    for effect in parts.journal.effects("failed") if files else ():
        if effect.file in files:
            narrate(f"{short_hash(effect.file)} {effect.target}: {effect.reason}")
    if report.left:
        why = f": {report.waiting}" if report.waiting else ""
        narrate(f"{count(report.left, 'effect')} pending{why}")
        if parts.why_no_library is not None:
            narrate(str(parts.why_no_library))


def _row(one: Decision) -> dict[str, Any]:
    return {
        "decision": one.id,
        "act": one.act,
        "file": one.file,
        "kind": one.kind,
        "label": one.label,
        "at": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="milliseconds"),
        "source": one.source,
        "undone": one.undone is not None,
    }


def _line(one: Decision) -> str:
    when = datetime.fromtimestamp(one.at).astimezone().isoformat(" ", "seconds")[:19]
    undone = "  (undone)" if one.undone is not None else ""
    return f"{one.id:>6}  {when}  {short_hash(one.file)}  {one.label or one.kind}{undone}"
