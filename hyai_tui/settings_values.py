"""One setting by itself: how it is declared, what values it takes, and what is said of a wrong one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from typing import Any, get_args

from hyai_tui.errors import SettingsError

_FLAGS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False)}


def setting(
    default: Any,
    about: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    fault: Callable[[str], str | None] | None = None,
) -> Any:
    """Declare a setting: its default, one sentence of help, the values that are allowed, and what else can be wrong."""
    rules = {"choices": choices, "low": low, "high": high, "fault": fault}
    return field(default=default, metadata={"about": about, **rules})


def per_label(
    about: str,
    *,
    low: float | None = None,
    high: float | None = None,
    fault: Callable[[str], str | None] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Any:
    """Declare a setting with one value for each label, none at first.

    Args:
        about: one sentence of help.
        low: least allowed value.
        high: largest allowed value.
        fault: what else can be wrong with a value.
        instead: labels for which there is a setting of its own, with its name.
    """
    rules = {"choices": (), "low": low, "high": high, "fault": fault, "instead": instead}
    return field(default_factory=dict, metadata={"about": about, **rules})


def fault_of_prefix(text: str) -> str | None:
    """Return why our tags cannot begin so, or None.

    They must be told from the user's own tags, be searched for as tags and nothing else, and be stored as written.
    """
    if not text.strip():
        return "it is empty, so our tags could not be told from yours"
    if text.startswith(("-", ":")) or text.lower().startswith("system:"):
        return "a search for a tag that begins so means something else"
    if "*" in text:
        return "it has a star, which a search takes for anything"
    if not text.isprintable():
        return "it has control characters"
    if text != text.lstrip() or ": " in text or " :" in text:
        return "a library does not keep its spaces"
    return None


def checked(origin: str, key: str, value: Any, hint: Any, rules: Mapping[str, Any]) -> Any:
    """Return the value in the setting's type, or raise an error that says what would be valid."""
    optional = type(None) in get_args(hint)
    kind = next((one for one in get_args(hint) if one is not type(None)), hint) if optional else hint
    if hint == tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise SettingsError(f"{origin}: {key} is a list of texts, not {value!r}", f'Write {key} = ["…", "…"]')
        return tuple(value)
    if value is None and optional:
        return None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        raise SettingsError(f"{origin}: {key} is {names[kind]}, not {value!r}", f"Write {names[kind]} there")
    if (choices := rules.get("choices")) and value not in choices:
        near = difflib.get_close_matches(str(value), choices, 1)
        hint_text = f"Did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"{origin}: {key} cannot be {value!r}", f"{hint_text}It is one of {', '.join(choices)}")
    low, high = rules.get("low"), rules.get("high")
    # Written as `not low <= value` so that NaN, which TOML allows, is refused too.
    if kind in (int, float) and ((low is not None and not low <= value) or (high is not None and not value <= high)):
        raise SettingsError(f"{origin}: {key} = {value} is out of range", f"It goes from {low} to {high}")
    if (find := rules.get("fault")) and (fault := find(value)) is not None:
        raise SettingsError(f"{origin}: {key} cannot be {value!r}: {fault}", "Set another one, or leave it out")
    return value


def parsed(origin: str, text: str, hint: Any) -> Any:
    """Return a value of the setting's type from text; texts that do not parse are returned for `checked` to refuse."""
    if hint == tuple[str, ...]:
        with suppress(ValueError):
            # As 'hyai config show' writes a list; it may hold texts with commas.
            if isinstance(found := json.loads(text), list) and all(isinstance(one, str) for one in found):
                return tuple(found)
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if type(None) in get_args(hint) and text in {"", "none"}:
        return None
    kind = next((one for one in get_args(hint) if one is not type(None)), hint)
    if kind is bool:
        if text.lower() not in _FLAGS:
            raise SettingsError(f"{origin}: {text!r} is neither true nor false", "Write true or false")
        return _FLAGS[text.lower()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text
