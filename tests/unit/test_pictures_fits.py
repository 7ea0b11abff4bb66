"""Pictures of telescopes: refused with a reason without astropy, and stretched to what an eye can see with it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import PictureError
from hyai_tui.pictures.decode import encoder_pixels, open_picture

needs_astropy = pytest.mark.skipif(
    importlib.util.find_spec("astropy") is None, reason="the extra `fits` is not installed"
)


def card(name: str, value: str) -> bytes:
    return f"{name:<8}= {value:>20}".ljust(80).encode()


def fits_file(values: NDArray[np.float32], **headers: str) -> bytes:
    """Return a file of one picture, float32, written by hand."""
    cards = [card("SIMPLE", "T"), card("BITPIX", "-32"), card("NAXIS", str(values.ndim))]
    cards += [card(f"NAXIS{n + 1}", str(size)) for n, size in enumerate(reversed(values.shape))]
    cards += [card(name, value) for name, value in headers.items()]
    head = b"".join([*cards, b"END".ljust(80)])
    data = values.astype(">f4").tobytes()
    return head.ljust(-(-len(head) // 2880) * 2880, b" ") + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


def sky() -> NDArray[np.float32]:
    """Return a faint gradient with one star a million times as bright."""
    values = np.linspace(100, 110, 64 * 48, dtype=np.float32).reshape(48, 64)
    values[10, 20] = 1e8
    return values


def test_without_astropy_the_reason_names_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "astropy.io", None)
    path = tmp_path / "m31.fits"
    path.write_bytes(fits_file(sky()))

    with pytest.raises(PictureError) as caught:
        open_picture(path)

    assert caught.value.reason == "needs-astropy"
    assert "hyai-tui[fits]" in caught.value.what


@needs_astropy
def test_a_bright_star_does_not_hide_the_faint_sky() -> None:
    picture = open_picture(fits_file(sky()))

    assert (picture.size, picture.mode) == ((64, 48), "RGB")
    grey = np.asarray(picture)[:, :, 0]
    # The first row of the file is the lowest of the picture. Stretched to the star, all of the sky would be black.
    assert grey[0, -1] > grey[-1, 0] + 30
    assert grey[48 - 1 - 10, 20] == 255


@needs_astropy
def test_three_planes_are_red_green_and_blue_and_of_more_the_first_is_taken() -> None:
    planes = np.stack([sky() * weight for weight in (1, 2, 3)])
    assert open_picture(fits_file(planes)).size == (64, 48)
    assert encoder_pixels(fits_file(np.stack([sky()] * 5))).shape == (224, 224, 3)


@needs_astropy
@pytest.mark.parametrize(
    "values",
    [np.full((8, 8), 7, np.float32), np.full((8, 8), np.nan, np.float32), np.array([[np.inf, -np.inf]], np.float32)],
    ids=["flat", "nothing", "endless"],
)
def test_a_picture_without_differences_is_a_picture(values: NDArray[np.float32]) -> None:
    assert np.unique(np.asarray(open_picture(fits_file(values)))).size <= 2


@needs_astropy
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (fits_file(np.zeros(8, np.float32)), "not-a-picture"),
        (fits_file(sky())[:3000], "corrupt"),
        (b"SIMPLE  = nonsense", "corrupt"),
    ],
    ids=["one line", "cut", "nonsense"],
)
def test_what_gives_no_picture_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(PictureError) as caught:
        open_picture(content)

    assert caught.value.reason == reason


@needs_astropy
def test_a_header_that_promises_too_much_is_not_believed() -> None:
    small = fits_file(np.zeros((2, 2), np.float32))
    huge = small.replace(card("NAXIS1", "2"), card("NAXIS1", "900000")).replace(
        card("NAXIS2", "2"), card("NAXIS2", "900000")
    )

    with pytest.raises(PictureError) as caught:
        open_picture(huge)

    assert caught.value.reason == "too-large"
