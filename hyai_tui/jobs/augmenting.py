"""Changed copies of training samples as further rows: learned from with the fold of their originals, never judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse
from hyai_tui.features.augment import NONE
from hyai_tui.features.choosing import choice_of
from hyai_tui.features.copies import copies_of
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.plan import WorkItem, make_plan
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.material import Material
from hyai_tui.samples.training import Sample
from hyai_tui.text import count


def with_copies(context: JobContext, catalog: Catalog, samples: Sequence[Sample], material: Material) -> Material:
    """Return the material with the copies that the settings ask for; as it is where they ask for none.

    The test split gets none, and neither does a sample whose picture cannot be read any more.

    Args:
        context: with the settings of this run.
        catalog: as the last build left it.
        samples: at least those of the material.
        material: samples as arrays.

    Raises:
        WrongUse: the encoder of the samples is not here.
        Cancelled: the user asked to stop; copies made until then are kept.
    """
    workspace = context.workspace
    preset, copies = workspace.settings.train.augment, workspace.settings.train.copies
    if preset == NONE:
        return material
    choice = choice_of(workspace, material.encoder.id)
    if choice is None:
        raise WrongUse(
            f"The encoder {material.encoder.name} is not here, so no copies can be made", "Leave out --augment"
        )
    data = material.data
    wanted = {name: row for row, (name, fold) in enumerate(zip(data.identities, data.folds, strict=True)) if fold >= 0}
    plan = make_plan(catalog, material.source, samples, workspace.data, samples_only=True)
    items: list[WorkItem] = [one for one in plan.items if one.file in wanted and one.content is not None]
    encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, context.report.warning)
    vectors, there = copies_of(workspace, encoder, items, preset, copies, context.report, context.cancelled)
    originals = np.array([wanted[one.file] for one in items], np.int64)[there]
    # In the order of the samples, so that the same samples give the same training.
    order = np.argsort(originals, kind="stable")
    rows = np.repeat(originals[order], copies)
    said = f"{count(copies, 'changed copy', 'changed copies')} ({preset}) of {count(len(originals), 'sample')}"
    context.report.log(said)
    everything = replace(
        data,
        identities=[*data.identities, *(data.identities[row] for row in rows.tolist())],
        truth=np.concatenate([data.truth, data.truth[rows]]),
        vectors=np.concatenate([data.vectors, vectors[there][order].reshape(len(rows), data.vectors.shape[1])]),
        folds=np.concatenate([data.folds, data.folds[rows]]),
        weights=np.concatenate([data.row_weights(np.arange(len(data.truth))), data.row_weights(rows)]),
        hinted=np.concatenate([data.hints, data.hints[rows]]),
        copies=np.arange(len(data.truth) + len(rows)) >= len(data.truth),
        aware=None if data.aware is None else np.concatenate([data.aware, data.aware[rows]]),
    )
    return replace(material, data=everything, about={**material.about, "augmentation": said})
