"""The services of a Hydrus client, looked up once a session: names change and are not unique, keys are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from hyai_tui.errors import LibraryError, PermissionMissing, WrongUse

MY_TAGS = b"local tags".hex()
"""Key of the local tag service that every client is born with."""

OLDEST_API = 65
"""The first Client API that can remove a tag without leaving a record where there was none."""

NEWEST_TRIED_API = 95
"""The newest Client API that the contract suite was run against."""

_KEY = re.compile(r"[0-9a-f]{2,64}")


class Kind(IntEnum):
    """Service types of Hydrus that matter here."""

    TAG_REPOSITORY = 0
    LOCAL_FILES = 2
    LOCAL_TAGS = 5
    ALL_KNOWN_TAGS = 10
    TRASH = 14
    FILE_STORAGE = 15
    ALL_LOCAL_MEDIA = 21


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes:
        key: hexadecimal service key.
        name: as its user called it.
        kind: Hydrus' service type; see `Kind`.
    """

    key: str
    name: str
    kind: int


@dataclass(frozen=True, slots=True)
class Services:
    """What `/get_services` said.

    Attributes:
        by_key: every service.
        api: version of the Client API.
        hydrus: version of the client.
    """

    by_key: Mapping[str, Service]
    api: int
    hydrus: int

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Services:
        """Read an answer, in the old shape (lists by kind) or the new one (`services`).

        Raises:
            LibraryError: if this is no answer of a Client API, or the client is too old.
        """
        found: dict[str, Service] = {}
        for value in answer.values():
            if isinstance(value, list):
                found |= {one["service_key"]: _service(one["service_key"], one) for one in value if _is_service(one)}
        listed = answer.get("services")
        if isinstance(listed, dict):
            found |= {key: _service(key, one) for key, one in listed.items() if isinstance(one, dict)}
        api = answer.get("version")
        if not found or not isinstance(api, int):
            raise LibraryError("What answers is no Hydrus Client API", "Look at library.url")
        refuse_too_old(api)
        hydrus = answer.get("hydrus_version")
        return cls(found, api, hydrus if isinstance(hydrus, int) else 0)

    def of(self, kind: Kind) -> list[Service]:
        """Return the services of one kind."""
        return [one for one in self.by_key.values() if one.kind == kind]

    @property
    def media(self) -> list[str]:
        """Keys of the domains that hold what the user keeps: all of them in one, or one by one on an old client."""
        return [one.key for one in self.of(Kind.ALL_LOCAL_MEDIA) or self.of(Kind.LOCAL_FILES)]

    @property
    def trash(self) -> list[str]:
        """Key of the trash, in a list."""
        return [one.key for one in self.of(Kind.TRASH)]

    def writable_tags(self, key: str) -> str:
        """Return the key if tags may be written to that service.

        Raises:
            WrongUse: there is no such service.
            PermissionMissing: it is not a local tag service: what is written to a repository is shared with others.
        """
        service = self.by_key.get(key)
        if service is None:
            raise WrongUse(f"Hydrus has no tag service with the key {key[:12]}…", self._choices())
        if service.kind != Kind.LOCAL_TAGS:
            raise PermissionMissing(
                f"{service.name} is not a local tag service, and tags are written to those only", self._choices()
            )
        return key

    def _choices(self) -> str:
        names = ", ".join(f"{one.name} ({one.key})" for one in self.of(Kind.LOCAL_TAGS))
        return f"Set library.tag_service to one of: {names}" if names else "Make a local tag service in Hydrus"


def refuse_too_old(api: int) -> None:
    """Raise `LibraryError` for a version of the Client API that lacks what is needed here."""
    if api < OLDEST_API:
        raise LibraryError(
            f"This Hydrus speaks Client API {api}; the oldest that can be used is {OLDEST_API}", "Update Hydrus"
        )


def tag_service_key(setting: str) -> str:
    """Return the key of the tag service that the settings name for our tags; empty is my tags.

    Raises:
        WrongUse: if it is not hexadecimal, such as a service's name.
    """
    return service_key(setting, "library.tag_service") or MY_TAGS


def service_key(value: str, setting: str) -> str:
    """Return the key of a tag service that a setting names; empty where it names none.

    Raises:
        WrongUse: if it is not hexadecimal, such as a service's name.
    """
    key = value.strip().lower()
    if not key:
        return ""
    if not _KEY.fullmatch(key) or len(key) % 2:
        raise WrongUse(
            f"{setting} is not a service key",
            "Copy the key, in hexadecimal, from services > review services > local > tags",
        )
    return key


def _is_service(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("service_key"), str)


def _service(key: str, fields: Mapping[str, Any]) -> Service:
    kind = fields.get("type")
    return Service(key, str(fields.get("name", key)), kind if isinstance(kind, int) else -1)
