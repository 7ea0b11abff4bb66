"""A network that learns in milliseconds, in place of TensorFlow's: what tests of tuning stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import WrongUse
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.encoders import keras_networks, tunable
from hyai_tui.features.encoders.networks import MOBILENETV2, Network
from hyai_tui.features.tuned import read_lesson
from hyai_tui.features.weights import check_weights
from hyai_tui.jobs import scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import draw

SAMPLES = 120


class Softmax:
    """A network of eight numbers: the head is a softmax regression, its one block stretches what the head sees."""

    shape = (8,)
    parameters = 8

    def __init__(self, outputs: int, rates: tuple[float, float], seed: int) -> None:
        self.head = np.random.default_rng(seed).normal(0, 0.1, (8, outputs))
        self.block = np.full(8, 0.1)
        self.rates = rates
        self.learned: list[bool] = []

    def logits(self, maps: NDArray[np.float16]) -> NDArray[np.float32]:
        return np.asarray((maps.astype(float) * self.block) @ self.head, np.float32)

    def step(
        self, maps: NDArray[np.float16], truth: NDArray[np.int64], weights: NDArray[np.float32], *, blocks: bool
    ) -> float:
        self.learned.append(blocks)
        said = self.logits(maps).astype(float)
        shares = np.exp(said - said.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        own = np.arange(len(truth)), truth
        losses = -np.log(np.maximum(shares[own], 1e-12))
        gradient = shares * weights[:, None] / len(truth)
        gradient[own] -= weights / len(truth)
        seen = maps.astype(float)
        of_block = (seen * (gradient @ self.head.T)).sum(axis=0)
        self.head -= self.rates[0] * (seen * self.block).T @ gradient
        if blocks:
            self.block -= self.rates[1] * of_block
        return float((losses * weights).sum())

    def state(self) -> list[NDArray[Any]]:
        return [self.head.copy(), self.block.copy()]

    def restore(self, state: Sequence[NDArray[Any]]) -> None:
        self.head, self.block = (one.copy() for one in state)


def weights_file(path: Path, stretch: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["numbers"] = np.zeros(500_000, np.float32)
        file.attrs["stretch"] = stretch
    return path


def seen_of(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Eight numbers of each picture: how much neighbours differ, and how bright it is."""
    grey = pixels.mean(axis=3) / 255
    across, down = np.abs(np.diff(grey, axis=2)), np.abs(np.diff(grey, axis=1))
    parts = [across, down, grey, grey[:, ::7], grey[:, :, ::7], across[:, ::3], down[:, :, ::3], across[:, :, ::5]]
    return np.stack([one.mean(axis=(1, 2)) * 10 for one in parts], axis=1)


class FakeEncoder:
    """Stands for the network as an encoder: its vectors depend on its weights file."""

    def __init__(self, network: Network, weights: Path, _batch: int, _warn: Callable[[str], None]) -> None:
        self.version: EncoderVersion = network.version(check_weights(weights, network))
        with h5py.File(weights, "r") as file:
            self._stretch = float(file.attrs["stretch"])

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        found = np.zeros((len(pixels), self.version.dimension), np.float32)
        found[:, :8] = seen_of(pixels) * self._stretch
        return found


class FakeTunable(Softmax):
    """Stands for the network that can be tuned, and remembers which pictures went through it."""

    pictures: list[bytes] = []

    def __init__(
        self, _network: Network, weights: Path, blocks: int, outputs: int, rates: tuple[float, float], seed: int
    ) -> None:
        if blocks > 3:
            raise WrongUse("It has 3 blocks", "Fewer")
        assert read_lesson(weights) is None
        super().__init__(outputs, (0.5, 0.5), seed)

    def maps(self, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
        self.pictures.extend(one.tobytes() for one in pixels)
        return seen_of(pixels).astype(np.float16)

    def save(self, path: Path) -> None:
        weights_file(path, 2.0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """120 samples of two labels, and a network instead of TensorFlow's."""
    monkeypatch.setattr(FakeTunable, "pictures", [])
    monkeypatch.setattr(tunable, "TunableNetwork", FakeTunable)
    monkeypatch.setattr(keras_networks, "KerasEncoder", FakeEncoder)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HYAI_HOME", str(tmp_path / "w"))
    weights_file(tmp_path / "keras" / "models" / MOBILENETV2.file, 1.0)
    made = create_workspace(tmp_path / "w", '[library]\nkind = "folder"\npath = "pictures"\n[train]\nhead = "linear"\n')
    for number in range(SAMPLES):
        look = ("archive", "trash")[number % 2]
        draw(made.data / look / f"{number}.png", look, number)
    (made.root / "pictures").mkdir()
    scan.run(JobContext(made))
    return made
