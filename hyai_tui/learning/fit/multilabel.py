"""Trains a tag model: Dense(hidden, relu), Dropout, and one sigmoid for each tag, on stored features.

Like the mlp of labels: on principal components, the heads of all folds side by side, an epoch each in turn; their mean
held-out loss says when to stop, and for the items of a fold the epoch is chosen by the other folds. Each tag is then
calibrated by itself, and gets the threshold with the best F1. Every figure is out of fold, by thresholds and calibrations
that the item took no part in.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui import __version__
from hyai_tui.errors import Cancelled, WrongUse
from hyai_tui.learning import calibration, tag_metrics
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.fit.data import Watch
from hyai_tui.learning.fit.dense import Network
from hyai_tui.learning.fit.epochs import Shipped, cores_for, threads, train_folds
from hyai_tui.learning.fit.learner import Learner, Reduced, reduce_features, shape_of, versions
from hyai_tui.learning.fit.out_of_fold import Part, Rows, best_step
from hyai_tui.learning.head import Head
from hyai_tui.learning.tag_bundle import Seen, TagBundle, calibrated
from hyai_tui.learning.tag_domain import Domain
from hyai_tui.settings import TrainSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Others:
    """Files without a tag of the namespace: `identities`, `vectors` float32[m, d] and `folds` int64[m]."""

    identities: Sequence[str]
    vectors: Floats
    folds: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TagData:
    """Files to learn tags from.

    Attributes:
        identities: n files, each with at least one tag of the namespace.
        namespace: such as `series`.
        tags: K whole tags; the others of the namespace are too rare.
        truth: bool[n, K].
        vectors: float32[n, d].
        folds: int64[n], 0 … F-1, or -1 for the test split, which is never trained on.
        others: files without any tag of the namespace; None where there are too few to learn from.
    """

    identities: Sequence[str]
    namespace: str
    tags: tuple[str, ...]
    truth: NDArray[np.bool_]
    vectors: Floats
    folds: NDArray[np.int64]
    others: Others | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Files of each tag."""
        return dict(zip(self.tags, self.truth.sum(axis=0).tolist(), strict=True))


def train_tags(data: TagData, settings: TrainSettings, encoder: EncoderStamp, source: str, watch: Watch) -> TagBundle:
    """Train a tag model and return its bundle, without an id yet; the same seed gives the same model on one machine.

    Args:
        data: see `TagData`.
        settings: width, dropout, epochs and so on, as for an mlp of labels.
        encoder: whose vectors these are.
        source: `file` or `thumbnail`.
        watch: told of stages and epochs; may end the training between epochs.

    Raises:
        WrongUse: all files are copies of one picture.
        Cancelled: the user asked to stop before the first epoch was complete.
    """
    began = time.monotonic()
    fitted = _fit(data, settings, watch, f"training {len(data.tags)} tags, folds side by side")
    domain = None if data.others is None else _domain(data, data.others, settings, watch)
    used, logits = fitted.rows, fitted.logits
    truth, folds = data.truth[used], data.folds[used]
    watch.report.stage("calibrate", "calibrating each tag")
    chosen = [
        calibration.choose(logits[:, tag : tag + 1], truth[:, tag].astype(np.int64), folds)
        for tag in range(len(data.tags))
    ]
    calibrations = tuple(one.calibration for one in chosen)
    probabilities = np.stack([one.probabilities[:, 1] for one in chosen], axis=1).astype(np.float32)
    thresholds = tag_metrics.choose_thresholds(truth, probabilities)
    given = tag_metrics.given_out_of_fold(truth, probabilities, folds)
    metrics: dict[str, Any] = tag_metrics.report(truth, probabilities, given, thresholds.tolist(), data.tags)
    test = np.flatnonzero(data.folds < 0)
    tested = calibrated(fitted.head.logits(data.vectors[test]), calibrations)
    if len(test):
        metrics["test"] = tag_metrics.report(
            data.truth[test], tested, tested >= thresholds, thresholds.tolist(), data.tags
        )
    rows = np.concatenate([used, test])
    return TagBundle(
        namespace=data.namespace,
        tags=data.tags,
        head=fitted.head,
        encoder=encoder,
        source=source,
        calibrations=calibrations,
        thresholds=tuple(thresholds.tolist()),
        metrics=metrics,
        seen=Seen.of(
            [data.identities[row] for row in rows.tolist()],
            np.concatenate([probabilities, tested]),
            data.truth[rows],
            data.folds[rows],
        ),
        domain=domain,
        record={
            "seed": settings.seed,
            "settings": asdict(settings),
            "epochs": fitted.epochs,
            "stop": fitted.stop,
            "status": "finished" if fitted.finished else "stopped",
            "history": fitted.history,
            "seconds": round(time.monotonic() - began, 3),
            "versions": {
                "hyai": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
                **versions(),
            },
        },
        created=time.time(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """All folds together: `logits` float32[m, K] of `rows` int64[m], out of fold; the head that ships; how it went."""

    rows: Rows
    logits: Floats
    head: Head
    epochs: int
    stop: str
    finished: bool
    history: list[dict[str, float]]


def _domain(data: TagData, others: Others, settings: TrainSettings, watch: Watch) -> Domain | None:
    """Return what tells files of the namespace from others; None where nothing does, or the user has stopped."""
    tagged = len(data.identities)
    both = TagData(
        [*data.identities, *others.identities],
        data.namespace,
        (data.namespace,),
        (np.arange(tagged + len(others.identities)) < tagged)[:, None],
        np.concatenate([data.vectors, others.vectors]),
        np.concatenate([data.folds, others.folds]),
    )
    try:
        fitted = _fit(both, settings, watch, "telling files of the namespace from others")
    except Cancelled:
        return None
    has = both.truth[fitted.rows, 0]
    chosen = calibration.choose(fitted.logits, has.astype(np.int64), both.folds[fitted.rows])
    chances = chosen.probabilities[:, 1]
    usual = float(chances[has].mean()) if has.any() else 0.0
    if not usual > 0:
        return None
    names = np.array([both.identities[row] for row in fitted.rows[~has].tolist()], "S64")
    order = np.argsort(names, kind="stable")
    return Domain(fitted.head, chosen.calibration, usual, names[order], chances[~has][order].astype(np.float32))


def _fit(data: TagData, settings: TrainSettings, watch: Watch, about: str) -> _Fitted:
    used = np.flatnonzero(data.folds >= 0)
    numbers = np.unique(data.folds[used]).tolist()
    if len(numbers) < 2:
        raise WrongUse("All files are copies of one picture, so none can be held out", "Tag files that differ")
    parts = [
        Part(used[data.folds[used] != fold], used[data.folds[used] == fold], settings.seed * 1009 + fold + 1)
        for fold in numbers
    ]
    watch.report.stage("train", about)
    cores = cores_for(len(parts))
    with threads(cores) as pool:
        reduced = reduce_features(data.vectors, used, pool)
        learners = [_learner(data, settings, reduced, part) for part in parts]
        everything = _learner(data, settings, reduced, Part(used, used[:0], settings.seed * 1009))
        shipped = Shipped(everything, len(parts), cores)
        book = _Book(parts, data, settings.epochs, watch)
        stop, finished = train_folds(
            pool, parts, learners, shipped, watch, book, epochs=settings.epochs, patience=settings.patience
        )
        head = shipped.at(book.best + 1).head()
    return _Fitted(used, book.logits[used], head, book.best + 1, stop, finished, book.history)


def _learner(data: TagData, settings: TrainSettings, reduced: Reduced, part: Part) -> Learner:
    shape = replace(shape_of(settings, reduced, len(data.tags)), focal=False)
    # Rare tags are not weighed up: that would make probabilities too high, and a threshold of each tag's own does as much.
    weights = np.ones(len(data.truth), np.float32)
    return Learner(part.train, reduced, data.truth.astype(np.float32), weights, Network(shape, part.seed))


class _Book:
    """What is known of all folds after each epoch; of what their heads said only the best is held, for tags may be many.

    Args:
        parts: one a fold.
        data: files and their tags.
        most: epochs at most.
        watch: told of each epoch.

    Attributes:
        history: a row an epoch.
        best: the epoch of the lowest mean held-out loss, from 0.
        logits: float32[n, K], of each file by the epoch that the other folds choose.
    """

    def __init__(self, parts: Sequence[Part], data: TagData, most: int, watch: Watch) -> None:
        self._parts = parts
        self._data = data
        self._most = most
        self._watch = watch
        self._sizes = np.array([len(part.held) for part in parts], float)
        self._curves: list[list[float]] = []
        self.history: list[dict[str, float]] = []
        self.best = 0
        self.logits = np.zeros(data.truth.shape, np.float32)

    @property
    def epochs(self) -> int:
        return len(self._curves)

    def take(self, loss: float, logits: Sequence[Floats], began: float) -> str:
        """Take what the folds' heads say of their held-out files after one more epoch; nothing but the loss ends it."""
        del began  # no epoch is timed
        self._curves.append([_loss(self._data, part, one) for part, one in zip(self._parts, logits, strict=True)])
        table, now = np.array(self._curves).T, self.epochs - 1
        for place, part in enumerate(self._parts):
            # The epoch of a fold is chosen by the others; the best so far can only give way to the newest.
            others = np.arange(len(self._parts)) != place
            if best_step(table[others], self._sizes[others]) == now:
                self.logits[part.held] = logits[place]
        self.best = best_step(table, self._sizes)
        held_out = float(self._sizes @ self._curves[-1] / self._sizes.sum())
        row = {"loss": loss / len(self._data.tags), "val_loss": held_out}
        self.history.append({"step": float(self.epochs), **{name: round(value, 6) for name, value in row.items()}})
        for name, value in row.items():
            self._watch.report.metric(name, value, self.epochs, self._most)
        self._watch.report.progress(self.epochs, self._most, "epochs")
        return ""


def _loss(data: TagData, part: Part, logits: Floats) -> float:
    """Return the mean log loss of a fold's held-out items and tags, before calibration."""
    return tag_metrics.log_loss(data.truth[part.held], np.exp(-np.logaddexp(0.0, -logits.astype(np.float64))))
