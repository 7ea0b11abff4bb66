"""Thresholds while a person changes them: what they would be, what is to be written, and no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hyai_tui.learning.thresholds import Thresholds, effective
from hyai_tui.settings import TagSettings

_SETTINGS = ("archive_threshold", "trash_threshold")
_MARKS = ("mark_archive", "mark_trash")
_LONGEST_TYPED = 5


@dataclass(frozen=True)
class Field:
    """One field of the screen.

    Attributes:
        label: the label that it gives.
        setting: its key in hyai.toml; empty where only a training chooses it.
        mark: the key of its switch; empty where it has none.
    """

    label: str
    setting: str = ""
    mark: str = ""


@dataclass
class Draft:
    """The settings of tags as they would be.

    Attributes:
        saved: as they are.
        labels: the model's, in its order.
        chosen: the thresholds that the training chose, if it did.
        tag: as they would be.
        place: the field that keys act on.
        typed: what has been typed of a number, before it is one.
    """

    saved: TagSettings
    labels: tuple[str, ...]
    chosen: Mapping[str, float] | None = None
    tag: TagSettings = field(init=False)
    place: int = 0
    typed: str = ""

    def __post_init__(self) -> None:
        self.tag = self.saved
        self.place = next((at for at, one in enumerate(self.fields) if one.setting), 0)

    @property
    def fields(self) -> list[Field]:
        """The fields, one a label. With two labels the settings speak of the first and the last, whatever their names."""
        names = dict(zip(self.labels, _SETTINGS, strict=True)) if len(self.labels) == 2 else {}
        usual = dict(zip(("archive", "trash"), _SETTINGS, strict=True))
        marks = dict(zip(("archive", "trash"), _MARKS, strict=True))
        return [Field(label, (names or usual).get(label, ""), marks.get(label, "")) for label in self.labels]

    @property
    def chosen_field(self) -> Field:
        """The field that keys act on."""
        return self.fields[self.place]

    @property
    def unmarked(self) -> frozenset[str]:
        """The labels that would get no tags."""
        return frozenset(one.label for one in self.fields if one.mark and not getattr(self.tag, one.mark))

    def changed(self, one: Field) -> bool:
        """Return whether a field's threshold is not the saved one."""
        return bool(one.setting) and getattr(self.tag, one.setting) != getattr(self.saved, one.setting)

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds that would be in force."""
        return effective(self.tag, self.labels, self.chosen)

    @property
    def changes(self) -> dict[str, str]:
        """What is to be written: setting to value as text, `none` where the default comes back."""
        found = {}
        for name in (*_SETTINGS, *_MARKS):
            value = getattr(self.tag, name)
            if value != getattr(self.saved, name):
                found[f"tag.{name}"] = "none" if value is None else str(value).lower()
        return found

    def shown(self, place: int) -> float:
        """Return the number of a field, as its setting counts it: a score of trash."""
        value = self.thresholds.values[place]
        return 1 - value if len(self.labels) > 2 and self.fields[place].setting == _SETTINGS[0] else value

    def choose(self, by: int) -> None:
        """Go to the next or previous field."""
        self.typed = ""
        self.place = (self.place + by) % len(self.labels)

    def move(self, by: float) -> str:
        """Move the chosen threshold; returns why not, or nothing."""
        self.typed = ""
        # A hundredth is one step from wherever a training left the threshold.
        return self._set(round(min(1.0, max(0.0, self.shown(self.place) + by)), 2))

    def type(self, character: str) -> str:
        """Take one more character of a number (`78` and `.78` are the same); returns why not, or nothing."""
        if not self.chosen_field.setting:
            return self._fixed()
        typed = self.typed[:-1] if character == "backspace" else (self.typed + character)[:_LONGEST_TYPED]
        self.typed = typed
        try:
            value = float(typed if "." in typed else f"0.{typed}")
        except ValueError:
            return ""
        return self._set(value) if typed.strip(".") else ""

    def toggle(self) -> str:
        """Switch the chosen side on or off; returns why not, or nothing."""
        if not (mark := self.chosen_field.mark):
            return f"{self.chosen_field.label} cannot be switched off: only archive and trash can"
        self._put(mark, not getattr(self.tag, mark))
        return ""

    def take(self, thresholds: Thresholds) -> str:
        """Take thresholds that were chosen for a precision; returns why not, or nothing."""
        self.typed = ""
        if len(self.labels) != 2:
            return "with more than two labels the training chooses: 'hyai config set tag.precision .95', then :train"
        for name, value in zip(_SETTINGS, thresholds.values, strict=True):
            self._put(name, round(value, 4))
        return ""

    def give_default(self) -> str:
        """Let the model's threshold hold again, or the default; returns why not, or nothing."""
        self.typed = ""
        if not self.chosen_field.setting:
            return self._fixed()
        self._put(self.chosen_field.setting, None)
        return ""

    def forget(self) -> None:
        """Take all changes back."""
        self.typed, self.tag = "", self.saved

    def _fixed(self) -> str:
        return f"the threshold of {self.chosen_field.label} comes from the training: hyai.toml has none for it"

    def _set(self, value: float) -> str:
        if not (name := self.chosen_field.setting):
            return self._fixed()
        if not 0 <= value <= 1:
            return "a threshold goes from 0 to 1"
        settings = [one.setting for one in self.fields]
        if name == _SETTINGS[0] and _SETTINGS[1] in settings:
            limit = self.shown(settings.index(_SETTINGS[1]))
            if value > limit:
                return f"the {self.labels[-1]} side begins at {limit:g}: move that first"
        if name == _SETTINGS[1] and _SETTINGS[0] in settings:
            limit = self.shown(settings.index(_SETTINGS[0]))
            if value < limit:
                return f"the {self.labels[0]} side ends at {limit:g}: move that first"
        self._put(name, value)
        return ""

    def _put(self, name: str, value: Any) -> None:
        self.tag = replace(self.tag, **{name: value})
