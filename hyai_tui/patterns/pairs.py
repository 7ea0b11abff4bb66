"""How many files carry two tags together: counted whole, or brought up to date after a few files have changed.

Only pairs of at least `LEAST` files are kept: fewer say nothing, and a library has many times more of them. That makes an
update of a pair that was not kept a question about the whole table; it is asked only for pairs that changed files gained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.tagtable import TagTable

if TYPE_CHECKING:
    from scipy import sparse

LEAST: Final = 3
# Over this share of changed files, counting all of them anew is as fast.
_MOST_CHANGED: Final = 0.02
# Products of a block of tags with the table: 24 million entries of 8 bytes at most are held at a time.
_BLOCK_PRODUCTS: Final = 24_000_000
_SHIFT: Final = 32
_LOW: Final = (1 << _SHIFT) - 1

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs of tags that at least `LEAST` files carry together.

    Attributes:
        keys: int64[p], rising: the smaller number of the two tags times 2³², plus the larger one.
        files: int32[p], files that carry both.
    """

    keys: NDArray[np.int64]
    files: NDArray[np.int32]

    def of(self, one: int, other: int) -> int:
        """Return how many files carry both; 0 where they are fewer than `LEAST`."""
        key = (min(one, other) << _SHIFT) | max(one, other)
        at = int(np.searchsorted(self.keys, key))
        return int(self.files[at]) if at < len(self.keys) and self.keys[at] == key else 0

    def partners(self, tags: int) -> sparse.csr_matrix:
        """Return int32[tags, tags], symmetric: the files that each two tags share."""
        # Here and below: the app reads what was counted, and is not to wait for SciPy.
        from scipy import sparse

        one, other = self.keys >> _SHIFT, self.keys & _LOW
        both = sparse.coo_matrix((self.files, (one, other)), shape=(tags, tags)).tocsr()
        return both + both.T


def tag_counts(table: TagTable) -> NDArray[np.int64]:
    """Return int64[K]: the files that carry each tag."""
    return np.bincount(table.tags, minlength=len(table.names))


def count_pairs(table: TagTable, check: Check = lambda: None) -> PairCounts:
    """Count all pairs: about fifteen seconds for a million files of twenty tags on one core.

    Args:
        table: the files' tags.
        check: called between blocks; may raise to stop.
    """
    matrix = _matrix(table, tag_counts(table) >= LEAST)
    keys, files = [], []
    for one, other, both in _products(matrix, np.arange(matrix.shape[1]), check):
        chosen = other > one
        keys.append((one[chosen] << _SHIFT) | other[chosen])
        files.append(both[chosen])
    found = np.concatenate([*keys, np.empty(0, np.int64)])
    order = np.argsort(found, kind="stable")
    return PairCounts(found[order], np.concatenate([*files, np.empty(0, np.int32)])[order].astype(np.int32))


def changed_rows(old: TagTable, new: TagTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (int64, int64): the rows of the old table that went or changed, and those of the new one that came or changed."""
    at = np.searchsorted(old.number, new.number)
    at[at == len(old)] = 0
    known = old.number[at] == new.number if len(old) else np.zeros(len(new), bool)
    same = known & (np.diff(old.starts)[at] == np.diff(new.starts) if len(old) else False)
    rows = np.flatnonzero(same)
    mine, theirs = new.rows(rows), old.rows(at[rows])
    differs = np.concatenate([[0], np.cumsum(mine.tags != theirs.tags)])
    same[rows] = differs[mine.starts[1:]] == differs[mine.starts[:-1]]
    stayed = np.zeros(len(old), bool)
    stayed[at[same]] = True
    return np.flatnonzero(~stayed), np.flatnonzero(~same)


def updated(pairs: PairCounts, old: TagTable, new: TagTable, check: Check = lambda: None) -> PairCounts:
    """Return the counts of the new table, given those of the old one; equal to `count_pairs(new)`.

    Args:
        pairs: of the old table.
        old: the table before; its tag numbers mean the same as the new one's (of one catalog).
        new: the table now.
        check: called between blocks; may raise to stop.
    """
    went, came = changed_rows(old, new)
    if len(went) + len(came) > _MOST_CHANGED * max(1, len(new)):
        return count_pairs(new, check)
    size = len(new.names)
    difference = _together(new.rows(came), size) - _together(old.rows(went), size)
    one, other = difference.nonzero()
    both = np.asarray(difference[one, other]).ravel() if len(one) else np.empty(0, np.int64)
    keys = (one.astype(np.int64) << _SHIFT) | other
    at = np.searchsorted(pairs.keys, keys)
    kept = np.zeros(len(keys), bool)
    inside = at < len(pairs.keys)
    kept[inside] = pairs.keys[at[inside]] == keys[inside]
    files = pairs.files.astype(np.int64)
    files[at[kept]] += both[kept]
    still = files >= LEAST
    gained = keys[~kept & (both > 0)]
    fresh, amounts = _counted(new, gained, check)
    all_keys = np.concatenate([pairs.keys[still], fresh])
    order = np.argsort(all_keys, kind="stable")
    return PairCounts(all_keys[order], np.concatenate([files[still], amounts])[order].astype(np.int32))


def _counted(table: TagTable, keys: NDArray[np.int64], check: Check) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys of the pairs that at least `LEAST` files carry, and in how many, looked up by their rarer tag."""
    one, other = keys >> _SHIFT, keys & _LOW
    counts = tag_counts(table)
    enough = np.minimum(counts[one], counts[other]) >= LEAST
    keys, one, other = keys[enough], one[enough], other[enough]
    rarer = np.where(counts[one] <= counts[other], one, other)
    wanted = np.unique(keys)
    found_keys, found_files = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    asked = np.zeros(len(counts), bool)
    asked[one] = asked[other] = True
    matrix = _matrix(table, asked)
    for left, right, both in _products(matrix, np.unique(rarer), check):
        key = (np.minimum(left, right) << _SHIFT) | np.maximum(left, right)
        at = np.searchsorted(wanted, key)
        at[at == len(wanted)] = 0
        chosen = (wanted[at] == key) & (left != right)
        found_keys.append(key[chosen])
        found_files.append(both[chosen].astype(np.int64))
    # A pair whose tags are both the rarer one of some pair was met twice, with the same answer.
    unique, first = np.unique(np.concatenate(found_keys), return_index=True)
    return unique, np.concatenate(found_files)[first]


def _matrix(table: TagTable, wanted: NDArray[np.bool_]) -> sparse.csr_matrix:
    """Return int32[n, K] of zeros and ones: the wanted tags of each file."""
    from scipy import sparse

    keep = wanted[table.tags]
    kept = np.concatenate([[0], np.cumsum(keep)])
    tags = table.tags[keep]
    shape = (len(table), len(table.names))
    return sparse.csr_matrix((np.ones(len(tags), np.int32), tags, kept[table.starts]), shape=shape)


def _products(
    matrix: sparse.csr_matrix, rows: NDArray[np.int64], check: Check
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]]:
    """Yield (tag, other tag, files that carry both, `LEAST` or more) of the tags named, in blocks that bound the memory."""
    turned = matrix.T.tocsr()
    files_of = np.diff(turned.indptr)
    lengths = np.diff(matrix.indptr)
    mean = float(lengths.mean()) if len(lengths) else 0.0
    ends = np.cumsum(files_of[rows] * max(1.0, mean))
    start = 0
    while start < len(rows):
        check()
        before = ends[start - 1] if start else 0.0
        stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK_PRODUCTS, "right")))
        block = turned[rows[start:stop]] @ matrix
        enough = block.data >= LEAST
        tags = np.repeat(rows[start:stop], np.diff(block.indptr))[enough]
        yield tags, block.indices[enough].astype(np.int64), block.data[enough]
        start = stop


def _together(table: TagTable, size: int) -> sparse.csr_matrix:
    """Return int64[K, K], the upper triangle: files of a small table that carry both tags."""
    from scipy import sparse

    tags = np.ones(len(table.tags), np.int64)
    matrix = sparse.csr_matrix((tags, table.tags, table.starts), shape=(len(table), size))
    return sparse.triu(matrix.T @ matrix, k=1).tocsr()
