"""Reading the arguments of a request as strictly as a client does."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fake_hydrus.errors import Refusal, unparsable, wrong_length

_HEX = {"hash", "file_service_key", "deleted_file_service_key", "tag_service_key", "page_key"}
_INTEGERS = {"file_id", "file_sort_type"}
_PLAIN = {"file_service_name", "name", "reason"}
_HEX_TEXT = re.compile(r"(?:[0-9a-fA-F]{2})+")


def is_hex(text: object) -> bool:
    return isinstance(text, str) and _HEX_TEXT.fullmatch(text) is not None


def query_arguments(query: dict[str, list[str]]) -> dict[str, Any]:
    """Arguments of a GET: hex strings and integers as they are, everything else in JSON."""
    arguments: dict[str, Any] = {}
    for name, values in query.items():
        text = values[-1]
        if name in _HEX:
            if not is_hex(text):
                raise unparsable(name, "a hex string")
            arguments[name] = text.lower()
        elif name in _INTEGERS:
            if not re.fullmatch(r"-?\d+", text):
                raise unparsable(name, "an integer")
            arguments[name] = int(text)
        elif name in _PLAIN:
            arguments[name] = text
        else:
            try:
                arguments[name] = json.loads(text)
            except json.JSONDecodeError:
                raise unparsable(name, "a json-encoded string") from None
    return arguments


def body_arguments(content_type: str, body: bytes) -> dict[str, Any]:
    """Arguments of a POST: JSON by its content type, else nothing."""
    if "json" not in content_type or not body:
        return {}
    try:
        found = json.loads(body)
    except json.JSONDecodeError as error:
        raise Refusal(400, f"Sorry, did not understand the JSON you gave me: {error}") from None
    return dict(found)


def hashes_of(arguments: dict[str, Any]) -> list[str]:
    """Hashes of a request, each once, in order."""
    found = [*([arguments["hash"]] if "hash" in arguments else []), *arguments.get("hashes", [])]
    for one in found:
        if not is_hex(one):
            raise unparsable("hashes", "a list of hex strings")
        if len(one) != 64:
            raise wrong_length(one)
    return list(dict.fromkeys(one.lower() for one in found))


def ids_of(arguments: dict[str, Any]) -> list[int]:
    """File ids of a request."""
    return [*([arguments["file_id"]] if "file_id" in arguments else []), *arguments.get("file_ids", [])]
