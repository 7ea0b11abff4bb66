"""Every file's score by one model: `.hyai/scores/<model>.npy`, indexed by the catalog's file number.

File numbers mean something only together with the catalog that gave them, so the file ends (after the array, where numpy
does not look) in a mark that this catalog knows; a table of another catalog counts as none, and so does one that was
written after the catalog's back-up was made. One file, so that array and mark are replaced together.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import load_array

_log = logging.getLogger(__name__)

_MARK = b"\ncatalog="
_LONGEST = 200


class Scorer(Protocol):
    """A model, as far as its table is concerned."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """The labels that its columns are of."""
        ...


class ScoreTable:
    """A model's probabilities by file number.

    Attributes:
        model_id: whose they are.
        probabilities: float32[highest number + 1, K], columns in the model's label order; NaN where a file is
            unscored. Memory-mapped where it was read from a file.
        catalog: mark of the catalog whose numbers they go by; empty for a table without rows.
    """

    def __init__(self, model_id: str, probabilities: NDArray[np.float32], catalog: str = "") -> None:
        self.model_id = model_id
        self.probabilities = probabilities
        self.catalog = catalog

    @staticmethod
    def path(directory: Path, model_id: str) -> Path:
        """Return where a model's table stands."""
        return directory / f"{model_id}.npy"

    @classmethod
    def open(cls, directory: Path, bundle: Scorer, *catalog: str) -> ScoreTable:
        """Return the model's table; one without rows if nothing was scored yet.

        The table can be made again, so a damaged one counts as none and is named in the log.

        Args:
            directory: of all score tables.
            bundle: the model.
            catalog: `Catalog.number_marks` for this model, of the catalog whose numbers will be asked for: a table with
                another mark counts as none.
        """
        path = cls.path(directory, bundle.id)
        empty = np.empty((0, len(bundle.labels)), np.float32)
        try:
            found = load_array(path, "r")
            numbered_by = _trailer(path)
        except FileNotFoundError:
            return cls(bundle.id, empty)
        except (ValueError, OSError, EOFError) as error:
            _log.warning("the scores of %s cannot be read and count as none: %s", bundle.id, error)
            return cls(bundle.id, empty)
        if found.dtype != np.float32 or found.ndim != 2 or found.shape[1] != len(bundle.labels):
            _log.warning("the scores of %s have shape %s and count as none", bundle.id, found.shape)
            return cls(bundle.id, empty)
        return cls(bundle.id, found, numbered_by) if numbered_by in catalog else cls(bundle.id, empty)

    @classmethod
    def write(cls, directory: Path, bundle: Scorer, probabilities: NDArray[Any], catalog: str) -> ScoreTable:
        """Replace the model's table; readers see the old one or the new one.

        Args:
            directory: of all score tables.
            bundle: the model.
            probabilities: float[highest number + 1, K], NaN for unscored.
            catalog: from `Catalog.mark_numbers` for this model, of the catalog that gave the numbers.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = cls.path(directory, bundle.id)
        new = path.with_suffix(".npy.new")
        with new.open("wb") as file:
            np.save(file, np.ascontiguousarray(probabilities, np.float32), allow_pickle=False)
            file.write(_MARK + catalog.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return cls.open(directory, bundle, catalog)

    @classmethod
    def remove(cls, directory: Path, model_id: str) -> None:
        """Delete a model's table, if there is one."""
        cls.path(directory, model_id).unlink(missing_ok=True)

    def at(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return float32[n, K] for file numbers; rows of NaN for files that came after the table was written."""
        found = np.full((len(numbers), self.probabilities.shape[1]), np.nan, np.float32)
        inside = (numbers >= 0) & (numbers < len(self.probabilities))
        found[inside] = self.probabilities[numbers[inside]]
        return found

    @property
    def scored(self) -> int:
        """Files with a score."""
        return int(np.count_nonzero(~np.isnan(self.probabilities[:, 0])))


def _trailer(path: Path) -> str:
    """Return the catalog's identity at the end of a table; empty where there is none."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST))
        _, mark, identity = file.read().rpartition(_MARK)
    return identity.decode("ascii", "replace") if mark else ""
