"""Which files a query wants, and in which order: arrays over a whole library, made in a thread.

Nothing here loops over files in Python; facts that the queues do not need (sizes, types, paths) are read from the
catalog the first time that a query asks for them, and kept as long as the context.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.columns import CatalogColumns
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import DECISION_CODES, IGNORED, LABELLED, UNDECIDED, UNSURE, QueueContext
from hyai_tui.queues.where import Bounds, Condition, Query, is_hash
from hyai_tui.queues.widening import Widening

Bools = NDArray[np.bool_]
_DECIDED = {"label": LABELLED, "unsure": UNSURE, "ignore": IGNORED}
_ALIASES = {"jpg": "jpeg", "tif": "tiff"}


@dataclass
class Library:
    """All that conditions are about: a context, and the catalog behind it.

    Attributes:
        context: n files.
        catalog: read when a condition needs it.
        decided: file to the word of its decision, newer than the context.
        widening: how searches for a tag find related ones.
    """

    context: QueueContext
    catalog: Catalog
    decided: Mapping[str, str] = field(default_factory=dict)
    widening: Widening = field(default_factory=Widening)

    def decide(self, decided: Mapping[str, str]) -> None:
        """Take what was decided since into account."""
        self.decided = decided
        self.__dict__.pop("decisions", None)

    @cached_property
    def columns(self) -> CatalogColumns:
        """Facts of the catalog, in its own order."""
        return self.catalog.columns()

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """int64[n]: where each file stands in `columns`; -1 for a sample that is in no library."""
        numbers = self.columns.number
        at = np.searchsorted(numbers, self.context.number)
        at[at == len(numbers)] = 0
        found = numbers[at] == self.context.number if len(numbers) else np.zeros(len(at), bool)
        return np.where(found, at, -1)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return float64[n] of `size`, `modified`, `width` or `height`; NaN where it is unknown."""
        values: NDArray[np.float64] = getattr(self.columns, name)
        return np.where(self.rows >= 0, values[self.rows], np.nan) if len(values) else np.full(len(self.rows), np.nan)

    @cached_property
    def decisions(self) -> tuple[NDArray[np.uint8], NDArray[np.int16], tuple[str, ...]]:
        """Codes, labels and names of labels, with what was decided since the context was made."""
        codes, labels = self.context.decision.copy(), self.context.decided_label.copy()
        names = list(self.context.names)
        files = list(self.decided)
        for at, file in zip(self.context.positions.of(files).tolist(), files, strict=True):
            word = self.decided[file]
            if at >= 0 and word != "skip":
                codes[at] = DECISION_CODES.get(word, LABELLED)
                labels[at] = -1
                if word not in DECISION_CODES:
                    names += [] if word in names else [word]
                    labels[at] = names.index(word)
        return codes, labels, tuple(names)

    @cached_property
    def path_ranks(self) -> NDArray[np.int64]:
        """int64[n]: the place of each file's first path among all paths; those without one come last."""
        at = self.context.positions.of(self.catalog.files_by_path())
        ranks = np.full(len(self.context), len(at), np.int64)
        known = at >= 0
        # Written backwards, so that the first path of a file is the one that stays.
        ranks[at[known][::-1]] = np.flatnonzero(known)[::-1]
        return ranks


def matches(library: Library, query: Query) -> Bools:
    """Return bool[n]: the files for which every condition holds."""
    found = np.ones(len(library.context), bool)
    for condition in query.conditions:
        found &= _holds(library, condition)
    return found


def order(library: Library, query: Query, positions: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return int64[m]: places of `positions` in the wanted order; equal keys keep the order that they have.

    Files without the key (no score, no size) come last, whichever end is first.
    """
    places = np.arange(len(positions))
    if query.sort == "rank":
        return places[::-1] if query.descending else places
    if query.sort == "hash":
        ranked = np.argsort(library.context.hashes()[positions], kind="stable")
        return ranked[::-1] if query.descending else ranked
    keys = _sort_keys(library, query.sort)[positions]
    missing = np.isnan(keys)
    keys = np.where(missing, np.inf, -keys if query.descending else keys)
    return np.argsort(keys, kind="stable")


def picked(library: Library, query: Query, positions: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return int64[k]: the places of a queue that a query wants, in the order that it wants.

    Args:
        library: what the positions are of.
        query: conditions and order.
        positions: int[m] into the context, the queue's own order.
    """
    chosen = np.flatnonzero(matches(library, query)[positions]) if query.conditions else np.arange(len(positions))
    found: NDArray[np.int64] = chosen[order(library, query, positions[chosen])]
    return found


def _sort_keys(library: Library, sort: str) -> NDArray[np.float64]:
    if sort == "score":
        return _scores(library.context)
    if sort == "confidence":
        return _confidence(library.context)
    if sort == "name":
        return library.path_ranks.astype(np.float64)
    return library.column("modified" if sort == "time" else sort)


def _holds(library: Library, condition: Condition) -> Bools:
    value, context = condition.value, library.context
    found: Bools
    if condition.bounds is not None:
        return _within(_numbers(library, condition.key), condition.bounds, condition.turned)
    if condition.key == "state":
        found = context.state == STATE_CODES[FileState(value)]
    elif condition.key == "label":
        found = _labelled(library, value)
    elif condition.key == "decided":
        found = _decided(library, value)
    elif condition.key == "predicted":
        found = context.predicted == (context.label_place(value) if value in context.labels else -2)
    elif condition.key in {"tag", "related"}:
        wide = condition.key == "related" or library.widening.always
        found = _numbered(
            context, library.catalog.found_with([value, *(library.widening.related(value) if wide else ())])
        )
    elif condition.key == "type":
        found = _typed(library, value)
    elif condition.key == "hash":
        found = _begins(context.hashes(), value)
    else:
        found = _at(context, library.catalog.files_with_path_part(value))
        if condition.key == "word" and is_hash(value):
            found = found | _begins(context.hashes(), value)
    return ~found if condition.turned else found


def _scores(context: QueueContext) -> NDArray[np.float64]:
    """Return float64[n]: the score as queues show it; NaN without one."""
    found = np.full(len(context), np.nan)
    if len(context.labels) == 2:
        found[:] = context.probabilities[:, 1]
    elif context.labels:
        found[context.scored] = context.probabilities[context.scored].max(axis=1)
    return found


def _confidence(context: QueueContext) -> NDArray[np.float64]:
    """Return float64[n]: the probability of the predicted label; NaN without a score."""
    found = np.full(len(context), np.nan)
    if context.labels:
        found[context.scored] = context.probabilities[context.scored].max(axis=1)
    return found


def _numbers(library: Library, key: str) -> NDArray[np.float64]:
    if key == "score":
        return _scores(library.context)
    return _confidence(library.context) if key == "confidence" else library.column(key)


def _within(values: NDArray[np.float64], bounds: Bounds, turned: bool) -> Bools:
    """Return where values are within bounds (or outside, turned); never where there is no value."""
    known = ~np.isnan(values)
    found = known.copy()
    # Scores are kept in single precision: a bound of .8 is met by what was stored as .8.
    if bounds.low is not None:
        low = np.float32(bounds.low) if bounds.low < 1 else bounds.low
        found &= (values > low) if bounds.low_open else (values >= low)
    if bounds.high is not None:
        high = np.float32(bounds.high) if bounds.high < 1 else bounds.high
        found &= (values < high) if bounds.high_open else (values <= high)
    return known & ~found if turned else found


def _labelled(library: Library, name: str) -> Bools:
    codes, labels, names = library.decisions
    wanted = -1 if not name else (names.index(name) if name in names else -2)
    found: Bools = (labels == wanted) if not name else (codes == LABELLED) & (labels == wanted)
    return found


def _decided(library: Library, word: str) -> Bools:
    codes = library.decisions[0]
    found: Bools
    if word == "skip":
        found = np.zeros(len(codes), bool)
        for skipped in library.context.skipped.values():
            found |= skipped
        files = [file for file, named in library.decided.items() if named == "skip"]
        at = library.context.positions.of(files)
        found[at[at >= 0]] = True
        return found
    found = codes == _DECIDED[word] if word in _DECIDED else (codes == UNDECIDED) == (word == "no")
    return found


def _typed(library: Library, name: str) -> Bools:
    wanted = _ALIASES.get(name.lower(), name.lower())
    codes = [
        code for code, mime in enumerate(library.columns.mimes) if wanted in {mime, mime.rpartition("/")[2]} and mime
    ]
    at = library.rows
    return (at >= 0) & np.isin(library.columns.mime[at], codes) if len(library.columns.mime) else at > 0


def _begins(hashes: NDArray[np.bytes_], text: str) -> Bools:
    """Return which hashes begin with these hex digits."""
    wanted = np.frombuffer(text.lower().encode("ascii", "replace")[:64], np.uint8)
    table = np.ascontiguousarray(hashes, "S64").view(np.uint8).reshape(len(hashes), 64)
    found: Bools = (table[:, : len(wanted)] == wanted).all(axis=1)
    return found


def _at(context: QueueContext, hashes: NDArray[np.bytes_]) -> Bools:
    found = np.zeros(len(context), bool)
    at = context.positions.of(hashes)
    found[at[at >= 0]] = True
    return found


def _numbered(context: QueueContext, numbers: NDArray[np.int64]) -> Bools:
    return np.isin(context.number, numbers) & (context.number >= 0)
