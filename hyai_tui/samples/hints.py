"""Hints: weak labels taken from the library's own state, for files that nobody has decided on here.

A file in the archive was probably kept, one in the trash probably not wanted. Nothing is copied, a hint counts less than a
decision, both sides are of one size, and there are no more than the settings allow: millions of archived files say no
more than a few thousand, and would drown what people decide. Off until a person says yes.
"""

from __future__ import annotations

import random
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.library.base import FileState
from hyai_tui.samples.training import Sample
from hyai_tui.text import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST = 20
"""Fewer files than this on either side say too little to begin with."""

ORIGIN = "hint"
_LABELS = {FileState.ARCHIVE: "archive", FileState.TRASH: "trash"}
# Pictures a second from a library over the network, with the encoder, on two cores: for an estimate, no promise.
_RATES = {"mobilenetv2": 70.0, "small": 100.0, "hog": 110.0}
_STARTING_SECONDS = 12.0

LOOKED_AT = 2_000
"""Files that are encoded to choose from, where there is too little to learn from."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a library's own state would give to learn from.

    Attributes:
        name: the library's, such as `Hydrus 682`.
        archived, trashed: files in either state.
        each: hints of each label.
        seconds: about how long it takes, to learn from them or to encode what is chosen from.
        source: `file` or `thumbnail`.
    """

    name: str
    archived: int
    trashed: int
    each: int
    seconds: float
    source: str

    @property
    def enough(self) -> bool:
        """True if that is enough to begin with."""
        return self.each >= LEAST

    @property
    def line(self) -> str:
        """What is asked: to learn from it, or to begin without it."""
        how = " by thumbnail" if self.source == "thumbnail" else ""
        knows = f"{self.name} knows {self.archived:,} archived and {self.trashed:,} in trash."
        if not self.enough:
            return (
                f"{knows} That is too little to learn from. Look at up to {LOOKED_AT:,} files{how} and begin with those that"
                f" would teach most? about {duration(self.seconds)}"
            )
        return f"{knows} Learn from {self.each:,} + {self.each:,} of them{how}? about {duration(self.seconds)}"


def offer(name: str, judged: Mapping[FileState, int], *, most: int, encoder: str, source: str) -> Offer:
    """Return what a library offers.

    Args:
        name: the library's.
        judged: files in the archive and in the trash.
        most: hints of each label that the settings allow.
        encoder: `mobilenetv2`, `small` or `hog`.
        source: `file` or `thumbnail`.
    """
    archived, trashed = judged.get(FileState.ARCHIVE, 0), judged.get(FileState.TRASH, 0)
    each = min(archived, trashed, most)
    pictures = 2 * each if each >= LEAST else LOOKED_AT
    seconds = _STARTING_SECONDS + pictures / _RATES.get(encoder, _RATES["mobilenetv2"])
    return Offer(name, archived, trashed, each, round(seconds, -1), source)


def choose(
    files: CatalogArrays, decided: Container[str], labels: Container[str], *, most: int, seed: int, weight: float
) -> list[Sample]:
    """Return hints: as many archived as trashed files, chosen by the seed among those that nobody has decided on.

    Args:
        files: of the catalog; gone, moving and contradictory files give no hint.
        decided: files with a decision, which outranks every hint, or with a sample.
        labels: labels of the workspace; without archive and trash among them there are no hints.
        most: hints of each label.
        seed: of the choice.
        weight: of each hint in a fit.
    """
    if any(label not in labels for label in _LABELS.values()):
        return []
    sides = {label: _undecided(files, state, decided) for state, label in _LABELS.items()}
    each = min(most, *(len(names) for names in sides.values()))
    if each < LEAST:
        return []
    deal = random.Random(seed)
    return [
        Sample(name, "", label, Path(), ORIGIN, weight)
        for label, names in sides.items()
        for name in sorted(deal.sample(names, each))
    ]


def _undecided(files: CatalogArrays, state: FileState, decided: Container[str]) -> list[str]:
    usable = (files.state == STATE_CODES[state]) & ~files.motion & ~files.conflict
    return [one for one in np.char.decode(files.sha256[usable], "ascii").tolist() if one not in decided]
