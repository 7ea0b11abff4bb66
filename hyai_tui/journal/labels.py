"""Labels: their names, and the digit keys that never move."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable

from hyai_tui.errors import WrongUse
from hyai_tui.journal.model import Label

MOST_BYTES = 100
_DIGITS = range(1, 10)


def fault_of_name(name: str) -> str | None:
    """Return why a name cannot be a label (it has to be the name of a folder and part of a tag), or None."""
    if not name.strip():
        return "it is empty"
    if name != name.strip():
        return "it begins or ends with a space"
    if "/" in name or "\\" in name:
        return "it has a slash"
    if name.startswith("."):
        return "it begins with a dot"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name):
        return "it has control characters"
    if len(name.encode()) > MOST_BYTES:
        return f"it is longer than {MOST_BYTES} bytes"
    return None


def alike(name: str) -> str:
    """Return what two labels must not have in common: they would be one tag, or one folder on some file systems."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def label_names(connection: sqlite3.Connection) -> list[str]:
    """Return the labels in the order in which they were made."""
    return [str(row[0]) for row in connection.execute("SELECT name FROM labels ORDER BY rowid")]


def labels(connection: sqlite3.Connection) -> list[Label]:
    """Return the labels, those with a digit first."""
    rows = connection.execute("SELECT name, digit FROM labels ORDER BY digit IS NULL, digit, name")
    return [Label(str(name), digit) for name, digit in rows]


def add_labels(connection: sqlite3.Connection, names: Iterable[str], now: float) -> None:
    """Make labels that are missing, each with the lowest free digit.

    Raises:
        WrongUse: for a name that cannot be a folder, or that looks like another label's; see `alike`.
    """
    known = {alike(name): name for name in label_names(connection)}
    taken = {row[0] for row in connection.execute("SELECT digit FROM labels")}
    for name in names:
        other = known.get(alike(name))
        if other == name:
            continue
        if fault := fault_of_name(name):
            raise WrongUse(f"{name!r} cannot be a label: {fault}", "Use a plain folder name")
        if other is not None:
            raise WrongUse(
                f"{name!r} differs from the label {other!r} by case, spaces or the form of its letters alone",
                f"Use {other!r}, or another name",
            )
        digit = next((one for one in _DIGITS if one not in taken), None)
        connection.execute("INSERT INTO labels(name, digit, at) VALUES (?, ?, ?)", (name, digit, now))
        known[alike(name)] = name
        taken.add(digit)
