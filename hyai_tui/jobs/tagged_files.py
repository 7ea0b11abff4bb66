"""From the library's own tags to arrays: which files have tags of a namespace, their vectors, their folds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import WrongUse
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import EncoderChoice, choose, features_directory
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.plan import contents_of
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.training_data import subset_of, those_where
from hyai_tui.jobs.training_options import own_folds
from hyai_tui.journal.journal import Journal
from hyai_tui.learning import folds, subset
from hyai_tui.learning.fit.multilabel import Others, TagData
from hyai_tui.learning.namespace_tags import read_namespace
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.samples.training import Sample
from hyai_tui.text import count

LEAST_FILES = 10
MOST_FILES = 20_000
LEAST_OTHERS = 20
MOST_TAGS = 500
_NO_PATH = Path()


@dataclass(frozen=True, slots=True, eq=False)
class TaggedFiles:
    """What a training of tags works with.

    Attributes:
        data: files with vectors, tags and folds.
        choice: the encoder of the vectors.
        files: how many files of the library have a tag of the namespace.
        rare: how many tags of it are on too few files to be learned.
        left_out: files without features.
    """

    data: TagData
    choice: EncoderChoice
    files: int
    rare: int
    left_out: int


@dataclass(frozen=True, slots=True, eq=False)
class _Tagged:
    """`files` with tags of the namespace, `tags` that enough of them have, `truth` bool[n, K]; files `without` any tag."""

    files: list[str]
    tags: tuple[str, ...]
    truth: NDArray[np.bool_]
    rare: int
    without: list[str]


def gather_tagged(
    context: JobContext, journal: Journal, catalog: Catalog, namespace: str, before: TagBundle | None
) -> TaggedFiles:
    """Return the files that have a tag of the namespace as arrays; encodes those without features.

    Folds are sticky: those of `before`, the model so far, hold; a file that is a sample too has the fold of the sample.

    Raises:
        WrongUse: no tag is on enough files.
        Cancelled: the user asked to stop; vectors made until then are kept.
    """
    least = int(context.options.get("least_files") or LEAST_FILES)
    tagged = _tagged(context, catalog, namespace, least)
    # The rarest tag of a file stands for it where folds are dealt out and a part is chosen: rare tags are spread first.
    rarity = np.argsort(tagged.truth.sum(axis=0), kind="stable")
    first = rarity[np.argmax(tagged.truth[:, rarity], axis=1)]
    names = [tagged.tags[tag] if tagged.truth[row, tag] else "" for row, tag in enumerate(first.tolist())]
    samples = [Sample(file, "", name, _NO_PATH, "library") for file, name in zip(tagged.files, names, strict=True)]
    samples = those_where(context, catalog, samples)
    samples = subset_of(context, samples, most=MOST_FILES)
    choice = choose(context.workspace)
    if choice.notice:
        context.report.warning(choice.notice)
    context.check()
    vectors, found = _vectors(context, catalog, choice, samples)
    used = [one for one, there in zip(samples, found.tolist(), strict=True) if there]
    place = {file: row for row, file in enumerate(tagged.files)}
    truth = tagged.truth[[place[one.identity] for one in used]]
    keep = truth.sum(axis=0) >= min(least, 2)
    if not keep.any():
        raise _too_few(namespace, least)
    context.report.stage("folds", "giving new files a fold")
    settings = context.workspace.settings.train
    identities = [one.identity for one in used]
    known = {} if own_folds(context.options) else journal.folds()
    if before is not None and not own_folds(context.options):
        known |= {file: int(before.seen.folds[row]) for file, row in before.seen.place.items()}
    known |= folds.assign(
        identities,
        [one.label for one in used],
        vectors,
        known,
        folds=settings.folds,
        test_share=settings.test_share,
        seed=settings.seed,
    )
    others = _others(context, catalog, choice, tagged.without, len(used))
    data = TagData(
        identities,
        namespace,
        tuple(tag for tag, kept in zip(tagged.tags, keep.tolist(), strict=True) if kept),
        truth[:, keep],
        vectors,
        np.array([folds.in_use(known[one], settings.folds) for one in identities], np.int64),
        others,
    )
    return TaggedFiles(data, choice, len(tagged.files), tagged.rare, len(samples) - len(used))


def _tagged(context: JobContext, catalog: Catalog, namespace: str, least: int) -> _Tagged:
    context.report.stage("tags", f"reading the tags {namespace}:…")
    found = read_namespace(catalog, namespace, context.workspace.settings.tag)
    counts = found.counts
    kept = np.flatnonzero(counts >= least)
    if len(kept) > MOST_TAGS:
        kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")][:MOST_TAGS])
        context.report.warning(f"only the {MOST_TAGS} most frequent tags are learned")
    if not len(kept):
        raise _too_few(namespace, least, int(counts.max(initial=0)))
    names = tuple(found.names[tag] for tag in kept.tolist())
    rows = found.having
    files, truth = found.identities(rows), found.truth(rows, names)
    order = np.argsort(np.array(files, "S64"), kind="stable")
    context.report.log(f"{count(len(files), 'file has', 'files have')} a tag {namespace}:…; {count(len(names), 'tag')}")
    without = found.identities(np.setdiff1d(np.arange(len(found.files)), rows))
    return _Tagged([files[at] for at in order.tolist()], names, truth[order], len(counts) - len(kept), without)


def _vectors(
    context: JobContext, catalog: Catalog, choice: EncoderChoice, samples: list[Sample]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the vectors of those files that have one, and bool[n]: which do."""
    workspace = context.workspace
    encoder = EncoderOnDemand(choice, workspace.settings.features.batch_size, context.report.warning)
    build_features(
        workspace, encoder, context.report, context.cancelled, catalog=catalog, samples=samples, samples_only=True
    )
    context.check()
    contents = contents_of(catalog, workspace.settings.features.source, [one.identity for one in samples])
    with FeatureStore.open(
        features_directory(workspace, choice), choice.version.dimension, version=choice.version, read_only=True
    ) as store:
        vectors, found = store.get([content or "" for content in contents])
    return vectors[found], found


def _others(
    context: JobContext, catalog: Catalog, choice: EncoderChoice, files: list[str], tagged: int
) -> Others | None:
    """Return files without a tag of the namespace that have features, about as many as have one; None for too few."""
    workspace = context.workspace
    if len(files) < LEAST_OTHERS:
        return None
    settings = workspace.settings.train
    most = max(LEAST_FILES * LEAST_OTHERS, tagged)
    chosen = sorted(subset.choose(dict.fromkeys(files, ""), str(most), settings.seed))
    contents = contents_of(catalog, workspace.settings.features.source, chosen)
    with FeatureStore.open(
        features_directory(workspace, choice), choice.version.dimension, version=choice.version, read_only=True
    ) as store:
        vectors, found = store.get([content or "" for content in contents])
    used = [file for file, there in zip(chosen, found.tolist(), strict=True) if there]
    if len(used) < LEAST_OTHERS:
        return None
    given = folds.assign(used, [""] * len(used), vectors[found], {}, folds=settings.folds, seed=settings.seed)
    return Others(used, vectors[found], np.array([given[file] for file in used], np.int64))


def _too_few(namespace: str, least: int, most: int = 0) -> WrongUse:
    said = f"the most frequent is on {count(most, 'file')}" if most else "no file has one"
    return WrongUse(
        f"No tag {namespace}:… is on {least:,} files or more: {said}",
        "'hyai findings tags' lists the library's tags after 'hyai check tags'; --least-files asks for fewer",
    )
