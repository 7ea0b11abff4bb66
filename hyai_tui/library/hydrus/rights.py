"""What an access key may do, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from hyai_tui.errors import LibraryError

_WHERE = "services > review services > client api"
_SEES_ALL = "allowing all tags"
_SEARCH_WORDS = "Can search:"


class Permission(IntEnum):
    """Hydrus' basic permissions that matter here."""

    FILES = 1
    TAGS = 2
    SEARCH = 3
    PATHS = 13

    @property
    def words(self) -> str:
        """The permission as Hydrus' own dialog calls it."""
        return _WORDS[self]


_WORDS = {
    Permission.FILES: "import and delete files",
    Permission.TAGS: "edit file tags",
    Permission.SEARCH: "search for and fetch files",
    Permission.PATHS: "see local file paths",
}
_CANNOT = {
    Permission.SEARCH: "read the library",
    Permission.TAGS: "write tags",
    Permission.FILES: "archive, trash or rescue files",
    Permission.PATHS: "read pictures straight from disk (that is only slower)",
}


def granted(answer: Mapping[str, Any]) -> frozenset[Permission]:
    """Return what `/verify_access_key` says the key may do.

    Raises:
        LibraryError: if this is not the answer of a Client API.
    """
    listed = answer.get("basic_permissions")
    everything = answer.get("permits_everything") is True
    if not everything and not isinstance(listed, list):
        raise LibraryError("What answers is no Hydrus Client API", "Look at library.url")
    return frozenset(one for one in Permission if everything or one in (listed or ()))


def is_filtered(answer: Mapping[str, Any]) -> bool:
    """Return True if the key may see only files with some tags; such a key cannot list a library.

    The answer has no field for it; only its human description says so.
    """
    about = str(answer.get("human_description", ""))
    return _SEARCH_WORDS in about and _SEES_ALL not in about


def shortcomings(may: frozenset[Permission], filtered: bool) -> list[str]:
    """Return a line for each thing that the key may not do, to be read after "cannot", with what would allow it."""
    sentences = [f"{_CANNOT[one]}: tick '{one.words}' for this key under {_WHERE}" for one in _CANNOT if one not in may]
    if filtered:
        sentences.insert(0, f"list the library: the key has a tag filter; allow all tags under {_WHERE}")
    return sentences
