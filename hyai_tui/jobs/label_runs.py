"""The labels of one import, to train on or to judge by: whatever has been decided since, they are as the import gave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hyai_tui.errors import WrongUse
from hyai_tui.exchange.label_runs import LabelRun, label_runs, labels_of_run
from hyai_tui.features.plan import picture_samples
from hyai_tui.journal.journal import Journal
from hyai_tui.samples.training import Sample

_NO_PATH = Path()


def find_label_run(journal: Journal, number: int) -> LabelRun:
    """Return a label run by its number.

    Raises:
        WrongUse: there is none, or all of it was undone.
    """
    runs = label_runs(list(journal.decisions(newest_first=False)))
    found = next((one for one in runs if one.number == number), None)
    if found is None:
        numbers = ", ".join(str(one.number) for one in runs[-10:])
        known = f"There are {numbers}: 'hyai labels runs'" if runs else "'hyai labels import FILE.csv' makes one"
        raise WrongUse(f"There is no label run {number}", known)
    if found.undone == found.files:
        raise WrongUse(f"Label run {number} was undone", "'hyai redo' brings it back")
    return found


def samples_of_run(journal: Journal, data: Path, number: int) -> list[Sample]:
    """Return what a label run says, as samples in the order of their identities; what was undone is left out.

    The picture is that of the file's sample, where it has one, else the library's.

    Args:
        journal: after a sync.
        data: the training folders.
        number: of the run.

    Raises:
        WrongUse: there is no such run, or all of it was undone.
    """
    find_label_run(journal, number)
    labels = labels_of_run(journal.decisions(newest_first=False), number)
    pictures = {one.identity: one for one in picture_samples(journal, data)}
    return [
        replace(pictures[file], label=label, weight=1.0)
        if file in pictures
        else Sample(file, "", label, _NO_PATH, "library")
        for file, label in sorted(labels.items())
    ]
