"""Settings that hold one value for each label: how they are written, checked and changed one by one.

Labels are made by people, so their names are not known here: a name that is no label changes nothing, and
`hyai doctor` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from hyai_tui.errors import SettingsError
from hyai_tui.settings_values import checked, parsed


def is_per_label(hint: Any) -> bool:
    """Return whether a setting of this type holds one value for each label."""
    return get_origin(hint) is Mapping


def parted(key: str) -> tuple[str, str]:
    """Return (key, label) of such as `names.trash`; the label is empty where none is named, and may hold dots."""
    base, _, label = key.partition(".")
    return base, label


def checked_table(origin: str, key: str, value: Any, hint: Any, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by label, each in the setting's type.

    Raises:
        SettingsError: it is no table, or one value is not allowed.
    """
    if not isinstance(value, Mapping):
        raise SettingsError(f"{origin}: {key} is a table of labels, not {value!r}", f"Write [{key}] and LABEL = …")
    return {label: checked_one(origin, key, label, one, hint, rules) for label, one in value.items()}


def checked_one(origin: str, key: str, label: str, value: Any, hint: Any, rules: Mapping[str, Any]) -> Any:
    """Return one label's value in the setting's type. Raises `SettingsError` where it is not allowed."""
    if (instead := (rules.get("instead") or {}).get(label)) is not None:
        raise SettingsError(f"{origin}: {key} does not speak of {label}", f"Set {instead}")
    if not label.strip():
        raise SettingsError(f"{origin}: {key} names no label", f"Write {key}.LABEL")
    return checked(origin, f"{key}.{label}", value, get_args(hint)[1], rules)


def parsed_table(origin: str, text: str, hint: Any) -> dict[str, Any]:
    """Return values by label from text such as `blurry=0.9, memes=0.8`; the word `none` or nothing is an empty table.

    Raises:
        SettingsError: a part has no equals sign.
    """
    found: dict[str, Any] = {}
    if text.strip() in {"", "none"}:
        return found
    for part in text.split(","):
        label, equals, value = (one.strip() for one in part.partition("="))
        if not equals:
            raise SettingsError(f"{origin}: {part.strip()!r} is no LABEL=VALUE", "Write LABEL=VALUE, LABEL=VALUE")
        found[label] = parsed_one(origin, value, hint)
    return found


def parsed_one(origin: str, text: str, hint: Any) -> Any:
    """Return one label's value from text."""
    return parsed(origin, text, get_args(hint)[1])


def as_stored(tag: str) -> str:
    """Return a tag as a library stores it: lower case, single spaces."""
    return " ".join(tag.lower().split())


def begins_with(prefix: str, tag: str) -> bool:
    """Return whether a stored tag begins with a prefix, whose spaces at the end a library would drop without a letter behind."""
    return as_stored(tag).startswith(as_stored(f"{prefix}x")[:-1])


def refuse_one_tag_of_two(origin: str, names: Mapping[str, str], prefix: str) -> None:
    """Raise `SettingsError` where two labels would have the same tag, so that nobody could tell them apart."""
    owner: dict[str, str] = {}
    for label, tag in names.items():
        if begins_with(prefix, tag) and as_stored(tag) != as_stored(f"{prefix}{label}"):
            # Labels come and go: the tag may be the usual one of a label that is not there yet.
            raise SettingsError(
                f"{origin}: tag.names gives {label} the tag {tag!r}, which may be another label's",
                f"Choose one that does not begin with {prefix}",
            )
        if (other := owner.setdefault(as_stored(tag), label)) != label:
            raise SettingsError(
                f"{origin}: tag.names gives {other} and {label} the same tag, {tag!r}",
                "Give each label a tag of its own",
            )
