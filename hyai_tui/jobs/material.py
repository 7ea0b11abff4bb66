"""What a training learns from, and what its record says of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.features.choosing import recorded_version
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.training_data import gather
from hyai_tui.journal.journal import Journal
from hyai_tui.learning.bundle import EncoderStamp
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.samples.training import Sample


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Samples as arrays, with what goes into the record besides.

    Attributes:
        data: samples with vectors, labels and folds.
        encoder: whose vectors these are.
        source: `file` or `thumbnail`.
        seen: label of every sample that there is, those that do not train too.
        left_out: reason to number of samples that do not train.
        aside: why a model of it is kept and not used, such as `was trained on 12 of 16 samples`; empty for one to use.
        about: further fields of the record.
    """

    data: TrainingData
    encoder: EncoderStamp
    source: str
    seen: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)
    aside: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def material_of(
    context: JobContext, journal: Journal, catalog: Catalog, samples: Sequence[Sample], of: int | None = None
) -> Material:
    """Return what samples give to learn from; encodes what is missing.

    Args:
        context: with the settings of this run.
        journal: gives folds.
        catalog: as the last scan left it.
        samples: those to train on, with those that cannot train.
        of: how many samples there are in all; None where `samples` are all.
    """
    gathered = gather(context, journal, catalog, samples)
    version = gathered.choice.version
    aside = ""
    if of is not None and len(samples) < of:
        aside = f"was trained on {len(samples):,} of {of:,} samples"
    elif recorded_version(context.workspace) != version:
        aside = f"was trained on vectors of {version.name}"
    return Material(
        gathered.data,
        EncoderStamp(version.id, version.name, version.dimension),
        context.workspace.settings.features.source,
        {one.identity: one.label for one in samples},
        gathered.left_out,
        aside,
    )
