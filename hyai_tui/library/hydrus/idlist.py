"""File ids out of an answer of millions: read by numpy from the text, never as a list of Python numbers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hyai_tui.errors import LibraryError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LIST = re.compile(rb'"file_ids"\s*:\s*\[')
_MAY_STAND_IN_IT = b"0123456789, \t\r\n"


def file_ids(content: bytes) -> NDArray[np.int64]:
    """Return the ids of a search's answer, in its order.

    Raises:
        LibraryError: there is no list of ids in it: an empty list would make every file look gone.
    """
    import numpy as np

    found = _LIST.search(content)
    end = content.find(b"]", found.end()) if found else -1
    if found is None or end < 0:
        raise missing("file_ids")
    numbers = content[found.end() : end]
    if numbers.translate(None, _MAY_STAND_IN_IT) or not _is_object(content[: found.end()], content[end:]):
        raise missing("file_ids")
    return np.fromstring(numbers.decode("ascii"), np.int64, sep=",") if numbers.strip() else np.empty(0, np.int64)


def missing(key: str) -> LibraryError:
    """Return the error for an answer that lacks something."""
    return LibraryError(f"Hydrus left {key} out of its answer", "Update hyai or Hydrus: they do not fit together")


def _is_object(before: bytes, after: bytes) -> bool:
    """Return whether what stands around the numbers is the JSON that it should be."""
    try:
        whole: Any = json.loads(before + after)
    except ValueError:
        return False
    return isinstance(whole, dict) and whole.get("file_ids") == []
