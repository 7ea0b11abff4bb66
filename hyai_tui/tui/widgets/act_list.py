"""What was done, newest first: one line an act, read page by page as the cursor goes down."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from hyai_tui.journal.model import Act
from hyai_tui.text import short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.widgets.line_list import LineList

# Cells of what was decided, the files, and where; only from a width on.
_COLUMNS, _COLUMNS_FROM = (24, 16, 26), 100


class ActList(LineList):
    """Acts with a cursor on one of them.

    Args:
        session: this app's session; its acts are told as its own.
    """

    def __init__(self, session: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session = session
        self.acts: list[Act] = []
        self.cursor = 0

    @property
    def chosen(self) -> Act | None:
        """The act under the cursor; None in an empty list."""
        return self.acts[self.cursor] if self.acts else None

    def show(self, acts: Sequence[Act]) -> None:
        """Draw these acts; the cursor stays on the act that it was on, also where newer ones came in above it."""
        before = self.chosen
        self.acts = list(acts)
        places = {act.id: at for at, act in enumerate(self.acts)}
        self.cursor = min(self.cursor, max(0, len(self.acts) - 1))
        if before is not None:
            self.cursor = places.get(before.id, self.cursor)
        self.set_length(len(self.acts))
        self.bring_in(self.cursor)

    def move_to(self, position: int) -> bool:
        """Move the cursor, clamped to the list; returns False where there was no way."""
        position = max(0, min(position, len(self.acts) - 1))
        if position == self.cursor or not self.acts:
            return False
        self.cursor = position
        self.bring_in(position)
        self.refresh()
        return True

    def make_line(self, position: int, width: int) -> Content:
        """Return `▸ 14:02:11  this app     ▼ trash 12, ▲ archive 13  4f1c…9a +24  mistakes · grid   undone 14:03:00`."""
        act, here = self.acts[position], position == self.cursor
        gone = act.undone == act.decisions
        base = "$muted" if gone else ("bold" if here else "")
        parts = [
            Content.styled("▸ " if here else "  ", "$accent bold"),
            Content.styled(f"{words.moment(act.at):13}", base or "$muted"),
        ]
        if width >= 60:
            parts.append(Content.styled(f"{who(act, self._session):13}", base))
        columns = _COLUMNS if width >= _COLUMNS_FROM else (0, 0, 0)
        files = f"  {short_hash(act.file)}" + (f" +{act.decisions - 1:,}" if act.decisions > 1 else "")
        place = " · ".join(str(act.shown[key]) for key in ("queue", "view") if act.shown.get(key))
        undone = Content.styled(f"  {_undone(act)}" if act.undone else "", "$warning")
        where = Content.styled(f"  {visible(place)}" if place else "", "$muted")
        told = [Content("").join(_decided(act, base)), Content.styled(files, base)]
        # In columns what most acts have stands first; where there is little room, what says more does.
        told += [where, undone] if columns[0] else [undone, where]
        parts += [_padded(one, column) for one, column in zip(told, (*columns, 0), strict=True)]
        return Content("").join(parts)


def _padded(content: Content, column: int) -> Content:
    return content + Content(" " * max(0, column - content.cell_length))


def who(act: Act, session: str) -> str:
    """Return who made an act, as people tell it."""
    if act.source == "app":
        return "this session" if act.session == session else "the app"
    return {"command": "a command", "folder": "by hand"}[act.source]


def what(act: Act) -> str:
    """Return what an act decided: `trash`, or `12 trash, 13 archive`."""
    if act.decisions == 1:
        return _word(act, 0)
    return ", ".join(f"{part.decisions:,} {_word(act, at)}" for at, part in enumerate(act.parts))


def _word(act: Act, at: int) -> str:
    part = act.parts[at]
    return visible(part.label) if part.label is not None else part.kind


def _decided(act: Act, base: str) -> list[Content]:
    found = []
    for at, part in enumerate(act.parts):
        named = _word(act, at)
        number = f" {part.decisions:,}" if act.decisions > 1 else ""
        found.append(
            Content.styled(f"{', ' if at else ''}{words.shape(named)} {named}{number}", base or words.colour(named))
        )
    return found


def _undone(act: Act) -> str:
    part = "" if act.undone == act.decisions else f" {act.undone:,}"
    assert act.undone_at is not None
    return f"undone{part} {words.moment(act.undone_at)[-8:]}"
