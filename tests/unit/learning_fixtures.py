"""Small bundles and training data for the tests of the learning room."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hyai_tui.errors import Cancelled
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.labels import label_order

ENCODER = EncoderStamp("hog-0123456789ab", "hog", 6)


def sha(number: int) -> str:
    """Return a made-up identity."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def small_bundle(labels: tuple[str, ...] = ("archive", "trash"), *, seed: int = 0, items: int = 12) -> Bundle:
    """Return a bundle with an mlp head of random weights and some out-of-fold items."""
    random = np.random.default_rng(seed)
    outputs = 1 if len(labels) == 2 else len(labels)
    kernels = random.normal(size=(6, 5)).astype(np.float32), random.normal(size=(5, outputs)).astype(np.float32)
    head = Head(
        "mlp",
        (Layer(kernels[0], np.ones(5, np.float32), "relu"), Layer(kernels[1], np.zeros(outputs, np.float32))),
        centre=random.normal(size=6).astype(np.float32),
        scale=random.uniform(0.5, 2, 6).astype(np.float32),
    )
    rows = random.dirichlet(np.ones(len(labels)), items).astype(np.float32)
    truth = np.arange(items) % len(labels)
    seen = OutOfFold.of([sha(number) for number in range(items)], rows, truth, np.arange(items) % 5)
    return Bundle(
        head,
        labels,
        ENCODER,
        "file",
        Calibration("temperature", 0.5),
        dict.fromkeys(labels, 0.6),
        {"macro_f1": 0.9},
        "f" * 64,
        dict.fromkeys(labels, items // len(labels)),
        seen,
        {"seed": 1},
        1.5e9,
    )


def separable(classes: int = 2, n: int = 120, noise: float = 0.6, seed: int = 0) -> TrainingData:
    """Return vectors float32[n, 6] of which each label has its own centre, dealt out to five folds."""
    random = np.random.default_rng(seed)
    labels = label_order(["archive", "trash", *(f"label-{number}" for number in range(classes - 2))])
    truth = np.arange(n) % classes
    centres = 2 * np.eye(6)[:classes]
    vectors = (centres[truth] + noise * random.normal(size=(n, 6))).astype(np.float32)
    folds = (np.arange(n) // classes) % 5
    return TrainingData([sha(number) for number in range(n)], labels, truth, vectors, folds)


@dataclass
class Listener(SilentReporter):
    """Remembers the metrics it is told of."""

    metrics: list[tuple[str, float, int | None, int | None]] = field(default_factory=list)

    def metric(self, name: str, value: float, step: int | None = None, steps: int | None = None) -> None:
        """Remember it."""
        self.metrics.append((name, value, step, steps))


@dataclass
class Watcher:
    """Watches a training, and cancels it when `stop` says so."""

    report: Listener = field(default_factory=Listener)
    stop: Callable[[], bool] = lambda: False

    def cancelled(self) -> bool:
        """Say whether it is to stop."""
        return self.stop()

    def check(self) -> None:
        """Raise if it is to stop."""
        if self.cancelled():
            raise Cancelled("Cancelled")
