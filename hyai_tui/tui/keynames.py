"""Names of keys: as Textual gives them, as people read them, as people write them into a file."""

from __future__ import annotations

import difflib
import unicodedata
from functools import cache

_SHOWN = {
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "enter": "Enter",
    "backspace": "⌫",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "space": "Space",
    "plus": "+",
    "minus": "−",
    "asterisk": "*",
    "slash": "/",
    "equals_sign": "=",
    "tab": "Tab",
    "delete": "Del",
    "home": "Home",
    "end": "End",
}

_WRITTEN = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "bksp": "backspace",
    "pgdn": "pagedown",
    "page_down": "pagedown",
    "pgup": "pageup",
    "page_up": "pageup",
    "spacebar": "space",
    "⌫": "backspace",
    "←": "left",
    "→": "right",
    "↑": "up",
    "↓": "down",
}
_NAMED = frozenset(
    {"escape", "enter", "backspace", "left", "right", "up", "down", "pagedown", "pageup", "space", "tab", "delete"}
    | {"home", "end", "insert", *(f"f{number}" for number in range(1, 25))}
)
# Textual gives these another name than Unicode does.
_OWN_NAMES = {
    "-": "minus",
    "+": "plus",
    "/": "slash",
    "\\": "backslash",
    "_": "underscore",
    "@": "at",
    " ": "space",
    ".": "full_stop",
}
_MODIFIERS = ("ctrl", "shift", "alt")
_KEPT = {
    "ctrl+s": "many terminals stop their output at it",
    "ctrl+j": "terminals send it as Enter",
    "ctrl+m": "terminals send it as Enter",
    "ctrl+i": "terminals send it as Tab",
    "ctrl+o": "some terminals keep it to themselves",
    "ctrl+a": "GNU screen keeps it to itself",
    "ctrl+b": "tmux keeps it to itself",
    "ctrl+c": "it always leaves",
    "ctrl+q": "it always leaves",
}


def shown(key: str) -> str:
    """Return a key as people read it: `?` for question_mark, `Ctrl+P` for ctrl+p."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return _SHOWN.get(key) or _character_names().get(key, key)


def textual_name(text: str) -> str | None:
    """Return the name that Textual gives a key written by a person (`?`, `Ctrl+P`, `Esc`, `question_mark`), or None."""
    if len(text) == 1 and text not in _WRITTEN:
        return _of_character(text)
    lowered = text.lower()
    *modifiers, last = lowered.split("+") if not lowered.endswith("++") else [*lowered[:-2].split("+"), "+"]
    last = _WRITTEN.get(last, last)
    if modifiers and set(modifiers) <= set(_MODIFIERS):
        name = last if last in _NAMED else _of_character(last) if len(last) == 1 else None
        return "+".join([*modifiers, name]) if name is not None else None
    if last in _NAMED:
        return last
    return lowered if lowered in _character_names() else None


def nearest(text: str) -> str | None:
    """Return the name of a key that looks like the text, or None."""
    near = difflib.get_close_matches(text.lower(), [*_NAMED, *_WRITTEN, *_character_names()], 1)
    return near[0] if near else None


def kept_elsewhere(key: str) -> str:
    """Return why a key will seldom arrive, or does something else; empty where it is a good one."""
    return _KEPT.get(key, "")


def _of_character(character: str) -> str | None:
    """Return Textual's name of a character that can be typed."""
    if character.isalnum():
        return character
    if character in _OWN_NAMES:
        return _OWN_NAMES[character]
    name = unicodedata.name(character, "")
    return name.lower().replace("-", "_").replace(" ", "_") or None


@cache
def _character_names() -> dict[str, str]:
    """Return the names of the punctuation on keyboards, to the character."""
    return {name: chr(code) for code in range(32, 127) if (name := _of_character(chr(code))) and len(name) > 1}
