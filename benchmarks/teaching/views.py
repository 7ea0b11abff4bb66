"""What the small encoder is taught on: views of photographs and of drawn pictures, with the teacher's opinion of each place.

The teacher is MobileNetV2. It sees a view at 224×224 pixels and gives 1,280 numbers for each of 7×7 places. They are turned
into the principal components of its vectors, each divided by the root of its deviation, so that the large ones lead and the
small ones still count. The student sees the same view at 112×112.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.features.encoders.small import reduced
from hyai_tui.library.demo import draw_library
from hyai_tui.pictures.decode import encoder_pixels, open_picture

TEACHER_SIZE = 224
DRAWN_SEED, DRAWN_FILES = 201, 640
_STEP = 16


@dataclass(frozen=True, slots=True)
class Lessons:
    """All views.

    Attributes:
        pixels: uint8[n, 112, 112, 3].
        targets: float16[n, 7, 7, k], the teacher's components at each place.
        plain: rows of pictures seen whole and not mirrored.
    """

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float16]
    plain: NDArray[np.int64]


class Teacher:
    """MobileNetV2 without its top, and the components that its opinion is told in; `fit` comes before `components`."""

    def __init__(self, weights: Path, dimension: int) -> None:
        import keras
        import tensorflow as tf

        model = keras.applications.MobileNetV2(
            weights=str(weights), include_top=False, input_shape=(TEACHER_SIZE, TEACHER_SIZE, 3)
        )
        self._forward = tf.function(lambda pixels: model(tf.cast(pixels, tf.float32) / 127.5 - 1.0, training=False))
        self._dimension = dimension

    def places(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, 7, 7, 1280] for uint8[n, 224, 224, 3]."""
        return np.asarray(self._forward(pixels), np.float32)

    def fit(self, vectors: NDArray[np.float32]) -> None:
        """Find the components of float[n, 1280], the vectors of whole pictures."""
        self._mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        _, spread, axes = np.linalg.svd(vectors.astype(np.float64) - self._mean, full_matrices=False)
        deviation = spread[: self._dimension] / np.sqrt(len(vectors))
        self._axes = (axes[: self._dimension].T / np.sqrt(deviation)).astype(np.float32)

    def components(self, places: NDArray[np.float32]) -> NDArray[np.float16]:
        """Return float16[n, 7, 7, k]."""
        return ((places - self._mean) @ self._axes).astype(np.float16)


def lessons(paths: list[Path], teacher: Teacher, crops: int, seed: int) -> Lessons:
    """Return the views of these photographs and of a drawn library, with what the teacher says of them."""
    rng = np.random.default_rng(seed)
    whole = np.stack([encoder_pixels(path) for path in paths])
    raw = [teacher.places(whole[at : at + _STEP]).astype(np.float16) for at in range(0, len(whole), _STEP)]
    teacher.fit(np.concatenate([part.mean(axis=(1, 2), dtype=np.float32) for part in raw]))
    pixels = [reduced(whole)]
    targets = [teacher.components(part.astype(np.float32)) for part in raw]
    began, done = time.monotonic(), 0
    for step in _steps(_others(paths, whole, crops, rng)):
        targets.append(teacher.components(teacher.places(step)))
        pixels.append(reduced(step))
        done += len(step)
        if done % (100 * _STEP) == 0:
            sys.stderr.write(f"{done} more views, {done / (time.monotonic() - began):.0f} a second\n")
    return Lessons(np.concatenate(pixels), np.concatenate(targets), np.arange(len(paths)))


def _others(
    paths: list[Path], whole: NDArray[np.uint8], crops: int, rng: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Give mirrored and cropped views of the photographs, then the drawn pictures whole and cropped."""
    for path, plain in zip(paths, whole, strict=True):
        yield plain[:, ::-1]
        picture = open_picture(path)
        for _ in range(crops):
            yield _crop(picture, rng)
    with tempfile.TemporaryDirectory(prefix="hyai-lessons-") as room:
        facts = draw_library(Path(room) / "pictures", seed=DRAWN_SEED, files=DRAWN_FILES)
        for path in sorted(facts.looks):
            try:
                picture = open_picture(facts.root / path)
            except PictureError as error:
                sys.stderr.write(f"{path} is left out: {error}\n")
                continue
            yield encoder_pixels(facts.root / path)
            yield _crop(picture, rng)


def _crop(picture: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a part of a picture, a quarter to nine tenths of its area, mirrored half the time."""
    area, ratio = rng.uniform(0.25, 0.9), float(np.exp(rng.uniform(-0.4, 0.4)))
    width = max(1, min(picture.width, int(picture.width * np.sqrt(area * ratio))))
    height = max(1, min(picture.height, int(picture.height * np.sqrt(area / ratio))))
    left, top = int(rng.integers(0, picture.width - width + 1)), int(rng.integers(0, picture.height - height + 1))
    box = (left, top, left + width, top + height)
    part = picture.resize((TEACHER_SIZE, TEACHER_SIZE), Image.Resampling.BILINEAR, box=box)
    pixels = np.asarray(part, np.uint8)
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def _steps(views: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    step: list[NDArray[np.uint8]] = []
    for view in views:
        step.append(view)
        if len(step) == _STEP:
            yield np.stack(step)
            step = []
    if step:
        yield np.stack(step)
