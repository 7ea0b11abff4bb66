"""The services of a client and how `/get_services` lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MY_TAGS = b"local tags".hex()
DOWNLOADER_TAGS = b"downloader tags".hex()
MY_FILES = b"local files".hex()
STORAGE = b"all local files".hex()
MEDIA = b"all local media".hex()
TRASH = b"trash".hex()
ALL_KNOWN_FILES = b"all known files".hex()
ALL_KNOWN_TAGS = b"all known tags".hex()
DELETED = b"all deleted files".hex()
LOCAL_TAGS = 5

_GROUPS = {
    5: "local_tags",
    0: "tag_repositories",
    2: "local_files",
    20: "local_updates",
    1: "file_repositories",
    15: "all_local_files",
    21: "all_local_media",
    11: "all_known_files",
    10: "all_known_tags",
    14: "trash",
}
FILE_TYPES = frozenset({1, 2, 11, 14, 15, 19, 20, 21})
TAG_TYPES = frozenset({0, 5, 10})


@dataclass(frozen=True)
class Service:
    key: str
    name: str
    type: int
    type_pretty: str
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def heading(self) -> dict[str, Any]:
        """Name and type, as metadata and `services` give them."""
        return {"name": self.name, "type": self.type, "type_pretty": self.type_pretty}


DELETED_FROM_ANYWHERE = Service(DELETED, "deleted from anywhere", 19, "virtual deleted file service")


def fresh_services(*, repository: bool = False) -> list[Service]:
    """The services of a new client; with a tag repository (as the PTR is one) if asked."""
    services = [
        Service(DOWNLOADER_TAGS, "downloader tags", 5, "local tag domain"),
        Service(MY_TAGS, "my tags", 5, "local tag domain"),
        Service(MY_FILES, "my files", 2, "local file domain"),
        Service(b"repository updates".hex(), "repository updates", 20, "local update file domain"),
        Service(STORAGE, "hydrus local file storage", 15, "virtual combined local file domain"),
        Service(MEDIA, "combined local file domains", 21, "virtual combined local media domain"),
        Service(ALL_KNOWN_FILES, "all known files", 11, "virtual combined file domain"),
        Service(ALL_KNOWN_TAGS, "all known tags", 10, "virtual combined tag domain"),
        Service(TRASH, "trash", 14, "local trash file domain"),
    ]
    if repository:
        services.insert(2, Service("77" * 32, "public tag repository", 0, "hydrus tag repository"))
    return services


def services_of_answer(body: dict[str, Any]) -> list[Service]:
    """The services that a recorded `/get_services` lists."""
    heading = {"name", "type", "type_pretty"}
    return [
        Service(
            key,
            one["name"],
            one["type"],
            one["type_pretty"],
            {name: value for name, value in one.items() if name not in heading},
        )
        for key, one in body["services"].items()
    ]


def listing(services: list[Service]) -> dict[str, Any]:
    """The body of `/get_services`: by kind, by key, and as one list."""
    body: dict[str, Any] = {name: [] for name in _GROUPS.values()}
    for one in services:
        if one.type in _GROUPS:
            body[_GROUPS[one.type]].append(one.heading | {"service_key": one.key})
    return body | tables(services)


def tables(services: list[Service]) -> dict[str, Any]:
    """The services object that metadata and searches add unless it is turned off."""
    return {
        "services": {one.key: one.heading | one.extra for one in services},
        "services_v2": [
            {"name": one.name, "service_key": one.key, "type": one.type, "type_pretty": one.type_pretty} | one.extra
            for one in services
        ],
    }
