"""Searches: the predicates that the recordings and this project use, and the sentences for those not understood."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.fake_hydrus.client import CURRENT, Client, FakeFile, clean_tag
from tests.fake_hydrus.errors import Refusal
from tests.fake_hydrus.services import ALL_KNOWN_FILES, ALL_KNOWN_TAGS, TRASH

Test = Callable[[FakeFile], bool]

_LIMIT = re.compile(r"system:limit (?:is|=)? ?(\d+)|system:limit=(\d+)")
_FILETYPE = re.compile(r"system:filetype (?:is|=) (.+)")
_HASH = re.compile(r"system:hash (?:is|=) (.+)")
_ALWAYS = re.compile(r"system:(everything|(time imported|archived time) [<>] .+)")
SORTS: dict[int, Callable[[FakeFile], Any]] = {
    0: lambda file: file.details.get("size") or 0,
    2: lambda file: (min(file.current.values(), default=0), file.file_id),
    4: lambda file: random.random(),
    14: lambda file: file.details.get("time_modified") or 0,
    18: lambda file: file.file_id,
    19: lambda file: file.time_archived or 0,
}


def search(
    client: Client,
    predicates: list[Any],
    domains: Iterable[str],
    *,
    tag_service: str | None = None,
    gone_from: Iterable[str] = (),
    sort: int = 2,
    ascending: bool = True,
    current_tags: bool = True,
) -> list[FakeFile]:
    """Return the files of any of the domains (or deleted from one) that pass every predicate, sorted."""
    if not predicates:
        return []
    if sort not in SORTS:
        raise Refusal(400, "Sorry, did not understand that sort type!")
    limit = None
    tests: list[Test] = []
    for one in predicates:
        found = _LIMIT.fullmatch(one) if isinstance(one, str) else None
        if found:
            limit = int(found[1] or found[2])
        else:
            tests.append(_test(one, tag_service, current_tags))
    places, left = set(domains), set(gone_from)
    files = [
        file
        for file in client.files.values()
        if (places & file.current.keys() or left & file.deleted.keys() or ALL_KNOWN_FILES in places)
        and all(test(file) for test in tests)
    ]
    files.sort(key=SORTS[sort], reverse=not ascending)
    return files[:limit]


def has_plain_tag(predicates: list[Any], namespace: str) -> bool:
    """True if one predicate is a tag of the namespace that a filtered key may search."""
    return any(isinstance(one, str) and one.lower().startswith(f"{namespace}:") for one in predicates)


def _test(predicate: Any, tag_service: str | None, current_tags: bool) -> Test:
    if isinstance(predicate, list):
        tests = [_test(one, tag_service, current_tags) for one in predicate]
        return lambda file: any(test(file) for test in tests)
    if predicate.startswith("system:"):
        return _system(predicate)
    if predicate.startswith("-"):
        inner = _test(predicate[1:], tag_service, current_tags)
        return lambda file: not inner(file)
    tag = clean_tag(predicate)
    if not tag or tag.endswith(":"):
        raise Refusal(400, f'Could not understand the tag: "{predicate}"')
    matches = re.compile(re.escape(tag).replace(r"\*", ".*")).fullmatch
    everywhere = tag_service in (None, ALL_KNOWN_TAGS)
    return lambda file: (
        current_tags
        and any(
            matches(one)
            for service, statuses in file.tags.items()
            if everywhere or service == tag_service
            for one in statuses.get(CURRENT, ())
        )
    )


def _system(text: str) -> Test:
    simple: dict[str, Test] = {
        "system:inbox": lambda file: file.inbox,
        "system:archive": lambda file: not file.inbox,
        "system:archived": lambda file: not file.inbox,
        "system:no duration": lambda file: not file.details.get("duration"),
        "system:has duration": lambda file: bool(file.details.get("duration")),
        "system:has notes": lambda file: bool(file.notes),
        "system:has urls": lambda file: bool(file.details.get("known_urls")),
        "system:file service currently in trash": lambda file: TRASH in file.current,
    }
    if text in simple:
        return simple[text]
    if _ALWAYS.fullmatch(text):
        return lambda file: True
    if found := _HASH.fullmatch(text):
        hashes = set(found[1].split())
        return lambda file: file.sha256 in hashes
    if found := _FILETYPE.fullmatch(text):
        return _filetype(found[1])
    raise Refusal(400, f'Could not parse system predicate "{text}"!')


def _filetype(wanted: str) -> Test:
    """`image` leaves animations out; a kind by name, such as `animated gif`, is compared with the file's own."""

    def test(file: FakeFile) -> bool:
        human, mime = str(file.details.get("filetype_human")), str(file.details.get("mime"))
        if wanted in {"image", "video"}:
            return mime.startswith(f"{wanted}/") and "animated" not in human
        return wanted in (human, mime) and (wanted != mime or "webp" not in human or "animated" not in human)

    return test
