"""The endpoints that read files: search, metadata, pictures, paths and relationships."""

from __future__ import annotations

from typing import Any

from tests.fake_hydrus import arguments as reading
from tests.fake_hydrus import services as known
from tests.fake_hydrus.calls import Answer, Call, check_service, need, one_file, sees_all
from tests.fake_hydrus.client import BASIC, Client, FakeFile
from tests.fake_hydrus.errors import Refusal, file_missing
from tests.fake_hydrus.generated import GeneratedClient
from tests.fake_hydrus.search import has_plain_tag, search


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
        check_service(client, one, "file", known.FILE_TYPES)
    gone = [args["deleted_file_service_key"]] if "deleted_file_service_key" in args else []
    if "tag_service_key" in args:
        check_service(client, args["tag_service_key"], "tag", known.TAG_TYPES)
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
    sees_all(call)
    file = one_file(call)
    if file.thumbnail is not None:
        mime = "image/png" if file.thumbnail.startswith(b"\x89PNG") else "image/jpeg"
        return Answer(content=file.thumbnail, mime=mime, filename=f"{file.sha256}.thumbnail")
    # A default icon, answered with 200: of the kind, or of Hydrus for a file that it never saw.
    kind = str(file.details.get("mime", "")).split("/", 1)[0]
    icon = b"\x89PNG\r\n\x1a\n" + b"a default icon, never a picture of this file"
    return Answer(content=icon, mime="image/png", filename=f"{kind or 'hydrus'}.png")


def original(call: Call) -> Answer:
    need(call, 3)
    sees_all(call)
    file = one_file(call)
    if not file.local or file.content is None:
        raise file_missing()
    ext = str(file.details.get("ext", ""))
    return Answer(content=file.content, mime=str(file.details["mime"]), filename=f"{file.sha256}{ext}")


def file_path(call: Call) -> Answer:
    need(call, 13, 3)
    sees_all(call)
    file = one_file(call)
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
