"""A row of `/get_files/file_metadata` to a `MediaFile`. Fields that a version leaves out never end a scan."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.library.hydrus.services import Kind

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CURRENT, _DELETED = "0", "2"
_ALL_KNOWN_TAGS = b"all known tags".hex()
_OF_FILES = frozenset(int(one) for one in (Kind.FILE_STORAGE, Kind.ALL_LOCAL_MEDIA, Kind.LOCAL_FILES))


def is_sha256(text: object) -> bool:
    """Return True for 64 lowercase hex digits."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def is_known(row: Mapping[str, Any]) -> bool:
    """Return True if the client knows this hash: for one it never saw, `file_id` is null."""
    return isinstance(row.get("file_id"), int) and is_sha256(row.get("hash"))


def is_picture(file: MediaFile) -> bool:
    """Return True for pictures, animations and video; False for sound, documents and archives."""
    return file.motion or (file.mime or "").startswith("image/")


def media_file(row: Mapping[str, Any], tag_service: str, shown: str = "") -> MediaFile:
    """Return the file of a row.

    Args:
        row: one metadata row of a known hash.
        tag_service: key of the service whose storage tags are ours to write.
        shown: key of the one service whose tags are shown; empty for those of all.
    """
    state, archived = _state(row)
    mime = _text(row.get("mime"))
    came, trashed = _times(row)
    tags = _table(row, "tags")
    return MediaFile(
        sha256=row["hash"],
        state=state,
        archived=archived,
        size=_number(row.get("size")),
        mime=mime,
        width=_number(row.get("width")),
        height=_number(row.get("height")),
        motion=_moves(row, mime),
        modified=came,
        tags=_current(tags.get(tag_service), "storage_tags"),
        display_tags=_current(tags.get(shown), "display_tags") if shown else _display(tags),
        external_id=row["file_id"],
        trashed=trashed if state is FileState.TRASH else None,
    )


def removed_tags(row: Mapping[str, Any], tag_service: str) -> frozenset[str]:
    """Return the tags that somebody took away from a file in a service: the client keeps a record of each."""
    return _with_status(_table(row, "tags").get(tag_service), "storage_tags", _DELETED)


def file_texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the notes of a file, by their names, then the addresses that it came from."""
    notes = _table(row, "notes")
    urls = row.get("known_urls")
    found = [notes[name] for name in sorted(notes)] + (list(urls) if isinstance(urls, list) else [])
    return tuple(one for one in found if isinstance(one, str) and one.strip())


def _state(row: Mapping[str, Any]) -> tuple[FileState, bool]:
    """Return the state and the archive flag: the trash keeps the flag, and beats it."""
    inbox = row.get("is_inbox")
    archived = not inbox if isinstance(inbox, bool) else row.get("time_archived") is not None
    trashed, local = row.get("is_trashed"), row.get("is_local")
    if trashed is None or local is None:
        # An old client does not say; the domains that hold the file do.
        current = _table(row, "file_services").get("current")
        kinds = {_kind(one) for one in current.values()} if isinstance(current, dict) else None
        if trashed is None:
            trashed = kinds is not None and Kind.TRASH in kinds
        if local is None:
            local = kinds is None or Kind.FILE_STORAGE in kinds or Kind.LOCAL_FILES in kinds
    if trashed:
        return FileState.TRASH, archived
    if not local:
        return FileState.GONE, archived
    return (FileState.ARCHIVE if archived else FileState.INBOX), archived


def _moves(row: Mapping[str, Any], mime: str | None) -> bool:
    """Return True for video and animation. An animated WebP has the media type of a still one."""
    if mime is not None and mime.startswith("video/"):
        return True
    return bool(_number(row.get("duration"))) or (_number(row.get("num_frames")) or 0) > 1


def _times(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return when the file came in (the earliest of its domains) and when it went into the trash, a domain like others."""
    services = _table(row, "file_services")
    came: float | None = None
    trashed: float | None = None
    for side in ("current", "deleted"):
        domains = services.get(side)
        for one in domains.values() if isinstance(domains, dict) else ():
            time, kind = (one.get("time_imported"), one.get("type")) if isinstance(one, dict) else (None, None)
            if not isinstance(time, int | float) or not isinstance(kind, int):
                continue
            # "Deleted from anywhere" is a domain that a file enters when it is trashed.
            if kind in _OF_FILES and (came is None or time < came):
                came = float(time)
            elif kind == Kind.TRASH and side == "current":
                trashed = float(time)
    return came, trashed


def _display(services: Mapping[str, Any]) -> frozenset[str]:
    """Return the tags that Hydrus shows; its service of all known tags already holds those of the others."""
    whole = services.get(_ALL_KNOWN_TAGS)
    for one in services.values() if whole is None else (whole,):
        if _kind(one) == Kind.ALL_KNOWN_TAGS:
            return _current(one, "display_tags")
    return frozenset().union(*(_current(one, "display_tags") for one in services.values()))


def _current(service: object, which: str) -> frozenset[str]:
    return _with_status(service, which, _CURRENT)


def _with_status(service: object, which: str, status: str) -> frozenset[str]:
    statuses = service.get(which) if isinstance(service, dict) else None
    tags = statuses.get(status) if isinstance(statuses, dict) else None
    if not isinstance(tags, list):
        return frozenset()
    return frozenset([one for one in tags if isinstance(one, str)])


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
