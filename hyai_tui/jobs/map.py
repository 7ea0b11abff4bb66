"""The map job: lays the library out by likeness, so that files with the same neighbours lie together (t-SNE).

The first two principal components are there at once and show how files spread; the neighbourhoods of 1,280 numbers do
not fit into them. Van der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008, in the implementation of Poličar,
Stražar and Zupan (openTSNE), which comes with the extra `map`. Up to 10,000 files are laid out; all others are placed
beside those that they are most like, so the time of a million files is that of reading their vectors.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.features.principal import principal
from hyai_tui.installing import how_to_add
from hyai_tui.jobs.context import JobContext
from hyai_tui.queues.context import load_context
from hyai_tui.queues.kept_map import keep_map
from hyai_tui.queues.mapping import Rule, place_files
from hyai_tui.queues.ordering.beside import place_beside
from hyai_tui.queues.ordering.kmeans import Floats
from hyai_tui.queues.vectors import open_vectors

KIND = "map"
COMPUTE = True

LAID_OUT = 10_000
LEAST = 10
_PERPLEXITY = 30
# The first rounds pull neighbours together and set groups apart; the others lay them out.
_ROUNDS = ((250, 12.0, 0.5), (500, 1.0, 0.8))
_EVERY = 25


def run(context: JobContext) -> dict[str, Any]:
    """Lay the map out and keep it.

    Returns:
        `placed`, `files` (those that are present) and `seconds`.

    Raises:
        WrongUse: the extra `map` is not installed.
        NotNow: there are too few features.
    """
    began = time.monotonic()
    workspace = context.workspace
    _require_package()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context.report.stage("map", "reading what is known of the files")
        known = load_context(workspace, catalog=catalog, journal=journal)
        with open_vectors(workspace, known, catalog, journal) as vectors:
            placed = None
            if vectors is not None:
                lay = partial(by_likeness, context, seed=known.options.seed)
                for placed in place_files(known, vectors, lay, LAID_OUT):
                    context.check()
                    context.report.progress(len(placed), placed.total)
            if vectors is None or placed is None or len(placed) < LEAST:
                raise _too_few()
            keep_map(workspace.queues_directory, known, placed, vectors.encoder, {"method": "t-SNE"})
    return {"placed": len(placed), "files": placed.total, "seconds": round(time.monotonic() - began, 3)}


def by_likeness(context: JobContext, rows: Floats, *, seed: int) -> tuple[Floats, Rule]:
    """Lay rows out by t-SNE on their first 50 principal components, beginning with the first two.

    Raises:
        NotNow: there are too few rows.
        Cancelled: the user asked to stop.
    """
    if len(rows) < LEAST:
        raise _too_few()
    projection = principal(rows)
    points = projection.of(rows)
    if points.shape[1] < 2:
        raise NotNow("The files lie on one line or one point: there is nothing to lay out", "Add pictures that differ")
    context.report.stage("layout", f"laying {len(points):,} files out by likeness")
    places = _embedded(context, points, seed)
    context.report.stage("others", "placing the other files beside those that they are like")
    return places, lambda block: place_beside(projection.of(block), points, places)


def _embedded(context: JobContext, points: Floats, seed: int) -> Floats:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    affinities = PerplexityBasedNN(points, perplexity=perplexity, method="exact", n_jobs=1, random_state=seed)
    # Small, so that no round throws files apart; the noise parts those that are equal.
    first = 1e-4 * points[:, :2].astype(np.float64) / points[:, 0].std()
    first += np.random.default_rng(seed).normal(scale=1e-6, size=first.shape)
    # One thread: several add up in another order each time, and the same library gives the same map.
    embedding = TSNEEmbedding(first, affinities, n_jobs=1, random_state=seed)
    total = sum(rounds for rounds, _, _ in _ROUNDS)
    done = 0
    for rounds, exaggeration, momentum in _ROUNDS:

        def told(round_: int, _error: float, _embedding: Any, before: int = done) -> bool:
            context.report.progress(before + round_, total, "rounds")
            return context.cancelled()

        embedding = embedding.optimize(
            rounds,
            exaggeration=exaggeration,
            momentum=momentum,
            callbacks=told,
            callbacks_every_iters=_EVERY,
        )
        context.check()
        done += rounds
    return np.asarray(embedding, np.float32)


def _require_package() -> None:
    try:
        import openTSNE  # noqa: F401 - whether it is there, before anything is read
    except ImportError as error:
        raise WrongUse(
            "A map by likeness needs openTSNE, which is not installed", how_to_add("hyai-tui[map]")
        ) from error


def _too_few() -> NotNow:
    return NotNow("There are too few features for a map", "Run 'hyai cache build'")
