"""`hyai map`: where files lie beside each other, for programs; the app draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import json_option, narrate, stream
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.text import count, short_hash
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.mapping import PlacedFiles

_CHUNK = 1_000
Part = tuple[float, float, float, float]


def _part(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Part | None:
    """Read `.2,.4,.3,.5`: left, top, right and bottom, each 0 … 1."""
    if value is None:
        return None
    try:
        left, top, right, bottom = (float(one) for one in value.split(","))
    except ValueError:
        left, top, right, bottom = 1.0, 1.0, 0.0, 0.0
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise WrongUse(f"{value!r} is no part of the map", "Write LEFT,TOP,RIGHT,BOTTOM, each from 0 to 1")
    return left, top, right, bottom


@click.command("map")
@click.option("--prepare", is_flag=True, help="First lay the files out by likeness, anew (extra 'map').")
@click.option("--plane", is_flag=True, help="By the two directions in which files differ most, which needs no job.")
@click.option("--part", callback=_part, metavar="L,T,R,B", help="Only files in this part, from its middle outwards.")
@json_option
def map_(prepare: bool, plane: bool, part: Part | None, as_json: bool) -> None:
    """Print where each file lies on the map: by likeness where that was laid out, else on the widest plane.

    Places go from 0 to 1, across and down.
    """
    if prepare and plane:
        raise WrongUse("The plane needs no preparing", "Give --prepare or --plane, not both")
    if prepare:
        run_job(open_workspace(), "map", {})
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.kept_map import read_map
    from hyai_tui.queues.mapping import known_labels, place_files
    from hyai_tui.queues.vectors import open_vectors

    workspace = open_workspace()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        with open_vectors(workspace, context, catalog, journal) as vectors:
            if vectors is None:
                raise NotNow("There are no features to compare yet", "Run 'hyai cache build'")
            placed = None if plane else read_map(workspace.queues_directory, context, vectors.encoder)
            way = "widest plane" if placed is None else "by likeness"
            if placed is None:
                *_, placed = place_files(context, vectors)
    import numpy as np

    chosen = np.arange(len(placed)) if part is None else placed.inside(*part)
    labels = known_labels(context)[placed.positions]
    rows = _rows(context, placed, labels, chosen)
    if as_json:
        stream(rows)
    else:
        for row in rows:
            click.echo(f"{short_hash(row['file'])}  {row['x']:.4f}  {row['y']:.4f}  {row['label'] or ''}".rstrip())
    missing = placed.total - len(placed)
    narrate(
        f"Map, {way}: {count(len(chosen), 'file')}" + (f"; {missing:,} of the library have no place" if missing else "")
    )


def _rows(
    context: QueueContext, placed: PlacedFiles, labels: NDArray[np.int16], chosen: NDArray[np.int64]
) -> Iterator[dict[str, Any]]:
    for start in range(0, len(chosen), _CHUNK):
        at = chosen[start : start + _CHUNK]
        places = placed.places[at].round(4).tolist()
        for position, label, (across, down) in zip(
            placed.positions[at].tolist(), labels[at].tolist(), places, strict=True
        ):
            name = context.names[label] if label >= 0 else None
            yield {"file": context.file(position), "x": round(across, 4), "y": round(down, 4), "label": name}
