"""Pairs whose pixels have been compared, and what came of it: looked at once, known for as long as both pictures are the same.

A second run opens only pictures of new pairs, and a run without its library knows what an earlier one saw.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hyai_tui.array_files import packed_arrays
from hyai_tui.checks import results

if TYPE_CHECKING:
    from hyai_tui.workspace import Workspace

Pair = tuple[str, str]

# Of the way in which pixels are compared (`alike`): what another one said is forgotten.
METHOD: Final = 1
_FILE: Final = "looked-at.npz"

_log = logging.getLogger(__name__)


def read(workspace: Workspace) -> dict[Pair, float]:
    """Return how far each pair agreed, 0 where it is not one picture; nothing where that is not known."""
    try:
        # Opened here: numpy leaves a file open that turns out to be damaged.
        with (results.directory(workspace) / _FILE).open("rb") as file, packed_arrays(file) as arrays:
            if int(arrays["method"]) != METHOD:
                return {}
            pairs = zip(_texts(arrays["one"]), _texts(arrays["other"]), strict=True)
            return dict(zip(pairs, arrays["likeness"].tolist(), strict=True))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("what pairs of pictures have in common is not known any more: %s", error)
        return {}


def write(workspace: Workspace, seen: Mapping[Pair, float]) -> None:
    """Replace what is known of pairs."""
    place = results.directory(workspace)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = place / f".{_FILE}.new"
    with new.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            method=np.array(METHOD),
            one=_names(one for one, _ in seen),
            other=_names(other for _, other in seen),
            likeness=np.array(list(seen.values()), np.float32),
        )
    new.replace(place / _FILE)


def _names(files: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    return np.array(list(files), "S64")


def _texts(names: np.ndarray[tuple[int], np.dtype[np.bytes_]]) -> Sequence[str]:
    return [name.decode("ascii") for name in names.tolist()]
