"""The small encoder: the numbers of the network that was taught, one picture at a time, with its own weights or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hyai_tui.errors import ModelError
from hyai_tui.features import choosing
from hyai_tui.features.choosing import choice_of, choose, features_directory, record
from hyai_tui.features.encoders import hog, small
from hyai_tui.features.encoders.listing import listed
from hyai_tui.features.encoders.loading import load
from hyai_tui.features.encoders.small import DIMENSION, VERSION, SmallEncoder, reduced
from hyai_tui.pictures.decode import PREPROCESSING
from hyai_tui.workspace import Workspace, create_workspace


@pytest.fixture(scope="module")
def encoder() -> SmallEncoder:
    return SmallEncoder()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace that chooses by itself, on a machine without MobileNetV2's weights."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return create_workspace(tmp_path / "place", "")


def drawn(seed: int) -> NDArray[np.uint8]:
    """Return uint8[224, 224, 3]: a slope of colours with two rectangles, another one for each seed."""
    y, x = np.mgrid[:224, :224]
    pixels = np.stack([x, y, (x * (seed + 1) + y) % 224], axis=-1).astype(np.uint8)
    random = np.random.default_rng(seed)
    for _ in range(2):
        top, left, height, width = random.integers(10, 110, 4)
        pixels[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return pixels


def test_a_vector_fits_the_size_that_is_allowed_a_file(encoder: SmallEncoder) -> None:
    assert DIMENSION * 2 <= 2_600
    assert (VERSION.dimension, encoder.version) == (DIMENSION, VERSION)
    assert PREPROCESSING in VERSION.preprocessing
    assert encoder.encode(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, DIMENSION)
    assert small.WEIGHTS.stat().st_size <= 4_000_000


def test_numpy_gives_what_the_network_gave_where_it_was_taught(encoder: SmallEncoder) -> None:
    # What Keras made of these pictures with the weights that it was taught, before they were rounded and the normalisations folded in.
    with np.load(Path(__file__).with_name("small_encoder_vectors.npz"), allow_pickle=False) as table:
        taught = table["vectors"].astype(np.float32)
    found = encoder.encode(np.stack([drawn(seed) for seed in range(len(taught))]))
    assert np.abs(found - taught).max() < 0.01 * np.abs(taught).max()


def test_a_row_depends_on_its_own_picture_only(encoder: SmallEncoder) -> None:
    batch = np.stack([drawn(seed) for seed in range(5)])
    together = encoder.encode(batch)
    np.testing.assert_array_equal(encoder.encode(batch[::-1])[::-1], together)
    np.testing.assert_array_equal(np.concatenate([encoder.encode(batch[:2]), encoder.encode(batch[2:])]), together)
    np.testing.assert_array_equal(np.concatenate([encoder.encode(one[None]) for one in batch]), together)


def test_how_many_cores_there_are_changes_no_number(encoder: SmallEncoder) -> None:
    batch = np.stack([drawn(1), drawn(2)])
    with threadpool_limits(1):
        alone = encoder.encode(batch)
    with threadpool_limits(4):
        np.testing.assert_array_equal(encoder.encode(batch), alone)


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_picture_gives_numbers(encoder: SmallEncoder, level: int) -> None:
    vector = encoder.encode(np.full((1, 224, 224, 3), level, np.uint8))
    assert np.isfinite(vector.astype(np.float16)).all()


def test_pixels_are_averaged_exactly() -> None:
    pixels = np.zeros((1, 224, 224, 3), np.uint8)
    pixels[0, :2, :2, 0] = [[255, 254], [255, 253]]
    assert reduced(pixels).shape == (1, 112, 112, 3)
    assert reduced(pixels)[0, 0, 0].tolist() == [254, 0, 0]


def test_other_pixels_than_an_encoder_gets_are_refused(encoder: SmallEncoder) -> None:
    with pytest.raises(ValueError, match="224"):
        encoder.encode(np.zeros((1, 112, 112, 3), np.uint8))


def test_it_is_chosen_without_weights_and_said_loudly(place: Workspace) -> None:
    choice = choose(place)
    assert (choice.name, choice.weights_path, choice.version) == ("small", None, VERSION)
    assert "small encoder" in choice.notice
    assert "--download-weights" in choice.notice
    assert isinstance(load(choice), SmallEncoder)


def test_without_its_weights_the_fallback_is_chosen_and_said_more_loudly(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "WEIGHTS", tmp_path / "nothing.npz")
    choice = choose(place)
    assert choice.version == hog.VERSION
    assert "fallback encoder" in choice.notice
    with pytest.raises(ModelError, match=r"cannot be read: No such file") as caught:
        SmallEncoder()
    assert "features.encoder hog" in caught.value.fix
    row = next(one for one in listed(place) if one["name"] == "small")
    assert (row["ready"], row["chosen"]) == (False, False)


def test_altered_weights_are_refused_and_no_other_encoder_steps_in(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(small.WEIGHTS.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.npz").write_bytes(content)
    choice = choose(place)
    monkeypatch.setattr(small, "WEIGHTS", tmp_path / "altered.npz")
    for refused in (lambda: load(choice), lambda: choose(place)):
        with pytest.raises(ModelError, match="does not hold the weights") as caught:
            refused()
        assert "features.encoder hog" in caught.value.fix


def test_a_workspace_of_the_fallback_stays_with_it_and_hears_of_the_better_one(place: Workspace) -> None:
    record(place, hog.VERSION)
    choice = choose(place)
    assert choice.version == hog.VERSION
    assert "features.encoder small" in choice.notice
    place.settings_file.write_text('[features]\nencoder = "small"\n')
    moved = create_workspace(place.root, "")
    assert choose(moved).version == VERSION
    # Its model goes on with the encoder that it was trained on.
    assert (choice_of(moved, hog.VERSION.id) or choice).version == hog.VERSION


def test_other_weights_never_take_over_vectors(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    record(place, choose(place).version)
    before = features_directory(place, choose(place))
    later = replace(VERSION, weights_sha256="1" * 64)
    monkeypatch.setattr(small, "VERSION", later)
    monkeypatch.setitem(choosing._OURS, "small", later)
    assert choose(place).version == later
    assert features_directory(place, choose(place)) != before
    assert choice_of(place, VERSION.id) is None
