"""A client that is down, slow, locked, overloaded or not a client at all: what the user is told, and what is safe."""

from __future__ import annotations

import json
import logging
import socket
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.credentials import AccessKey
from hyai_tui.errors import Exit, HyaiError, LibraryDown, LibraryError, WrongUse
from hyai_tui.library.base import FileState, StateChange, TagChange
from hyai_tui.library.hydrus.address import parse_address
from hyai_tui.library.hydrus.idlist import file_ids
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.session import HydrusSession
from tests.contract.hydrus_fixtures import STATES, Connect, add_files, connect, fake, library, library_of, scanned
from tests.fake_hydrus import MY_TAGS, FakeHydrus

__all__ = ["connect", "fake", "library"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def trouble(library: HydrusLibrary) -> HyaiError:
    with pytest.raises(HyaiError) as raised:
        scanned(library)
    return raised.value


# Four messages and more, each with what to do


def test_each_trouble_has_its_own_message_and_says_what_to_do(fake: FakeHydrus, connect: Connect) -> None:
    address = parse_address(f"http://127.0.0.1:{free_port()}")
    nobody = HydrusLibrary(address, AccessKey("ab" * 32), session=HydrusSession(address, 5, lambda seconds: None))
    found = {"down": trouble(nobody)}
    nobody.close()
    found["key"] = trouble(connect("cd" * 32))
    found["permission"] = trouble(connect(fake.allow(2).key))
    for name in ("locked", "expired", "broken", "not_hydrus"):
        setattr(fake.faults, name, True)
        found[name] = trouble(connect())
        setattr(fake.faults, name, False)
    fake.faults.delay = 0.6
    found["slow"] = trouble(connect(timeout=0.1))
    fake.faults.delay = 0.0
    fake.faults.drop_every = 1
    found["dropped"] = trouble(connect())
    assert len({one.what for one in found.values()}) == len(found)
    assert all(one.fix for one in found.values())
    later = {name for name, one in found.items() if one.exit_code == Exit.NOT_NOW}
    assert later == {"down", "locked", "slow", "dropped"}
    assert {one.exit_code for name, one in found.items() if name not in later} == {Exit.FAILED}


def test_opening_asks_nothing_so_that_a_client_that_is_down_stops_no_workspace(fake: FakeHydrus) -> None:
    library = library_of(fake)
    assert fake.requests == []
    library.close()


def test_a_lock_that_ends_is_waited_for(fake: FakeHydrus, library: HydrusLibrary) -> None:
    fake.faults.locked_answers = 2
    assert len(scanned(library)) == 6


def test_a_redirect_is_refused_and_the_key_is_not_carried_along(fake: FakeHydrus, library: HydrusLibrary) -> None:
    with FakeHydrus() as elsewhere:
        fake.faults.redirect = f"{elsewhere.url}/get_services"
        assert "elsewhere" in trouble(library).what
        assert elsewhere.requests == []


def test_proxies_of_the_environment_never_see_the_key(
    fake: FakeHydrus, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeHydrus() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert len(scanned(connect())) == 6
        assert proxy.requests == []


@pytest.mark.parametrize(
    "url", ["http://u:p@localhost:45869", "ftp://localhost", "http://localhost:1/?key=1", "localhost", "http://h:x"]
)
def test_an_address_that_is_more_or_less_than_an_address_is_refused(url: str) -> None:
    with pytest.raises(WrongUse):
        parse_address(url)


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://localhost:45869", False),
        ("http://127.0.0.1:45869/", False),
        ("http://[::1]:45869", False),
        ("https://example.org", False),
        ("http://192.168.1.4:45869", True),
        ("http://example.org", True),
    ],
)
def test_a_key_that_would_cross_a_network_in_the_clear_is_warned_about(url: str, warns: bool) -> None:
    library = HydrusLibrary(parse_address(url), AccessKey("ab" * 32))
    assert bool(library.notices) is warns
    library.close()


# The key stays secret


def test_the_key_is_in_a_header_and_nowhere_else(
    fake: FakeHydrus, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    library = connect()
    hashes = list(scanned(library))
    library.change_tags([TagChange(hashes[0], frozenset({"hyai:trash"}))])
    assert {one.headers["Hydrus-Client-API-Access-Key"] for one in fake.requests} == {fake.key.key}
    assert not any(fake.key.key in f"{one.target} {one.args}" for one in fake.requests)
    texts = [caplog.text, repr(library), str(vars(library))]
    for name in ("locked", "broken", "expired", "not_hydrus"):
        setattr(fake.faults, name, True)
        texts.append("".join(traceback.format_exception(trouble(connect()))))
        setattr(fake.faults, name, False)
    fake.faults.drop_every = 1
    texts.append("".join(traceback.format_exception(trouble(connect()))))
    assert not any(fake.key.key in one for one in texts)


def test_an_error_does_not_quote_the_tags_that_were_searched(fake: FakeHydrus, library: HydrusLibrary) -> None:
    library.rights()
    fake.faults.drop_every = 1
    secret = "private"[::-1]
    with pytest.raises(LibraryDown) as raised:
        list(library.search_candidates([f"creator:{secret}"]))
    assert secret not in "".join(traceback.format_exception(raised.value))


# An overloaded client


def test_every_third_connection_dropped_loses_nothing(fake: FakeHydrus, library: HydrusLibrary) -> None:
    add_files(fake.client, 594)
    fake.faults.drop_every = 3
    assert len(scanned(library)) == 600
    for file in list(fake.client.files.values())[:30]:
        assert library.read(file.sha256) == file.content
    assert len(fake.requests) > 40


def test_an_answer_that_stops_half_way_is_asked_for_again(fake: FakeHydrus, library: HydrusLibrary) -> None:
    fake.faults.cut_every = 2
    assert len(scanned(library)) == 6
    file = next(iter(fake.client.files.values()))
    assert library.read(file.sha256) == file.content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"version": 95}',
        b'{"file_ids": null}',
        b'{"file_ids": [1, 2',
        b'{"file_ids": [1, -2]}',
        b'{"file_ids": [1, "2"]}',
        b'{"file_ids": [[1]]}',
        b'"file_ids": [1]',
        b'{"x": {"file_ids": [1]}}',
    ],
)
def test_a_missing_list_in_an_answer_is_an_error_and_not_an_empty_library(content: bytes) -> None:
    with pytest.raises(LibraryError, match="file_ids"):
        file_ids(content)


@pytest.mark.parametrize("numbers", [[], [7], [1, 2, 9_000_000_000]])
def test_ids_are_read_as_they_stand_in_the_answer(numbers: list[int]) -> None:
    answer = {"version": 95, "file_ids": numbers, "hydrus_version": 682}
    assert file_ids(json.dumps(answer).encode()).tolist() == numbers
    assert file_ids(json.dumps(answer, separators=(",", ":")).encode()).tolist() == numbers


@settings(max_examples=20)
@given(
    drop_every=st.integers(2, 4),
    steps=st.lists(
        st.lists(st.tuples(st.integers(0, 39), st.sampled_from(["archive", "trash", "none"])), max_size=12),
        min_size=1,
        max_size=4,
    ),
)
def test_tags_land_on_exactly_the_intended_files_while_connections_drop(
    drop_every: int, steps: list[list[tuple[int, str]]]
) -> None:
    with FakeHydrus() as fake:
        files = add_files(fake.client, 40)
        library = library_of(fake)
        fake.faults.drop_every = drop_every
        wanted: dict[str, set[str]] = {one.sha256: set() for one in files}
        for step in steps:
            changes = []
            for number, label in dict(step).items():
                sha256 = files[number].sha256
                new = set() if label == "none" else {f"hyai:{label}"}
                changes.append(TagChange(sha256, frozenset(new), frozenset(wanted[sha256] - new)))
                wanted[sha256] = new
            library.change_tags(changes)
        fake.faults.drop_every = 0
        assert {one.sha256: one.tagged(MY_TAGS) for one in files} == wanted
        assert {one: set(file.tags) for one, file in library.lookup(list(wanted)).items()} == wanted
        assert fake.violations == []
        library.close()


@settings(max_examples=10)
@given(
    drop_every=st.integers(2, 4),
    states=st.lists(st.sampled_from([FileState.INBOX, FileState.ARCHIVE, FileState.TRASH]), min_size=12, max_size=12),
)
def test_states_land_on_exactly_the_intended_files_while_connections_drop(
    drop_every: int, states: list[FileState]
) -> None:
    with FakeHydrus() as fake:
        files = add_files(fake.client, 18, STATES)
        untouched = {one.sha256: one.state for one in files[12:]}
        library = library_of(fake)
        fake.faults.drop_every = drop_every
        changes = [StateChange(file.sha256, state) for file, state in zip(files[:12], states, strict=True)]
        library.change_state(changes, "test")
        assert [one.state for one in files[:12]] == [one.value for one in states]
        assert {one.sha256: one.state for one in files[12:]} == untouched
        assert all(one.content is not None for one in files)
        assert fake.violations == []
        library.close()
