"""The endpoints: one function each, from arguments to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_hydrus import arguments as reading
from tests.fake_hydrus import services as known
from tests.fake_hydrus.client import BASIC, Client, FakeFile, FakePage
from tests.fake_hydrus.errors import Refusal, file_missing, unparsable
from tests.fake_hydrus.generated import GeneratedClient, grown
from tests.fake_hydrus.keys import ANY_OF, WORDS, AccessKey
from tests.fake_hydrus.search import has_plain_tag, search


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


def search_files(call: Call) -> Answer:
    need(call, 3)
    args, client = call.args, call.client
    if "file_sort_asc" not in args:
        client.violations.append("search_files without file_sort_asc, whose default changed between versions")
    domains = [*args.get("file_service_keys", [])]
    if "file_service_key" in args:
        domains.append(args["file_service_key"])
    if "file_service_name" in args:
        domains += [one.key for one in client.services if one.name == args["file_service_name"]]
    for one in domains:
        _check_service(client, one, "file", known.FILE_TYPES)
    gone = [args["deleted_file_service_key"]] if "deleted_file_service_key" in args else []
    if "tag_service_key" in args:
        _check_service(client, args["tag_service_key"], "tag", known.TAG_TYPES)
    predicates = args.get("tags", [])
    namespace = call.key.only_namespace
    if namespace and not has_plain_tag(predicates, namespace):
        raise Refusal(
            403,
            "Sorry, if you want to search system predicates without regular tags, you need permission to search "
            "everything!",
        )
    if isinstance(client, GeneratedClient):
        ids = client.ids(predicates, domains or [known.MEDIA], ascending=args.get("file_sort_asc", True))
        return Answer(content=ids, mime="application/json")
    files = search(
        client,
        predicates,
        domains or ([] if gone else [known.MEDIA]),
        tag_service=args.get("tag_service_key"),
        gone_from=gone,
        sort=args.get("file_sort_type", 2),
        ascending=args.get("file_sort_asc", True),
        current_tags=args.get("include_current_tags", True),
    )
    call.last_search[call.key.key] = {one.file_id for one in files}
    body: dict[str, Any] = {}
    if args.get("return_hashes", False):
        body["hashes"] = [one.sha256 for one in files]
    if args.get("return_file_ids", True):
        body["file_ids"] = [one.file_id for one in files]
    return Answer(body)


def file_metadata(call: Call) -> Answer:
    need(call, 3)
    args, client = call.args, call.client
    hashes, ids = reading.hashes_of(args), reading.ids_of(args)
    if not hashes and not ids:
        if {"hashes", "file_ids", "hash", "file_id"} & args.keys():
            raise Refusal(400, "Sorry, I was expecting at least 1 sha256 hash, but none were given!")
        raise Refusal(400, "Please include some files in your request--file_id or hash based!")
    if args.get("create_new_file_ids"):
        client.violations.append("file_metadata was asked to create new file ids")
    if args.get("include_services_object", True):
        client.violations.append("file_metadata without include_services_object=false")
    if isinstance(client, GeneratedClient) and ids and not args.get("only_return_identifiers"):
        return Answer(content=client.rows(ids), mime="application/json")
    found: list[FakeFile | str] = [client.by_hash.get(one, one) for one in hashes]
    found += client.files_of_ids(ids)
    if call.key.only_namespace and ids:
        seen = call.last_search.get(call.key.key, set())
        allowed = [one for one in ids if one in seen]
        if len(allowed) < len(ids):
            raise Refusal(
                403,
                f"You do not seem to have access to all those files! You asked to see {len(ids)} files, but you were "
                f"only authorised to see {len(allowed)} of them!",
            )
    body: dict[str, Any] = {"metadata": [_row(client, one, args) for one in found]}
    if args.get("include_services_object", True):
        body |= known.tables(client.services)
    return Answer(body)


def _row(client: Client, file: FakeFile | str, args: dict[str, Any]) -> dict[str, Any]:
    if isinstance(file, str):
        return {"file_id": None, "hash": file}
    row = client.row(file, milliseconds=args.get("include_milliseconds", False))
    if args.get("only_return_identifiers"):
        return {"file_id": file.file_id, "hash": file.sha256}
    if args.get("only_return_basic_information"):
        names = ("file_id", "hash", *BASIC, "num_words", "has_audio", "filetype_forced")
        return {name: row[name] for name in (*names, *(["blurhash"] if args.get("include_blurhash") else []))}
    if args.get("detailed_url_information"):
        row["detailed_known_urls"] = []
    if args.get("include_notes"):
        row["notes"] = dict(file.notes)
    return row


def thumbnail(call: Call) -> Answer:
    need(call, 3)
    if "hash" not in call.args and "file_id" not in call.args:
        raise Refusal(400, "Please include a file_id or hash parameter!")
    _sees_all(call)
    file = _one(call)
    if file.thumbnail is not None:
        mime = "image/png" if file.thumbnail.startswith(b"\x89PNG") else "image/jpeg"
        return Answer(content=file.thumbnail, mime=mime, filename=f"{file.sha256}.thumbnail")
    # A default icon, answered with 200: of the kind, or of Hydrus for a file that it never saw.
    kind = str(file.details.get("mime", "")).split("/", 1)[0]
    icon = b"\x89PNG\r\n\x1a\n" + b"a default icon, never a picture of this file"
    return Answer(content=icon, mime="image/png", filename=f"{kind or 'hydrus'}.png")


def original(call: Call) -> Answer:
    need(call, 3)
    _sees_all(call)
    file = _one(call)
    if not file.local or file.content is None:
        raise file_missing()
    ext = str(file.details.get("ext", ""))
    return Answer(content=file.content, mime=str(file.details["mime"]), filename=f"{file.sha256}{ext}")


def file_path(call: Call) -> Answer:
    need(call, 13, 3)
    _sees_all(call)
    file = _one(call)
    if not file.local:
        raise file_missing()
    ext = file.details.get("ext", "")
    path = file.path or call.client.directory / f"f{file.sha256[:2]}" / f"{file.sha256}{ext}"
    return Answer({"path": str(path), "filetype": file.details["mime"], "size": file.details["size"]})


def file_relationships(call: Call) -> Answer:
    need(call, 8)
    found = {}
    for file in reading.hashes_of(call.args):
        members = next((group for group in call.client.duplicates if file in group), (file,))
        king = members[0]
        others: dict[str, list[str]] = {"0": [], "8": sorted(set(members) - {file}), "1": [], "3": []}
        for pair, kind in call.client.apart.items():
            if king in pair:
                others[kind] += sorted(pair - {king})
        here = file in call.client.by_hash
        found[file] = {
            "is_king": king == file,
            "king": king,
            "king_is_on_file_domain": here,
            "king_is_local": here,
            **others,
        }
    return Answer({"file_relationships": found})


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


def _sees_all(call: Call) -> None:
    if call.key.only_namespace:
        raise Refusal(403, "You do not have permission to see all files, so you cannot do this.")


def _one(call: Call) -> FakeFile:
    """The file of a hash or id; like a real client, this invents one that it does not know."""
    verb = call.path.rsplit("/", 1)[-1]
    if "file_id" in call.args:
        file_id = call.args["file_id"]
        known_file = call.client.files.get(file_id)
        return known_file or call.client.ghost(f"{file_id:064x}", verb, file_id)
    return call.client.known([call.args["hash"]], verb)[0]


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
            service = _check_service(client, key, "tag", known.TAG_TYPES)
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


def _check_service(client: Client, key: str, kind: str, types: frozenset[int]) -> known.Service:
    service = client.service(key)
    if service is None:
        raise Refusal(400, f'Could not find the {kind} service "{key}"!')
    if service.type not in types:
        raise Refusal(400, f'Sorry, the service key "{key}" did not give a {kind} service!')
    return service


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
        _check_service(call.client, one, "file", known.FILE_TYPES)
    call.client.trash(files, domains or [known.MEDIA], call.args.get("reason", "Deleted via Client API."))
    return Answer()


def undelete_files(call: Call) -> Answer:
    call.client.undelete(_files(call))
    return Answer()


def get_pages(call: Call) -> Answer:
    need(call, 4)
    return Answer({"pages": call.client.top_page.row()})


def _a_page(call: Call) -> FakePage:
    need(call, 4)
    page = call.client.top_page.find(call.args["page_key"])
    if page is None:
        raise Refusal(404, f'Did not find a page for "{call.args["page_key"]}"!')
    return page


def get_page_info(call: Call) -> Answer:
    page = _a_page(call)
    if page.searches:
        page.searches -= 1
    ids = [call.client.by_hash[one].file_id for one in page.hashes]
    media: dict[str, Any] = {"num_files": len(ids), "hash_ids": ids}
    if not call.args.get("simple", True):
        media["hashes"] = list(page.hashes)
    return Answer({"page_info": page.row() | {"management": {}, "media": media}})


def add_files_to_page(call: Call) -> Answer:
    page = _a_page(call)
    files = call.client.known(reading.hashes_of(call.args), "add_files to a page")
    page.hashes += [one.sha256 for one in files if one.sha256 not in page.hashes]
    return Answer()


def focus_page(call: Call) -> Answer:
    _a_page(call)
    return Answer()


def refresh_page(call: Call) -> Answer:
    """Search again: what somebody put on a page that searches for nothing is gone."""
    page = _a_page(call)
    page.hashes = list(page.finds)
    return Answer()


def new_page(call: Call) -> Answer:
    need(call, 4)
    if "page_type" not in call.args:
        raise Refusal(400, 'The required parameter "page_type" was missing!')
    page = call.client.add_page(call.args.get("page_name", "files"), type=call.args["page_type"])
    return Answer({"page_key": page.key, "page_type": page.type, "page_name": page.name})


def client_info(call: Call) -> Answer:
    """Which start of the client this is; any key may ask."""
    client = call.client
    return Answer({"boot_id": client.boot_id, "boot_time": client.boot_time, "currently_idle": False})


COMMANDS: dict[tuple[str, str], Callable[[Call], Answer]] = {
    ("GET", "/verify_access_key"): verify_access_key,
    ("GET", "/request_new_permissions"): request_new_permissions,
    ("GET", "/client_info"): client_info,
    ("GET", "/get_services"): get_services,
    ("GET", "/get_files/search_files"): search_files,
    ("GET", "/get_files/file_metadata"): file_metadata,
    ("GET", "/get_files/thumbnail"): thumbnail,
    ("GET", "/get_files/file"): original,
    ("GET", "/get_files/file_path"): file_path,
    ("GET", "/get_files/local_file_storage_locations"): storage_locations,
    ("POST", "/manage_database/lock_on"): lock_on,
    ("POST", "/manage_database/lock_off"): lock_off,
    ("GET", "/manage_pages/get_pages"): get_pages,
    ("GET", "/manage_pages/get_page_info"): get_page_info,
    ("POST", "/manage_pages/add_files"): add_files_to_page,
    ("POST", "/manage_pages/focus_page"): focus_page,
    ("POST", "/manage_pages/refresh_page"): refresh_page,
    ("POST", "/manage_pages/new_page"): new_page,
    ("POST", "/fake/come_and_go"): come_and_go,
    ("GET", "/manage_file_relationships/get_file_relationships"): file_relationships,
    ("POST", "/add_tags/add_tags"): add_tags,
    ("POST", "/add_files/archive_files"): archive_files,
    ("POST", "/add_files/unarchive_files"): unarchive_files,
    ("POST", "/add_files/delete_files"): delete_files,
    ("POST", "/add_files/undelete_files"): undelete_files,
}
