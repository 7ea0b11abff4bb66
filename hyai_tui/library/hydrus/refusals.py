"""What Hydrus refuses, in sentences that say what to do. One place turns statuses into errors."""

from __future__ import annotations

import requests

from hyai_tui.errors import HyaiError, LibraryDown, LibraryError, PermissionMissing
from hyai_tui.library.hydrus.address import Address

KEY_FIX = (
    "Copy a key from services > review services > local > client api in Hydrus and give it with 'hyai config key' "
    "or in HYAI_HYDRUS_KEY"
)
_PERMISSION_WORDS = "You do not have permission to: "
_SEARCH = "search for and fetch files"
_ANY_PERMISSION_WORDS = "You need at least one these permissions: "


class HydrusRefused(LibraryError):
    """Hydrus understood the request and said no.

    Attributes:
        status: the HTTP status; 404 for a file that is not there, 400 for a request that it could not use.
    """

    def __init__(self, what: str, fix: str, status: int) -> None:
        super().__init__(what, fix)
        self.status = status


def refusal(response: requests.Response, address: Address) -> HyaiError:
    """Return the error for an answer that is not a success."""
    status, said = response.status_code, _said(response)
    if status == 401 and not _about_permission(said):
        return LibraryError(
            "Hydrus says that no access key was sent",
            "Something between here and Hydrus takes it out of the request: name the Client API's own address in "
            "library.url, not a proxy's",
        )
    if status == 403 and not _about_permission(said):
        return LibraryError("Hydrus does not know this access key", KEY_FIX)
    if status == 403:
        return _permission(said)
    if status == 400 and "Access-Key" in said:
        return LibraryError("The access key is not one that Hydrus can read", KEY_FIX)
    if status == 419:
        return LibraryError("Hydrus has ended this session", "Try again; if it stays so, make a new access key")
    if status == 503:
        return LibraryDown(
            "Hydrus has locked its database", "It is busy with a backup or with maintenance: try again when it is done"
        )
    if status == 409:
        return HydrusRefused(
            "Hydrus holds a delete lock on some of these files",
            "Unlock them in Hydrus (options > files and trash), or leave them where they are",
            status,
        )
    if 300 <= status < 400:
        return HydrusRefused(
            f"{address} sends us elsewhere, and an access key is not carried along",
            "Set library.url to the address of the Client API itself",
            status,
        )
    if status == 404 and not _is_json(response):
        return HydrusRefused(
            f"What answers at {address} is no Hydrus Client API, or a very old one", "Look at library.url", status
        )
    if status >= 500:
        return HydrusRefused(f"Hydrus failed with status {status}{_quoted(said)}", "Its own log has the rest", status)
    return HydrusRefused(f"Hydrus refused with status {status}{_quoted(said)}", "", status)


def permission_missing(name: str, to_do: str) -> PermissionMissing:
    """Return the error for a permission that the key lacks, before asking Hydrus.

    Args:
        name: the permission as Hydrus calls it, such as `edit file tags`.
        to_do: what needs it, such as `write tags`.
    """
    return PermissionMissing(f"The access key may not {name}, which is needed to {to_do}", _tick(name))


def _permission(said: str) -> HyaiError:
    if _ANY_PERMISSION_WORDS in said:
        # The sentence lists a dozen boxes of which one would do; the first that is needed here is this.
        return PermissionMissing("The access key permits nothing that is needed here", _tick(_SEARCH))
    if _PERMISSION_WORDS in said:
        name = said.split(_PERMISSION_WORDS, 1)[1].strip().rstrip(".")
        return PermissionMissing(f"The access key may not {name}", _tick(name))
    return PermissionMissing(
        "The access key has a tag filter and may not see these files",
        "In Hydrus, edit the key under services > review services > client api and let it search all tags",
    )


def _tick(name: str) -> str:
    return f"In Hydrus, edit the key under services > review services > client api and tick '{name}'"


def _about_permission(said: str) -> bool:
    return any(words in said for words in ("permission", "authorised to see", "access to all those files"))


def _said(response: requests.Response) -> str:
    if not _is_json(response):
        return ""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return ""
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def _quoted(said: str) -> str:
    """Return the first line of what Hydrus said, short: later lines may be a traceback."""
    first = said.strip().split("\n", 1)[0][:200]
    return f": {first}" if first else ""


def _is_json(response: requests.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")
