"""The lines at the bottom: what happened last, the banner of a new list, and what the keys do."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from hyai_tui.text import visible
from hyai_tui.tui.widgets.swift import SwiftLines

_KINDS = {"say": "", "warn": "$warning", "error": "$error"}


class StatusLine(SwiftLines):
    """What happened last, in one line."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.told = ""

    def tell(self, text: str, kind: str = "say", link: str = "") -> None:
        """Show a line, which may be a link to an address; it stays until the next."""
        self.told = visible(text)
        content = Content.styled(f" {self.told}", _KINDS[kind])
        self.show_lines([content.stylize(Style(link=link)) if link else content])


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


Spot = tuple[int, int, int, str]


class KeyLine(SwiftLines):
    """What keys do now; each hint can be clicked or tapped."""

    class Tapped(Message):
        """A hint was tapped: do its act."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._hints: list[tuple[str, str, str]] = []
        self._spots: list[Spot] = []

    @property
    def hints(self) -> Sequence[tuple[str, str, str]]:
        """All hints, also those for which there is no room."""
        return tuple(self._hints)

    def show(self, hints: Sequence[tuple[str, str, str]]) -> None:
        """Draw hints of (act, key, what it does); those that do not fit are left out from the right."""
        if list(hints) != self._hints:
            self._hints = list(hints)
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
        width, height = self.size.width or 80, max(1, self.size.height)
        made = [(act, Content.assemble((key, "bold $accent"), f" {visible(does)}")) for act, key, does in self._hints]
        lines, self._spots, whole = laid_out(made, width, height)
        kept = self._kept(made)
        if not whole and kept is not None:
            # It goes to the end, and others make room for it.
            others = [one for one in made if one is not kept]
            lines, self._spots, _ = laid_out(others, width, height, kept=kept)
        self.show_lines([Content.assemble(" ", Content("  ").join(line)) for line in lines])

    def _kept(self, made: Sequence[tuple[str, Content]]) -> tuple[str, Content] | None:
        """Return the hint that is there at any width: the one that names all keys, else the one that leads back."""
        ways = [at for at, (act, key, _) in enumerate(self._hints) if act == "help" or key == "Esc"]
        named = [at for at in ways if self._hints[at][0] == "help"]
        return made[(named or ways)[0]] if ways else None


def laid_out(
    hints: Sequence[tuple[str, Content]], width: int, height: int, kept: tuple[str, Content] | None = None
) -> tuple[list[list[Content]], list[Spot], bool]:
    """Return lines of hints, where each hint stands (line, start, end, act), and whether all of them fitted.

    Args:
        hints: act and what is drawn.
        width: cells of a line.
        height: lines.
        kept: a hint that stands at the end of the last line in any case.
    """

    def room(line: int, hint: Content) -> int:
        shared = kept is not None and line == height and hint is not kept[1]
        return width - 1 - (kept[1].cell_length + 2 if shared and kept is not None else 0)

    lines: list[list[Content]] = [[]]
    spots: list[Spot] = []
    x, whole = 1, True
    for act, hint in [*hints, *([kept] if kept is not None else [])]:
        if x + hint.cell_length > room(len(lines), hint) and len(lines) < height:
            lines.append([])
            x = 1
        if x + hint.cell_length > room(len(lines), hint):
            whole = False
            continue
        spots.append((len(lines) - 1, x, x + hint.cell_length, act))
        lines[-1].append(hint)
        x += hint.cell_length + 2
    return lines, spots, whole
