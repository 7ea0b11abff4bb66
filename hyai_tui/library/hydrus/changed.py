"""What changed since the last scan, told from searches that return ids alone: pure functions over sorted arrays.

A client has no list of changes. But it answers in seconds which files there are, which are in the inbox, which are in the
trash and which carry a tag; compared with the catalog, this names every file that came, went or changed its state or one
of our tags. What else a client may change of a file (other tags, above all) shows in no such search and is read again
only by a full scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.library.base import KnownIds
from hyai_tui.library.idsets import Ids, among

_INBOX, _ARCHIVE, _TRASH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Present:
    """What the client says now; all arrays are ids, rising.

    Attributes:
        everything: all files that it has, in the trash too.
        trash, inbox: those in the trash, and those with the inbox flag.
        tagged: tag to the files that carry it.
    """

    everything: Ids
    trash: Ids
    inbox: Ids
    tagged: Mapping[str, Ids]


def unread(present: Present, known: KnownIds) -> tuple[Ids, Ids, int]:
    """Compare what the client has with what the catalog knows.

    Returns:
        The ids whose rows must be read, rising; the catalog's numbers of the files that are as they were; and how many
        entries are passed over again because they are no pictures.
    """
    everything = present.everything[~among(present.everything, known.passed_over)]
    here = among(known.ids, everything)
    changed = here & _differs(present, known)
    new = everything[~among(everything, known.ids)]
    reread = np.union1d(new, known.ids[changed])
    return reread, known.numbers[here & ~changed], len(present.everything) - len(everything)


def in_reading_order(ids: Ids, trash: Ids) -> Ids:
    """Return ids as they are to be read: the trash first, because it empties itself, and in each part the newest first."""
    in_trash = among(ids, trash)
    return np.concatenate([ids[in_trash][::-1], ids[~in_trash][::-1]])


def without(ids: Ids, read: Sequence[int]) -> Ids:
    """Return the ids that are not among those read already, in their order."""
    return ids if not len(read) else ids[~among(ids, np.sort(np.array(read, np.int64)))]


def _differs(present: Present, known: KnownIds) -> NDArray[np.bool_]:
    """Return whether the catalog's word on a file is not the client's any more, for each known id."""
    inbox = among(known.ids, present.inbox)
    state = np.where(inbox, _INBOX, _ARCHIVE)
    state[among(known.ids, present.trash)] = _TRASH
    differs: NDArray[np.bool_] = (state != known.states) | (inbox == known.archived)
    for tag, before in known.tagged.items():
        now = present.tagged.get(tag, np.empty(0, np.int64))
        differs |= among(known.ids, now) != among(known.ids, before)
    return differs
