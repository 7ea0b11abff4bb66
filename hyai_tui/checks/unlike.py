"""Tags against pictures: files that lack what the pictures like them carry, and files that have another tag instead.

A namespace of which nearly every file has one tag (a series, a style) is judged by that tag: a file with another one is
*other*, a file with none *lacks* it. Of namespaces with several tags a file, and of tags without one, only lacking is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.base import HIGH, MEDIUM
from hyai_tui.checks.votes import TagScores, chances, reduced, tag_scores
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.queues.vectors import open_vectors

if TYPE_CHECKING:
    from hyai_tui.catalog.tagtable import TagTable
    from hyai_tui.checks.base import CheckPlace

Places = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

# A namespace is one of single tags where at most so many of its files have several.
_SINGLE: Final = 0.05
# A tag is wrong only where pictures speak for another one so much more: below, the two are just alike.
_MARGIN: Final = 0.45
_MOST_TAGS: Final = 5


@dataclass(frozen=True, slots=True)
class Unlike:
    """One file whose tags are not those of the pictures like it.

    Attributes:
        file: SHA-256.
        namespace: of the tags; empty for tags without one.
        given: tags that pictures like it carry and it has not, the surest first.
        instead: tags of that namespace that it has, of single namespaces alone.
        chance: how often such a prediction is right in this library, 0 … 1.
    """

    file: str
    namespace: str
    given: tuple[str, ...]
    instead: tuple[str, ...]
    chance: float

    @property
    def reason(self) -> str:
        """The finding in a sentence."""
        said = f"pictures like it have {self.given[0]} ({self.chance:.0%} of those that look so sure)"
        return f"it has {self.instead[0]}; {said}" if self.instead else f"{said}, it has not"


@dataclass(frozen=True, slots=True)
class Judged:
    """What pictures say of the tags of a library.

    Attributes:
        files: files that were judged.
        unlike: those whose tags are others, surely enough; the surest first.
        namespaces: single namespace to its figures, see `_figures`.
    """

    files: int
    unlike: Sequence[Unlike]
    namespaces: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Best:
    """Predictions in one namespace of single tags.

    Attributes:
        row, tag: int64[m], a file and the tag of the namespace that has the highest score there, .3 at least.
        score: float32[m], its score.
        own: float32[m], the highest score of the tags of the namespace that the file has; NaN where it has none.
        right: bool[m], it has the predicted one.
        chance: float32[m], see `chances`.
    """

    row: Places
    tag: Places
    score: Floats
    own: Floats
    right: Bools
    chance: Floats


def judge(place: CheckPlace, least: float) -> Judged:
    """Compare the tags of every present file with those of pictures like it.

    Args:
        place: where the check looks.
        least: how sure a prediction has to be, 0 … 1, before a file is named.
    """
    context = place.context
    with open_vectors(place.workspace, context, place.catalog, place.journal) as vectors:
        if vectors is None:
            return Judged(0, (), {})
        positions, rows = reduced(vectors, np.flatnonzero(context.present & (context.number >= 0)))
    table = place.catalog.tag_table(ours_at_sight(place.workspace.settings.tag))
    if not (len(table) and len(positions)):
        return Judged(0, (), {})
    row_of = np.minimum(np.searchsorted(table.number, context.number[positions]), len(table) - 1)
    there = table.number[row_of] == context.number[positions]
    positions, rows, row_of = positions[there], rows[there], row_of[there]
    scores = tag_scores(rows, table.rows(row_of), place.progress)
    if scores is None:
        return Judged(0, (), {})
    space_of, spaces = _spaces(scores)
    single = _single(scores, space_of, len(spaces))
    named = {one.rstrip(":").lower() for one in place.workspace.settings.checks.namespaces}
    files = [context.file(position) for position in positions.tolist()]
    found = _of_tags(scores, files, space_of, spaces, single, least)
    figures = {}
    for number in np.flatnonzero(single).tolist():
        if (not named or spaces[number] in named) and (best := _best(scores, space_of == number)) is not None:
            figures[spaces[number]] = _figures(best)
            found += _of_namespace(scores, best, files, spaces[number], space_of == number, least)
    unlike = sorted(found, key=lambda one: (-one.chance, one.file, one.namespace))
    return Judged(len(positions), unlike, dict(sorted(figures.items())))


def _spaces(scores: TagScores) -> tuple[Places, list[str]]:
    """Return (int64[K], names): the namespace of each tag, the first one for tags without any."""
    known = {"": 0}
    found = np.zeros(len(scores.table.names), np.int64)
    for at, text in enumerate(scores.table.names):
        namespace, colon, _ = text.partition(":")
        found[at] = known.setdefault(namespace.lower() if colon else "", len(known))
    return found, list(known)


def _single(scores: TagScores, space_of: Places, spaces: int) -> Bools:
    """Return bool[spaces]: nearly every file of the namespace has one tag of it; never tags without a namespace."""
    table = scores.table
    rows = np.repeat(np.arange(len(table)), np.diff(table.starts))
    keys, counts = np.unique(rows * spaces + space_of[table.tags], return_counts=True)
    files = np.bincount(keys % spaces, minlength=spaces)
    several = np.bincount(keys[counts > 1] % spaces, minlength=spaces)
    found: Bools = (files > 0) & (several <= _SINGLE * files)
    found[0] = False
    return found


def _best(scores: TagScores, inside: Bools) -> _Best | None:
    """Return the predictions in a namespace (bool[K], its tags); None where there are none.

    Files without any tag were never looked at by whoever tags, and are left out.
    """
    mine = np.flatnonzero(inside[scores.tag] & (np.diff(scores.table.starts) > 0)[scores.row])
    order = mine[np.lexsort((scores.tag[mine], -scores.score[mine], scores.row[mine]))]
    row, first = np.unique(scores.row[order], return_index=True)
    top = order[first]
    sure = scores.score[top] >= MEDIUM - 0.1
    row, top = row[sure], top[sure]
    if not len(row):
        return None
    carried = order[scores.has[order]]
    holder, at = np.unique(scores.row[carried], return_index=True)
    own = np.full(len(scores.table), np.nan, np.float32)
    own[holder] = scores.score[carried[at]]
    right = scores.has[top]
    counts = np.logical_not(np.isnan(own[row]))
    chance = chances(np.zeros(len(row), np.int64), scores.score[top], right, counts)
    return _Best(row, scores.tag[top], scores.score[top], own[row], right, chance)


def _figures(best: _Best) -> dict[str, Any]:
    """Return how predictions at .5 or more compare with what files have.

    Returns:
        `total_predictions`, `correct_predictions` (they have it), `accuracy`, `missing_predictions_count` (they have no tag of
        the namespace), `incorrect_predictions_count` (they have another one), and `bands` of the score: `predictions`, `right`.
    """
    given = best.score >= MEDIUM
    right, lacking, score = best.right[given], np.isnan(best.own[given]), best.score[given]
    total = len(right)
    return {
        "total_predictions": total,
        "correct_predictions": int(right.sum()),
        "accuracy": round(float(right.mean()), 6) if total else None,
        "missing_predictions_count": int((~right & lacking).sum()),
        "incorrect_predictions_count": int((~right & ~lacking).sum()),
        "bands": {
            name: {"predictions": int(band.sum()), "right": int((band & right).sum())}
            for name, band in (("high", score >= HIGH), ("medium", score < HIGH))
        },
    }


def _of_namespace(
    scores: TagScores, best: _Best, files: Sequence[str], namespace: str, inside: Bools, least: float
) -> list[Unlike]:
    """Return the files with another tag of the namespace than pictures like them, and those that lack it.

    Where nearly every tagged file has one, that a file has none says much already. Elsewhere it may rightly have none, and
    pictures like it have to say so by half at least.
    """
    lacking = np.isnan(best.own)
    usual = _share(scores.table, inside) >= least
    other = np.logical_not(lacking) & (best.score - np.nan_to_num(best.own) >= _MARGIN)
    wanted = ~best.right & (best.chance >= least) & (other | (lacking & (usual | (best.score >= MEDIUM))))
    names, found = scores.table.names, []
    for at in np.flatnonzero(wanted).tolist():
        row = int(best.row[at])
        own = scores.table.of(row)
        mine = own[inside[own]]
        # Of a tag that few files carry, pictures say nothing.
        if scores.judged[mine].all():
            instead = tuple(names[tag] for tag in mine.tolist())
            given = (names[int(best.tag[at])],)
            found.append(Unlike(files[row], namespace, given, instead, float(best.chance[at])))
    return found


def _share(table: TagTable, inside: Bools) -> float:
    """Return which share of the tagged files has a tag of the namespace (bool[K], its tags), 0 … 1."""
    rows = np.repeat(np.arange(len(table)), np.diff(table.starts))
    return len(np.unique(rows[inside[table.tags]])) / max(1, len(np.unique(rows)))


def _of_tags(
    scores: TagScores, files: Sequence[str], space_of: Places, spaces: Sequence[str], single: Bools, least: float
) -> list[Unlike]:
    """Return the files that lack tags of namespaces with several, or tags without a namespace."""
    mine = np.flatnonzero(~single[space_of[scores.tag]] & (np.diff(scores.table.starts) > 0)[scores.row])
    group, score, has = scores.tag[mine], scores.score[mine], scores.has[mine]
    chance = chances(group, score, has, np.ones(len(mine), bool))
    wanted = np.flatnonzero(~has & (score >= MEDIUM) & (chance >= least))
    wanted = wanted[np.lexsort((-score[wanted], -chance[wanted], scores.row[mine[wanted]]))]
    lacked: dict[tuple[int, int], list[int]] = {}
    for at in wanted.tolist():
        lacked.setdefault((int(scores.row[mine[at]]), int(space_of[group[at]])), []).append(at)
    return [
        Unlike(
            files[row],
            spaces[space],
            tuple(scores.table.names[int(group[at])] for at in of[:_MOST_TAGS]),
            (),
            float(chance[of[0]]),
        )
        for (row, space), of in lacked.items()
    ]
