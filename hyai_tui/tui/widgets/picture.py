"""Draws one encoded picture, and says when the terminal has been given it."""

from __future__ import annotations

from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.pictures.terminal.tgp import removal
from hyai_tui.tui.drawing import Drawn


class PictureView(Widget, can_focus=False):
    """The picture in the middle, or a text card where there is none."""

    class Painted(Message):
        """The bytes of a picture have gone out to the terminal."""

        def __init__(self, file: str) -> None:
            super().__init__()
            self.file = file

    class FirstPaint(Message):
        """The first frame has gone out: what is slow to begin with may begin."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._painted_once = False
        self._drawn: Drawn | None = None
        self._file = ""
        self._lines: tuple[str, ...] = ()
        self._announced = True
        self._in_terminal: list[int] = []

    def show_picture(self, file: str, drawn: Drawn) -> None:
        """Draw a picture; `Painted` follows when it has gone out."""
        self._drawn, self._file, self._lines = drawn, file, ()
        if drawn.transmission and drawn.number not in self._in_terminal:
            self._write(drawn.transmission)
            self._in_terminal.append(drawn.number)
            if len(self._in_terminal) > 8:
                self._write(removal(self._in_terminal.pop(0)))
        self._announced = False
        self.refresh()

    def show_card(self, *lines: str) -> None:
        """Draw lines of text instead: a placeholder, a file without a picture, a hidden one. Takes no decision."""
        self._drawn, self._file, self._lines, self._announced = None, "", lines, True
        self.refresh()

    def free(self) -> None:
        """Take our pictures out of the terminal's memory."""
        for number in self._in_terminal:
            self._write(removal(number))
        self._in_terminal.clear()

    @property
    def showing(self) -> Drawn | None:
        """The picture that is drawn; None while there is a card."""
        return self._drawn

    @property
    def coarse(self) -> bool:
        """True where the picture has too few dots to judge it."""
        return self._drawn is not None and self._drawn.coarse

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop; Sixel data follows the last row of the widget."""
        if not self._painted_once:
            self._painted_once = True
            self.call_after_refresh(self._tell_first_paint)
        width, height = self.size
        ground = self.visual_style.rich_style
        blank = Strip([Segment(" " * width, ground)], width)
        lines = [blank] * height
        if self._drawn is not None and self.screen.is_active:
            lines = self._picture_lines(self._drawn, blank, ground)
            if not self._announced:
                self._announced = True
                self.call_after_refresh(self._tell_painted, self._file)
        elif self._drawn is None:
            lines = self._card_lines(blank, ground)
        # Our rows are true colours already; what is left of the filters is NO_COLOR's grey and the like.
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                lines = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in lines]
        if self._drawn is not None and self._drawn.overlay and self.screen.is_active and lines:
            lines[-1] = self._with_overlay(lines[-1], self._drawn)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _tell_first_paint(self) -> None:
        self.post_message(self.FirstPaint())

    def _tell_painted(self, file: str) -> None:
        self.post_message(self.Painted(file))

    def _place(self, drawn: Drawn) -> tuple[int, int]:
        """Return column and row of the picture's corner inside the widget."""
        return max(0, (self.size.width - drawn.fit.columns) // 2), max(0, (self.size.height - drawn.fit.rows) // 2)

    def _picture_lines(self, drawn: Drawn, blank: Strip, ground: Style) -> list[Strip]:
        left, top = self._place(drawn)
        right = self.size.width - left - drawn.fit.columns
        lines = [blank] * self.size.height
        for at, strip in enumerate(drawn.rows):
            if 0 <= top + at < len(lines) and right >= 0:
                row = strip.apply_style(ground) if drawn.overlay else strip
                lines[top + at] = Strip.join(
                    [Strip([Segment(" " * left, ground)], left), row, Strip([Segment(" " * right, ground)], right)]
                )
        return lines

    def _with_overlay(self, strip: Strip, drawn: Drawn) -> Strip:
        left, top = self._place(drawn)
        region = self.screen.find_widget(self).region
        move = Control.move_to(region.x + left, region.y + top).segment.text
        # Marked as a control so that it counts no cells and nobody cuts it.
        data = Segment(f"\x1b7{move}{drawn.overlay}\x1b8", None, [(ControlType.CURSOR_FORWARD, 0)])
        return Strip([*strip, data], strip.cell_length)

    def _card_lines(self, blank: Strip, ground: Style) -> list[Strip]:
        width, height = self.size
        lines = [blank] * height
        top = max(0, (height - len(self._lines)) // 2)
        for at, text in enumerate(self._lines):
            if top + at < height:
                shown = text[: max(0, width - 2)]
                lines[top + at] = Strip([Segment(shown.center(width), ground)]).adjust_cell_length(width, ground)
        return lines

    def _write(self, data: str) -> None:
        write = getattr(self.app, "write_terminal", None)
        if write is not None:
            write(data)
