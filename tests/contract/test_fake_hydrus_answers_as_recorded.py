"""The fake client answers each recorded request as the real one did: status, headers, shape, and values where known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.fake_hydrus import FakeHydrus, client_of_recordings, recordings
from tests.fake_hydrus.recordings import KEYS, recording
from tests.fake_hydrus.server import HEADER

HEADERS = ("Server", "Cache-Control", "Content-Type", "Content-Disposition", "Accept-Ranges", "Content-Range")

# Searches over files of which nothing was recorded: only their shape can be compared.
OTHER_FILES = {
    "hashes only",
    "limit 5 default sort",
    "sort 2 asc",
    "sort 19 asc",
    "sort 14 asc",
    "sort 18 asc",
    "sort 4 asc",
    "sort 0 asc",
    "system:inbox limit",
    "filetype image/gif",
    "filetype animated gif",
    "time imported < 1 day",
    "time imported > date",
    "archived time",
    "OR",
    "negated",
    "wildcard hyai:*",
    "file_service_name legacy",
    "union trash + clfd",
    "deleted from HLFS + tag",
    "all known files my tags domain",
    "search-only key",
    "filtered key with permitted tag",
    "system:archive in trash domain",
    "system:inbox in trash domain",
    "system:is trashed?",
    "uppercase tag",
}
# Requests that need files of which nothing was recorded, or a state that only the recorded client was in.
NOT_HERE = {
    ("file_metadata", "SIDE EFFECT: same unknown id after /thumbnail asked for it"),
    ("file_metadata", "filtered key, id in last search"),
    ("file_metadata", "filtered key, id not in last search"),
    ("file_metadata", "with services object"),
    ("file_path", "mp3"),
    ("misc_errors", "OPTIONS"),
}


@pytest.fixture
def fake() -> Iterator[FakeHydrus]:
    with FakeHydrus(client_of_recordings()) as running:
        yield running


def send(fake: FakeHydrus, request: dict[str, Any]) -> requests.Response:
    """Send a recorded request as it was sent."""
    label = request["key"]
    headers = dict(request.get("headers") or {})
    if label is not None:
        headers[HEADER] = KEYS[label].key if label in KEYS else label
    query = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (request.get("params") or {}).items()
    }
    body: bytes | None = None
    if "json" in request:
        text = json.dumps(request["json"]).replace("<ACCESS-KEY lab-full>", KEYS["lab-full"].key)
        body = text.encode()
        headers["Content-Type"] = "application/json"
    elif request["method"] == "POST":
        body = b"{broken"
    return requests.request(
        request["method"], fake.url + request["path"], params=query, data=body, headers=headers, timeout=10
    )


def shape(value: Any) -> Any:
    """The names and types of an answer; long lists by their first element."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def differences(endpoint: str, recorded: dict[str, Any], answer: requests.Response) -> list[str]:
    case = f"{endpoint}: {recorded['case']}"
    if answer.status_code != recorded["status"]:
        return [f"{case}: status {answer.status_code}, recorded {recorded['status']}: {answer.text[:200]}"]
    found = [
        f"{case}: {name} is {answer.headers.get(name)!r}, recorded {recorded['headers'].get(name)!r}"
        for name in HEADERS
        if answer.headers.get(name) != recorded["headers"].get(name)
    ]
    return found + body_differences(case, recorded, answer)


def body_differences(case: str, recorded: dict[str, Any], answer: requests.Response) -> list[str]:
    body = recorded["body"]
    if body is None:
        return [f"{case}: has a body"] if answer.content else []
    if "__text__" in body:
        return [] if answer.text == body["__text__"] else [f"{case}: other text"]
    if "__binary__" in body:
        magic = bytes.fromhex(body["__binary__"]["magic_hex"])[:8]
        return [] if answer.content.startswith(magic) else [f"{case}: begins with {answer.content[:8]!r}"]
    mine = answer.json()
    if recorded["case"] in OTHER_FILES and recorded["status"] == 200:
        mine, body = shape(mine), shape(body)
    return [] if mine == body else [f"{case}: {_first_difference(mine, body)}"]


def _first_difference(mine: Any, theirs: Any, where: str = "") -> str:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted({*mine, *theirs}):
            if mine.get(key, "absent") != theirs.get(key, "absent"):
                return _first_difference(mine.get(key, "absent"), theirs.get(key, "absent"), f"{where}.{key}")
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{where}[{number}]")
    return f"{where} is {str(mine)[:300]}, recorded {str(theirs)[:300]}"


@pytest.mark.parametrize(
    "endpoint",
    [
        "api_version",
        "verify_access_key",
        "client_info",
        "get_services",
        "search_files",
        "file_metadata",
        "thumbnail",
        "file",
        "file_path",
        "add_tags",
        "archive_files",
        "unarchive_files",
        "delete_files",
        "undelete_files",
        "misc_errors",
        "mistakes_fixture",
    ],
)
def test_each_recorded_request_is_answered_as_the_real_client_answered_it(fake: FakeHydrus, endpoint: str) -> None:
    compared = [one for one in recordings(endpoint) if (endpoint, one["case"]) not in NOT_HERE]
    found = [line for one in compared for line in differences(endpoint, one, send(fake, one["request"]))]
    assert compared
    assert found == []


def test_the_recorded_relabelling_leaves_the_recorded_tags(fake: FakeHydrus) -> None:
    sha256 = recordings("add_tags")[0]["request"]["json"]["hash"]
    client = fake.client
    client.ghost(sha256, "seeding")
    for case in ("single hash add", "relabel in ONE request: add trash, delete archive"):
        send(fake, recording("add_tags", case)["request"])
    file = client.by_hash[sha256]
    assert file.tagged("6c6f63616c2074616773") == {"hyai:trash"}
    assert file.tagged("6c6f63616c2074616773", "2") == {"hyai:archive"}
    send(fake, recording("add_tags", "relabel back")["request"])
    send(
        fake,
        recording("add_tags", "add a previously deleted tag with override_previously_deleted_mappings=false")[
            "request"
        ],
    )
    send(fake, recording("add_tags", "delete tag not present, create_new_deleted_mappings=false")["request"])
    assert file.tagged("6c6f63616c2074616773") == {"hyai:archive"}
    assert file.tagged("6c6f63616c2074616773", "2") == {"hyai:trash"}
    send(fake, recording("add_tags", "delete tag not present, default")["request"])
    assert file.tagged("6c6f63616c2074616773", "2") == {"hyai:trash", "hyai:unsure"}


def test_what_would_harm_a_real_client_is_noted(fake: FakeHydrus) -> None:
    send(fake, recording("thumbnail", "unknown hash")["request"])
    send(fake, recording("add_tags", "unknown hash")["request"])
    send(fake, recording("delete_files", "physically")["request"])
    assert [one.split(" ")[0] for one in fake.violations] == ["thumbnail", "add_tags", "delete_files", "delete_files"]
    assert fake.client.by_hash["ab" * 32].file_id >= 66_000_000
