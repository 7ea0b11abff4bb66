"""The tags of all files at once, as one sparse table of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.catalog.database import Database
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.library.base import FileState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class TagTable:
    """Which of K tags each of n files carries.

    Attributes:
        number: int64[n], the catalog's file numbers, rising.
        starts: int64[n + 1]: the tags of file i are `tags[starts[i]:starts[i + 1]]`.
        tags: int32[m], numbers of tags, rising within a file.
        names: the text of each tag number below K; empty where no file has that tag.
    """

    number: NDArray[np.int64]
    starts: NDArray[np.int64]
    tags: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.number)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return int32[k]: the tags of the file at a row."""
        return self.tags[self.starts[row] : self.starts[row + 1]]

    def rows(self, wanted: NDArray[np.int64]) -> TagTable:
        """Return the table of some rows, in their order."""
        import numpy as np

        lengths = np.diff(self.starts)[wanted]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[:-1][wanted] - starts[:-1], lengths) + np.arange(starts[-1])
        return TagTable(self.number[wanted], starts, self.tags[places], self.names)


def read_tag_table(database: Database, without: Callable[[str], bool]) -> TagTable:
    """Return the tags of all files that are in the library, as it shows them: two seconds for a million of twenty tags.

    Args:
        database: the catalog's.
        without: tells the tags that are left out, because they are ours.
    """
    import numpy as np

    numbers, lengths, packed = [], [], []
    with database.read() as connection:
        texts = dict(connection.execute("SELECT number, text FROM tags"))
        cursor = connection.execute(
            "SELECT number, iif(length(display_tags), display_tags, tags) FROM files WHERE state <> ? ORDER BY number",
            (STATE_CODES[FileState.GONE],),
        )
        while rows := cursor.fetchmany(_CHUNK):
            number, blobs = zip(*rows, strict=True)
            numbers.append(np.array(number, np.int64))
            lengths.append(np.fromiter(map(len, blobs), np.int64, len(blobs)) // 4)
            packed.append(np.frombuffer(b"".join(blobs), np.uint32).astype(np.int32))
    tags = np.concatenate([*packed, np.empty(0, np.int32)])
    length = np.concatenate([*lengths, np.empty(0, np.int64)])
    packed.clear()
    names = [""] * (max(texts, default=0) + 1)
    ours = np.zeros(len(names), bool)
    for place, text in texts.items():
        names[place] = text
        ours[place] = without(text)
    if ours.any():
        keep = ~ours[tags]
        kept = np.concatenate([[0], np.cumsum(keep)])
        ends = np.cumsum(length)
        length = kept[ends] - kept[ends - length]
        tags = tags[keep]
        for place in np.flatnonzero(ours).tolist():
            names[place] = ""
    starts = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return TagTable(np.concatenate([*numbers, np.empty(0, np.int64)]), starts, tags, tuple(names))
