"""Before the first pictures are copied out of a Hydrus client, a person reads how large they will be and may choose smaller.

A library of millions has originals of megabytes, and a thousand decisions copy a thousand of them into the training
folders; models see 224 pixels. What lies in the client's trash and is to be kept is copied at once, whole, whatever is
answered: it may be gone tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.text import megabytes

if TYPE_CHECKING:
    from hyai_tui.journal.journal import Journal
    from hyai_tui.settings import Settings

SMALL_PIXELS = 512
WAITING = (
    "No picture has been copied yet: say how large samples may be, in the app, or with 'hyai config set "
    f"library.sample_pixels {SMALL_PIXELS}' (0 copies originals)"
)
# A JPEG of that size, quality 92 without subsampling: what photographs came to.
_SMALL_BYTES = 60_000
_DECISIONS = 1_000


def is_first(settings: Settings, journal: Journal) -> bool:
    """Return whether nobody has said yet how large copies may be: neither in the settings nor when asked."""
    library = settings.library
    return library.kind == "hydrus" and library.sample_pixels is None and not journal.consented(_name(settings))


def consent(settings: Settings, journal: Journal, said: list[str]) -> None:
    """Keep that a person has read how large samples will be, and lets originals be copied."""
    journal.consent(_name(settings), "\n".join(said))


def spares(mean: float | None) -> bool:
    """Return whether small copies take less room than originals of this mean size; where it is not known, they do."""
    return mean is None or mean > _SMALL_BYTES


def lines(mean: float | None) -> list[str]:
    """Return what there is to know: how large copies of what is labelled are here, and how large small ones would be.

    Args:
        mean: mean size of an original in bytes; None where it is not known.
    """
    about = "Pictures that you label are copied into data/, for training."
    if mean is None:
        return [f"{about} Copies of {SMALL_PIXELS} pixels take about {megabytes(_SMALL_BYTES)} each."]
    here = (
        f"{about} Originals take {megabytes(round(mean))} here on average: {_DECISIONS:,} are "
        f"{megabytes(round(_DECISIONS * mean))}"
    )
    if not spares(mean):
        return [f"{here}. That is little: copies of {SMALL_PIXELS} pixels spare nothing but a few large ones."]
    small = megabytes(_DECISIONS * _SMALL_BYTES)
    return [f"{here}, or {small} as copies of {SMALL_PIXELS} pixels. Models learn the same from either."]


def _name(settings: Settings) -> str:
    return f"samples of {settings.library.url.strip().rstrip('/')}"
