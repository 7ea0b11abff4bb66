"""How long rescued files may still lie in a trash that empties itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyai_tui.library.base import FileState

if TYPE_CHECKING:
    from hyai_tui.library.base import Library
    from hyai_tui.settings import LibrarySettings

_BATCH = 256
_DAY = 24 * 60


def first_to_go(library: Library, files: Sequence[str], settings: LibrarySettings) -> float | None:
    """Return when the trash may empty the first of these files, in seconds since the epoch.

    A client tells when a file went to its trash, and not how long it keeps it there: that is the setting
    `library.trash_hours`, whose default is the client's own. It may go sooner where the trash grows too large.

    Returns:
        None where the library does not tell, or its trash keeps files for ever.

    Raises:
        LibraryError: the library does not answer.
    """
    if not settings.trash_hours:
        return None
    times: list[float] = []
    for at in range(0, len(files), _BATCH):
        found = library.lookup(files[at : at + _BATCH]).values()
        times += [one.trashed for one in found if one.state is FileState.TRASH and one.trashed is not None]
    return min(times) + settings.trash_hours * 3600 if times else None


def until_words(until: float | None, now: float) -> str:
    """Return `first may go in 9 h`, `first may go any time`; empty where nobody tells."""
    if until is None:
        return ""
    minutes = int((until - now) // 60)
    if minutes < 1:
        return "first may go any time"
    # Rounded down: a warning must not promise more than there is.
    if minutes >= 2 * _DAY:
        left = f"{minutes // _DAY} days"
    else:
        left = f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
    return f"first may go in {left}"
