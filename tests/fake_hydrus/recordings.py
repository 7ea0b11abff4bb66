"""Recorded answers of a real client (tests/data/hydrus), and a fake client in the state that they were taken in."""

from __future__ import annotations

import base64
import functools
import json
from pathlib import Path
from typing import Any

from tests.fake_hydrus.client import Client, FakeFile
from tests.fake_hydrus.keys import ALL_PERMISSIONS, AccessKey
from tests.fake_hydrus.services import MEDIA, MY_FILES, STORAGE, services_of_answer

DIRECTORY = Path(__file__).parent.parent / "data" / "hydrus"

# The labels that recordings use for keys, with made-up keys.
KEYS = {
    one.name: one
    for one in (
        AccessKey("a1" * 32, "lab-full", everything=True),
        AccessKey("a2" * 32, "lab-allperms"),
        AccessKey("a3" * 32, "lab-search-only", frozenset({3})),
        AccessKey("a4" * 32, "lab-search-tags", frozenset({2, 3})),
        AccessKey("a5" * 32, "lab-search-tags-files", frozenset({1, 2, 3})),
        AccessKey("a6" * 32, "lab-filtered", frozenset({2, 3}), only_namespace="hyai"),
        AccessKey("a7" * 32, "lab-nothing", frozenset()),
    )
}
assert KEYS["lab-allperms"].permissions == ALL_PERMISSIONS
_STATE = {
    "file_id",
    "hash",
    "file_services",
    "is_inbox",
    "is_local",
    "is_trashed",
    "is_deleted",
    "tags",
    "time_archived",
    "filetype_forced",
    "notes",
    "detailed_known_urls",
}


@functools.cache
def recordings(endpoint: str) -> list[dict[str, Any]]:
    """The recordings of one endpoint."""
    found: list[dict[str, Any]] = json.loads((DIRECTORY / f"{endpoint}.json").read_text("utf-8"))
    return found


def recording(endpoint: str, case: str) -> dict[str, Any]:
    return next(one for one in recordings(endpoint) if one["case"] == case)


def client_of_recordings() -> Client:
    """A client with the services and keys of the recorded one, and each file of which full metadata was recorded."""
    client = Client(services_of_answer(recording("get_services", "full")["body"]), KEYS.values())
    info = recording("client_info", "client info")["body"]
    client.boot_id, client.boot_time = info["boot_id"], info["boot_time"]
    for endpoint in ("file_metadata", "mistakes_fixture"):
        for one in recordings(endpoint):
            # Later recordings are closer to the state in which the others were made; a ghost is not a file.
            if one["request"]["path"].endswith("file_metadata") and one["status"] == 200:
                for row in one["body"]["metadata"]:
                    if "file_services" in row and row["size"] is not None:
                        client.add(file_of_row(row))
    _add_files_known_by_id(client)
    _add_pictures(client)
    return client


def file_of_row(row: dict[str, Any]) -> FakeFile:
    """A file as a full metadata row describes it."""
    places = row["file_services"]
    return FakeFile(
        row["file_id"],
        row["hash"],
        details={key: value for key, value in row.items() if key not in _STATE},
        current={key: one["time_imported"] for key, one in places["current"].items()},
        deleted={key: (one["time_deleted"], one["time_imported"]) for key, one in places["deleted"].items()},
        inbox=row["is_inbox"],
        time_archived=row.get("time_archived"),
        tags={
            key: {status: set(tags) for status, tags in one["storage_tags"].items()}
            for key, one in row["tags"].items()
            if one["type"] != 10
        },
    )


def _add_files_known_by_id(client: Client) -> None:
    """Add the files of which only id, hash and basic facts were recorded."""
    for one in recordings("file_metadata"):
        for row in one["body"].get("metadata", []) if one["status"] == 200 else []:
            if row["file_id"] is not None and row["file_id"] not in client.files and row["file_id"] < 66_000_000:
                details = {key: value for key, value in row.items() if key not in _STATE}
                imported = 1_795_187_000 + row["file_id"] / 4
                domains = dict.fromkeys((MY_FILES, STORAGE, MEDIA), float(imported))
                client.add(FakeFile(row["file_id"], row["hash"], details, current=domains))


def _add_pictures(client: Client) -> None:
    """Give files the bytes that were recorded of them, thumbnails whole and originals from their start."""
    for endpoint in ("thumbnail", "mistakes_fixture", "file"):
        for one in recordings(endpoint):
            params = one["request"].get("params") or {}
            file = client.by_hash.get(params.get("hash", "")) or client.files.get(params.get("file_id", -1))
            binary = one["body"].get("__binary__") if isinstance(one["body"], dict) else None
            if file is None or binary is None or "base64" not in binary or not file.local:
                continue
            content = base64.b64decode(binary["base64"])
            if one["request"]["path"].endswith("thumbnail"):
                file.thumbnail = content
            else:
                file.content = content.ljust(file.details["size"], b"\0")
