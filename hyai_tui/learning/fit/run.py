"""One training: samples and vectors in, a bundle out, with the record that repeats it.

The numbers of a bundle are out-of-fold and calibrated without the item's own fold; the head that ships is then
trained on all samples but the test split, for as long as the folds together found best.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui import __version__
from hyai_tui.errors import WrongUse
from hyai_tui.learning import calibration, metrics, mixing, thresholds
from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.calibration import LEAST_ITEMS
from hyai_tui.learning.disagreement import neighbour_disagreement
from hyai_tui.learning.due import fingerprint
from hyai_tui.learning.fit.balance import balance
from hyai_tui.learning.fit.data import TrainingData, Watch
from hyai_tui.learning.fit.kernel import fit_kernel
from hyai_tui.learning.fit.out_of_fold import CrossFitted, HeadFitter, cross_fit
from hyai_tui.learning.fit.state import TrainingState
from hyai_tui.settings import TrainSettings


def train(
    data: TrainingData,
    settings: TrainSettings,
    encoder: EncoderStamp,
    source: str,
    watch: Watch,
    *,
    precision: float | None = None,
    start: TrainingState | None = None,
    keep: Callable[[TrainingState], None] | None = None,
) -> Bundle:
    """Train a head and return its bundle, without an id yet.

    Args:
        data: samples; each label has at least two.
        settings: kind of head and how it is trained.
        encoder: whose vectors these are.
        source: `file` or `thumbnail`.
        watch: told of stages and epochs; may end the training between epochs.
        precision: choose thresholds for this share of right tags; None keeps the defaults, and so do fewer than
            `thresholds.LEAST_ITEMS` samples.
        start: where an earlier training of an mlp on the same samples ended; it goes on from there.
        keep: told where this one ends, if a later one could go on from there.

    Raises:
        WrongUse: `start` is of other samples or another network.
        Cancelled: the user asked to stop before there was anything honest to keep. A stop later ends the training with
            what is best so far, and the record says so (`status`: `stopped`).
    """
    began = time.monotonic()
    asked = settings
    settings, how = balance(settings, data.counts)
    watch.report.stage("train", how)
    fitter, versions = _fitter(data, settings, watch, start)
    crossed, mixed = _with_kernel(cross_fit(fitter, data, settings.seed), data, settings, watch)
    if keep is not None and crossed.state is not None:
        keep(crossed.state)
    # Decisions judge the model wherever there are enough of them; hints are reported apart.
    judged = data.judged(crossed.rows)
    place = np.searchsorted(crossed.rows, judged)
    truth = data.truth[judged]
    fitted = calibration.choose(crossed.logits[place], truth, data.folds[judged])
    report = metrics.report(truth, fitted.probabilities, data.labels)
    probabilities = fitted.calibration.probabilities(crossed.logits)
    probabilities[place] = fitted.probabilities
    seen, tested = _with_test_split(data, crossed, fitted.calibration, probabilities)
    chosen = None
    if precision is not None and len(truth) >= thresholds.LEAST_ITEMS:
        chosen = thresholds.choose(fitted.probabilities, truth, data.labels, precision)
    record = {
        "seed": settings.seed,
        "settings": asdict(asked),
        "balance": how,
        "precision": precision,
        **fitter.about_step(crossed.step),
        "stop": crossed.stop,
        "steps": len(crossed.history),
        "history": crossed.history,
        "status": "finished" if crossed.finished else "stopped",
        "calibration_losses": fitted.losses,
        "mix_losses": {kind: round(loss, 6) for kind, loss in mixed.items()},
        "seconds": round(time.monotonic() - began, 3),
        "hints": data.hint_counts,
        "versions": {"hyai": __version__, "python": platform.python_version(), "numpy": np.__version__, **versions},
    }
    return Bundle(
        head=crossed.head,
        labels=data.labels,
        encoder=encoder,
        source=source,
        calibration=fitted.calibration,
        thresholds=chosen,
        metrics={**report, **tested, **_of_hints(data, crossed.rows, probabilities, len(judged))},
        fingerprint=fingerprint(
            {
                name: data.labels[label]
                for name, label, aside in zip(
                    data.identities, data.truth.tolist(), (data.hints | data.copied).tolist(), strict=True
                )
                if not aside
            }
        ),
        samples=data.counts,
        out_of_fold=seen,
        record=record,
        created=time.time(),
    )


def _fitter(
    data: TrainingData, settings: TrainSettings, watch: Watch, start: TrainingState | None
) -> tuple[HeadFitter, dict[str, str]]:
    """Return the head's trainer; only the linear head imports scikit-learn, which takes a second."""
    if settings.head == "linear":
        if start is not None:
            raise WrongUse("A linear head has no epochs to go on from", "Train it anew: it takes seconds")
        import sklearn

        from hyai_tui.learning.fit.linear import LinearFitter

        return LinearFitter(data, settings, watch), {"scikit-learn": str(sklearn.__version__)}
    from hyai_tui.learning.fit.learner import versions
    from hyai_tui.learning.fit.mlp import MlpFitter

    return MlpFitter(data, settings, watch, start), versions()


def _with_kernel(
    crossed: CrossFitted, data: TrainingData, settings: TrainSettings, watch: Watch
) -> tuple[CrossFitted, dict[str, float]]:
    """Mix a kernel part into an mlp where that makes held-out log loss lower; returns the losses that were compared."""
    if settings.head != "mlp" or not settings.kernel or len(crossed.rows) < LEAST_ITEMS:
        return crossed, {}
    watch.report.stage("train", "comparing with the nearest samples")
    fitted = fit_kernel(data, crossed.rows, settings.class_weights, settings.seed)
    # Of what the network was tuned on both are right, whatever they are worth: it does not choose.
    free = ~data.known[crossed.rows]
    rows = crossed.rows[free]
    mixed = mixing.choose(crossed.logits[free], fitted.scores[free], data.truth[rows], data.folds[rows])
    if mixed.weights is None:
        return crossed, mixed.losses
    (own, other), logits = mixed.weights, crossed.logits.copy()
    logits[free] = mixed.logits
    logits[~free] = own * crossed.logits[~free] + other * fitted.scores[~free]
    head = replace(crossed.head, kernel=fitted.part.with_mix(own, other))
    return replace(crossed, head=head, logits=logits), mixed.losses


def _of_hints(
    data: TrainingData, rows: NDArray[np.int64], probabilities: NDArray[np.float32], judged: int
) -> dict[str, Any]:
    """Return what is measured on hints, out-of-fold, and on what the headline was measured; empty without hints."""
    aware, hinted = data.known[rows], data.hints[rows]
    if aware.all() and aware.any():
        return {"measured_on": "samples that the network was tuned on, so too good"}
    free = ~aware
    if not hinted[free].any():
        return {}
    chosen = rows[free & hinted]
    report = metrics.report(data.truth[chosen], probabilities[free & hinted], data.labels)
    measured = "decisions" if judged < free.sum() else "hints" if hinted[free].all() else "decisions and hints"
    return {"hints": report, "measured_on": measured}


def _with_test_split(
    data: TrainingData,
    crossed: CrossFitted,
    calibrated: calibration.Calibration,
    held_out: NDArray[np.float32],
) -> tuple[OutOfFold, Mapping[str, Any]]:
    """Return all held-out predictions, with those of the test split by the shipped head, and its report."""
    test = np.flatnonzero((data.folds < 0) & ~data.hints & ~data.copied)
    identities = [data.identities[row] for row in [*crossed.rows.tolist(), *test.tolist()]]
    rows = np.concatenate([crossed.rows, test])
    tested = calibrated.probabilities(crossed.head.logits(data.vectors[test]))
    probabilities = np.concatenate([held_out, tested])
    looks_wrong = neighbour_disagreement(data.vectors[rows], data.truth[rows])
    seen = OutOfFold.of(identities, probabilities, data.truth[rows], data.folds[rows], looks_wrong, data.known[rows])
    if not len(test):
        return seen, {}
    return seen, {"test": metrics.report(data.truth[test], tested, data.labels)}
