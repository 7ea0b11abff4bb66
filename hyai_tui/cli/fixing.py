"""`hyai findings fix|fixes|undo`: mend what a check found, and take that back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.finding_options import Filters, chosen_findings, of_files
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import Exit, WrongUse
from hyai_tui.text import count, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.journal.edits import Edit
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Target

_SETTLE_SECONDS = 30.0


@click.command("fix")
@click.argument("name")
@click.option("--file", "files", multiple=True, required=True, metavar="FILE", help="The file; may be repeated.")
@click.option("--kind", help="Only its findings of this kind.")
@click.option("--tags", help="Tags to add, with commas between them; -TAG takes one away.")
@click.option("--label", help="Decide this label instead.")
@click.option(
    "--suggested", is_flag=True, help="Decide the label, or make the change of tags, that the finding suggests."
)
@json_option
def fix(
    name: str,
    files: tuple[str, ...],
    kind: str | None,
    tags: str | None,
    label: str | None,
    suggested: bool,
    as_json: bool,
) -> None:
    """Fix open findings of the check NAME: change the file's own tags, or decide a label.

    Tags are written to the library and read again; 'hyai findings undo' takes them back. A label is a decision as any
    other: 'hyai undo' takes it back.
    """
    from hyai_tui.checks.mending import label_for, tags_for
    from hyai_tui.effects.deciding import Decider
    from hyai_tui.effects.editing import parse_change
    from hyai_tui.effects.opening import opened

    if sum((tags is not None, label is not None, suggested)) != 1:
        raise WrongUse("Say how to fix it", "Give --tags, --label or --suggested")
    workspace = open_workspace()
    _, found = chosen_findings(workspace, Filters(name, kind))
    chosen = of_files(found, files)
    with opened(workspace) as parts:
        decided = [one for one in chosen if label or (suggested and one.suggested)]
        edited = [one for one in chosen if not (label or (suggested and one.suggested))]
        if edited:
            names = [one.name for one in parts.journal.labels()]
            lines = [tags_for(one) if tags is None else tags for one in edited]
            changes = [parse_change(line, workspace.settings.tag, names) for line in lines]
            for one, (add, remove) in zip(edited, changes, strict=True):
                parts.journal.edit_tags(one.file, add, remove, session="command", finding=one.key)
        if decided:
            decider = Decider(
                workspace, parts.journal, parts.catalog, parts.library, session="command", source="command"
            )
            decider.decide_many([label_for(one, label) for one in decided])
        for line in parts.first_write():
            narrate(line)
        report = parts.runner.drain(_SETTLE_SECONDS)
        states = Counter(
            [_became(parts.journal, one.file, ("edit",)) for one in edited]
            + [_became(parts.journal, one.file, ("sample", "tag", "state")) for one in decided]
        )
    data = {"fixed": states["fixed"], "waiting": states["waiting"], "refused": states["refused"]}

    def said() -> Iterable[str]:
        if states["fixed"]:
            yield f"{count(states['fixed'], 'finding')} fixed"
        if states["waiting"]:
            why = f": {report.waiting}" if report.waiting else ""
            yield f"{count(states['waiting'], 'finding')} recorded here, not in the library yet{why}"
        if states["refused"]:
            yield f"{count(states['refused'], 'finding')} refused by the library: 'hyai effects list' says why"

    emit({**data, "done": report.done, "failed": report.failed, "left": report.left}, as_json, said)
    if report.failed:
        raise click.exceptions.Exit(Exit.FAILED)


@click.command("fixes")
@click.option("--limit", type=click.IntRange(min=1), default=1_000, show_default=True, help="Most rows.")
@json_option
def fixes(limit: int, as_json: bool) -> None:
    """List the changes of tags that fixes have made, newest first."""
    with open_workspace().open_journal() as journal:
        found = journal.edits(limit)
    rows = [_edit(one) for one in found]
    shown = [{**row, "file": short_hash(str(row["file"]))} for row in rows]
    emit(rows, as_json, lambda: table(shown, ["fix", "at", "file", "wrote", "state"]) if rows else ["No fixes yet"])


@click.command("undo")
@click.argument("number", type=int, metavar="FIX")
@json_option
def undo(number: int, as_json: bool) -> None:
    """Take back one change of tags, by its number in 'hyai findings fixes': exactly what it had changed."""
    from hyai_tui.effects.opening import opened

    with opened(open_workspace()) as parts:
        edit = parts.journal.undo_edit(number)
        if edit is None:
            raise WrongUse(f"There is no fix {number} that holds", "'hyai findings fixes' lists them")
        report = parts.runner.drain(_SETTLE_SECONDS)
        last = parts.journal.last_effect(edit.file, "edit")
    data = {"fix": number, "done": report.done, "failed": report.failed, "left": report.left}
    why = f": {last.reason}" if last is not None and last.reason else ""
    emit(data, as_json, lambda: [f"taken back: {edit.words}{why}"])
    if report.failed:
        raise click.exceptions.Exit(Exit.FAILED)


def _became(journal: Journal, file: str, targets: Sequence[Target]) -> str:
    """Return what became of what was asked for on a file: `fixed`, `waiting` or `refused`."""
    last = [journal.last_effect(file, target) for target in targets]
    status = {one.status for one in last if one is not None}
    return "refused" if "failed" in status else "waiting" if "due" in status else "fixed"


def _edit(one: Edit) -> dict[str, Any]:
    state = "undone" if one.undone is not None else "in the library" if one.applied else "pending"
    at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
    return {
        "fix": one.id,
        "at": at,
        "file": one.file,
        "wrote": one.words,
        "added": sorted(one.add),
        "removed": sorted(one.remove),
        "check": one.finding.partition("\n")[0],
        "state": state,
    }
