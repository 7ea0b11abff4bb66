"""One client for one suite: the fake with each kind of key, or a real client with the key that the environment gives.

`HYAI_TEST_HYDRUS_URL` and `HYAI_TEST_HYDRUS_KEY` switch the suite to a real client. It must be on loopback and its
library disposable: the suite tags and moves files there and puts back what it did, and a test that fails may not get
that far. What a test expects follows from what `/verify_access_key` says of the key, so the same tests run with any.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from hyai_tui.credentials import AccessKey
from hyai_tui.library.hydrus.address import parse_address
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.hydrus.session import HydrusSession
from tests.contract.hydrus_fixtures import STATES, add_files
from tests.fake_hydrus import MY_TAGS, Client, FakeHydrus, fresh_services
from tests.fake_hydrus.arguments import body_arguments, query_arguments
from tests.fake_hydrus.harm import Sent, harms
from tests.fake_hydrus.seen import SEEN
from tests.fake_hydrus.services import LOCAL_TAGS, MEDIA, TRASH

URL, KEY = "HYAI_TEST_HYDRUS_URL", "HYAI_TEST_HYDRUS_KEY"
HEADER = "Hydrus-Client-API-Access-Key"
FULL, TAGS, SEARCH, PATHS, FILTERED = "everything", "tags and search", "search", "paths", "tag filter"
KINDS = (FULL, TAGS, SEARCH, PATHS, FILTERED)
_PERMISSIONS = {TAGS: (2, 3), SEARCH: (3,), PATHS: (1, 2, 3, 13), FILTERED: (2, 3)}
FILES, EDIT_TAGS, FIND, MANAGE_PAGES, DATABASE, SEE_PATHS = 1, 2, 3, 4, 6, 13


@dataclass
class EitherClient:
    """A client, a key, and a second pair of eyes with the same key that does not go through the library.

    Attributes:
        url, key: where it answers, and the key of this run.
        fake: the fake behind it; None for a real client.
        sent: every request of the libraries that were connected.
    """

    url: str
    key: str
    fake: FakeHydrus | None
    sent: list[Sent] = field(default_factory=list)
    _opened: list[HydrusLibrary] = field(default_factory=list)

    def connect(self, key: str | None = None, **options: Any) -> HydrusLibrary:
        """Return a library whose requests are recorded."""
        address = parse_address(self.url)
        library = HydrusLibrary(address, AccessKey(key or self.key), session=HydrusSession(address, 60.0), **options)
        self.watch(library)
        self._opened.append(library)
        return library

    def watch(self, library: HydrusLibrary) -> None:
        """Record the requests of a library that something else has opened and will close."""
        library._client.api.session.hooks["response"].append(self._record)

    def close(self) -> None:
        for one in self._opened:
            one.close()
        if self.fake is None:
            # A fake client keeps a log of its own; what a real one was sent is judged with all the others.
            SEEN.add(self.sent, self.local_tag_services(), ())

    @property
    def writes(self) -> list[Sent]:
        return [one for one in self.sent if one.writes]

    # What the key may do, by the client's own words

    @property
    def answer(self) -> dict[str, Any]:
        return self.ask("/verify_access_key")

    @property
    def filtered(self) -> bool:
        about = str(self.answer["human_description"])
        return "Can search:" in about and "allowing all tags" not in about

    def may(self, permission: int) -> bool:
        return bool(self.answer["permits_everything"]) or permission in self.answer["basic_permissions"]

    @property
    def reads(self) -> bool:
        return self.may(FIND) and not self.filtered

    @property
    def tags(self) -> bool:
        return self.reads and self.may(EDIT_TAGS)

    @property
    def moves(self) -> bool:
        return self.reads and self.may(FILES)

    # The second pair of eyes

    def ask(self, path: str, **arguments: Any) -> dict[str, Any]:
        query = {name: one if isinstance(one, str) else json.dumps(one) for name, one in arguments.items()}
        answer = requests.get(self.url + path, params=query, headers={HEADER: self.key}, timeout=60)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def tell(self, path: str, **arguments: Any) -> None:
        requests.post(self.url + path, json=arguments, headers={HEADER: self.key}, timeout=60).raise_for_status()

    def ids(self, *predicates: str, domains: tuple[str, ...] = (MEDIA, TRASH), **more: Any) -> list[int]:
        found = self.ask(
            "/get_files/search_files", tags=[*predicates], file_service_keys=[*domains], file_sort_asc=True, **more
        )
        return list(found["file_ids"])

    def rows(self, ids: list[int] | None = None, hashes: list[str] | None = None) -> list[dict[str, Any]]:
        wanted = {"file_ids": ids} if ids is not None else {"hashes": hashes}
        answer = self.ask("/get_files/file_metadata", include_services_object=False, **wanted)
        return list(answer["metadata"])

    def hashes(self, *predicates: str, domains: tuple[str, ...] = (MEDIA, TRASH)) -> list[str]:
        ids = self.ids(*predicates, domains=domains)
        return [row["hash"] for start in range(0, len(ids), 256) for row in self.rows(ids[start : start + 256])]

    def tagged(self, sha256: str, service: str = MY_TAGS) -> set[str]:
        (row,) = self.rows(hashes=[sha256])
        return set(row["tags"].get(service, {}).get("storage_tags", {}).get("0", []))

    def state(self, sha256: str) -> str:
        (row,) = self.rows(hashes=[sha256])
        return "trash" if row["is_trashed"] else "inbox" if row["is_inbox"] else "archive"

    def harms(self) -> list[str]:
        return harms(self.sent, self.local_tag_services())

    def local_tag_services(self) -> frozenset[str]:
        services = self.ask("/get_services")["services"] if self.may(FIND) or self.may(EDIT_TAGS) else {}
        return frozenset(key for key, one in services.items() if one["type"] == LOCAL_TAGS)

    def _record(self, response: requests.Response, *args: Any, **kwargs: Any) -> None:
        request = response.request
        url = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        arguments = (
            body_arguments(request.headers.get("Content-Type", ""), body)
            if request.method == "POST"
            else query_arguments(parse_qs(url.query))
        )
        self.sent.append(Sent(str(request.method), url.path, arguments, str(request.headers["User-Agent"])))


def real() -> tuple[str, str] | None:
    """Return address and key of the real client that the environment names, or None.

    Raises:
        pytest.UsageError: it is not on loopback, or the key is missing.
    """
    url = os.environ.get(URL, "")
    if not url:
        return None
    host = urlsplit(url).hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise pytest.UsageError(f"{URL} is not on loopback: the suite runs only against a disposable client here")
    if not os.environ.get(KEY):
        raise pytest.UsageError(f"{KEY} is not set")
    return url.rstrip("/"), os.environ[KEY]


def kinds() -> tuple[str, ...]:
    """Return the kinds of key to run with: all of them on the fake, the one that is given on a real client."""
    return ("the key given",) if real() else KINDS


def opened(kind: str, folder: Path, number: int = 12) -> Iterator[EitherClient]:
    """Yield the client of one kind of key; a fake one has so many pictures."""
    if given := real():
        client = EitherClient(*given, None)
        yield client
        client.close()
        return
    with FakeHydrus(Client(fresh_services(repository=True))) as fake:
        add_files(fake.client, number, STATES)
        fake.client.store(folder)
        fake.client.change_tags(list(fake.client.files.values())[:4], MY_TAGS, {"0": ["hyai:archive", "blue"]})
        namespace = "hyai" if kind == FILTERED else None
        key = fake.key if kind == FULL else fake.allow(*_PERMISSIONS[kind], namespace=namespace)
        client = EitherClient(fake.url, key.key, fake)
        yield client
        client.close()
