"""Which key does what: a preset, then the user's own changes, as data that the help overlay reads back.

The user's `keymap.toml` names a preset and gives keys to acts; it is read from the user's own configuration directory
only. A key that two acts claim goes to the one that the user's file names, and the clash is reported.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hyai_tui.errors import SettingsError
from hyai_tui.tui.keynames import kept_elsewhere, nearest, shown, textual_name

_PRESETS = Path(__file__).parent / "keymaps"
DEFAULT_PRESET = "hyai"

# Act to what the help overlay says of it, in the order in which it lists them. `label …` stands for any label.
ACTS: dict[str, str] = {
    "label archive": "decide: archive",
    "label trash": "decide: trash",
    **{f"label {digit}": f"decide: the label of digit {digit}" for digit in range(1, 10)},
    "suggested": "decide: what this list suggests for the file",
    "pick": "decide: any label, by the start of its name",
    "tags": "its own tags: take suggested ones, add, take away",
    "unsure": "decide: unsure, no label",
    "skip": "to the end of this queue, for this session",
    "ignore": "this reason does not hold for this file",
    "undo": "undo, and show that file again",
    "redo": "redo",
    "zoom": "the original, large; then 1:1, 2:1, 4:1",
    "compare": "beside the last marked file, else the next",
    "open": "open the original outside",
    "filter": "show only files that match",
    "sort": "order by the next key: score, confidence, size, time, name",
    "go": "go to a position, a hash or a name",
    "similar": "the files most like this one",
    "sweep": "label the files around this one, by likeness (asks)",
    "grid": "the grid, and back to the picture",
    "mark": "mark this file, or take its mark away",
    "mark_range": "grid: begin a range, or mark up to here",
    "mark_page": "grid: mark the whole page, or take its marks away",
    "marked archive": "decide all marked files: archive (asks)",
    "marked trash": "decide all marked files: trash (asks)",
    "confirm_rest": "grid: give each unmarked tile its suggestion (asks)",
    "more_columns": "grid: smaller tiles",
    "fewer_columns": "grid: larger tiles",
    "map": "how files lie side by side; a part opens as a list",
    "changes": "what the newest model sees otherwise",
    "classes": "the labels: add, rename, merge, colour, order",
    "statistics": "files, labels, progress, scores, and your pace",
    "history": "who decided what and when; undo or redo any act",
    "next": "next picture",
    "previous": "previous picture",
    "first": "first of the queue",
    "last": "last of the queue",
    "page_down": "ten on",
    "page_up": "ten back",
    "next_queue": "next queue",
    "previous_queue": "previous queue",
    "queues": "choose a queue",
    "take_list": "take the new list (never decides)",
    "blur": "show, mosaic, nothing",
    "score": "score every file with the model in use",
    "retrain": "train and score in the background",
    "jobs": "jobs",
    "command": "command line",
    "palette": "commands to pick from",
    "help": "keys",
    "back": "back; from here: leave",
    "leave": "leave",
}

# What nobody should be without; a user's file that takes its last key away is told so.
_NEEDED = ("undo", "next", "previous", "command", "help", "leave")

# What people press elsewhere to delete or save, and what it needs here.
ELSEWHERE: dict[str, str] = {
    "delete": "Delete does nothing here: {trash} decides trash",
    "d": "d does nothing here: {trash} decides trash",
    "x": "x does nothing here: {trash} decides trash",
    "f7": "F7 does nothing here: {archive} decides archive (preset hydrus has F7)",
    "D": "D does nothing here: {trash} decides trash",
}


@dataclass(frozen=True)
class Keymap:
    """A resolved keymap.

    Attributes:
        preset: the preset's name.
        acts: key, as Textual names it, to act.
        clashes: sentences on keys that were claimed twice.
    """

    preset: str
    acts: Mapping[str, str]
    clashes: tuple[str, ...] = ()

    def act(self, key: str) -> str | None:
        """Return the act of a key, or None."""
        return self.acts.get(key)

    @cached_property
    def _by_act(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for key, act in self.acts.items():
            found.setdefault(act, []).append(shown(key))
        return found

    def keys(self, act: str) -> list[str]:
        """Return the keys of an act, as people read them."""
        return list(self._by_act.get(act, ()))

    def first_key(self, act: str) -> str:
        """Return the key that a line of hints names for the act; empty where it has none."""
        return next(iter(self.keys(act)), "")

    def elsewhere(self, key: str) -> str | None:
        """Return what to say of an unused key that deletes in other programs, or None."""
        if key in self.acts or key not in ELSEWHERE:
            return None
        return ELSEWHERE[key].format(
            trash=self.first_key("label trash"),
            archive=self.first_key("label archive"),
            next=self.first_key("next"),
            skip=self.first_key("skip"),
        )


def presets() -> list[str]:
    """Return the names of the presets."""
    return sorted(file.stem for file in _PRESETS.glob("*.toml"))


def load(user_file: Path | None = None, preset: str | None = None) -> Keymap:
    """Return the preset with the user's changes.

    Args:
        user_file: TOML with `preset = "…"` and `[keys]` of act to a list of keys; a missing file changes nothing.
        preset: outranks the file's preset.

    Raises:
        SettingsError: naming the file, the act and the nearest valid one.
    """
    tables = _read(user_file) if user_file is not None and user_file.is_file() else {}
    origin = str(user_file)
    name = preset or tables.get("preset", DEFAULT_PRESET)
    if name not in presets():
        raise SettingsError(f"{origin}: there is no preset {name!r}", f"It is one of {', '.join(presets())}")
    for key in tables:
        if key not in {"preset", "keys"}:
            raise SettingsError(f"{origin}: {key} means nothing", "Write preset and [keys]")
    own = _acts(tables.get("keys", {}), origin)
    acts: dict[str, str] = {}
    clashes: list[str] = []
    for act, keys in _acts(_read(_PRESETS / f"{name}.toml")["keys"], name).items():
        acts.update(dict.fromkeys(keys, act) if act not in own else {})
    for act, keys in own.items():
        for key in keys:
            if (before := acts.get(key)) is not None and before != act:
                clashes.append(f"{shown(key)} is {act}, and no longer {before}")
            if why := kept_elsewhere(key):
                clashes.append(f"{shown(key)} for {act}: {why}")
            acts[key] = act
    clashes += [f"{act} has no key now" for act in _NEEDED if own and act not in acts.values()]
    return Keymap(str(name), acts, tuple(clashes))


def _acts(table: Any, origin: str) -> dict[str, list[str]]:
    """Check a table of act to keys."""
    if not isinstance(table, Mapping):
        raise SettingsError(f"{origin}: keys is a table", "Write [keys] above them")
    checked = {}
    for act, keys in table.items():
        if act not in ACTS and not act.startswith(("label ", "marked ")):
            near = difflib.get_close_matches(act, ACTS, 1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise SettingsError(f"{origin}: there is no act {act!r}", f"{hint}Press ? in the app for the list")
        if isinstance(keys, str):
            keys = [keys]
        if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
            raise SettingsError(f"{origin}: keys of {act!r} are a list of texts", f'Write "{act}" = ["x"]')
        checked[act] = [_key(key, act, origin) for key in keys]
    return checked


def _key(text: str, act: str, origin: str) -> str:
    """Return a key of the file as Textual names it."""
    if (name := textual_name(text)) is None:
        near = nearest(text)
        raise SettingsError(
            f"{origin}: {act!r} has a key {text!r} that does not exist",
            f"Did you mean {near!r}?" if near else "Write a character, or a name such as left, f7 or ctrl+p",
        )
    return name


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
