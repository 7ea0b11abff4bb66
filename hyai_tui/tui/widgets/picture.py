"""Draws one encoded picture, and says when the terminal has been given it."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.tui.drawing import Across, Drawn
from hyai_tui.tui.glass import Glass


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
        self._glass = Glass(self)
        # True while the cells of the last frame are blank, so that another overlay needs no new ones.
        self._blank_cells = False

    def show_picture(self, file: str, drawn: Drawn) -> None:
        """Draw a picture; `Painted` follows when it has gone out."""
        self._drawn, self._file, self._lines = drawn, file, ()
        self._announced = False
        if self._blank_cells and drawn.encoded.withdrawal:
            self.refresh(Region(0, max(0, self.size.height - 1), self.size.width, 1))
        else:
            self.refresh()

    def show_card(self, *lines: str) -> None:
        """Draw lines of text instead: a placeholder, a file without a picture, a hidden one. Takes no decision."""
        self._drawn, self._file, self._lines, self._announced = None, "", lines, True
        self.refresh()

    @property
    def showing(self) -> Drawn | None:
        """The picture that is drawn; None while there is a card."""
        return self._drawn

    @property
    def coarse(self) -> bool:
        """True where the picture has too few dots to judge it."""
        return self._drawn is not None and self._drawn.coarse

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop; what lies over the cells follows the last row of the widget."""
        if not self._painted_once:
            self._painted_once = True
            self.call_after_refresh(self._tell_first_paint)
        width, height = self.size
        ground = self.visual_style.rich_style
        blank = Strip([Segment(" " * width, ground)], width)
        lines = [blank] * height
        drawn = self._drawn if self.screen.is_active else None
        if drawn is not None:
            lines = self._picture_lines(drawn, blank, ground)
        elif self._drawn is None:
            lines = self._card_lines(blank, ground)
        self._blank_cells = drawn is not None and not drawn.rows
        # Our rows are true colours already; what is left of the filters is NO_COLOR's grey and the like.
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                lines = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in lines]
        if drawn is not None and lines:
            self._glass.need(drawn)
            if drawn.encoded.overlay:
                lines[-1] = self._with_overlay(lines[-1], drawn)
        self.call_after_refresh(self._settle, drawn)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _settle(self, drawn: Drawn | None) -> None:
        """The frame has gone out."""
        self._glass.settle((drawn,) if drawn is not None else ())
        if drawn is not None and drawn is self._drawn and not self._announced:
            self._announced = True
            # Called by the screen; a message that its parent has sent would not bubble beyond it.
            self.post_message(self.Painted(self._file).set_sender(self))

    def _tell_first_paint(self) -> None:
        self.post_message(self.FirstPaint())

    def _place(self, drawn: Drawn) -> tuple[int, int]:
        """Return column and row of the picture's corner inside the widget."""
        return max(0, (self.size.width - drawn.fit.columns) // 2), max(0, (self.size.height - drawn.fit.rows) // 2)

    def _picture_lines(self, drawn: Drawn, blank: Strip, ground: Style) -> list[Strip]:
        left, top = self._place(drawn)
        right = self.size.width - left - drawn.fit.columns
        lines = [blank] * self.size.height
        before, after = Strip([Segment(" " * left, ground)], left), Strip([Segment(" " * right, ground)], max(0, right))
        for at, strip in enumerate(drawn.rows):
            if 0 <= top + at < len(lines) and right >= 0:
                lines[top + at] = Across([before, strip, after])
        return lines

    def _with_overlay(self, strip: Strip, drawn: Drawn) -> Strip:
        left, top = self._place(drawn)
        region = self.screen.find_widget(self).region
        return Strip([*strip, self._glass.over(drawn, region.x + left, region.y + top)], strip.cell_length)

    def _card_lines(self, blank: Strip, ground: Style) -> list[Strip]:
        width, height = self.size
        lines = [blank] * height
        top = max(0, (height - len(self._lines)) // 2)
        for at, text in enumerate(self._lines):
            if top + at < height:
                shown = text[: max(0, width - 2)]
                lines[top + at] = Strip([Segment(shown.center(width), ground)]).adjust_cell_length(width, ground)
        return lines
