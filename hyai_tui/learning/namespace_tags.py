"""Which files of the library have which tags of one namespace, as the library shows them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.settings import TagSettings

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NamespaceTags:
    """The still pictures of the library, and their tags of one namespace.

    Attributes:
        files: S64[n], in the order of the catalog.
        names: the namespace's tags, each on a file at least, sorted.
        row: int64[m], file of each pair of a file and a tag.
        tag: int64[m], index into `names` of each pair.
    """

    files: NDArray[np.bytes_]
    names: tuple[str, ...]
    row: Rows
    tag: Rows

    @property
    def counts(self) -> Rows:
        """int64[len(names)]: files of each tag."""
        return np.bincount(self.tag, minlength=len(self.names)).astype(np.int64)

    @property
    def having(self) -> Rows:
        """int64[k], rising: the files that have one or more."""
        return np.unique(self.row)

    def identities(self, rows: Rows) -> list[str]:
        """Return the hashes of some files."""
        return [one.decode("ascii") for one in self.files[rows].tolist()]

    def truth(self, rows: Rows, tags: Sequence[str]) -> NDArray[np.bool_]:
        """Return bool[len(rows), len(tags)]: which of some files (rising) have which tags."""
        column = {name: place for place, name in enumerate(tags)}
        columns = np.array([column.get(name, -1) for name in self.names], np.int64)
        found = np.zeros((len(rows), len(tags)), bool)
        if not len(rows) or not len(self.row):
            return found
        place = np.minimum(np.searchsorted(rows, self.row), len(rows) - 1)
        known = (rows[place] == self.row) & (columns[self.tag] >= 0)
        found[place[known], columns[self.tag[known]]] = True
        return found


def read_namespace(catalog: Catalog, namespace: str, settings: TagSettings) -> NamespaceTags:
    """Return the tags of a namespace; moving pictures are left out, they have no vector of their own.

    Args:
        catalog: as the last scan left it.
        namespace: such as `series`.
        settings: say which tags are ours, which teach nothing.
    """
    table = catalog.tag_table(ours_at_sight(settings))
    arrays = catalog.snapshot()
    own = np.array([name.startswith(f"{namespace}:") for name in table.names], bool)
    place = np.searchsorted(arrays.number, table.number)
    still = ~arrays.motion[place]
    new_row = np.cumsum(still) - 1
    rows = np.repeat(np.arange(len(table)), np.diff(table.starts))
    wanted = own[table.tags] & still[rows] if len(table.tags) else np.zeros(0, bool)
    numbers, tag = np.unique(table.tags[wanted], return_inverse=True)
    names = [table.names[number] for number in numbers.tolist()]
    order = np.argsort(np.array(names, np.str_), kind="stable") if names else np.empty(0, np.int64)
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return NamespaceTags(
        arrays.sha256[place[still]],
        tuple(names[at] for at in order.tolist()),
        new_row[rows[wanted]].astype(np.int64),
        rank[tag].astype(np.int64),
    )
