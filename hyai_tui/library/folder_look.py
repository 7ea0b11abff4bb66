"""A first look at a folder, before it is anybody's library: how many pictures are there?"""

from __future__ import annotations

import os
from pathlib import Path

from hyai_tui.library.folder_tree import mime_of


def pictures_below(folder: Path, most: int) -> int:
    """Return how many files below a folder have the suffix of a picture, counted up to `most`.

    Hidden folders and links to folders are left out, as a scan does.
    """
    found = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            found += not name.startswith(".") and (mime_of(name) or "").startswith("image/")
            if found >= most:
                return found
    return found
