"""The language of conditions, one for `hyai files --where`, `hyai queue --where` and the app's `/` line.

    state=inbox tag!=hyai:trash score>.8 size=1MB..5MB holiday sort=-size

Words are conditions that must all hold. This module only reads the words; `selecting.py` knows what holds.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from hyai_tui.errors import WrongUse

# Key to what it is compared with, in the order in which help lists them.
KEYS: dict[str, str] = {
    "state": "inbox, archive, trash or gone",
    "label": "the decided label; empty for none",
    "decided": "yes, no, label, unsure, ignore or skip",
    "predicted": "the label that the model would give",
    "score": "0 to 1, or a range such as .3..0.7",
    "confidence": "0 to 1, a range, or high (from .8), medium, low (below .5)",
    "tag": "a tag of the file",
    "related": "a tag of the file, or a tag that goes with it ('hyai learn')",
    "text": "a part of its path; a word alone means this, or the beginning of a hash",
    "hash": "the beginning of its SHA-256",
    "type": "png, jpeg, webp, gif, …",
    "size": "bytes, with kB, MB, GB, or a range",
    "width": "pixels, or a range",
    "height": "pixels, or a range",
}
SORTS: dict[str, str] = {
    "rank": "the order of the queue",
    "score": "the model's score",
    "confidence": "how sure the model is",
    "size": "bytes",
    "time": "when the file was last changed",
    "name": "its path",
    "hash": "its SHA-256",
}
# As `library.base.FileState`, which the first frame of the app does not wait for.
STATES = ("inbox", "archive", "trash", "gone")
NUMBERS = frozenset({"score", "confidence", "size", "width", "height"})
DECIDED = ("yes", "no", "label", "unsure", "ignore", "skip")
_CONFIDENCE = {"high": (0.8, None), "medium": (0.5, 0.8), "low": (None, 0.5)}
_UNITS = {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9}
_CONDITION = re.compile(r"([A-Za-z-]+)\s*(!=|>=|<=|=|>|<)(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d*\.?\d+)\s*([a-zA-Z]*)")
_HEX = re.compile(r"[0-9a-fA-F]{4,64}")


@dataclass(frozen=True)
class Bounds:
    """A range of numbers: from `low` to below or at `high`; None is no bound."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        key: of `KEYS`, or `word` for a word alone.
        value: as it was written.
        turned: True for `!=`.
        bounds: for numbers; None for everything else.
    """

    key: str
    value: str
    turned: bool = False
    bounds: Bounds | None = None


@dataclass(frozen=True)
class Query:
    """What is wanted, and in which order.

    Attributes:
        conditions: all of which must hold.
        sort: a key of `SORTS`.
        descending: True for the largest first.
        text: how it was written.
    """

    conditions: tuple[Condition, ...] = ()
    sort: str = "rank"
    descending: bool = False
    text: str = ""

    @property
    def empty(self) -> bool:
        """True where it wants everything as it is."""
        return not self.conditions and self.sort == "rank" and not self.descending


def parse_line(text: str) -> Query:
    """Read a line as people type it; quotes keep words together.

    Raises:
        WrongUse: naming the word, and what would be right.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise WrongUse(f"That line cannot be read: {error}", "Close its quotes") from error
    return parse(words, text.strip())


def parse(words: Iterable[str], text: str = "") -> Query:
    """Read words as a shell has split them; raises `WrongUse` like `parse_line`."""
    conditions: list[Condition] = []
    sort, descending = "rank", False
    given = [word for word in words if word]
    for word in given:
        found = _CONDITION.fullmatch(word)
        if found is None:
            conditions.append(Condition("word", word))
            continue
        key, operator, value = found[1].lower(), found[2], found[3].strip()
        if key == "sort":
            sort, descending = _sort(operator, value)
        else:
            conditions.append(_condition(key, operator, value, word))
    if len({one.value for one in conditions if one.key == "state" and not one.turned}) > 1:
        raise WrongUse("A file has one state", "Give state= once")
    return Query(tuple(conditions), sort, descending, text or " ".join(given))


def is_hash(text: str) -> bool:
    """Return whether a word may be the beginning of a hash."""
    return _HEX.fullmatch(text) is not None


def _sort(operator: str, value: str) -> tuple[str, bool]:
    key = value.removeprefix("-").lower()
    if operator != "=" or key not in SORTS:
        raise WrongUse(f"There is no order {value!r}", f"Write sort=KEY or sort=-KEY, with KEY {', '.join(SORTS)}")
    return key, value.startswith("-")


def _condition(key: str, operator: str, value: str, word: str) -> Condition:
    if key not in KEYS:
        near = difflib.get_close_matches(key, [*KEYS, "sort"], 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise WrongUse(f"{word!r} is no condition", f"{hint}Write KEY=VALUE, with KEY one of {', '.join(KEYS)}")
    if key in NUMBERS:
        return Condition(key, value, operator == "!=", _bounds(key, operator, value, word))
    if operator not in {"=", "!="}:
        raise WrongUse(f"{key} has no order: {word!r}", f"Write {key}={value} or {key}!={value}")
    if key == "state" and value not in STATES:
        raise WrongUse(f"There is no state {value!r}", f"It is one of {', '.join(STATES)}")
    if key == "decided" and value not in DECIDED:
        raise WrongUse(f"decided is not {value!r}", f"It is one of {', '.join(DECIDED)}")
    return Condition(key, value, operator == "!=")


def _bounds(key: str, operator: str, value: str, word: str) -> Bounds:
    if key == "confidence" and value in _CONFIDENCE and operator in {"=", "!="}:
        low, high = _CONFIDENCE[value]
        return Bounds(low, high, high_open=True)
    low_text, dots, high_text = value.partition("..")
    if dots:
        if operator not in {"=", "!="}:
            raise WrongUse(f"{word!r} has a range and an order", f"Write {key}={value}")
        return Bounds(_number(key, low_text, word), _number(key, high_text, word))
    number = _number(key, value, word)
    if number is None:
        raise WrongUse(f"{word!r} names no number", f"Write {key}={KEYS[key].partition(',')[0]}")
    if operator in {">", ">="}:
        return Bounds(low=number, low_open=operator == ">")
    if operator in {"<", "<="}:
        return Bounds(high=number, high_open=operator == "<")
    return Bounds(number, number)


def _number(key: str, text: str, word: str) -> float | None:
    """Return a number with its unit; None for an open end."""
    if not text.strip():
        return None
    found = _NUMBER.fullmatch(text.strip())
    unit = found[2].lower() if found is not None else ""
    if found is None or unit not in (_UNITS if key == "size" else {""}):
        raise WrongUse(f"{text!r} in {word!r} is no number", f"{key} is {KEYS[key]}")
    return float(found[1]) * _UNITS[unit]
