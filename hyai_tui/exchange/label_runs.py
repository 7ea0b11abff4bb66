"""Label runs: the imports of labels, numbered for ever, as the journal has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyai_tui.journal.model import Decision


@dataclass(frozen=True, slots=True)
class LabelRun:
    """One import, as the journal has it: an act like any other, with where it came from.

    Attributes:
        number: of the act, for ever.
        labeler, source, split: as they were given.
        rows: how many files it labelled, those that had the label already too.
        files: how many decisions it made.
        undone: of those, how many are undone.
        at: seconds since the epoch.
    """

    number: int
    labeler: str
    source: str
    split: str | None
    rows: int
    files: int
    undone: int
    at: float


def label_runs(decisions: Sequence[Decision]) -> list[LabelRun]:
    """Return the imports among the decisions, oldest first."""
    acts: dict[int, list[Decision]] = {}
    for one in decisions:
        if isinstance(one.shown.get("import"), Mapping):
            acts.setdefault(one.act, []).append(one)
    return [_label_run(number, of_act) for number, of_act in sorted(acts.items())]


def _same(decision: Decision) -> list[str]:
    """Return the files of a label run that were labelled so already, as its first decision names them."""
    came_from = decision.shown.get("import")
    return [str(file) for file in came_from.get("unchanged", ())] if isinstance(came_from, Mapping) else []


def _label_run(number: int, decisions: Sequence[Decision]) -> LabelRun:
    came_from: Mapping[str, Any] = decisions[0].shown["import"]
    split = came_from.get("split")
    return LabelRun(
        number,
        str(came_from.get("labeler", "")),
        str(came_from.get("source", "")),
        None if split is None else str(split),
        len(decisions) + sum(len(_same(one)) for one in decisions),
        len(decisions),
        sum(one.undone is not None for one in decisions),
        min(one.at for one in decisions),
    )


def labels_of_run(decisions: Iterable[Decision], number: int) -> dict[str, str]:
    """Return the label that an import gave each file, what was so already too; what was undone since is left out.

    Args:
        decisions: of the journal, oldest first, undone ones too.
        number: of the label run.
    """
    before: dict[str, str | None] = {}
    found: dict[str, str] = {}
    for one in decisions:
        if one.act == number and isinstance(one.shown.get("import"), Mapping):
            found |= {file: label for file in _same(one) if (label := before.get(file)) is not None}
            if one.undone is None and one.label is not None:
                found[one.file] = one.label
        elif one.undone is None and one.kind != "skip":
            before[one.file] = one.label
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two imports say of the files that both labelled.

    Attributes:
        both: files that both labelled.
        same: of those, files of one label in both.
        kappa: agreement beyond what chance gives, −1 … 1 (Cohen, 1960); None where nothing can be said.
        only_first, only_second: files that one of them labelled alone.
        pairs: how many files have which two labels, the first import's first.
        different: files of two labels, with both, by hash.
    """

    both: int
    same: int
    kappa: float | None
    only_first: int
    only_second: int
    pairs: Mapping[tuple[str, str], int]
    different: Mapping[str, tuple[str, str]]


def compare(one: Mapping[str, str], other: Mapping[str, str]) -> Comparison:
    """Compare the labels of two imports, by file."""
    both = sorted(one.keys() & other.keys())
    pairs = Counter((one[file], other[file]) for file in both)
    same = sum(number for (first, second), number in pairs.items() if first == second)
    return Comparison(
        len(both),
        same,
        _kappa(pairs, same, len(both)),
        len(one) - len(both),
        len(other) - len(both),
        dict(sorted(pairs.items())),
        {file: (one[file], other[file]) for file in both if one[file] != other[file]},
    )


def _kappa(pairs: Mapping[tuple[str, str], int], same: int, total: int) -> float | None:
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), number in pairs.items():
        firsts[first] += number
        seconds[second] += number
    by_chance = sum(firsts[label] * seconds[label] for label in firsts)
    if by_chance == total * total:
        return None
    return (same * total - by_chance) / (total * total - by_chance)
