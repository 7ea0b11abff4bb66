"""The fallback encoder: small, quick, finite for every picture, and able to tell pictures apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hyai_tui.features.encoders.hog import DIMENSION, VERSION, HogEncoder
from hyai_tui.pictures.decode import PREPROCESSING

encoder = HogEncoder()


def stripes(angle: float, period: int = 24, low: int = 40, high: int = 200) -> NDArray[np.uint8]:
    """Grey stripes at an angle."""
    y, x = np.mgrid[:224, :224]
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period) > 0
    return np.repeat(np.where(wave, high, low).astype(np.uint8)[..., None], 3, axis=2)


def flat(*colour: int) -> NDArray[np.uint8]:
    return np.full((224, 224, 3), colour, np.uint8)


def vectors(*pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return encoder.encode(np.stack(pixels))


def test_the_vector_fits_the_size_that_is_allowed_a_file() -> None:
    assert DIMENSION * 2 <= 2_600
    assert VERSION.dimension == DIMENSION
    assert PREPROCESSING in VERSION.preprocessing
    assert vectors(flat(1, 2, 3)).shape == (1, DIMENSION)
    assert encoder.encode(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    "pixels",
    [flat(0, 0, 0), flat(255, 255, 255), flat(255, 0, 0), stripes(0.3, period=2, low=0, high=255)],
    ids=["black", "white", "red", "finest stripes"],
)
def test_every_picture_gives_numbers_between_0_and_1(pixels: NDArray[np.uint8]) -> None:
    result = vectors(pixels)
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1


def test_noise_gives_numbers_between_0_and_1() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (5, 224, 224, 3), dtype=np.uint8)
    result = encoder.encode(noise)
    assert np.isfinite(result).all()
    assert 0 <= result.min() <= result.max() <= 1


def test_a_row_depends_on_its_own_picture_only() -> None:
    rng = np.random.default_rng(5)
    batch = rng.integers(0, 256, (7, 224, 224, 3), dtype=np.uint8)
    together = encoder.encode(batch)
    for i in range(7):
        np.testing.assert_array_equal(together[i], encoder.encode(batch[i : i + 1])[0])
    np.testing.assert_array_equal(encoder.encode(batch[::-1])[::-1], together)


def test_orientation_is_seen_and_light_is_not() -> None:
    across, along, dimmer = stripes(0.0), stripes(np.pi / 2), stripes(0.0, low=60, high=160)
    a, b, c = vectors(across, along, dimmer)[:, :576]
    assert a @ b < 0.3
    assert a @ c > 0.95


def test_colour_is_seen() -> None:
    red, blue, dark_red = vectors(flat(220, 20, 20), flat(20, 20, 220), flat(200, 18, 18))[:, -72:]
    assert red @ blue == 0
    assert red @ dark_red == pytest.approx(1)


def test_a_smaller_copy_has_nearly_the_same_vector() -> None:
    image = Image.new("RGB", (640, 640), "beige")
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 120, 400, 500), fill="brown")
    draw.rectangle((350, 60, 600, 300), fill="navy")
    copies = [np.asarray(image.resize((n, n)).resize((224, 224)), np.uint8) for n in (640, 300, 150)]
    a, b, c = vectors(*copies)
    other = vectors(np.asarray(image.rotate(90).resize((224, 224)), np.uint8))[0]

    def near(u: NDArray[np.float32], v: NDArray[np.float32]) -> float:
        return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))

    assert near(a, b) > 0.98
    assert near(a, c) > 0.95
    assert near(a, other) < 0.9


def test_other_pixels_than_an_encoder_gets_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        encoder.encode(np.zeros((1, 224, 224, 3), np.float32))
    with pytest.raises(ValueError, match="224"):
        encoder.encode(np.zeros((1, 100, 100, 3), np.uint8))


def test_the_numbers_of_a_known_picture_stay_what_they_are() -> None:
    # A change of these numbers is another encoder: it needs another version, or old vectors are mixed with new ones.
    y, x = np.mgrid[:224, :224]
    pixels = np.stack([x, y, (x + y) // 2], axis=-1).astype(np.uint8)
    pixels[60:160, 80:140] = (200, 30, 90)
    vector = vectors(pixels)[0].astype(np.float64)
    places = np.arange(1, DIMENSION + 1)
    summary = [vector.sum(), (vector * places).sum() / 1000, (vector**2).sum(), vector[:576].sum(), vector[-72:].sum()]
    np.testing.assert_allclose(summary, KNOWN, rtol=1e-4)


KNOWN = [108.054, 82.3661, 50.7952, 12.61, 4.19462]


def test_encoding_without_weights_never_imports_tensorflow() -> None:
    program = (
        "import sys, numpy as np\n"
        "from hyai_tui.features.encoders.loading import load\n"
        "from hyai_tui.features.choosing import EncoderChoice\n"
        "from hyai_tui.features.encoders import hog\n"
        "load(EncoderChoice('hog', None, '', hog.VERSION)).encode(np.zeros((1, 224, 224, 3), np.uint8))\n"
        "import hyai_tui.features.build, hyai_tui.features.store, hyai_tui.jobs.cache, hyai_tui.cli.cache\n"
        "print([name for name in ('tensorflow', 'keras', 'sklearn', 'h5py') if name in sys.modules])\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root, env=os.environ
    )
    assert done.stdout.strip() == "[]"


SHARED = Path(__file__).parents[3] / "shared" / "images" / "clothing"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="development pictures are not here")
def test_photographs_are_told_apart_as_well_as_documented() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    from hyai_tui.pictures.decode import encoder_pixels

    kept = {"dress", "hat", "longsleeve", "outwear", "shoes"}
    files = sorted(SHARED.glob("*/*.jpg"))
    order = np.random.default_rng(1).permutation(len(files))[:1500]
    labels = np.array([files[i].parent.name not in kept for i in order])
    rows = np.concatenate([encoder.encode(encoder_pixels(files[i])[None]) for i in order]).astype(np.float16)
    scaler = StandardScaler().fit(rows[:1000])
    head = LogisticRegression(C=0.001, max_iter=300).fit(scaler.transform(rows[:1000]), labels[:1000])
    assert head.score(scaler.transform(rows[1000:]), labels[1000:]) >= 0.72
