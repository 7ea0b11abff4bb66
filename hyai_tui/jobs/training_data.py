"""From the training folders to arrays: sync, encode what is missing, leave out what cannot train, give folds."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import EncoderChoice, choose, features_directory, recorded_version
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.tuned import Lesson, read_lesson
from hyai_tui.jobs import hints
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.foretelling import to_train
from hyai_tui.jobs.pending_samples import put_pending_samples
from hyai_tui.jobs.training_options import own_folds
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import folds, subset
from hyai_tui.learning.enough import require_enough
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.hard import close_opposites
from hyai_tui.learning.labels import label_order
from hyai_tui.queues.context import load_context
from hyai_tui.queues.selecting import Library, matches
from hyai_tui.queues.where import parse
from hyai_tui.queues.widening import widening_of
from hyai_tui.samples.durable import content_hash
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.sync import sync
from hyai_tui.samples.training import Sample, training_samples
from hyai_tui.text import count


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What a training works with.

    Attributes:
        data: samples with vectors, labels and folds.
        choice: the encoder of the vectors.
        left_out: reason to number of samples that do not train.
    """

    data: TrainingData
    choice: EncoderChoice
    left_out: dict[str, int]


def read_samples(context: JobContext, journal: Journal, catalog: Catalog) -> list[Sample]:
    """Return the samples of the training folders, or of the directory that the option `data` names."""
    if (elsewhere := context.options.get("data")) is not None:
        return _samples_elsewhere(Path(str(elsewhere)), journal)
    put_pending_samples(context)
    context.report.stage("sync", "reading the training folders")
    report = sync(context.workspace, journal, catalog, accept_removals=bool(context.options.get("accept_removals")))
    if report.line:
        context.report.log(report.line)
    if report.contradictions:
        files = count(len(report.contradictions), "file stands", "files stand")
        context.report.warning(f"{files} in several label folders and do not train: see 'hyai queue contradictions'")
    if report.unreadable:
        context.report.warning(f"{count(len(report.unreadable), 'sample')} cannot be read")
    return training_samples(journal, context.workspace.data)


def subset_of(context: JobContext, samples: list[Sample], most: int | None = None) -> list[Sample]:
    """Return the part of the samples that the option `subset` names; without it all of them, or at most so many.

    Raises:
        WrongUse: the option is no number and no share.
    """
    wanted = context.options.get("subset") or (None if most is None or len(samples) <= most else most)
    if wanted is None:
        return samples
    chosen = subset.choose(
        {one.identity: one.label for one in samples}, str(wanted), context.workspace.settings.train.seed
    )
    context.report.log(f"training on {len(chosen):,} of {count(len(samples), 'sample')}")
    return [one for one in samples if one.identity in chosen]


def those_where(context: JobContext, catalog: Catalog, samples: list[Sample]) -> list[Sample]:
    """Return the samples for which the conditions of the option `where` hold; all of them without it.

    Raises:
        WrongUse: a condition cannot be understood.
    """
    words = list(context.options.get("where") or ())
    if not words:
        return samples
    known = load_context(context.workspace, catalog=catalog)
    holds = np.flatnonzero(matches(Library(known, catalog, widening=widening_of(context.workspace)), parse(words)))
    chosen = {known.file(place) for place in holds.tolist()}
    left = [one for one in samples if one.identity in chosen]
    context.report.log(f"training on {len(left):,} of {count(len(samples), 'sample')}: {' '.join(words)}")
    return left


def _weights(
    context: JobContext,
    journal: Journal,
    samples: Sequence[Sample],
    truth: NDArray[np.int64],
    vectors: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return float32[n]: each sample's weight; confirmed mistakes and close opposites may count more.

    A confirmed mistake is a decision against what the model was shown to think; a close opposite looks like a sample of
    another label. Hints are neither: nobody has looked at them.
    """
    found = np.array([one.weight for one in samples], np.float32)
    factor = context.workspace.settings.train.hard_negatives
    if factor > 1:
        decided = journal.effective([one.identity for one in samples])
        confirmed = np.array(
            [
                (one := decided.get(sample.identity)) is not None
                and one.shown.get("predicted") is not None
                and one.shown["predicted"] != sample.label
                for sample in samples
            ],
            bool,
        )
        own = np.flatnonzero([not hints.is_hint(one) for one in samples])
        close = np.zeros(len(samples), bool)
        close[own] = close_opposites(vectors[own], truth[own])
        found[confirmed | close] *= factor
        context.report.log(
            f"{count(int(confirmed.sum()), 'confirmed mistake')} and {count(int((close & ~confirmed).sum()), 'close opposite')}"
            f" count {factor:g} times"
        )
    return found


def gather(context: JobContext, journal: Journal, catalog: Catalog, samples: Sequence[Sample]) -> Gathered:
    """Return the samples as arrays; encodes those without features and gives folds to those without.

    Raises:
        WrongUse: they are too few.
        Cancelled: the user asked to stop; vectors made until then are kept.
    """
    decided = len(samples)
    samples = [*samples, *hints.for_training(context, journal, catalog, samples)]
    require_enough({one.identity: one.label for one in samples})
    workspace, source = context.workspace, context.workspace.settings.features.source
    choice = choose(workspace)
    if choice.notice:
        context.report.warning(choice.notice)
    context.check()
    encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, context.report.warning)
    build_features(
        workspace,
        encoder,
        context.report,
        context.cancelled,
        catalog=catalog,
        samples=samples,
        samples_only=True,
        # The first build chooses for the workspace; another encoder for one training changes nothing.
        of_the_workspace=context.options.get("encoder") is None or recorded_version(workspace) is None,
        foretell=to_train(workspace, choice.version, len(samples), context.began),
    )
    context.check()
    contents = contents_of(catalog, source, [one.identity for one in samples], samples)
    samples, contents = hints.without_echoes(samples, contents)
    agreeing, twisted = _without_contradictions(samples, contents)
    # In the order in which the run's record keeps them, so that it is repeated and resumed to the last digit.
    agreeing.sort(key=lambda one: one[0].identity)
    with FeatureStore.open(
        features_directory(workspace, choice), choice.version.dimension, version=choice.version, read_only=True
    ) as store:
        vectors, found = store.get([content for _, content in agreeing])
    used = [one for (one, _), there in zip(agreeing, found.tolist(), strict=True) if there]
    without = decided - sum(not hints.is_hint(one) for one in used) - twisted
    left_out = {"no features": without, "same picture, other label": twisted}
    for reason, number in left_out.items():
        if number:
            context.report.warning(f"{count(number, 'sample does', 'samples do')} not train: {reason}")
    require_enough({one.identity: one.label for one in used})
    data = _arrays(context, journal, used, vectors[found], read_lesson(choice.weights_path))
    return Gathered(data, choice, {reason: number for reason, number in left_out.items() if number})


def _arrays(
    context: JobContext,
    journal: Journal,
    samples: Sequence[Sample],
    vectors: NDArray[np.float32],
    lesson: Lesson | None,
) -> TrainingData:
    settings = context.workspace.settings.train
    identities, names = [one.identity for one in samples], [one.label for one in samples]
    dealt = _folds(context, journal, identities, names, vectors, own=own_folds(context.options))
    aware = None
    if lesson is not None:
        sticky = journal.folds()
        aware = np.array([lesson.knows(one, sticky.get(one)) for one in identities], bool)
        # What the network has not learned is all of one sticky fold: folds of this training's own divide it.
        dealt = _folds(context, journal, identities, names, vectors, own=True)
    labels = label_order(names)
    truth = np.array([labels.index(name) for name in names], np.int64)
    return TrainingData(
        identities=identities,
        labels=labels,
        truth=truth,
        vectors=vectors,
        folds=np.array([folds.in_use(dealt[one], settings.folds) for one in identities], np.int64),
        weights=_weights(context, journal, samples, truth, vectors),
        hinted=np.array([hints.is_hint(one) for one in samples], bool),
        aware=aware,
    )


def _folds(
    context: JobContext,
    journal: Journal,
    identities: Sequence[str],
    names: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    own: bool,
) -> Mapping[str, int]:
    """Return the fold of each sample: the one that it keeps, or one that is dealt for this training alone.

    The sticky test split is never trained on, whatever a training asks for.
    """
    settings, known = context.workspace.settings.train, journal.folds()
    if own:
        known = {identity: fold for identity, fold in known.items() if fold == folds.TEST_FOLD}
    context.report.stage("folds", "dealing folds for this training" if own else "giving new samples a fold")
    given = folds.assign(
        identities,
        names,
        vectors,
        known,
        folds=settings.folds,
        test_share=settings.test_share,
        seed=settings.seed,
    )
    if given and not own:
        journal.assign_folds(given)
    return {**known, **given}


def _without_contradictions(
    samples: Sequence[Sample], contents: Sequence[str | None]
) -> tuple[list[tuple[Sample, str]], int]:
    """Return (sample, content) of those to train on, and how many have the very bytes of a sample of another label."""
    labels: dict[str, set[str]] = defaultdict(set)
    for one, content in zip(samples, contents, strict=True):
        if content is not None:
            labels[content].add(one.label)
    known = [(one, content) for one, content in zip(samples, contents, strict=True) if content is not None]
    agreeing = [(one, content) for one, content in known if len(labels[content]) == 1]
    return agreeing, len(known) - len(agreeing)


def _samples_elsewhere(data: Path, journal: Journal) -> list[Sample]:
    """Return the pictures below a directory of label folders outside the workspace; nothing there is changed.

    Raises:
        WrongUse: there is no such directory.
    """
    if not data.is_dir():
        raise WrongUse(f"{os.fsdecode(data)} is no directory", "Name a directory with one folder of pictures a label")
    found: dict[str, Sample] = {}
    torn: set[str] = set()
    for file in SampleFolders(data, journal).walk():
        path = data / file.path
        identity = content_hash(path)
        if identity in found and found[identity].label != file.label:
            torn.add(identity)
        found[identity] = Sample(identity, identity, file.label, path, "original")
    return [replace(found[identity]) for identity in sorted(found) if identity not in torn]
