"""What no request of the program may ever do, judged by the requests themselves: for logs of a fake client and of a real one.

A request is ours if it bears our name (`User-Agent`); tests also send requests of their own, to look and to set up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_hydrus.services import MEDIA

OUR_NAME = "hyai/"
READS = frozenset(
    {
        "/api_version",
        "/verify_access_key",
        "/client_info",
        "/request_new_permissions",
        "/get_services",
        "/get_files/search_files",
        "/get_files/file_metadata",
        "/get_files/thumbnail",
        "/get_files/file",
        "/get_files/file_path",
        "/get_files/local_file_storage_locations",
        "/manage_file_relationships/get_file_relationships",
        "/manage_pages/get_pages",
        "/manage_pages/get_page_info",
    }
)
# Pages are shown and refreshed; no file is touched.
_OF_PAGES = frozenset(
    {
        "/manage_pages/refresh_page",
        "/manage_pages/focus_page",
        "/manage_pages/add_files",
        "/manage_pages/new_page",
    }
)
_STATES = frozenset(
    {"/add_files/archive_files", "/add_files/unarchive_files", "/add_files/delete_files", "/add_files/undelete_files"}
)
TAGS = "/add_tags/add_tags"


@dataclass(frozen=True)
class Sent:
    """One request as it was sent: arguments from the query or the body."""

    method: str
    path: str
    args: dict[str, Any] = field(default_factory=dict)
    agent: str = ""

    @property
    def writes(self) -> bool:
        return self.method == "POST"


def harms(requests: Iterable[Sent], local_tag_services: frozenset[str]) -> list[str]:
    """Say what of it creates a file record, reaches a repository, deletes bytes, or is no request that we know of."""
    found: list[str] = []
    for one in requests:
        if OUR_NAME in one.agent:
            found += [f"{one.method} {one.path}: {what}" for what in _harm(one, local_tag_services)]
    return found


def _harm(one: Sent, local_tag_services: frozenset[str]) -> Iterable[str]:
    if one.method in ("GET", "HEAD"):
        if one.path not in READS:
            yield "not a request that this program is known to make"
        if one.args.get("create_new_file_ids"):
            yield "creates file records"
        if one.path == "/get_files/thumbnail" and "hash" not in one.args:
            yield "asks by an id, which nobody can check"
    elif one.path == TAGS:
        yield from _harm_of_tags(one.args, local_tag_services)
    elif one.path == "/add_files/delete_files":
        if one.args.get("file_service_keys") != [MEDIA] or {"file_service_key", "file_service_name"} & one.args.keys():
            yield "deletes elsewhere than from all local file domains into the trash"
        if not one.args.get("reason"):
            yield "gives no reason of ours"
    elif one.path not in _STATES | _OF_PAGES:
        yield "not a write that this program is known to make"


def _harm_of_tags(args: dict[str, Any], local_tag_services: frozenset[str]) -> Iterable[str]:
    services = args.get("service_keys_to_actions_to_tags", {})
    if set(args) - {"hashes", "service_keys_to_actions_to_tags", "create_new_deleted_mappings"}:
        yield "has arguments that are not needed"
    if not set(services) <= local_tag_services:
        yield "writes to a service that is not a local one"
    if any(set(actions) - {"0", "1"} for actions in services.values()):
        yield "does something else than adding and deleting"
    if args.get("create_new_deleted_mappings") is not False:
        yield "leaves a record for a tag that was not there"
    if not 0 < len(args.get("hashes", [])) <= 256:
        yield "is for no file, or for more than 256"
