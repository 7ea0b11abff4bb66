"""Tunes the last blocks of a network to labels, epoch by epoch: first its new head alone, then both.

The head comes first because the errors of a head that knows nothing would spoil what the blocks know. Which epoch is kept is
decided by rows that are not learned from; how good the network is must be judged by others again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import NotNow
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.fit.data import Watch
from hyai_tui.learning.metrics import Labels, accuracy, log_loss, predicted_labels

_BATCH_JUDGED = 256


class Tunable(Protocol):
    """A network whose last blocks can learn; `features.encoders.tunable` has one."""

    def logits(self, maps: NDArray[np.float16]) -> NDArray[np.float32]:
        """Return float32[n, outputs]."""
        ...

    def step(self, maps: NDArray[np.float16], truth: Labels, weights: NDArray[np.float32], *, blocks: bool) -> float:
        """Take one step and return the sum of the losses."""
        ...

    def state(self) -> list[NDArray[Any]]:
        """Return the numbers that learn."""
        ...

    def restore(self, state: Sequence[NDArray[Any]]) -> None:
        """Take them back."""
        ...


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a network is tuned.

    Attributes:
        blocks: how many of its last blocks learn.
        frozen_epochs: epochs of the head alone.
        epochs: most epochs of head and blocks.
        patience: epochs without a better loss before it ends.
        batch: rows a step.
        rate, backbone_rate: learning rates of the head and of the blocks.
        seed: of the head's start and the order of rows.
    """

    blocks: int
    frozen_epochs: int = 3
    epochs: int = 10
    patience: int = 3
    batch: int = 32
    rate: float = 1e-3
    backbone_rate: float = 1e-4
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class TuningData:
    """Rows to tune on.

    Attributes:
        maps: float16[n, …], what comes out below the blocks; may be a mapped file.
        truth: int64[n].
        weights: float32[n], how much each row counts.
        train: int64[m], rows to learn from.
        held: int64[k], rows that decide which epoch is kept.
    """

    maps: NDArray[np.float16]
    truth: Labels
    weights: NDArray[np.float32]
    train: NDArray[np.int64]
    held: NDArray[np.int64]


def tune(network: Tunable, data: TuningData, how: Tuning, watch: Watch) -> dict[str, Any]:
    """Tune the network, leave it as it was after its best epoch, and return the record of it.

    Raises:
        NotNow: it was best before its blocks began to learn.
        Cancelled: the user asked to stop.
    """
    random = np.random.default_rng(how.seed)
    total = how.frozen_epochs + how.epochs
    history: list[dict[str, Any]] = []
    best, before, kept = np.inf, np.inf, network.state()
    best_epoch = 0
    stop = f"reached {total} epochs"
    for epoch in range(1, total + 1):
        blocks = epoch > how.frozen_epochs
        loss = _pass_over(network, data, how, random.permutation(data.train), blocks, watch)
        held, right = _judged(network, data)
        history.append(
            {
                "epoch": epoch,
                "blocks": blocks,
                "loss": round(loss, 6),
                "val_loss": round(held, 6),
                "accuracy": round(right, 6),
            }
        )
        for name in ("loss", "val_loss", "accuracy"):
            watch.report.metric(name, history[-1][name], epoch, total)
        watch.report.progress(epoch, total, "epochs")
        if not blocks:
            before = min(before, held)
        elif held < best:
            best, best_epoch, kept = held, epoch, network.state()
        elif epoch - max(best_epoch, how.frozen_epochs) >= how.patience:
            stop = f"no better held-out loss for {how.patience} epochs"
            break
    if best >= before:
        raise NotNow(
            f"Tuning makes the network no better: held-out loss {before:.3f} before, {best:.3f} at best",
            "Nothing was changed. More samples, fewer blocks or a smaller --learning-rate-backbone may do better",
        )
    network.restore(kept)
    return {
        "blocks": how.blocks,
        "epochs": best_epoch,
        "stop": stop,
        "history": [{**one, "is_best": one["epoch"] == best_epoch} for one in history],
        "loss_before": round(float(before), 6),
        "loss_after": round(float(best), 6),
    }


def _pass_over(
    network: Tunable, data: TuningData, how: Tuning, order: NDArray[np.int64], blocks: bool, watch: Watch
) -> float:
    """Learn once from rows in their order; return the mean loss."""
    total = 0.0
    for start in range(0, len(order), how.batch):
        watch.check()
        rows = order[start : start + how.batch]
        total += network.step(data.maps[rows], data.truth[rows], data.weights[rows], blocks=blocks)
    return total / max(1, len(order))


def _judged(network: Tunable, data: TuningData) -> tuple[float, float]:
    """Return log loss and accuracy of the held-out rows."""
    parts = [data.held[start : start + _BATCH_JUDGED] for start in range(0, len(data.held), _BATCH_JUDGED)]
    said = np.concatenate([network.logits(data.maps[rows]) for rows in parts])
    probabilities = Calibration().probabilities(said)
    truth = data.truth[data.held]
    return log_loss(truth, probabilities), accuracy(truth, predicted_labels(probabilities))
