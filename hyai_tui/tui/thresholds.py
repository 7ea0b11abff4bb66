"""Thresholds while a person changes them: what they would be, what is to be written, which files lie at the edge; no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hyai_tui.learning.thresholds import Thresholds, effective
from hyai_tui.settings import TagSettings
from hyai_tui.settings_labels import parted

if TYPE_CHECKING:
    from hyai_tui.learning.explorer import Explorer
    from hyai_tui.queues.arrays import QueueContext

_SETTINGS = ("archive_threshold", "trash_threshold")
_MARKS = ("mark_archive", "mark_trash")
_LONGEST_TYPED = 5
# Files on each side of a threshold that are worth a look: a page of the grid or two.
_AT_EDGE = 25


@dataclass(frozen=True)
class Field:
    """One field of the screen.

    Attributes:
        label: the label that it gives.
        setting: its key in hyai.toml, such as `trash_threshold` or `thresholds.blurry`.
        mark: the key of its switch, such as `mark_trash` or `marks.blurry`.
    """

    label: str
    setting: str
    mark: str


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

    @property
    def fields(self) -> list[Field]:
        """The fields, one a label. With two labels the settings speak of the first and the last, whatever their names."""
        names = dict(zip(self.labels, _SETTINGS, strict=True)) if len(self.labels) == 2 else {}
        usual = dict(zip(("archive", "trash"), _SETTINGS, strict=True))
        marks = dict(zip(("archive", "trash"), _MARKS, strict=True))
        return [
            Field(label, (names or usual).get(label, f"thresholds.{label}"), marks.get(label, f"marks.{label}"))
            for label in self.labels
        ]

    @property
    def chosen_field(self) -> Field:
        """The field that keys act on."""
        return self.fields[self.place]

    @property
    def unmarked(self) -> frozenset[str]:
        """The labels that would get no tags."""
        return frozenset(one.label for one in self.fields if _value(self.tag, one.mark) is False)

    def changed(self, one: Field) -> bool:
        """Return whether a field's threshold is not the saved one."""
        return bool(_value(self.tag, one.setting) != _value(self.saved, one.setting))

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds that would be in force."""
        return effective(self.tag, self.labels, self.chosen)

    @property
    def changes(self) -> dict[str, str]:
        """What is to be written: setting to value as text, `none` where the default comes back."""
        found = {}
        for name in dict.fromkeys([*(one.setting for one in self.fields), *(one.mark for one in self.fields)]):
            value = _value(self.tag, name)
            if value != _value(self.saved, name):
                found[f"tag.{name}"] = "none" if value is None else str(value).lower()
        return found

    def shown(self, place: int) -> float:
        """Return the number of a field, as its setting counts it: a score of trash."""
        value = self.thresholds.values[place]
        return 1 - value if self._turned(self.fields[place]) else value

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
        typed = self.typed[:-1] if character == "backspace" else (self.typed + character)[:_LONGEST_TYPED]
        self.typed = typed
        try:
            value = float(typed if "." in typed else f"0.{typed}")
        except ValueError:
            return ""
        return self._set(value) if typed.strip(".") else ""

    def toggle(self) -> str:
        """Switch the chosen side on or off; returns why not, or nothing."""
        mark = self.chosen_field.mark
        off = _value(self.tag, mark) is False
        # Only what is switched off is written by label: on is what holds without a word.
        self._put(mark, True if mark in _MARKS and off else None if off else False)
        return ""

    def take(self, thresholds: Thresholds) -> str:
        """Take thresholds that were chosen for a precision; returns why not, or nothing."""
        self.typed = ""
        for one, value in zip(self.fields, thresholds.values, strict=True):
            self._put(one.setting, round(1 - value if self._turned(one) else value, 4))
        return ""

    def give_default(self) -> str:
        """Let the model's threshold hold again, or the default; returns why not, or nothing."""
        self.typed = ""
        self._put(self.chosen_field.setting, None)
        return ""

    def forget(self) -> None:
        """Take all changes back."""
        self.typed, self.tag = "", self.saved

    def _turned(self, one: Field) -> bool:
        """Return whether the setting counts from the other side than the threshold: archive's is a score of trash."""
        return len(self.labels) > 2 and one.setting == _SETTINGS[0]

    def _set(self, value: float) -> str:
        name = self.chosen_field.setting
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
        key, label = parted(name)
        if label:
            table = {one: other for one, other in getattr(self.tag, key).items() if one != label}
            value = table if value is None else {**table, label: value}
        self.tag = replace(self.tag, **{key: value})


@dataclass(frozen=True)
class Edge:
    """The undecided files nearest to a threshold, those that would get its tag first.

    Attributes:
        title: for their list.
        files: SHA-256s.
        reasons: why each of them is there.
        tried: what was tried, to go on from when the screen opens again.
    """

    title: str
    files: tuple[str, ...]
    reasons: tuple[str, ...]
    tried: Draft


def edge_of(draft: Draft, explorer: Explorer, known: QueueContext) -> Edge:
    """Return the files at the edge of the chosen side, by the thresholds as they would be.

    Args:
        draft: what is tried.
        explorer: of the model's scores.
        known: the snapshot that its positions are of.
    """
    label, tried = draft.labels[draft.place], draft.thresholds
    positions = explorer.edge(label, tried, _AT_EDGE)
    probabilities = known.probabilities[positions]
    column = 1 if len(draft.labels) == 2 else draft.place
    gets = tried.assign(probabilities) == draft.place
    of = f"{'score' if len(draft.labels) == 2 else 'probability'} of {draft.labels[column]}"
    return Edge(
        f"edge of {label} at {tried.values[draft.place]:.3g}",
        tuple(known.file(position) for position in positions.tolist()),
        tuple(
            f"{of} {one:.3f}: {'would get' if inside else 'just misses'} {label}"
            for one, inside in zip(probabilities[:, column].tolist(), gets.tolist(), strict=True)
        ),
        draft,
    )


def _value(tag: TagSettings, name: str) -> Any:
    """Return a setting's value; None where nothing is said of a label."""
    key, label = parted(name)
    return getattr(tag, key).get(label) if label else getattr(tag, key)
