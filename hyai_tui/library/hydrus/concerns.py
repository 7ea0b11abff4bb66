"""What is odd about a client and stands in the way of nothing: a version that nobody has tried, a clock that is off."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from hyai_tui.library.hydrus.services import NEWEST_TRIED_API

_CLOCK_SECONDS = 120.0


def clock_ahead(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return by how many seconds the clock behind an answer is ahead of ours; None if the answer does not tell."""
    try:
        there = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        return None
    return there - (time.time() if now is None else now)


def concerns(api: object, ahead: float | None) -> tuple[str, ...]:
    """Return a sentence for each thing that its user should know, with what to do.

    Args:
        api: version of the Client API, as the client says.
        ahead: see `clock_ahead`.
    """
    found = []
    if isinstance(api, int) and api > NEWEST_TRIED_API:
        found.append(
            f"this Hydrus speaks Client API {api}, which is newer than the newest that hyai was tried with "
            f"({NEWEST_TRIED_API}): update hyai if anything looks odd"
        )
    if ahead is not None and abs(ahead) > _CLOCK_SECONDS:
        way = "ahead of" if ahead > 0 else "behind"
        found.append(
            f"the clock of Hydrus' machine is {round(abs(ahead) / 60):,} min {way} this one's: hours until the trash "
            "loses files are off by as much; let both keep network time"
        )
    return tuple(found)
