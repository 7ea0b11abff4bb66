"""Labels: their names, and the digit keys that never move."""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence

from hyai_tui.errors import WrongUse
from hyai_tui.journal.model import Label

MOST_BYTES = 100
MOST_ABOUT = 500
_DIGITS = range(1, 10)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


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
    """Return the labels in the order that a person gave them, else by digit; those that are out of use are left out."""
    rows = connection.execute(
        "SELECT name, digit, colour, about FROM labels WHERE NOT merged"
        " ORDER BY place IS NULL, place, digit IS NULL, digit, name"
    )
    return [Label(str(name), digit, colour, str(about)) for name, digit, colour, about in rows]


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
            # Somebody uses a label again that was merged into another.
            connection.execute("UPDATE labels SET merged = 0 WHERE name = ? AND merged", (name,))
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


def rename_label(connection: sqlite3.Connection, old: str, new: str) -> list[str]:
    """Give a label another name everywhere; its digit and colour stay. Returns the files that it is decided for.

    Decisions follow by their foreign key. Sample files are expected in the folder of the new name.

    Raises:
        WrongUse: there is no such label, or the new name cannot be one, or looks like another label's.
    """
    known = label_names(connection)
    if old not in known:
        raise WrongUse(f"There is no label {old!r}", f"The labels are {', '.join(known)}")
    if fault := fault_of_name(new):
        raise WrongUse(f"{new!r} cannot be a label: {fault}", "Use a plain folder name")
    other = next((name for name in known if name != old and alike(name) == alike(new)), None)
    if other is not None:
        raise WrongUse(
            f"There is a label {other!r} already", f"Make one of both with 'hyai labels merge {old} {other}'"
        )
    connection.execute("UPDATE labels SET name = ?, merged = 0 WHERE name = ?", (new, old))
    connection.execute(
        "UPDATE effects SET wanted = ? WHERE wanted = ? AND target IN ('sample', 'tag')"
        " AND status IN ('due', 'staged', 'failed')",
        (new, old),
    )
    for path, label in connection.execute("SELECT path, label FROM samples").fetchall():
        if label == old:
            moved = os.fsencode(new) + bytes(path)[len(os.fsencode(old)) :]
            connection.execute("UPDATE samples SET path = ?, label = ? WHERE path = ?", (moved, new, path))
    rows = connection.execute("SELECT DISTINCT file FROM decisions WHERE label = ? AND undo IS NULL", (new,))
    return [str(file) for (file,) in rows]


def order_labels(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """List the labels in this order from now on; labels that are not named follow, by their digits. No digit moves.

    Raises:
        WrongUse: one of them is no label, or stands there twice.
    """
    known = [one.name for one in labels(connection)]
    for name in names:
        if name not in known:
            raise WrongUse(f"There is no label {name!r}", f"The labels are {', '.join(known)}")
    if len(set(names)) < len(names):
        raise WrongUse("A label stands there twice", "Name each of them once")
    connection.execute("UPDATE labels SET place = NULL")
    connection.executemany("UPDATE labels SET place = ? WHERE name = ?", list(enumerate(names)))


def hide_label(connection: sqlite3.Connection, name: str) -> None:
    """Leave a label out of the list, because it was merged into another or removed; its past and its digit stay."""
    connection.execute("UPDATE labels SET merged = 1 WHERE name = ?", (name,))


def colour_label(connection: sqlite3.Connection, name: str, colour: str | None) -> None:
    """Give a label a colour, or the theme's with None.

    Raises:
        WrongUse: there is no such label, or the colour is not `#rrggbb`.
    """
    if colour is not None and not _COLOUR.fullmatch(colour.lower()):
        raise WrongUse(f"{colour!r} is no colour", "Write #rrggbb, such as #d07020")
    changed = connection.execute(
        "UPDATE labels SET colour = ? WHERE name = ?", (None if colour is None else colour.lower(), name)
    )
    if not changed.rowcount:
        raise WrongUse(f"There is no label {name!r}", f"The labels are {', '.join(label_names(connection))}")


def describe_label(connection: sqlite3.Connection, name: str, about: str) -> None:
    """Say what a label stands for; an empty text says nothing.

    Raises:
        WrongUse: there is no such label, or the text is longer than `MOST_ABOUT` characters.
    """
    about = " ".join(about.split())
    if len(about) > MOST_ABOUT:
        raise WrongUse(f"The description has {len(about)} characters; it may have {MOST_ABOUT}", "Say it in a sentence")
    changed = connection.execute("UPDATE labels SET about = ? WHERE name = ?", (about, name))
    if not changed.rowcount:
        raise WrongUse(f"There is no label {name!r}", f"The labels are {', '.join(label_names(connection))}")
