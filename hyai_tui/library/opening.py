"""Opens the library that a workspace's settings name; nothing of the other kind is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.errors import SettingsError
from hyai_tui.library.base import Library
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.library.folder_tree import FolderTree
from hyai_tui.library.write_log import FILE as LOG_FILE
from hyai_tui.library.write_log import WriteLog

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

        client = HydrusLibrary.connect(workspace)
        client.log = WriteLog(workspace.root / LOG_FILE)
        return client
    _refuse_training_folders(workspace)
    folder = FolderLibrary(
        workspace.library_root,
        workspace.root / TAGS_FILE,
        workspace.open_catalog(),
        read_only=workspace.settings.read_only,
        sidecars=workspace.settings.library.sidecars,
    )
    folder.log = WriteLog(workspace.root / LOG_FILE)
    return folder


def _refuse_training_folders(workspace: Workspace) -> None:
    """Refuse a library that shares files with the training folders: moving a sample would move a file of the library."""
    root, data = workspace.library_root, workspace.data.resolve()
    if root.is_relative_to(data) or FolderTree(root).relative(data / "sample.png") is not None:
        raise SettingsError(
            f"The library {root} and the training folders {data} share files",
            "Set library.path to a folder outside the training folders, or move the training folders out of the library",
        )
