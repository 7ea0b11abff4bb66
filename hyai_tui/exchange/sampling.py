"""Files worth labelling in a spreadsheet: spread over the library and unlike each other, each with what is known and a guess.

The library is divided into strata by where its owner has put the files and by what the model says of them. Each stratum gives
in proportion to its size, and ten at least; within one, the share `diversity` is chosen farthest first (every next file is as
unlike as possible to all labelled and chosen ones), the rest at random.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import NotNow
from hyai_tui.exchange.guessing import Guess, guess
from hyai_tui.pictures.headers import claimed_size
from hyai_tui.queues.ordering.diverse import farthest_first
from hyai_tui.queues.vectors import open_vectors

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.workspace import Workspace

COLUMNS: Final = (
    "snapshot_id",
    "item_id",
    "hash",
    "path",
    "type",
    "size",
    "width",
    "height",
    "state",
    "tags",
    "stratum",
    "nearest_labels",
    "heuristic_label",
    "heuristic_confidence",
    "heuristic_reason",
    "label",
)
PRESETS: Final = {"baseline": 200, "training": 1_000}
LEAST_OF_STRATUM: Final = 10
DIVERSITY: Final = 0.7

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

# More candidates than this are drawn from at random before the farthest are looked for: their vectors have to be in memory.
_MOST_CANDIDATES = 20_000
_NEIGHBOURS = 10
_TAGS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Chosen:
    """Files for labelling.

    Attributes:
        places: positions in the context, the most telling first within each stratum.
        strata: name of the stratum of each.
        nearest: labels of the nearest labelled files of each, the nearest first, with their cosines.
        spread: mean distance (1 − cosine) of each chosen file to the nearest other chosen one.
    """

    places: Places
    strata: Sequence[str]
    nearest: Sequence[Sequence[tuple[str, float]]]
    spread: float


def choose(
    workspace: Workspace,
    context: QueueContext,
    catalog: Catalog,
    journal: Journal,
    number: int,
    diversity: float,
    seed: int,
    among: NDArray[np.bytes_] | None = None,
    *,
    left: NDArray[np.bool_] | None = None,
    candidates: int = _MOST_CANDIDATES,
) -> Chosen:
    """Choose files that nobody has labelled.

    Args:
        workspace: the workspace.
        context: all of its files.
        catalog: its opened catalog.
        journal: its opened journal.
        number: how many; fewer where there are no more.
        diversity: share that is chosen farthest first, 0 … 1; the rest at random.
        seed: of all that is random.
        among: choose only among these SHA-256s; None for the whole library.
        left: bool[n], files that nobody has decided on by now; None for what the context says.
        candidates: more files than this are drawn from at random first, and the newest so many labelled ones compared.

    Raises:
        NotNow: nothing has been encoded yet.
    """
    rng = np.random.default_rng(seed)
    with open_vectors(workspace, context, catalog, journal) as vectors:
        if vectors is None:
            raise NotNow("Nothing is encoded yet", "Run 'hyai cache build'")
        open_now = np.flatnonzero(
            context.present & (context.undecided if left is None else left) & (context.sample_label < 0)
        )
        if among is not None:
            open_now = open_now[np.isin(context.hashes()[open_now], among)]
        if len(open_now) > candidates:
            open_now = np.sort(rng.choice(open_now, candidates, replace=False))
        places, rows = vectors.at(open_now)
        labelled, known = vectors.at(np.flatnonzero(context.sample_label >= 0)[-candidates:])
    mean = rows.mean(axis=0, keepdims=True) if len(rows) else np.zeros((1, known.shape[1]), np.float32)
    rows, known = _unit(rows - mean), _unit(known - mean)
    names = _strata(context, places)
    taken: list[int] = []
    for name, quota in _quotas(names, number).items():
        here = np.flatnonzero(names == name)
        far = round(quota * diversity)
        first = farthest_first(rows[here], known, far)[0][:far] if far else np.empty(0, np.int64)
        rest = rng.permutation(np.setdiff1d(np.arange(len(here)), first))[: quota - len(first)]
        taken += here[np.concatenate([first, rest]).astype(np.int64)].tolist()
    at = np.array(taken, np.int64)
    return Chosen(places[at], names[at].tolist(), _nearest(rows[at], known, context, labelled), spread_of(rows[at]))


def spread_of(rows: Floats) -> float:
    """Return the mean distance (1 − cosine) of rows at length 1 to their nearest other row; 0 for fewer than two."""
    if len(rows) < 2:
        return 0.0
    near = rows @ rows.T
    np.fill_diagonal(near, -1)
    return float(1 - near.max(axis=1).mean())


def table_rows(
    catalog: Catalog, context: QueueContext, chosen: Chosen, *, snapshot: int, guesses: bool, root: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Yield a row of `COLUMNS` for each chosen file; `label` is empty for a person to fill in.

    Args:
        catalog: knows the files.
        context: of which they were chosen.
        chosen: the files.
        snapshot: number of the snapshot that they are of.
        guesses: fill in what rules guess.
        root: of a folder library, whose pictures are asked for the size that its catalog does not know.
    """
    for place, stratum, nearest in zip(chosen.places.tolist(), chosen.strata, chosen.nearest, strict=True):
        file = catalog.file(context.file(place))
        assert file is not None
        file = file if root is None else _with_size(file, root)
        found = guess(context, place, file, nearest) if guesses else Guess("", 0.0, "")
        tags = sorted(file.display_tags or file.tags)
        yield {
            "snapshot_id": snapshot,
            "item_id": file.number,
            "hash": file.sha256,
            "path": os.fsencode(file.paths[0]).decode("utf-8", "replace") if file.paths else "",
            "type": (file.mime or "").removeprefix("image/"),
            "size": file.size,
            "width": file.width,
            "height": file.height,
            "state": file.state.value,
            "tags": ", ".join(tags[:_TAGS_SHOWN]),
            "stratum": stratum,
            "nearest_labels": ", ".join(f"{label} {cosine:.2f}" for label, cosine in nearest[:3]),
            "heuristic_label": found.label,
            "heuristic_confidence": f"{found.confidence:.2f}" if guesses else "",
            "heuristic_reason": found.reason,
            "label": "",
        }


def _with_size(file: CatalogFile, root: Path) -> CatalogFile:
    """Return a file with the width and height that its picture's header says, where they are not known."""
    if file.width is not None or not file.paths:
        return file
    found = claimed_size(root / file.paths[0])
    return file if found is None else replace(file, width=found.size[0], height=found.size[1])


def _unit(rows: NDArray[Any]) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Floats = np.divide(rows, length, out=np.zeros_like(rows, np.float32), where=length > 1e-12)
    return found


def _strata(context: QueueContext, places: Places) -> NDArray[np.str_]:
    """Return the stratum of each place: where its owner has it, and what the model says of it."""
    said = [context.predicted_name(at) for at in places.tolist()]
    named = [
        f"in {context.current_state(at)}, {f'model says {label}' if label else 'unscored'}"
        for at, label in zip(places.tolist(), said, strict=True)
    ]
    return np.array(named, np.str_)


def _quotas(names: NDArray[np.str_], number: int) -> dict[str, int]:
    """Return how many each stratum gives: in proportion, ten at least where it has them, and together as many as wanted."""
    found, sizes = np.unique(names, return_counts=True)
    number = min(number, len(names))
    least = np.minimum(
        sizes, LEAST_OF_STRATUM if LEAST_OF_STRATUM * len(found) <= number else number // max(1, len(found))
    )
    exact = np.maximum(least, sizes * number / max(1, len(names)))
    quotas = np.minimum(sizes, np.floor(exact).astype(np.int64))
    while quotas.sum() != number:
        more = quotas.sum() < number
        room = (quotas < sizes) if more else (quotas > least)
        if not room.any():
            room = quotas > 0
        gap = np.where(room, exact - quotas if more else quotas - exact, -np.inf)
        quotas[int(gap.argmax())] += 1 if more else -1
    return dict(zip(found.tolist(), quotas.tolist(), strict=True))


def _nearest(rows: Floats, known: Floats, context: QueueContext, labelled: Places) -> list[list[tuple[str, float]]]:
    """Return labels and cosines of the nearest labelled files of each row, the nearest first."""
    if not len(known):
        return [[] for _ in rows]
    near = rows @ known.T
    most = min(_NEIGHBOURS, len(known))
    found = []
    for cosines in near:
        at = np.argsort(-cosines)[:most]
        found.append([(context.names[int(context.sample_label[labelled[one]])], float(cosines[one])) for one in at])
    return found
