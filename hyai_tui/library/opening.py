"""Opens the library that a workspace's settings name; nothing of the other kind is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.library.base import Library
from hyai_tui.library.folder import FolderLibrary

if TYPE_CHECKING:
    from hyai_tui.workspace import Workspace

TAGS_FILE = "tags.db"


def open_library(workspace: Workspace) -> Library:
    """Return the workspace's library. A Hydrus client is asked here; a folder is looked at when it is used.

    Raises:
        LibraryDown, LibraryError: the client cannot be reached, or refuses the access key.
        SettingsError: the settings do not say where the library is.
    """
    if workspace.settings.library.kind == "hydrus":
        from hyai_tui.library.hydrus.library import HydrusLibrary

        return HydrusLibrary.connect(workspace)
    return FolderLibrary(
        workspace.library_root,
        workspace.root / TAGS_FILE,
        workspace.open_catalog(),
        read_only=workspace.settings.read_only,
    )
