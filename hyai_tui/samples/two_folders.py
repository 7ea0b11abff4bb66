"""Pictures that stand in several label folders, as the last look at the folders found them: `.hyai/two-folders.json`.

The journal keeps no sample of them, because none of them trains until somebody says which label is right.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from hyai_tui.journal.model import SampleRecord

_NAME = "two-folders.json"
_log = logging.getLogger(__name__)


def write(directory: Path, found: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """Replace what was found before.

    Args:
        directory: for what can be made again.
        found: (identity, labels) of each.
    """
    path = directory / _NAME
    if not found:
        path.unlink(missing_ok=True)
        return
    text = json.dumps([[identity, *labels] for identity, labels in found])
    if path.exists() and path.read_text("utf-8") == text:
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".json.new")
    new.write_text(text, "utf-8")
    new.replace(path)


def read(directory: Path) -> list[SampleRecord]:
    """Return one record for each label that such a picture stands under; a damaged file counts as none and is logged."""
    path = directory / _NAME
    try:
        rows = json.loads(path.read_text("utf-8"))
        return [
            SampleRecord(f"{label}/{identity}", identity, identity, label, "dropped")
            for identity, *labels in rows
            for label in labels
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        _log.warning("%s cannot be read and counts as empty: %s", _NAME, type(error).__name__)
        return []
