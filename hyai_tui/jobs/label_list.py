"""The labels with what stands behind each: samples, decided files, folder and tag. Light; no job."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hyai_tui.effects.owntags import tag_of
from hyai_tui.journal.journal import Journal
from hyai_tui.samples.training import training_samples
from hyai_tui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label of the list.

    Attributes:
        label: its name; its training folder is `data/<name>`.
        digit: the key that it has for ever; None from the tenth label on.
        samples: pictures that train it.
        decided: files that are decided for it.
        tag: what is written into the library for it.
        colour: `#rrggbb` that a person chose; None for the theme's.
        about: what it stands for, in a sentence; empty where nobody said.
    """

    label: str
    digit: int | None
    samples: int
    decided: int
    tag: str
    colour: str | None
    about: str


def label_rows(workspace: Workspace, journal: Journal) -> list[LabelRow]:
    """Return the labels in the order in which they are listed."""
    samples = Counter(one.label for one in training_samples(journal, workspace.data))
    decided = Counter(one.label for one in journal.effective().values())
    return [
        LabelRow(
            one.name,
            one.digit,
            samples[one.name],
            decided[one.name],
            tag_of(workspace.settings.tag, one.name),
            one.colour,
            one.about,
        )
        for one in journal.labels()
    ]
