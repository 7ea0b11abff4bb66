"""Nearest neighbours among millions without reading all of them: an inverted file over short codes, checked against the shards.

Vectors, less the mean of a sample and at length 1, are reduced to their 128 widest directions and put into the list of the
nearest of some thousands of centres (Sivic and Zisserman, "Video Google", 2003; Jégou, Douze and Schmid, "Product
Quantization for Nearest Neighbor Search", 2011). A list keeps 4 bits a number and where each row stands. A question looks
through the lists whose centres are nearest, takes the best thousand by their codes, and compares those exactly, by the
vectors in the shards. What it says of a file is therefore exact; only whether a file is found at all is not, and how often
it is was measured against an exact search when the index was made.

The index is made by a job (`inverting.py`) and stands beside the shards in `.npy` files, which are mapped: a question takes
milliseconds and next to no memory, and needs nothing but numpy. A place in it is only a hint. Rows that came since are
compared exactly, one by one, and rows that went are passed over; when a tenth of the store is another, the index counts as
none. Light.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import load_array
from hyai_tui.features.index import readable_errors
from hyai_tui.features.keys import Keys, hexed, unpacked
from hyai_tui.features.picking import at_places, keys_at
from hyai_tui.features.shards import widen
from hyai_tui.features.similar import Floats, Neighbours, nearest, unit_rows
from hyai_tui.features.store import FeatureStore

DIRECTORY: Final = "inverted"
RECORD: Final = "about.json"
FORMAT: Final = 1
# Rows whose codes look best are compared exactly: so many, and so many for each neighbour that is asked for.
COMPARED, COMPARED_EACH = 1_000, 8
# Below this an exact search takes a second or two.
LEAST_ROWS: Final = 1_000_000
# A share of the store that is not in the index; above it the index has to be made again.
MOST_OTHERS: Final = 0.1
# An index that finds less than this is not used.
LEAST_RECALL: Final = 0.9
_BLOCK: Final = 8_192
_ARRAYS: Final = ("mean", "axes", "centres", "starts", "codes", "rows", "low", "step", "shards", "begins")


@dataclass(frozen=True, slots=True)
class Record:
    """What an index is.

    Attributes:
        shards: number of each shard that it covers → checksum of its contents, in the order of its rows.
        rows: of the index.
        lists: how many.
        probes: lists that a question looks through.
        recall: share of the nearest `neighbours` of `asked` stored vectors that it found, 0 … 1.
        neighbours: see `recall`.
        asked: see `recall`.
    """

    shards: Mapping[int, str]
    rows: int
    lists: int
    probes: int
    recall: float
    neighbours: int
    asked: int

    @property
    def line(self) -> str:
        """What it finds, for people."""
        return f"{self.recall:.1%} of the {self.neighbours} nearest are found, measured on {self.asked} files"

    def write(self, directory: Path) -> None:
        """Write it down; an index without it is none."""
        fields = asdict(self) | {"format": FORMAT, "shards": [[key, value] for key, value in self.shards.items()]}
        (directory / RECORD).write_text(json.dumps(fields) + "\n", "ascii")

    @classmethod
    def read(cls, directory: Path) -> Record | None:
        """Return what was written down; None where there is no index, or a damaged one."""
        try:
            fields = json.loads((directory / RECORD).read_text("ascii"))
            if fields["format"] != FORMAT:
                return None
            return cls(
                {int(number): str(checksum) for number, checksum in fields["shards"]},
                int(fields["rows"]),
                int(fields["lists"]),
                int(fields["probes"]),
                float(fields["recall"]),
                int(fields["neighbours"]),
                int(fields["asked"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Lists:
    """The arrays of an index of n rows.

    Attributes:
        mean: float32[d], taken off every vector, which is then brought to length 1.
        axes: float32[d, c], the directions that are compared.
        centres: float32[l, c], of the lists.
        starts: int64[l + 1], where each list begins.
        codes: uint8[n, c / 2], list by list: two numbers of 4 bits a byte.
        rows: uint32[n], which row of the covered shards each is.
        low, step: float32[c]: a number is about low + step × code.
        shards: int64[s], the covered shards.
        begins: int64[s + 1], the first row of each.
    """

    mean: Floats
    axes: Floats
    centres: Floats
    starts: NDArray[np.int64]
    codes: NDArray[np.uint8]
    rows: NDArray[np.uint32]
    low: Floats
    step: Floats
    shards: NDArray[np.int64]
    begins: NDArray[np.int64]

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by the names of their files."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def read(cls, directory: Path) -> Lists:
        """Map the arrays of an index. Raises OSError or ValueError where they are not what they should be."""
        lists = cls(*(load_array(directory / f"{name}.npy", "r") for name in _ARRAYS))
        lists.check()
        return lists

    def check(self) -> None:
        """Raise ValueError unless the shapes fit together."""
        across = self.axes.shape[-1]
        fits = (
            self.mean.ndim == 1
            and self.axes.shape == (len(self.mean), across)
            and self.centres.shape == (len(self.starts) - 1, across)
            and self.codes.shape == (len(self.rows), across // 2)
            and self.codes.dtype == np.uint8
            and self.low.shape == self.step.shape == (across,)
            and len(self.begins) == len(self.shards) + 1
            and len(self.starts) > 1
            and int(self.starts[0]) == 0
            and int(self.starts[-1]) == len(self.rows) <= int(self.begins[-1])
            and bool((np.diff(self.starts) >= 0).all())
        )
        if not fits:
            raise ValueError("the arrays of the index do not fit together")

    def reduced(self, vectors: Floats) -> Floats:
        """Return float32[n, c] of float32[n, d]: as the codes compare them."""
        found: Floats = unit_rows(vectors, self.mean) @ self.axes
        return found

    def best(self, question: Floats, probes: int, most: int) -> NDArray[np.int64]:
        """Return int64[m], m ≤ most: rows of the covered shards whose codes are most like a question, float32[c]."""
        away = self.away(question[None])[0]
        near = np.argpartition(away, probes - 1)[:probes] if probes < len(away) else np.arange(len(away))
        spans = [slice(int(self.starts[one]), int(self.starts[one + 1])) for one in np.sort(near).tolist()]
        codes = np.concatenate([self.codes[span] for span in spans])
        weights = self.step * question
        # What low adds is the same for all.
        like = (codes & 15).astype(np.float32) @ weights[0::2] + (codes >> 4).astype(np.float32) @ weights[1::2]
        rows: NDArray[np.int64] = np.concatenate([self.rows[span] for span in spans]).astype(np.int64)
        if len(rows) > most:
            rows = rows[np.argpartition(-like, most - 1)[:most]]
        return rows

    def of_list(self, one: int) -> tuple[NDArray[np.int64], Floats]:
        """Return (int64[m] rows, float32[m, c] what their codes say of them, at length 1) of a list."""
        span = slice(int(self.starts[one]), int(self.starts[one + 1]))
        codes = self.codes[span]
        numbers = np.empty((len(codes), 2 * codes.shape[1]), np.float32)
        numbers[:, 0::2], numbers[:, 1::2] = codes & 15, codes >> 4
        return self.rows[span].astype(np.int64), unit_rows(self.low + self.step * numbers, None)

    def away(self, questions: Floats) -> Floats:
        """Return float32[q, l]: squared distances of float32[q, c] to the centres, less what is the same for all of a question."""
        found: Floats = self._squares - 2 * (questions @ self.centres.T)
        return found

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (shard int64[m], row in it int64[m]) of rows of the covered shards, without those that are none."""
        rows = rows[rows < self.begins[-1]]
        at = np.searchsorted(self.begins, rows, "right") - 1
        return self.shards[at], rows - self.begins[at]

    @cached_property
    def _squares(self) -> Floats:
        found: Floats = np.einsum("lc,lc->l", self.centres, self.centres)
        return found


class InvertedFile:
    """An index of a store that can be asked.

    Args:
        store: opened for reading; the index is only as open as it is.
        record: what the index is.
        lists: its arrays.
        others: rows of the store that are not in it.
    """

    def __init__(self, store: FeatureStore, record: Record, lists: Lists, others: int) -> None:
        self.record = record
        self.lists = lists
        self.others = others
        self._store = store

    def top_k(
        self,
        questions: Floats,
        k: int,
        *,
        probes: int | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Neighbours:
        """Return about what `similar.top_k` does, less the index' own centre; similarities are exact.

        Args:
            questions: float32[q, d].
            k: how many for each, at least 1.
            probes: lists that are looked through; those of the record without.
            check: called for each question; may raise to stop.
        """
        centre = np.asarray(self.lists.mean)
        reduced = self.lists.reduced(questions)
        most = max(COMPARED, COMPARED_EACH * k)
        found: list[Neighbours] = []
        for question, own in zip(questions, reduced, strict=True):
            check()
            rows = self.lists.best(own, probes or self.record.probes, most)
            keys, bits = at_places(self._store, *self.lists.places(rows))
            found.append(nearest([(hexed(keys), widen(bits))], question[None], k, centre))
        known = Neighbours(
            np.concatenate([np.empty((0, k), "S64"), *(one.contents for one in found)]),
            np.concatenate([np.empty((0, k), np.float32), *(one.similarity for one in found)]),
        )
        if not self.others:
            return known
        blocks = ((np.array(unpacked(keys), "S64"), vectors) for keys, vectors in self.outside(check))
        return both(known, nearest(blocks, questions, k, centre))

    def outside(self, check: Callable[[], None] = lambda: None) -> Iterator[tuple[Keys, Floats]]:
        """Yield (contents uint8[m, 32], float32[m, d]) of what is not in the index."""
        for keys, bits in self._store.scan(_BLOCK, without=frozenset(self.record.shards)):
            check()
            yield keys, widen(bits)

    def contents(self, rows: NDArray[np.int64]) -> Keys:
        """Return uint8[n, 32]: the content at each row of the covered shards; zeros where nothing lives there any more."""
        return keys_at(self._store, *self.lists.places(rows))


def both(one: Neighbours, other: Neighbours) -> Neighbours:
    """Return the nearest of two answers to the same questions; no content is in both."""
    contents = np.concatenate([one.contents, other.contents], axis=1)
    similarity = np.concatenate([one.similarity, other.similarity], axis=1)
    order = np.stack([np.lexsort((names, -values)) for names, values in zip(contents, similarity, strict=True)])
    order = order[:, : one.contents.shape[1]]
    return Neighbours(np.take_along_axis(contents, order, 1), np.take_along_axis(similarity, order, 1))


def can_be_made() -> bool:
    """Return whether the extra `faiss` is there, which making an index needs; nothing is imported."""
    return find_spec("faiss") is not None


def opened(store: FeatureStore) -> InvertedFile | None:
    """Return the index of a store, where there is one that still stands and finds enough; None otherwise."""
    directory = store.directory / DIRECTORY
    record = Record.read(directory)
    if record is None or record.recall < LEAST_RECALL:
        return None
    others = rows_outside(store, record)
    if others is None:
        return None
    try:
        lists = Lists.read(directory)
    except (OSError, ValueError):
        # Damaged, or made anew at this moment.
        return None
    return InvertedFile(store, record, lists, others) if len(lists.mean) == store.dimension else None


def rows_outside(store: FeatureStore, record: Record) -> int | None:
    """Return how many rows of the store an index does not cover; None where so much has changed that it counts as none."""
    with readable_errors():
        rows = store.index.execute("SELECT id, live, keys_sha256 FROM shards WHERE live > 0").fetchall()
    total: int = sum(live for _, live, _ in rows)
    inside: int = sum(live for number, live, checksum in rows if record.shards.get(number) == (checksum or b"").hex())
    mistaken = any(number in record.shards and record.shards[number] != (sum_ or b"").hex() for number, _, sum_ in rows)
    away = max(0, record.rows - inside)
    if mistaken or total - inside > MOST_OTHERS * total or away > MOST_OTHERS * record.rows:
        return None
    return total - inside


def stands(store: FeatureStore) -> bool:
    """Return whether the store has an index that is up to date enough, even if it finds too little to be used."""
    record = Record.read(store.directory / DIRECTORY)
    return record is not None and rows_outside(store, record) is not None
