"""The lines at the bottom: what happened last, the banner of a new list, and what the keys do."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.widgets.swift import SwiftLines

if TYPE_CHECKING:
    from hyai_tui.tui.keymap import Keymap

_MOST_LINES = 3
_KINDS = {"say": "", "warn": "$warning", "error": "$error"}


class StatusLine(SwiftLines):
    """What happened last, in one line; what went wrong takes up to three where one has no room for what to do about it."""

    DEFAULT_CSS = "StatusLine { height: 1; text-wrap: nowrap; text-overflow: ellipsis; background: $surface; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.told = ""
        self._kind = "say"
        self._link = ""
        self._high = 1

    def tell(self, text: str, kind: str = "say", link: str = "") -> None:
        """Show a line, which may be a link to an address; it stays until the next."""
        self.told, self._kind, self._link = visible(text), kind, link
        self._draw()

    def on_resize(self) -> None:
        """It breaks elsewhere."""
        self._draw()

    def _draw(self) -> None:
        width = self.size.width - 1
        pieces = [self.told]
        if self._kind != "say" and 0 < width < len(self.told):
            pieces = textwrap.wrap(self.told, width, max_lines=_MOST_LINES, placeholder=" …")
        lines = [Content.styled(f" {piece}", _KINDS[self._kind]) for piece in pieces]
        if len(lines) != self._high:
            self._high = len(lines)
            self.styles.height = self._high
        self.show_lines([line.stylize(Style(link=self._link)) for line in lines] if self._link else lines)


class Banner(Static):
    """A new list is ready, or was not better; stays until it is taken or dismissed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self.told = ""

    def tell(self, text: str) -> None:
        """Show the banner, or hide it with an empty text."""
        self.told = visible(text)
        self.update(Content(self.told))
        self.display = bool(text)


Hint = tuple[str, str, str]
Spot = tuple[int, int, int, str]


def moving(keymap: Keymap) -> Hint:
    """Return the hint for going up and down in a list; a tap on it goes down."""
    return ("next", f"{keymap.first_key('next')} {keymap.first_key('previous')}".strip(), "move")


class KeyLine(SwiftLines):
    """What keys do now; each hint can be clicked or tapped.

    It takes as many lines as the hints need, up to three on a phone, two below 100 columns, unless styles say how many.
    """

    class Tapped(Message):
        """A hint was tapped: do its act."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    DEFAULT_CSS = "KeyLine { height: auto; background: $panel; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._hints: list[Hint] = []
        self._spots: list[Spot] = []

    @property
    def hints(self) -> Sequence[Hint]:
        """All hints, also those for which there is no room."""
        return tuple(self._hints)

    def show(self, hints: Sequence[Hint]) -> None:
        """Draw hints of (act, key, what it does); those that do not fit are left out from the right."""
        if list(hints) == self._hints:
            return
        self._hints = list(hints)
        if self.styles.is_auto_height:
            self.refresh(layout=True)
        self._draw()

    def on_resize(self) -> None:
        """Hints come and go with the width."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """A tap on a hint is its key; a tap beside one does nothing."""
        for line, start, end, act in self._spots:
            if event.y == line and start <= event.x < end:
                self.post_message(self.Tapped(act))

    def _draw(self) -> None:
        width, height = self.size.width or self.app.size.width, max(1, self.size.height)
        made = self._made()
        lines, self._spots, whole = laid_out(made, width, height)
        if not whole:
            # They go to the end, and others make room for them.
            kept = [one for one, (act, key, _) in zip(made, self._hints, strict=True) if act == "help" or key == "Esc"]
            others = [one for one in made if one not in kept]
            lines, self._spots, _ = laid_out(others, width, height, [*self._all_keys(), *kept])
        self.show_lines([Content.assemble(" ", Content("  ").join(line)) for line in lines])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the hints take, so that what is above has its room from the first."""
        return self._needed(width)

    def _needed(self, width: int) -> int:
        most = 3 if width < 60 else 2 if width < 100 else 1
        made = self._made()
        return next((lines for lines in range(1, most) if laid_out(made, width, lines)[2]), most)

    def _made(self) -> list[tuple[str, Content]]:
        return [(act, Content.assemble((key, "bold $accent"), f" {visible(does)}")) for act, key, does in self._hints]

    def _all_keys(self) -> list[tuple[str, Content]]:
        """Return the hint at the key that names all keys, where these hints have none."""
        key = getattr(getattr(self.app, "views", None), "help_key", "")
        known = any(act == "help" for act, _, _ in self._hints)
        return [] if known or not key else [("help", Content.assemble((key, "bold $accent"), " keys"))]


def laid_out(
    hints: Sequence[tuple[str, Content]], width: int, height: int, kept: Sequence[tuple[str, Content]] = ()
) -> tuple[list[list[Content]], list[Spot], bool]:
    """Return lines of hints, where each hint stands (line, start, end, act), and whether all of them fitted.

    Args:
        hints: act and what is drawn.
        width: cells of a line.
        height: lines.
        kept: hints that stand at the end of the last line in any case.
    """
    tail = sum(hint.cell_length + 2 for _, hint in kept)
    lines: list[list[Content]] = [[]]
    spots: list[Spot] = []
    x, whole = 1, True
    for at, (act, hint) in enumerate([*hints, *kept]):
        # The last line has room for what is kept.
        ends = [width - 1 - (tail if line == height and at < len(hints) else 0) for line in range(height + 1)]
        if x + hint.cell_length > ends[len(lines)] and len(lines) < height:
            lines.append([])
            x = 1
        if x + hint.cell_length > ends[len(lines)]:
            whole = False
            continue
        spots.append((len(lines) - 1, x, x + hint.cell_length, act))
        lines[-1].append(hint)
        x += hint.cell_length + 2
    return lines, spots, whole
