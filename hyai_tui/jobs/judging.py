"""The labelled items that a model is judged by, each with what a model that never saw it says: for reports and predictions.

An item that the model was trained on is judged by its out-of-fold prediction, another by the model itself; one that the network
behind the vectors was tuned on is left out. The true label is
the one that it has now, or the one that a label run gave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import NotNow
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.label_runs import samples_of_run
from hyai_tui.jobs.predicting import predicted
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import folds
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.predictions import SPLITS, Predictions, chosen, place_of, split_of
from hyai_tui.samples.training import Sample, training_samples


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Items that can be judged.

    Attributes:
        samples: n of them.
        predictions: their labels, what is said of them, and their split.
        held_out: bool[n], True for an out-of-fold prediction; the model itself has never seen the others.
        splits: int64[m], the split of every item before the option `split` chose among them.
    """

    samples: list[Sample]
    predictions: Predictions
    held_out: NDArray[np.bool_]
    splits: NDArray[np.int64]


def judge(context: JobContext, journal: Journal, catalog: Catalog, bundle: Bundle) -> Judged:
    """Return the items that have a label of the model's and a prediction.

    Options:
        label_run: those of this import, with its labels, instead of the samples as they are now.
        split: only those of `train`, `validation` or `test`.

    Raises:
        WrongUse: there is no such label run or split.
        NotNow: there is no such item.
    """
    workspace, options = context.workspace, context.options
    wanted = None if options.get("split") is None else place_of(str(options["split"]))
    if options.get("label_run") is not None:
        found = samples_of_run(journal, workspace.data, int(options["label_run"]))
    else:
        found = training_samples(journal, workspace.data)
    samples = [one for one in found if one.label in bundle.label_index]
    names = [one.identity for one in samples]
    held_out = bundle.out_of_fold.places(names) >= 0
    probabilities = predicted(workspace, catalog, bundle, names, samples)
    # What the network was tuned on proves nothing, though no head has seen it.
    judged = ~np.isnan(probabilities[:, 0]) & (bundle.out_of_fold.proves(names) | ~held_out)
    samples, probabilities, held_out = chosen(samples, judged), probabilities[judged], held_out[judged]
    splits = _splits(context, journal, bundle, samples)
    keep = np.ones(len(samples), bool) if wanted is None else splits == wanted
    if not keep.any():
        which = "" if wanted is None else f" in the split {options['split']}"
        fix = "Label some pictures, then 'hyai train'"
        if wanted == SPLITS.index("test"):
            fix = (
                "Samples keep the fold that they were given; of those that you label from now on a share is put aside, as"
                " train.test_share says. 'hyai train --test-share .2' puts some aside for one training"
                if workspace.settings.train.test_share
                else "Set train.test_share, and a share of the samples that come after it is put aside"
            )
        raise NotNow(f"There is no sample{which} to judge the model by", fix)
    samples = chosen(samples, keep)
    return Judged(
        samples,
        Predictions(
            np.array([one.identity for one in samples], "S64"),
            bundle.labels,
            np.array([bundle.label_index[one.label] for one in samples], np.int64),
            probabilities[keep],
            splits[keep],
        ),
        held_out[keep],
        splits,
    )


def _splits(context: JobContext, journal: Journal, bundle: Bundle, samples: Sequence[Sample]) -> NDArray[np.int64]:
    """Return int64[n], index into `SPLITS`: by the sticky fold, else the model's; an item that has none yet is for training."""
    settings = context.workspace.settings.train
    sticky = journal.folds()
    places = bundle.out_of_fold.places([one.identity for one in samples]).tolist()
    given = [
        sticky.get(one.identity, int(bundle.out_of_fold.folds[place]) if place >= 0 else settings.folds - 1)
        for one, place in zip(samples, places, strict=True)
    ]
    return split_of(np.array([folds.in_use(fold, settings.folds) for fold in given], np.int64))
