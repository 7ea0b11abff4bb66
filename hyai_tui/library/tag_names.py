"""How a tag is written, wherever it comes from."""

from __future__ import annotations

from hyai_tui.errors import WrongUse

_LONGEST = 1_024


def clean_tag(text: str) -> str:
    """Return a tag as a library stores it: lower case, single spaces, none around the colon of a namespace.

    Raises:
        WrongUse: it is empty, too long, or holds control characters.
    """
    if any(not character.isprintable() for character in text.replace(" ", "")):
        raise WrongUse("A tag cannot hold control characters", "Type it again")
    namespace, colon, rest = " ".join(text.lower().split()).partition(":")
    found = f"{namespace.strip()}:{rest.strip()}" if colon else namespace
    if not (rest.strip() if colon else namespace) or len(found) > _LONGEST:
        raise WrongUse(f"{text.strip() or 'Nothing'!r} is no tag", "Write one such as person:ann")
    return found
