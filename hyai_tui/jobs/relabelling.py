"""Labels renamed and merged everywhere at once: journal, training folders, tags and models follow. Light; no job.

A rename moves the folder first and writes the journal in one transaction after it. Killed in between, the folder looks as
if somebody had renamed it by hand: the next sync takes every sample in under the new name, and nothing is lost. A merge
is an act of decisions like any other: undone whole with one undo.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hyai_tui import settings_file
from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.opening import Parts
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.journal.labels import alike, fault_of_name
from hyai_tui.journal.model import NewDecision, Source
from hyai_tui.learning import runs
from hyai_tui.learning.labels import FIRST, LAST
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.durable import flush_directory
from hyai_tui.samples.lock import runner_lock
from hyai_tui.samples.sync import LOCK_SECONDS, sync
from hyai_tui.text import count

# The library's own states go by these names, and so do rescues and hints.
_FIXED = (FIRST, LAST)
_DRAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a map of labels: the old one is renamed, or merged into the new one where there is one already."""

    old: str
    new: str
    merges: bool


def add_label(parts: Parts, name: str) -> None:
    """Make a label and its folder.

    Raises:
        WrongUse: the name cannot be a folder, or is that of a label already.
    """
    if any(alike(one.name) == alike(name) for one in parts.journal.labels()):
        raise WrongUse(f"There is a label {name!r} already", "'hyai labels list' shows them")
    parts.journal.add_label(name)
    (parts.workspace.data / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def rename_label(parts: Parts, old: str, new: str) -> int:
    """Give a label another name; digit, colour, samples, history, tags, settings and place in every model stay its own.

    The tags of decided files are due after it; whoever writes them reads the settings anew.

    Returns:
        How many files are decided for it.

    Raises:
        WrongUse: there is no such label, it is archive or trash, or the new name cannot be one or is taken.
        NotNow: another process is changing the training folders.
    """
    _known(parts, old)
    _refuse_fixed(old, "renamed")
    if new in _FIXED or any(one.name != old and alike(one.name) == alike(new) for one in parts.journal.labels()):
        raise WrongUse(
            f"There is a label {new!r} already",
            f"Make one of both: {shlex.join(['hyai', 'labels', 'merge', old, new])}",
        )
    if fault := fault_of_name(new):
        raise WrongUse(f"{new!r} cannot be a label: {fault}", "Use a plain folder name")
    # What was done by hand until now is recorded under the names that the folders have until now.
    sync(parts.workspace, parts.journal, parts.catalog)
    data = parts.workspace.data
    with runner_lock(parts.workspace.runtime, LOCK_SECONDS) as held:
        if not held:
            raise NotNow("Another hyai is changing the training folders", "Try again in a moment")
        moved = _move(data / old, data / new)
        try:
            files = parts.journal.rename_label(old, new)
        except BaseException:
            if moved:
                _move(data / new, data / old)
            raise
    Registry(parts.workspace.models_directory).rename_label(old, new)
    runs.rename_label(parts.workspace.runs_directory, old, new)
    settings_file.rename_label(parts.workspace.settings_file, old, new)
    return len(files)


def remove_label(parts: Parts, name: str) -> None:
    """Take a label that nothing is decided for off the list, and its empty folder away; its digit stays its own.

    Raises:
        WrongUse: there is no such label, it is archive or trash, or something is decided for it.
    """
    _known(parts, name)
    _refuse_fixed(name, "removed")
    sync(parts.workspace, parts.journal, parts.catalog)
    if files := sum(one.label == name for one in parts.journal.effective().values()):
        raise WrongUse(
            f"{count(files, 'file')} of {name} would be lost",
            f"Merge it: {shlex.join(['hyai', 'labels', 'merge', name])} LABEL",
        )
    # The folder goes first: one that is there makes its label be seen again.
    folder = parts.workspace.data / name
    if folder.is_dir():
        try:
            folder.rmdir()
        except OSError as error:
            raise WrongUse(f"data/{name} is not empty", "Move what is in it away first") from error
    parts.journal.hide_label(name)


def merge_label(parts: Parts, old: str, into: str, *, session: str, source: Source = "command") -> int:
    """Decide on every file of a label for another one, as one act, and take the label off the list.

    Args:
        parts: of the workspace.
        old: the label that goes.
        into: the label that its files get.
        session: whose act it is, which the session's undo takes back.
        source: `app` or `command`.

    Returns:
        How many files changed their label.

    Raises:
        WrongUse: one of them is no label, both are the same, or the first is archive or trash.
    """
    _known(parts, old)
    _known(parts, into)
    _refuse_fixed(old, "merged away")
    if old == into:
        raise WrongUse(f"{old} is merged into itself", "Name two labels")
    sync(parts.workspace, parts.journal, parts.catalog)
    decider = Decider(
        parts.workspace, parts.journal, parts.catalog, parts.library, session=session, source=source, mode="LEARN"
    )
    files = sorted(file for file, one in parts.journal.effective().items() if one.label == old)
    with parts.journal.transaction():
        decider.decide_many([NewDecision(file, "label", into) for file in files])
        parts.journal.hide_label(old)
    # The folder has to be empty before it can go, and a folder that is there makes its label be seen again.
    parts.runner.drain(_DRAIN_SECONDS)
    folder = parts.workspace.data / old
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return len(files)


def describe_new(parts: Parts, wanted: Mapping[str, str]) -> list[str]:
    """Make labels that are missing and say what each stands for; what a person has said of a label stays.

    Args:
        parts: the workspace's opened parts.
        wanted: name to what it stands for.

    Returns:
        The labels that were made.

    Raises:
        WrongUse: a name looks like another label's; nothing was made.
    """
    known = {alike(one.name): one for one in parts.journal.labels()}
    for name in wanted:
        other = known.get(alike(name))
        if other is not None and other.name != name:
            raise WrongUse(
                f"{name!r} differs from the label {other.name!r} by case or spaces alone",
                f"Rename that one first: hyai labels rename {other.name!r} {name!r}",
            )
    made = [name for name in wanted if alike(name) not in known]
    for name in made:
        add_label(parts, name)
    for name, about in wanted.items():
        before = known.get(alike(name))
        if before is None or not before.about:
            parts.journal.describe_label(name, about)
    return made


def planned(parts: Parts, mapping: Mapping[str, str]) -> list[Step]:
    """Return what a map of old to new labels would do, in its order; labels that there are not are passed over.

    Raises:
        WrongUse: a label is mapped that keeps its name, onto itself, or onto one that is mapped as well.
    """
    there = {one.name for one in parts.journal.labels()}
    steps = []
    for old, new in mapping.items():
        if old == new or old in mapping.values():
            raise WrongUse(
                f"The map gives {old!r} a new name and takes it for one", "Name every label on one side only"
            )
        if old not in there:
            continue
        _refuse_fixed(old, "mapped")
        if fault := fault_of_name(new):
            raise WrongUse(f"{new!r} cannot be a label: {fault}", "Use a plain folder name")
        steps.append(Step(old, new, new in there))
        there.add(new)
    return steps


def carry_out(parts: Parts, steps: list[Step], *, session: str) -> int:
    """Do the steps one after the other, and return how many files have another label name now."""
    changed = 0
    for step in steps:
        if step.merges:
            changed += merge_label(parts, step.old, step.new, session=session)
        else:
            changed += rename_label(parts, step.old, step.new)
    return changed


def _known(parts: Parts, name: str) -> None:
    names = [one.name for one in parts.journal.labels()]
    if name not in names:
        raise WrongUse(f"There is no label {name!r}", f"The labels are {', '.join(names)}")


def _refuse_fixed(name: str, done: str) -> None:
    if name in _FIXED:
        raise WrongUse(
            f"{name} cannot be {done}: the library's own states go by that name", "Rename or merge another label"
        )


def _move(source: Path, target: Path) -> bool:
    """Rename a label folder; True if there was one.

    Raises:
        WrongUse: something is there already.
    """
    if not source.is_dir():
        return False
    if target.exists() and not target.samefile(source):
        if not target.is_dir() or any(target.iterdir()):
            raise WrongUse(f"data/{target.name} is there already", "Move what is in it away first")
        target.rmdir()
    source.rename(target)
    flush_directory(target.parent)
    return True
