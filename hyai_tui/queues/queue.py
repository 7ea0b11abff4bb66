"""A queue that was built: ranked positions, the kind of each, and rows with reasons made only when they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.base import QueueRow

Sentence = Callable[[QueueContext, int], str]
Suggestion = Callable[[QueueContext, int], str | None]


def silent(_context: QueueContext, _position: int) -> str:
    """Note nothing."""
    return ""


def nothing(_context: QueueContext, _position: int) -> None:
    """Suggest no label."""
    return


def as_predicted(context: QueueContext, position: int) -> str | None:
    """Suggest the label that the model would give."""
    return context.predicted_name(position)


@dataclass(frozen=True)
class Kind:
    """One kind of row: its name, the reason in words, the label that it proposes, and the reason in a word."""

    name: str
    reason: Sentence
    suggested: Suggestion = nothing
    note: Sentence = silent


@dataclass(frozen=True)
class Queue:
    """A snapshot: it names its model and does not change while somebody works through it.

    Attributes:
        name: such as `mistakes`.
        context: what it was built from.
        positions: int32[m] into the context, best first: half the memory of int64 for lists of a million.
        kind_codes: uint8[m] into `kinds`.
        kinds: the kinds of rows that this queue can hold.
    """

    name: str
    context: QueueContext
    positions: NDArray[np.int32]
    kind_codes: NDArray[np.uint8]
    kinds: tuple[Kind, ...]

    @property
    def model_id(self) -> str | None:
        """The model whose scores it was built from."""
        return self.context.model_id

    @property
    def numbers(self) -> NDArray[np.int64]:
        """int64[m]: the catalog's numbers of the files."""
        return self.context.number[self.positions]

    def __len__(self) -> int:
        return len(self.positions)

    def file(self, place: int) -> str:
        """Return the SHA-256 at a place of the queue."""
        return self.context.file(int(self.positions[place]))

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each kind."""
        amounts = np.bincount(self.kind_codes, minlength=len(self.kinds))
        return {kind.name: int(amount) for kind, amount in zip(self.kinds, amounts, strict=True)}

    def only(self, kind: str) -> Queue:
        """Return the rows of one kind, in their order.

        Raises:
            WrongUse: the queue has no such kind.
        """
        names = [one.name for one in self.kinds]
        if kind not in names:
            raise WrongUse(f"The queue {self.name} has no kind {kind!r}", f"It is one of {', '.join(names)}")
        chosen = self.kind_codes == names.index(kind)
        return replace(self, positions=self.positions[chosen], kind_codes=self.kind_codes[chosen])

    def place_of(self, file: str) -> int | None:
        """Return where a file stands, without looking at each; None if it is not in the queue."""
        return place_of(self.context, self.positions, file)

    def taken(self, places: NDArray[np.int64]) -> Queue:
        """Return the rows at these places, in their order."""
        return replace(self, positions=self.positions[places], kind_codes=self.kind_codes[places])

    def row(self, place: int) -> QueueRow:
        """Return one row."""
        return self.rows(place, place + 1)[0]

    def rows(self, start: int = 0, stop: int | None = None) -> list[QueueRow]:
        """Return the rows from `start` to before `stop`."""
        made = []
        for position, code in zip(
            self.positions[start:stop].tolist(), self.kind_codes[start:stop].tolist(), strict=True
        ):
            kind = self.kinds[code]
            made.append(
                QueueRow(
                    file=self.context.file(position),
                    score=self.context.score(position),
                    predicted=self.context.predicted_name(position),
                    current=self.context.current_name(position),
                    suggested=kind.suggested(self.context, position),
                    kind=kind.name,
                    reason=kind.reason(self.context, position),
                    note=kind.note(self.context, position),
                )
            )
        return made


def place_of(context: QueueContext, positions: NDArray[Any], file: str) -> int | None:
    """Return the place of a file among positions of the context; None if it is not there."""
    (position,) = context.positions.of([file]).tolist()
    if position < 0:
        return None
    found = np.flatnonzero(positions == position)
    return int(found[0]) if len(found) else None


def build(name: str, context: QueueContext, parts: list[tuple[Kind, NDArray[Any]]]) -> Queue:
    """Join ranked parts, one a kind, into a queue; what this session skipped goes to the end of its part."""
    ordered = [_skipped_last(name, context, positions) for _kind, positions in parts]
    codes = [np.full(len(positions), code, np.uint8) for code, positions in enumerate(ordered)]
    kinds = tuple(kind for kind, _positions in parts)
    return Queue(name, context, np.concatenate(ordered).astype(np.int32), np.concatenate(codes), kinds)


def mixed(name: str, context: QueueContext, kinds: tuple[Kind, ...], codes: NDArray[Any], key: NDArray[Any]) -> Queue:
    """Join kinds into one ranked list; what this session skipped goes to its end.

    Args:
        name: of the queue.
        context: what it is built from.
        kinds: the kinds.
        codes: int[n], the kind of each file of the context; -1 for those that are not in the queue.
        key: number[n]; the queue is in rising order of it, equal keys by file number.
    """
    positions = _skipped_last(name, context, ranked(codes >= 0, key))
    return Queue(name, context, positions.astype(np.int32), codes[positions].astype(np.uint8), kinds)


def _skipped_last(name: str, context: QueueContext, positions: NDArray[Any]) -> NDArray[Any]:
    if (skipped := context.skipped.get(name)) is None:
        return positions
    late = skipped[positions]
    return np.concatenate([positions[~late], positions[late]])


def ranked(chosen: NDArray[np.bool_], key: NDArray[Any]) -> NDArray[np.int64]:
    """Return the chosen positions by rising key; equal keys by position, which is by file number."""
    positions = np.flatnonzero(chosen)
    return positions[np.argsort(key[positions], kind="stable")]


def percent(probability: float) -> str:
    """Return `93 %`; never 100 % or 0 % for what is not certain."""
    if 0.995 <= probability < 1:
        return "over 99 %"
    if 0 < probability < 0.005:
        return "under 1 %"
    return f"{probability * 100:.0f} %"
