"""Pictures of a Hydrus client: from its own folders where the key may see paths and they can be read here, else over HTTP.

Nothing is asked of the client for a hash that it has not listed: a thumbnail of an unknown one makes it invent a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hyai_tui.errors import PictureError
from hyai_tui.library.base import MediaFile
from hyai_tui.library.hydrus.client import Client
from hyai_tui.library.hydrus.refusals import HydrusRefused
from hyai_tui.library.hydrus.rights import Permission
from hyai_tui.text import short_hash

_NOT_FOUND = 404
# Paths that could not be read in a row before we stop asking for them: the client runs on another machine.
_PATHS_IN_VAIN = 3
_THUMBNAIL_FOLDER = re.compile("t[0-9a-f]{2}")
_MOST_BYTES = 5_000_000


class Originals:
    """Reads originals and thumbnails.

    Args:
        client: sends the requests.
        look: reads the present state of files.
    """

    def __init__(self, client: Client, look: Callable[[Sequence[str]], Mapping[str, MediaFile]]) -> None:
        self._client = client
        self._look = look
        self._paths_in_vain = 0
        self._thumbnails_in_vain = 0
        self._folders: Mapping[str, Path] | None = None
        self._lock = threading.Lock()

    def path(self, sha256: str) -> Path | None:
        """Return where the client keeps the file, if it runs on this machine and the key may see paths."""
        if self._paths_in_vain >= _PATHS_IN_VAIN:
            return None
        if not self._client.may(Permission.PATHS):
            self._paths_in_vain = _PATHS_IN_VAIN
            return None
        if not self._client.known([sha256]):
            return None
        try:
            answer = self._client.ask(self._client.api.get_file_path, hash_=sha256)
        except HydrusRefused as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        path = Path(str(answer.get("path", "")))
        # The name is checked so that an answer can never point us at a file that is not this picture.
        usable = path.is_absolute() and path.stem.lower() == sha256 and path.is_file() and os.access(path, os.R_OK)
        self._paths_in_vain = 0 if usable else self._paths_in_vain + 1
        return path if usable else None

    def read(self, sha256: str) -> bytes:
        """Return the original bytes, checked against their hash."""
        if not self._client.known([sha256]):
            raise missing(sha256)
        try:
            content: bytes = self._client.ask(self._client.api.get_file, hash_=sha256).content
        except HydrusRefused as error:
            if error.status == _NOT_FOUND:
                raise missing(sha256) from error
            raise
        if hashlib.sha256(content).hexdigest() != sha256:
            raise PictureError("changed", f"Hydrus gave other bytes than those of {short_hash(sha256)}")
        return content

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the client's thumbnail, or None if it has none; a client's default icon is never returned."""
        if (stored := self._stored_thumbnail(sha256)) is not None:
            return stored
        if not self._client.known([sha256]):
            raise missing(sha256)
        response = self._client.ask(self._client.api.get_thumbnail, hash_=sha256)
        # A real thumbnail is named after its hash. For a file that it lost, or a kind that has none, the client
        # answers 200 with an icon named after the kind.
        if sha256 in response.headers.get("Content-Disposition", ""):
            content: bytes = response.content
            return content
        if sha256 not in self._look([sha256]):
            raise missing(sha256)
        return None

    def _stored_thumbnail(self, sha256: str) -> bytes | None:
        """Return the thumbnail from the client's own folder, where that can be read; a hundred times faster than HTTP."""
        if self._thumbnails_in_vain >= _PATHS_IN_VAIN:
            return None
        folder = self._thumbnail_folders().get(sha256[:2])
        if folder is not None:
            with contextlib.suppress(OSError), (folder / f"{sha256}.thumbnail").open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
                if 0 < len(content) <= _MOST_BYTES:
                    self._thumbnails_in_vain = 0
                    return content
        self._thumbnails_in_vain += 1
        return None

    def _thumbnail_folders(self) -> Mapping[str, Path]:
        """Return the folder of the thumbnails whose hash begins with two digits, by these; none where we may not know."""
        with self._lock:
            if self._folders is None:
                self._folders = self._ask_for_folders() if self._client.may(Permission.PATHS) else {}
            return self._folders

    def _ask_for_folders(self) -> dict[str, Path]:
        try:
            answer = self._client.ask(self._client.api.get_local_file_storage_locations)
        except HydrusRefused:
            return {}  # an older client has no such call
        listed = answer.get("locations") if isinstance(answer, dict) else None
        return {
            prefix[1:]: Path(one["path"], prefix)
            for one in listed or ()
            if isinstance(one.get("path"), str) and Path(one["path"]).is_absolute()
            for prefix in one.get("prefixes", ())
            if _THUMBNAIL_FOLDER.fullmatch(str(prefix))
        }


def missing(sha256: str) -> PictureError:
    """Return the error for a file that the client does not have any more."""
    return PictureError("missing", f"Hydrus has no file {short_hash(sha256)} any more")
