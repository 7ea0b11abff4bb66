"""The endpoints that change files: their tags, and where they are."""

from __future__ import annotations

from typing import Any

from tests.fake_hydrus import arguments as reading
from tests.fake_hydrus import services as known
from tests.fake_hydrus.calls import Answer, Call, check_service, need
from tests.fake_hydrus.client import Client, FakeFile
from tests.fake_hydrus.errors import Refusal, unparsable


def add_tags(call: Call) -> Answer:
    need(call, 2)
    args, client = call.args, call.client
    hashes, ids = reading.hashes_of(args), reading.ids_of(args)
    if not hashes and not ids:
        raise Refusal(400, "Please include some files in your request--file_id or hash based!")
    wanted = _tag_actions(client, args)
    files = [*client.files_of_ids(ids), *client.known(hashes, "add_tags")]
    for service, actions in wanted.items():
        client.change_tags(
            files,
            service,
            actions,
            override=args.get("override_previously_deleted_mappings", True),
            record=args.get("create_new_deleted_mappings", True),
        )
    return Answer()


def _tag_actions(client: Client, args: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    wanted: dict[str, dict[str, list[str]]] = {}
    for name in ("service_keys_to_tags", "service_keys_to_actions_to_tags"):
        for key, value in args.get(name, {}).items():
            if not reading.is_hex(key):
                raise unparsable(name, "a dictionary of hex strings to other data")
            service = check_service(client, key, "tag", known.TAG_TYPES)
            if service.type == 0:
                client.violations.append(f"tags were sent to the repository {service.name}")
            actions = value if name.endswith("actions_to_tags") else {"0": value}
            for action in actions:
                if not action.lstrip("-").isdigit():
                    raise Refusal(400, f'Sorry, got an action, "{action}", that was not an integer!')
                if service.type == 5 and action not in ("0", "1"):
                    raise Refusal(
                        400,
                        f'Sorry, you submitted a content action of "{action}" for service "{key}", but you can only '
                        "add/delete on a local tag domain!",
                    )
            wanted[key] = actions
    for name, tags in args.get("service_names_to_tags", {}).items():
        wanted |= {one.key: {"0": tags} for one in client.services if one.name == name}
    if not wanted:
        raise Refusal(400, "Need a service_keys_to_tags or service_keys_to_actions_to_tags parameter!")
    return wanted


def _files(call: Call) -> list[FakeFile]:
    need(call, 1)
    verb = call.path.rsplit("/", 1)[-1]
    hashes, ids = reading.hashes_of(call.args), reading.ids_of(call.args)
    if not hashes and not ids:
        raise Refusal(400, "Please include some files in your request--file_id or hash based!")
    return [*call.client.files_of_ids(ids), *call.client.known(hashes, verb)]


def archive_files(call: Call) -> Answer:
    call.client.archive(_files(call))
    return Answer()


def unarchive_files(call: Call) -> Answer:
    call.client.unarchive(_files(call))
    return Answer()


def delete_files(call: Call) -> Answer:
    files = _files(call)
    domains = [*call.args.get("file_service_keys", [])]
    if "file_service_key" in call.args:
        domains.append(call.args["file_service_key"])
    for one in domains:
        check_service(call.client, one, "file", known.FILE_TYPES)
    call.client.trash(files, domains or [known.MEDIA], call.args.get("reason", "Deleted via Client API."))
    return Answer()


def undelete_files(call: Call) -> Answer:
    call.client.undelete(_files(call))
    return Answer()
