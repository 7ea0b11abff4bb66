"""The settings of trainings: how labels become a model, and when it is time for another one."""

from __future__ import annotations

from dataclasses import dataclass

from hyai_tui.settings_values import setting


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How labels become a model."""

    head: str = setting(
        "mlp", "mlp is 1280-1024-1 with dropout; linear is logistic regression", choices=("mlp", "linear")
    )
    hidden: int = setting(1024, "width of the mlp's hidden layer", low=1, high=65536)
    dropout: float = setting(0.5, "share of hidden units dropped while training", low=0, high=0.95)
    learning_rate: float = setting(0.001, "Adam's learning rate", low=1e-7, high=1)
    kernel: bool = setting(
        True, "mix what the nearest samples say into the mlp, where that makes held-out log loss lower"
    )
    loss: str = setting("cross-entropy", "loss of the mlp head", choices=("cross-entropy", "focal"))
    batch_size: int = setting(256, "samples per training step", low=1, high=1_000_000)
    epochs: int = setting(60, "most epochs of one training", low=1, high=100_000)
    patience: int = setting(4, "epochs without a better held-out loss before stopping", low=1, high=100_000)
    target: float = setting(0.0, "accuracy on held-out samples at which a training ends; 0 is none", low=0, high=1)
    folds: int = setting(5, "folds for out-of-fold metrics", low=2, high=20)
    test_share: float = setting(0.0, "share of samples kept aside for ever as a test split", low=0, high=0.9)
    hard_negatives: float = setting(
        1.0, "how much confirmed mistakes and close samples of other labels count; 2 is twice, 1 is off", low=1, high=10
    )
    class_weights: str = setting(
        "auto",
        "labels of different size: weighed by their rarity, by focal loss, or auto, which is focal from 20 to 1 on",
        choices=("auto", "none", "weighted", "focal"),
    )
    augment: str = setting(
        "none",
        "changed copies of the samples to learn from: none, moved and coloured a little, mirrored too, or turned",
        choices=("none", "no-flip", "flip", "flip-rotate"),
    )
    copies: int = setting(2, "changed copies of each sample", low=1, high=20)
    seed: int = setting(1, "seed of folds, initial weights and order", low=0, high=2**31 - 1)
    hints: bool = setting(False, "learn also from what the library knows: archived and trashed files, weakly")
    hints_most: int = setting(2000, "most hints of each label", low=10, high=100_000)
    hint_weight: float = setting(0.25, "how much a hint counts in a training; a decision counts 1", low=0.01, high=1)


@dataclass(frozen=True, slots=True)
class RetrainSettings:
    """When a retrain is due, for `hyai retrain --if-due` and the app."""

    pace: str = setting(
        "normal",
        "normal: after 500 new labels, 25 corrections or 30 days; heavy: 200, 10, 7; bulk: 50, 5, 1",
        choices=("normal", "heavy", "bulk"),
    )
    new_labels: int | None = setting(None, "new labels instead of the pace's; 0 is never", low=0, high=10_000_000)
    corrections: int | None = setting(None, "corrections instead of the pace's; 0 is never", low=0, high=10_000_000)
    days: float | None = setting(
        None, "days since the last training instead of the pace's; 0 is never", low=0, high=3650
    )
    auto: bool = setting(False, "retrain by itself when it is due while the app is open")
