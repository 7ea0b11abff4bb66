"""Pictures of telescopes: FITS files, read by astropy where the extra `fits` is installed.

Their values span many powers of ten, so they are stretched as astronomers' viewers do: the interval of IRAF's zscale
(contrast 0.1), and where that finds none, from the 2nd to the 98th percentile. The first row is the lowest, by convention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from io import BytesIO

SIGNATURE: Final = b"SIMPLE  ="
_CONTRAST: Final = 0.1
_PERCENTILES: Final = (2.0, 98.0)


class FitsUnread(Exception):
    """A FITS file that gives no picture.

    Attributes:
        reason: a code of `decode.REASONS`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_fits(file: BinaryIO | BytesIO, pixel_limit: int) -> Image.Image:
    """Return the first picture of a FITS file as 8-bit grey, or RGB where it has three planes.

    Args:
        file: open, at its beginning.
        pixel_limit: most pixels that are unpacked.

    Raises:
        FitsUnread: `needs-astropy`, `not-a-picture` (tables alone), `too-large` or `corrupt`.
    """
    try:
        from astropy.io import fits
        from astropy.io.fits.verify import VerifyError
    except ImportError as error:
        raise FitsUnread("needs-astropy") from error
    try:
        with fits.open(file, memmap=False, lazy_load_hdus=True) as units:
            for unit in units:
                if unit.is_image and len(unit.shape) >= 2:
                    return _picture(unit, pixel_limit)
    except (OSError, ValueError, TypeError, KeyError, IndexError, VerifyError) as error:
        raise FitsUnread("corrupt") from error
    raise FitsUnread("not-a-picture")


def _picture(unit: Any, pixel_limit: int) -> Image.Image:
    # The header is asked before anything is unpacked: it may promise more than memory holds.
    if int(np.prod(unit.shape, dtype=np.float64)) > 3 * pixel_limit or unit.shape[-1] * unit.shape[-2] > pixel_limit:
        raise FitsUnread("too-large")
    values = np.asarray(unit.data, np.float32)
    while values.ndim > 3 or (values.ndim == 3 and values.shape[0] != 3):
        values = values[0]
    if not values.size:
        raise FitsUnread("not-a-picture")
    planes = [stretched(plane)[::-1] for plane in (values if values.ndim == 3 else values[np.newaxis])]
    return Image.fromarray(planes[0] if len(planes) == 1 else np.dstack(planes))


def stretched(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return uint8 of the same shape; float32[h, w] of any range, what is not finite as the lowest."""
    from astropy.visualization import ZScaleInterval

    known = values[np.isfinite(values)]
    if not known.size:
        return np.zeros(values.shape, np.uint8)
    low, high = ZScaleInterval(contrast=_CONTRAST).get_limits(known)
    if not high > low:
        low, high = np.percentile(known, _PERCENTILES)
    if not high > low:
        low, high = float(known.min()), float(known.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * scale
    grey: NDArray[np.uint8] = scaled.clip(0, 255).round().astype(np.uint8)
    return grey
