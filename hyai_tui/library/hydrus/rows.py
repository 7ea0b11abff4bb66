"""A row of `/get_files/file_metadata` to a `MediaFile`. Fields that a version leaves out never end a scan."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.library.hydrus.services import Kind

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CURRENT = "0"


def is_sha256(text: object) -> bool:
    """Return True for 64 lowercase hex digits."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def is_known(row: Mapping[str, Any]) -> bool:
    """Return True if the client knows this hash: for one it never saw, `file_id` is null."""
    return isinstance(row.get("file_id"), int) and is_sha256(row.get("hash"))


def is_picture(file: MediaFile) -> bool:
    """Return True for pictures, animations and video; False for sound, documents and archives."""
    return file.motion or (file.mime or "").startswith("image/")


def media_file(row: Mapping[str, Any], tag_service: str) -> MediaFile:
    """Return the file of a row.

    Args:
        row: one metadata row of a known hash.
        tag_service: key of the service whose storage tags are ours to write.
    """
    state, archived = _state(row)
    return MediaFile(
        sha256=row["hash"],
        state=state,
        archived=archived,
        size=_number(row.get("size")),
        mime=_text(row.get("mime")),
        width=_number(row.get("width")),
        height=_number(row.get("height")),
        motion=_moves(row),
        modified=_imported(row),
        trashed=_trashed(row),
        tags=_current(_table(row, "tags").get(tag_service), "storage_tags"),
        display_tags=_display(_table(row, "tags")),
        external_id=row["file_id"],
    )


def _state(row: Mapping[str, Any]) -> tuple[FileState, bool]:
    """Return the state and the archive flag: the trash keeps the flag, and beats it."""
    current = _table(row, "file_services").get("current")
    kinds = {_kind(one) for one in current.values()} if isinstance(current, dict) else None
    inbox = row.get("is_inbox")
    archived = not inbox if isinstance(inbox, bool) else row.get("time_archived") is not None
    if row.get("is_trashed", kinds is not None and Kind.TRASH in kinds):
        return FileState.TRASH, archived
    if not row.get("is_local", kinds is None or Kind.FILE_STORAGE in kinds or Kind.LOCAL_FILES in kinds):
        return FileState.GONE, archived
    return (FileState.ARCHIVE if archived else FileState.INBOX), archived


def _moves(row: Mapping[str, Any]) -> bool:
    """Return True for video and animation. An animated WebP has the media type of a still one."""
    mime = _text(row.get("mime")) or ""
    frames = _number(row.get("num_frames")) or 0
    return mime.startswith("video/") or bool(_number(row.get("duration"))) or frames > 1


def _imported(row: Mapping[str, Any]) -> float | None:
    """Return when the file came in: the earliest of its domains."""
    services = _table(row, "file_services")
    times = [
        one.get("time_imported")
        for side in ("current", "deleted")
        for one in (services.get(side) or {}).values()
        # "Deleted from anywhere" is a domain that a file enters when it is trashed.
        if isinstance(one, dict) and _kind(one) in {Kind.FILE_STORAGE, Kind.ALL_LOCAL_MEDIA, Kind.LOCAL_FILES}
    ]
    known = [float(one) for one in times if isinstance(one, int | float)]
    return min(known) if known else None


def _trashed(row: Mapping[str, Any]) -> float | None:
    """Return when the file went to the trash, for one that lies there."""
    current = _table(row, "file_services").get("current")
    for one in current.values() if isinstance(current, dict) else ():
        if _kind(one) == Kind.TRASH and isinstance(when := one.get("time_imported"), int | float):
            return float(when)
    return None


def _display(services: Mapping[str, Any]) -> frozenset[str]:
    """Return the tags that Hydrus shows; its service of all known tags already holds those of the others."""
    for one in services.values():
        if _kind(one) == Kind.ALL_KNOWN_TAGS:
            return _current(one, "display_tags")
    return frozenset().union(*(_current(one, "display_tags") for one in services.values()))


def _current(service: object, which: str) -> frozenset[str]:
    statuses = service.get(which) if isinstance(service, dict) else None
    tags = statuses.get(_CURRENT) if isinstance(statuses, dict) else None
    return frozenset(one for one in tags if isinstance(one, str)) if isinstance(tags, list) else frozenset()


def _kind(service: object) -> int:
    kind = service.get("type") if isinstance(service, dict) else None
    return kind if isinstance(kind, int) else -1


def _table(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return int(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
