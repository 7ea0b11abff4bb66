"""What a set-up asks a Hydrus client before there is a workspace: is it there, what may this key, which services, how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import hydrus_api

from hyai_tui.credentials import AccessKey
from hyai_tui.errors import LibraryError, NotNow
from hyai_tui.library.base import Rights
from hyai_tui.library.hydrus.address import Address
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.refusals import HydrusRefused
from hyai_tui.library.hydrus.rights import Permission
from hyai_tui.library.hydrus.services import MY_TAGS, Kind, refuse_too_old
from hyai_tui.library.hydrus.session import HydrusSession

USUAL_ADDRESS = "http://127.0.0.1:45869"
NAME = "hyai"
LEAST = (Permission.TAGS, Permission.SEARCH)
_SECONDS = 10.0
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class TagService:
    """A local tag service.

    Attributes:
        name, key: of the service.
        own: False for the services that every client is born with, which hold the user's other tags.
    """

    name: str
    key: str
    own: bool


def find(address: Address) -> str:
    """Return how the client names itself, such as `Hydrus 682`.

    Raises:
        LibraryDown: nothing answers there.
        LibraryError: what answers is no Client API, or one that is too old.
    """
    with _without_key(address) as api:
        answer = api.get_api_version()
    version, hydrus = answer.get("version"), answer.get("hydrus_version")
    if not isinstance(version, int):
        raise LibraryError(f"What answers at {address} is no Hydrus Client API", "Give another address")
    refuse_too_old(version)
    return f"Hydrus {hydrus}" if isinstance(hydrus, int) else "Hydrus"


def request_key(address: Address, permissions: Sequence[Permission] = LEAST) -> AccessKey:
    """Ask the client for a key; its user has to confirm it there before it is good for anything.

    Raises:
        NotNow: the dialog in which Hydrus takes such a request is not open.
    """
    with _without_key(address) as api:
        try:
            answer = api.request_new_permissions(NAME, [int(one) for one in permissions])
        except HydrusRefused as error:
            if error.status != _CONFLICT:
                raise
            raise NotNow(
                "Hydrus is not waiting for a request",
                "Open services > review services > local > client api > add > from api request, then do it again",
            ) from error
    return AccessKey(str(answer.get("access_key", "")))


@contextmanager
def connected(address: Address, key: AccessKey, tag_service: str = "") -> Iterator[HydrusLibrary]:
    """Open a client read-only for the body: a set-up writes nothing."""
    library = HydrusLibrary(address, key, tag_service=tag_service, timeout=_SECONDS, read_only=True)
    try:
        yield library
    finally:
        library.close()


def rights_of(address: Address, key: AccessKey, tag_service: str = "") -> Rights:
    """Return what a key may do, as if nothing were read-only."""
    library = HydrusLibrary(address, key, tag_service=tag_service, timeout=_SECONDS)
    try:
        return library.rights()
    finally:
        library.close()


def tag_services(library: HydrusLibrary) -> list[TagService]:
    """Return the local tag services, one's own first, then my tags; a repository is never offered."""
    born = {MY_TAGS, b"downloader tags".hex()}
    found = [TagService(one.name, one.key, one.key not in born) for one in library.services().of(Kind.LOCAL_TAGS)]
    return sorted(found, key=lambda one: (not one.own, one.key != MY_TAGS, one.name))


def count_of(library: HydrusLibrary, criteria: Sequence[str]) -> int:
    """Return how many files a search finds. Raises `WrongUse` for a predicate that Hydrus does not understand."""
    return library.count_candidates(criteria)


@contextmanager
def _without_key(address: Address) -> Iterator[hydrus_api.Client]:
    session = HydrusSession(address, _SECONDS)
    try:
        yield hydrus_api.Client(None, address.url, session)
    finally:
        session.close()
