"""A request that has been understood, its answer, and what its key and its arguments permit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fake_hydrus import services as known
from tests.fake_hydrus.client import Client, FakeFile
from tests.fake_hydrus.errors import Refusal
from tests.fake_hydrus.keys import WORDS, AccessKey


@dataclass
class Call:
    """A request that has been understood so far."""

    client: Client
    key: AccessKey
    path: str
    args: dict[str, Any]
    last_search: dict[str, set[int]] = field(default_factory=dict)


@dataclass
class Answer:
    """JSON (None for an empty body), or a file with its name."""

    body: dict[str, Any] | None = None
    content: bytes | None = None
    mime: str = ""
    filename: str = ""


def need(call: Call, *permissions: int) -> None:
    for one in permissions:
        if one not in call.key.permissions and not call.key.everything:
            raise Refusal(403, f"You do not have permission to: {WORDS[one]}")


def sees_all(call: Call) -> None:
    if call.key.only_namespace:
        raise Refusal(403, "You do not have permission to see all files, so you cannot do this.")


def one_file(call: Call) -> FakeFile:
    """The file of a hash or id; like a real client, this invents one that it does not know."""
    verb = call.path.rsplit("/", 1)[-1]
    if "file_id" in call.args:
        file_id = call.args["file_id"]
        known_file = call.client.files.get(file_id)
        return known_file or call.client.ghost(f"{file_id:064x}", verb, file_id)
    return call.client.known([call.args["hash"]], verb)[0]


def check_service(client: Client, key: str, kind: str, types: frozenset[int]) -> known.Service:
    service = client.service(key)
    if service is None:
        raise Refusal(400, f'Could not find the {kind} service "{key}"!')
    if service.type not in types:
        raise Refusal(400, f'Sorry, the service key "{key}" did not give a {kind} service!')
    return service
