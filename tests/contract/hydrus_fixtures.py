"""A running fake client with a few files, and libraries connected to it without waiting between tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hyai_tui.credentials import AccessKey
from hyai_tui.library.base import MediaFile, ScanOptions, TagChange
from hyai_tui.library.hydrus.address import parse_address
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.session import HydrusSession
from tests.fake_hydrus import Client, FakeFile, FakeHydrus, drawn_picture, file_from_bytes, fresh_services

UNKNOWN = "ab" * 32
STATES = ("inbox", "archive", "trash", "archive+trash", "inbox", "archive")

Connect = Callable[..., HydrusLibrary]


def add_files(client: Client, number: int, states: tuple[str, ...] = STATES) -> list[FakeFile]:
    """Import drawn pictures, their states by turns."""
    begin = len(client.files)
    return [file_from_bytes(client, drawn_picture(begin + i), states[i % len(states)]) for i in range(number)]


def library_of(fake: FakeHydrus, key: str | None = None, *, timeout: float = 60.0, **options: object) -> HydrusLibrary:
    """Connect to a fake client; tries follow each other at once."""
    address = parse_address(fake.url)
    session = HydrusSession(address, timeout, sleep=lambda seconds: None)
    return HydrusLibrary(address, AccessKey(key or fake.key.key), session=session, **options)  # type: ignore[arg-type]


def scanned(library: HydrusLibrary) -> dict[str, MediaFile]:
    """Return the files that a scan lists; each is listed once."""
    files = [one for one in library.scan(ScanOptions()) if isinstance(one, MediaFile)]
    found = {one.sha256: one for one in files}
    assert len(found) == len(files)
    return found


@pytest.fixture
def fake() -> Iterator[FakeHydrus]:
    """A client with six files of all states and a tag repository."""
    with FakeHydrus(Client(fresh_services(repository=True))) as running:
        add_files(running.client, 6)
        yield running


@pytest.fixture
def connect(fake: FakeHydrus) -> Iterator[Connect]:
    """Connect with another key or other options; closed at the end."""
    opened: list[HydrusLibrary] = []

    def one(key: str | None = None, **options: object) -> HydrusLibrary:
        opened.append(library_of(fake, key, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield one
    for library in opened:
        library.close()


@pytest.fixture
def library(connect: Connect) -> HydrusLibrary:
    """A library with a key that permits everything."""
    return connect()


def of_state(fake: FakeHydrus, state: str, number: int = 0) -> FakeFile:
    """Return a file of the client in this state: the first, or a later one by its number."""
    return [one for one in fake.client.files.values() if one.state == state][number]


def tag(sha256: str, add: str = "", remove: str = "") -> TagChange:
    """Return a change of at most one tag each way."""
    return TagChange(sha256, frozenset(filter(None, [add])), frozenset(filter(None, [remove])))
