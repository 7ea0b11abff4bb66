"""Which tags say what is on a picture, and which say where it comes from or what is to be done with it."""

from __future__ import annotations

from typing import Final

# Tags of these namespaces say where a file comes from or what is to be done with it, not what is on it.
ADMINISTRATIVE: Final = frozenset(
    [
        "added",
        "alternate",
        "archive",
        "batch",
        "booru",
        "bookmark",
        "collection",
        "copyright",
        "date",
        "downloader",
        "favourite",
        "filename",
        "folder",
        "gallery",
        "hash",
        "hyai",
        "id",
        "imported",
        "import",
        "meta",
        "metadata",
        "number",
        "page",
        "pool",
        "post",
        "rating",
        "resolution",
        "site",
        "source",
        "system",
        "title",
        "url",
        "uploader",
        "website",
    ]
)


def is_descriptive(tag: str) -> bool:
    """Return True for a tag that says what is on the picture: longer than a letter, of no administrative namespace."""
    namespace, colon, rest = tag.partition(":")
    return len(rest if colon else tag) > 1 and not (colon and namespace.lower() in ADMINISTRATIVE)
