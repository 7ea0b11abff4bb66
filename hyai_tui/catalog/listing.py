"""What the catalog knows by the library's own ids, for a scan that reads only what has changed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyai_tui.catalog.arrays import read_arrays
from hyai_tui.catalog.carrying import carriers
from hyai_tui.catalog.database import Database
from hyai_tui.catalog.kept import Shelf
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.catalog.taglists import TagNumbers
from hyai_tui.library.base import FileState, KnownIds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLES = 64


def known_ids(database: Database, shelf: Shelf, tags: TagNumbers, watched: Sequence[str]) -> KnownIds:
    """Return what is known of the files that are there; `watched` tags are those whose changes a scan notices."""
    import numpy as np

    arrays = read_arrays(database, shelf)
    external = arrays.external_id
    assert external is not None
    here = np.flatnonzero((arrays.state != STATE_CODES[FileState.GONE]) & (external >= 0))
    here = here[np.argsort(external[here], kind="stable")]
    ids = external[here]

    def carrying(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        carries = np.zeros(len(arrays.number), bool)
        # A file that came after the arrays were read is in none of them.
        at = np.searchsorted(arrays.number, numbers[numbers <= arrays.number[-1]] if len(arrays) else numbers[:0])
        carries[at] = True
        return ids[carries[here]]

    with database.read() as connection:
        over = connection.execute("SELECT external_id FROM passed_over ORDER BY external_id").fetchall()
        samples = [
            connection.execute("SELECT external_id, sha256 FROM files WHERE number = ?", (number,)).fetchone()
            for number in arrays.number[here[random.sample(range(len(here)), min(_SAMPLES, len(here)))]].tolist()
        ]
    return KnownIds(
        ids=ids,
        numbers=arrays.number[here],
        states=arrays.state[here],
        archived=arrays.archived[here],
        tagged={tag: carrying(one) for tag, one in zip(watched, carriers(database, shelf, tags, watched), strict=True)},
        passed_over=np.array([one for (one,) in over], np.int64),
        samples={int(file_id): sha256.hex() for file_id, sha256 in samples},
    )
