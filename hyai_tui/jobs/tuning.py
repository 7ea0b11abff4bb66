"""Tuning a network's last blocks to the labels, then a training on its vectors: option `unfreeze_last_k` of the train job.

Samples of one fold (the one called validation) and of the test split are never shown to the network: it is judged by these alone,
and by what is labelled later. Those of another fold decide which epoch is kept. Changed copies are made of what is learned from, and
of nothing else. The tuned network is kept with its model, and the workspace goes on without it until somebody says otherwise.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse, tensorflow_for
from hyai_tui.features import pace, tuned
from hyai_tui.features.augment import NONE, changed
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders.networks import NETWORKS, Network
from hyai_tui.features.plan import WorkItem, make_plan
from hyai_tui.features.reading import LibraryOnDemand, fetch_and_decode
from hyai_tui.features.tuned import Lesson
from hyai_tui.features.weights import imagenet_path
from hyai_tui.jobs.augmenting import with_copies
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.material import material_of
from hyai_tui.jobs.training import train_on
from hyai_tui.jobs.training_data import gather
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import folds
from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.data import LEAST_JUDGED, TrainingData
from hyai_tui.learning.fit.tuning import Tuning, TuningData, tune
from hyai_tui.learning.predictions import VALIDATION_FOLD
from hyai_tui.samples.training import Sample
from hyai_tui.text import count, duration, megabytes

if TYPE_CHECKING:
    from hyai_tui.features.encoders.tunable import TunableNetwork

# Of the folds that are not the validation one, this decides which epoch is kept.
CHOOSING_FOLD: Final = 1
# Pictures that are decoded and mapped together.
_TOGETHER: Final = 16


def train_tuned(
    context: JobContext, journal: Journal, catalog: Catalog, samples: Sequence[Sample], of: int
) -> dict[str, Any]:
    """Tune, then train on the tuned network's vectors and compare with the model in use; return what a training returns.

    Args:
        context: with the settings of this run.
        journal: gives folds and takes the record.
        catalog: as the last scan left it.
        samples: those to train on.
        of: how many samples there are in all.

    Raises:
        WrongUse: the encoder is no network that can be tuned, or there are too few samples.
        NotNow: tuning made the network no better.
        Cancelled: the user asked to stop; nothing is kept of the tuning.
    """
    workspace, report = context.workspace, context.report
    gathered = gather(context, journal, catalog, samples)
    data, how = gathered.data, _tuning(context)
    network, weights = _network(gathered.choice)
    split = _split(data, journal, workspace.settings.train.folds)
    with tensorflow_for("Tuning a network", "'hyai train' without --unfreeze-last-k"):
        from hyai_tui.features.encoders.tunable import TunableNetwork
    report.stage("load", f"loading {network.title}")
    tuner = TunableNetwork(
        network, weights, how.blocks, len(data.labels), (how.rate, how.backbone_rate), workspace.settings.train.seed
    )
    report.log(
        f"tuning the last {count(how.blocks, 'block')} of {network.title}, {tuner.parameters:,} numbers, on"
        f" {count(len(split.learn), 'sample')}; {len(split.choose):,} choose the epoch, {len(split.unseen):,} stay unseen"
    )
    plan = make_plan(catalog, workspace.settings.features.source, samples, workspace.data, samples_only=True)
    with tempfile.TemporaryDirectory(prefix="tuning-", dir=workspace.cache) as room:
        rows = _mapped(context, tuner, plan.items, data, split, Path(room))
        report.stage("tune", f"tuning, {how.frozen_epochs} epochs of the head alone and then {how.epochs} of all")
        record = {**asdict(how), **tune(tuner, rows, how, context)}
        fresh = Path(room) / f"network{tuned.SUFFIX}"
        tuner.save(fresh)
        known = np.concatenate([split.learn, split.choose]).tolist()
        lesson = Lesson(
            frozenset(data.identities[row] for row in known),
            frozenset(range(split.folds)) - {VALIDATION_FOLD},
            split.folds,
            {"network": network.name, "samples": len(known), **record},
        )
        kept = tuned.keep(workspace, network, fresh, lesson)
    return _train(context, journal, catalog, samples, of, _Kept(network, kept, record))


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """Rows of the samples by what the tuning does with them; `folds` is how many sticky folds there are."""

    learn: NDArray[np.int64]
    choose: NDArray[np.int64]
    unseen: NDArray[np.int64]
    folds: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """A tuned network: which one, its weights file, and the record of its tuning."""

    network: Network
    weights: Path
    record: Mapping[str, Any]


def _tuning(context: JobContext) -> Tuning:
    """Return how to tune: what the options say, and the settings of the training for the rest."""
    options, usual = context.options, Tuning(int(context.options["unfreeze_last_k"]))
    return replace(
        usual,
        frozen_epochs=int(options.get("frozen_epochs") or usual.frozen_epochs),
        epochs=int(options.get("unfrozen_epochs") or usual.epochs),
        backbone_rate=float(options.get("learning_rate_backbone") or usual.backbone_rate),
        rate=context.workspace.settings.train.learning_rate,
        seed=context.workspace.settings.train.seed,
    )


def _network(choice: EncoderChoice) -> tuple[Network, Path]:
    """Return the network behind an encoder, and the weights to begin with: those that it came with, if it was tuned before."""
    network = NETWORKS.get(choice.name)
    if network is None or choice.weights_path is None:
        raise WrongUse(
            f"The encoder {choice.name} has no blocks that could be tuned",
            "Get a network first: 'hyai cache build --download-weights', then 'hyai config set features.encoder mobilenetv2'",
        )
    if tuned.read_lesson(choice.weights_path) is None:
        return network, choice.weights_path
    original = imagenet_path(network)
    if not original.exists():
        raise WrongUse(
            f"{choice.weights_path.name} was tuned before, and the network as it came is not here",
            "Set features.weights to its file: a network is tuned anew, not once more",
        )
    return network, original


def _split(data: TrainingData, journal: Journal, of: int) -> _Split:
    """Return which samples are learned from, which choose, and which stay unseen, by their sticky folds.

    Raises:
        WrongUse: too few for that.
    """
    sticky = journal.folds()
    fold = np.array([folds.in_use(sticky[one], of) for one in data.identities], np.int64)
    unseen = np.flatnonzero(fold == VALIDATION_FOLD)
    choose = np.flatnonzero(fold == CHOOSING_FOLD)
    learn = np.flatnonzero((fold >= 0) & (fold != VALIDATION_FOLD) & (fold != CHOOSING_FOLD))
    for rows in (unseen, choose, learn):
        decided = rows[~data.hints[rows]]
        if len(decided) < LEAST_JUDGED or len(np.unique(data.truth[decided])) < 2:
            raise WrongUse(
                f"{count(len(data.identities), 'sample')} in {of} folds are too few to tune a network: one fold chooses, and one"
                f" stays unseen, each with {LEAST_JUDGED} samples of two labels or more",
                f"Label some {LEAST_JUDGED * of * 2} pictures, better a few thousand, or train without --unfreeze-last-k",
            )
    return _Split(learn, choose, unseen, of)


def _mapped(
    context: JobContext,
    tuner: TunableNetwork,
    items: Sequence[WorkItem],
    data: TrainingData,
    split: _Split,
    room: Path,
) -> TuningData:
    """Return the maps of what is learned from (with its changed copies) and of what chooses, in a mapped file."""
    settings = context.workspace.settings
    copies = 0 if settings.train.augment == NONE else settings.train.copies
    place = {one: row for row, one in enumerate(data.identities)}
    learned, chosen = set(split.learn.tolist()), set(split.choose.tolist())
    todo = [one for one in items if place.get(one.file) in learned or place.get(one.file) in chosen]
    most = len(todo) + copies * len(learned)
    maps = np.lib.format.open_memmap(room / "maps.npy", "w+", np.float16, (most, *tuner.shape))
    context.report.log(f"{count(most, 'picture')} once through the network; {megabytes(maps.nbytes)} while it lasts")
    context.report.stage("map", f"sending {count(most, 'picture')} through the blocks that stay")
    rows: list[int] = []
    report, done = context.report, 0
    report.progress(0, len(todo))
    for part in _decoded(context, todo, {data.identities[row] for row in learned}, copies):
        context.check()
        done += len(part)
        pairs = [(place[file], one) for file, pixels in part for one in pixels]
        if pairs:
            maps[len(rows) : len(rows) + len(pairs)] = tuner.maps(np.stack([one for _, one in pairs]))
            rows += [row for row, _ in pairs]
        report.progress(done, len(todo))
    of = np.array(rows, np.int64)
    truth = data.truth[of]
    train = np.flatnonzero(np.isin(of, split.learn))
    own = data.row_weights(of)
    weights = own * class_weights(truth[train], len(data.labels), settings.train.class_weights, own[train])[truth]
    return TuningData(maps, truth, weights, train, np.flatnonzero(np.isin(of, split.choose)))


def _decoded(
    context: JobContext, items: Sequence[WorkItem], with_copies_of: set[str], copies: int
) -> Iterator[list[tuple[str, list[NDArray[np.uint8]]]]]:
    """Yield (identity, pixels and those of its copies) of some pictures at a time; nothing of what cannot be read."""
    settings = context.workspace.settings
    library = LibraryOnDemand(context.workspace.open_library)

    def prepared(item: WorkItem) -> tuple[str, list[NDArray[np.uint8]]]:
        found = fetch_and_decode(item, library, settings.features.source)
        if found.pixels is None or found.content is None:
            return item.file, []
        content, pixels = found.content, found.pixels
        own = range(copies if item.file in with_copies_of else 0)
        return item.file, [pixels, *(changed(pixels, settings.train.augment, content, number) for number in own)]

    try:
        with ThreadPoolExecutor(settings.features.decode_threads or os.cpu_count() or 1, "tuning") as pool:
            for start in range(0, len(items), _TOGETHER):
                yield list(pool.map(prepared, items[start : start + _TOGETHER]))
    finally:
        library.close()


def _train(
    context: JobContext, journal: Journal, catalog: Catalog, samples: Sequence[Sample], of: int, kept: _Kept
) -> dict[str, Any]:
    """Train on the vectors of the tuned network, and say what using it would take."""
    workspace, network = context.workspace, kept.network
    relative = os.path.relpath(kept.weights, workspace.root)
    features = replace(workspace.settings.features, encoder=network.name, weights=relative)
    within = replace(workspace, settings=replace(workspace.settings, features=features))
    tuned_context = replace(context, workspace=within, options={**context.options, "encoder": network.name})
    material = material_of(tuned_context, journal, catalog, samples, of=of)
    blocks = count(kept.record["blocks"], "block")
    material = replace(
        with_copies(tuned_context, catalog, samples, material),
        aside=f"is of {network.title} with its last {blocks} tuned",
        about={**material.about, "tuning": {**kept.record, "weights": relative}},
    )
    result = train_on(tuned_context, journal, material)
    files = len(make_plan(catalog, features.source, samples, workspace.data).items)
    seconds = pace.known(workspace, f"encode {network.name}").seconds(files)
    size = pace.vector_bytes(files, network.dimension)
    context.report.log(
        f"to use it: 'hyai models use {result['model']} --encoder', then 'hyai score', which encodes {count(files, 'file')} anew:"
        f" about {duration(seconds)}, {megabytes(size)}"
    )
    return {**result, "tuning": material.about["tuning"]}
