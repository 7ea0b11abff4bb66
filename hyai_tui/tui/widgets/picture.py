"""Draws one encoded picture, with the one decided last small in a corner, and says when the terminal has been given it."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hyai_tui.tui.brush import brush_of
from hyai_tui.tui.drawing import Across, Drawn, side_by_side
from hyai_tui.tui.glass import Glass


class PictureView(Widget, can_focus=False):
    """The picture in the middle, or a text card where there is none."""

    class Painted(Message):
        """The bytes of a picture have gone out to the terminal."""

        def __init__(self, file: str) -> None:
            super().__init__()
            self.file = file

    class Resized(Message):
        """There is another room for the picture, as when a banner comes or goes."""

    class FirstPaint(Message):
        """The first frame has gone out: what is slow to begin with may begin."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._painted_once = False
        self._drawn: Drawn | None = None
        self._file = ""
        self._lines: tuple[str, ...] = ()
        self._announced = True
        self._ghost: Drawn | None = None
        self._ghost_shown: Drawn | None = None
        self._glass = Glass(self)
        self._rows: list[Strip] = []
        self._rows_of: Drawn | None = None
        self._made_for: tuple[object, ...] = ()
        self._blank = Strip.blank(0)

    def on_resize(self) -> None:
        """Tell who chooses the picture's size."""
        self.post_message(self.Resized())

    def show_picture(self, file: str, drawn: Drawn) -> None:
        """Draw a picture; `Painted` follows when it has gone out."""
        self._drawn, self._file, self._lines = drawn, file, ()
        self._announced = False
        self._draw()

    def show_ghost(self, drawn: Drawn | None) -> None:
        """Draw a small picture in the upper left corner, where the large one leaves room for it; None takes it away."""
        if drawn is not self._ghost:
            self._ghost = drawn
            self._draw()

    def take_ghost(self, drawn: Drawn | None) -> None:
        """Draw the small picture together with what is shown next."""
        self._ghost = drawn

    def show_card(self, *lines: str) -> None:
        """Draw lines of text instead: a placeholder, a file without a picture, a hidden one. Takes no decision."""
        self._drawn, self._file, self._lines, self._announced = None, "", lines, True
        self._draw()

    def _draw(self) -> None:
        """Draw what has changed at once where that is possible, else with the next frame."""
        brush = brush_of(self) if self._made_for == self._circumstances() else None
        region = brush.region(self) if brush is not None else None
        if brush is None or region is None:
            self.refresh()
            return
        before, drawn = self._rows, self._drawn
        if erasure := self._erasure(region.offset):
            brush.text(erasure)
        self._make_rows(drawn)
        brush.rows(region, {at: strip for at, strip in enumerate(self._rows) if strip is not before[at]})
        for over in self._overlays(region.offset):
            brush.text(over.text)
        ghost = self._ghost_shown
        brush.then(lambda: self._settle(drawn, ghost))

    def _erasure(self, corner: Offset) -> str:
        """Return what blanks the cells under Sixel data, which goes with them; empty where none lies there."""
        erasing = []
        for old in (self._rows_of, self._ghost_shown):
            if old is None or not old.encoded.overlay or old.encoded.withdrawal:
                continue
            left, top = self._place(old) if old is self._rows_of else (0, 0)
            rows = range(corner.y + top, corner.y + min(top + old.fit.rows, len(self._rows)))
            erasing += [f"\x1b[{row + 1};{corner.x + left + 1}H\x1b[{old.fit.columns}X" for row in rows]
        if not erasing:
            return ""
        # Erasing takes the ground that is set, as blanks would, in a tenth of their bytes.
        (blank,) = self._blank
        style = blank.style or Style.null()
        return style.render("".join(erasing), color_system=self.app.console._color_system)

    @property
    def showing(self) -> Drawn | None:
        """The picture that is drawn; None while there is a card."""
        return self._drawn

    def share_at(self, x: int, y: int) -> tuple[float, float] | None:
        """Return where in the picture a cell of the widget lies, 0 to 1 from its left and top; None beside it."""
        if self._drawn is None:
            return None
        left, top = self._place(self._drawn)
        across, down = (x - left + 0.5) / self._drawn.fit.columns, (y - top + 0.5) / self._drawn.fit.rows
        return (across, down) if 0 <= across <= 1 and 0 <= down <= 1 else None

    @property
    def coarse(self) -> bool:
        """True where the picture has too few dots to judge it."""
        return self._drawn is not None and self._drawn.coarse

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop; what lies over the cells follows the last row of the widget."""
        if not self._painted_once:
            self._painted_once = True
            self.call_after_refresh(self._tell_first_paint)
        if self._made_for != (now := self._circumstances()):
            self._made_for = now
            self._rows = []
        drawn = self._drawn if self.screen.is_active else None
        self._make_rows(drawn, hidden=drawn is not self._drawn)
        lines = list(self._rows)
        if lines and (over := self._overlays(self.screen.find_widget(self).region.offset)):
            lines[-1] = Across([lines[-1], Strip(over, 0)])
        self.call_after_refresh(self._settle, drawn, self._ghost_shown)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _circumstances(self) -> tuple[object, ...]:
        return self.size, self.visual_style, self.app.theme

    def _make_rows(self, drawn: Drawn | None, *, hidden: bool = False) -> None:
        """Make the rows that stand in the cells; blank ones stay the very same object."""
        width, height = self.size
        ground = self.visual_style.rich_style
        # Blanks name no ink: twenty bytes less for each row of half cells.
        bare = Style(bgcolor=ground.bgcolor)
        if len(self._rows) != height:
            self._blank = self._filtered(Strip([Segment(" " * width, bare)], width))
        lines = [self._blank] * height
        self._ghost_shown = None
        if drawn is not None:
            lines = self._picture_lines(drawn, bare)
        elif not hidden:
            lines = self._card_lines(ground)
        self._rows, self._rows_of = lines, drawn

    def _filtered(self, strip: Strip) -> Strip:
        # Our rows are true colours already; what is left of the filters is NO_COLOR's grey and the like.
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def _settle(self, drawn: Drawn | None, ghost: Drawn | None) -> None:
        """The frame has gone out."""
        self._glass.settle([one for one in (drawn, ghost) if one is not None])
        if drawn is not None and drawn is self._drawn and not self._announced:
            self._announced = True
            # Called by the screen; a message that its parent has sent would not bubble beyond it.
            self.post_message(self.Painted(self._file).set_sender(self))

    def _tell_first_paint(self) -> None:
        self.post_message(self.FirstPaint())

    def _place(self, drawn: Drawn) -> tuple[int, int]:
        """Return column and row of the picture's corner inside the widget."""
        return max(0, (self.size.width - drawn.fit.columns) // 2), max(0, (self.size.height - drawn.fit.rows) // 2)

    def _picture_lines(self, drawn: Drawn, ground: Style) -> list[Strip]:
        left, top = self._place(drawn)
        if left + drawn.fit.columns > self.size.width:
            return [self._blank] * self.size.height
        placed = [(left, top, drawn)]
        if (ghost := self._ghost) is not None and self._beside(ghost, drawn):
            placed.append((0, 0, ghost))
            self._ghost_shown = ghost
        blank = Segment(" ", ground)
        lines = []
        for y in range(self.size.height):
            parts = [(x, one.rows[y - at]) for x, at, one in placed if at <= y < at + len(one.rows)]
            lines.append(self._filtered(side_by_side(parts, self.size.width, blank)) if parts else self._blank)
        return lines

    def _beside(self, ghost: Drawn, drawn: Drawn) -> bool:
        """Return whether the corner has room for the small picture and a blank beside it."""
        left, top = self._place(drawn)
        fits = ghost.fit.columns <= self.size.width and ghost.fit.rows <= self.size.height
        return fits and (ghost.fit.columns < left or ghost.fit.rows < top)

    def _overlays(self, corner: Offset) -> list[Segment]:
        """Return what goes out after the rows: what lies over the cells of the pictures that they show."""
        shown = []
        if self._rows_of is not None:
            shown.append((self._rows_of, *self._place(self._rows_of)))
        if self._ghost_shown is not None:
            shown.append((self._ghost_shown, 0, 0))
        over = []
        for drawn, left, top in shown:
            self._glass.need(drawn)
            if drawn.encoded.overlay:
                over.append(self._glass.over(drawn, corner.x + left, corner.y + top))
        return over

    def _card_lines(self, ground: Style) -> list[Strip]:
        width, height = self.size
        lines = [self._blank] * height
        top = max(0, (height - len(self._lines)) // 2)
        for at, text in enumerate(self._lines):
            if top + at < height:
                shown = text[: max(0, width - 2)]
                line = Strip([Segment(shown.center(width), ground)]).adjust_cell_length(width, ground)
                lines[top + at] = self._filtered(line)
        return lines
