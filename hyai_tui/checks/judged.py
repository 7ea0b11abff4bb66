"""What pictures say of tags (`unlike.judge`), worked out once for all checks that ask, and kept until something has changed.

Kept beside the results of the checks, under a fingerprint of all that it is made from: files, their tags, their contents, encoder
and settings. It can be made again at any time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hyai_tui.checks import results
from hyai_tui.checks.unlike import Judged, Unlike, judge
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.queues.vectors import open_vectors

if TYPE_CHECKING:
    from hyai_tui.checks.base import CheckPlace

# Of the method: what another one said is worked out anew.
METHOD: Final = 2
_FILE: Final = "unlike.json"


def judgement(place: CheckPlace, least: float) -> Judged:
    """Return what `unlike.judge` returns."""
    mark = _fingerprint(place, least)
    known = _read(place, mark)
    if known is not None:
        return known
    found = judge(place, least)
    text = json.dumps({"made_from": mark, **asdict(found)})
    results.write_text(results.directory(place.workspace) / _FILE, text)
    return found


def _read(place: CheckPlace, mark: str) -> Judged | None:
    try:
        data: Any = json.loads((results.directory(place.workspace) / _FILE).read_text("utf-8"))
        if data["made_from"] != mark:
            return None
        unlike = [
            Unlike(**{**one, "given": tuple(one["given"]), "instead": tuple(one["instead"])}) for one in data["unlike"]
        ]
        return Judged(data["files"], unlike, data["namespaces"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it can be made again


def _fingerprint(place: CheckPlace, least: float) -> str:
    """Return a SHA-256 of everything that the judgement is made from."""
    context, settings = place.context, place.workspace.settings
    digest = hashlib.sha256(json.dumps([METHOD, least, sorted(settings.checks.namespaces)]).encode())
    table = place.catalog.tag_table(ours_at_sight(settings.tag))
    here = np.flatnonzero(context.present & (context.number >= 0))
    with open_vectors(place.workspace, context, place.catalog, place.journal) as vectors:
        if vectors is not None:
            digest.update(vectors.encoder.encode())
            digest.update(np.ascontiguousarray(vectors.contents[here]).tobytes())
            digest.update(str(len(vectors.store)).encode())
    for part in (context.number[here], table.number, table.starts, table.tags):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(json.dumps(list(table.names)).encode())
    return digest.hexdigest()
