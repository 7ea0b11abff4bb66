"""The endpoints by method and path, one function each; here those of the client itself: keys, services, locks."""

from __future__ import annotations

from collections.abc import Callable

from tests.fake_hydrus import change_commands, file_commands, page_commands
from tests.fake_hydrus import services as known
from tests.fake_hydrus.calls import Answer, Call, need
from tests.fake_hydrus.errors import Refusal
from tests.fake_hydrus.generated import grown
from tests.fake_hydrus.keys import ANY_OF, WORDS, AccessKey


def verify_access_key(call: Call) -> Answer:
    return Answer(call.key.answer())


def request_new_permissions(call: Call) -> Answer:
    if not call.client.takes_requests:
        raise Refusal(
            409,
            'The permission registration dialog is not open. Please open it under "review services" in the hydrus '
            "client.",
        )
    permissions = frozenset(call.args["basic_permissions"])
    key = AccessKey(f"{len(call.client.keys) + 7:064x}", call.args["name"], permissions)
    call.client.keys[key.key] = key
    return Answer({"access_key": key.key})


def get_services(call: Call) -> Answer:
    if not call.key.everything and not call.key.permissions & set(ANY_OF):
        words = ", ".join(WORDS[one] for one in ANY_OF)
        raise Refusal(403, f"You need at least one these permissions: {words}")
    return Answer(known.listing(call.client.services))


def storage_locations(call: Call) -> Answer:
    need(call, 13, 3)
    prefixes = [f"{kind}{number:02x}" for kind in "ft" for number in range(256)]
    location = {"path": str(call.client.directory), "ideal_weight": 1, "max_num_bytes": None, "prefixes": prefixes}
    return Answer({"locations": [location]})


def lock_on(call: Call) -> Answer:
    need(call, 6)
    call.client.locked = True
    return Answer()


def lock_off(call: Call) -> Answer:
    need(call, 6)
    if not call.client.locked:
        raise Refusal(400, "The server is not busy!")
    call.client.locked = False
    return Answer()


def come_and_go(call: Call) -> Answer:
    return Answer(content=grown(call.client, call.args), mime="application/json")


def client_info(call: Call) -> Answer:
    """Which start of the client this is; any key may ask."""
    client = call.client
    return Answer({"boot_id": client.boot_id, "boot_time": client.boot_time, "currently_idle": False})


COMMANDS: dict[tuple[str, str], Callable[[Call], Answer]] = {
    ("GET", "/verify_access_key"): verify_access_key,
    ("GET", "/request_new_permissions"): request_new_permissions,
    ("GET", "/client_info"): client_info,
    ("GET", "/get_services"): get_services,
    ("GET", "/get_files/search_files"): file_commands.search_files,
    ("GET", "/get_files/file_metadata"): file_commands.file_metadata,
    ("GET", "/get_files/thumbnail"): file_commands.thumbnail,
    ("GET", "/get_files/file"): file_commands.original,
    ("GET", "/get_files/file_path"): file_commands.file_path,
    ("GET", "/get_files/local_file_storage_locations"): storage_locations,
    ("POST", "/manage_database/lock_on"): lock_on,
    ("POST", "/manage_database/lock_off"): lock_off,
    ("GET", "/manage_pages/get_pages"): page_commands.get_pages,
    ("GET", "/manage_pages/get_page_info"): page_commands.get_page_info,
    ("POST", "/manage_pages/add_files"): page_commands.add_files_to_page,
    ("POST", "/manage_pages/focus_page"): page_commands.focus_page,
    ("POST", "/manage_pages/refresh_page"): page_commands.refresh_page,
    ("POST", "/manage_pages/new_page"): page_commands.new_page,
    ("POST", "/fake/come_and_go"): come_and_go,
    ("GET", "/manage_file_relationships/get_file_relationships"): file_commands.file_relationships,
    ("POST", "/add_tags/add_tags"): change_commands.add_tags,
    ("POST", "/add_files/archive_files"): change_commands.archive_files,
    ("POST", "/add_files/unarchive_files"): change_commands.unarchive_files,
    ("POST", "/add_files/delete_files"): change_commands.delete_files,
    ("POST", "/add_files/undelete_files"): change_commands.undelete_files,
}
