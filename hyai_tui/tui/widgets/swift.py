"""Lines of text that change with every key: only those that differ are made and drawn again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.content import Content
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from hyai_tui.tui.brush import brush_of


class SwiftLines(Widget, can_focus=False):
    """Draws lines that it is given, each cut to the width; no borders but those of a `FramedLines`, no padding."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._contents: tuple[Content, ...] = ()
        self._strips: list[Strip] = []
        self._made_for: tuple[object, ...] = ()

    def show_lines(self, contents: Sequence[Content]) -> None:
        """Draw these lines from the top; what is below them is blank, what does not fit is left out."""
        before, self._contents = self._contents, tuple(contents)
        if not self.is_mounted or not self.size:
            # Hidden: whatever size it comes back with, these lines have never been drawn.
            self._made_for = ()
            return
        if self._made_for != self._circumstances():
            self.refresh()
            return
        changed = self._make(before)
        if not changed:
            return
        brush = brush_of(self)
        region = brush.region(self) if brush is not None else None
        if brush is not None and region is not None:
            brush.rows(self._inside(region), {at: self._strips[at] for at in changed})
        else:
            self.refresh(*(Region(0, at, self.size.width, 1) for at in changed))

    def render(self) -> Content:
        """Return what the lines say."""
        return Content("\n").join(self._contents)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop; made again only where the size or the colours are others."""
        if self._made_for != (now := self._circumstances()):
            self._made_for = now
            self._strips = []
            self._make(())
        return [strip.crop(crop.x, crop.right) for strip in self._strips[crop.y : crop.bottom]]

    def _inside(self, region: Region) -> Region:
        """Return where the lines are in the region of the widget."""
        return region

    def _circumstances(self) -> tuple[object, ...]:
        return self.size, self.visual_style, self.app.theme

    def _make(self, before: Sequence[Content]) -> list[int]:
        """Make the strips of lines that are not as they were; returns their rows."""
        width, height = self.size
        ground = self.visual_style
        blank = Strip([Segment(" " * width, ground.rich_style)], width)
        fresh = len(self._strips) != height
        if fresh:
            self._strips = [blank] * height
        # Lines that have moved are the very contents that they were.
        moved = {} if fresh else {id(one): strip for one, strip in zip(before, self._strips, strict=False)}
        changed = []
        for at in range(height):
            new = self._contents[at] if at < len(self._contents) else None
            old = before[at] if at < len(before) and not fresh else None
            if not fresh and _same(new, old):
                continue
            strip = blank if new is None else moved.get(id(new)) or self._strip(new, width, ground)
            changed.append(at)
            self._strips[at] = strip
        return changed

    def _strip(self, content: Content, width: int, ground: Style) -> Strip:
        content = content.truncate(max(1, width), ellipsis=True)
        drawn = content.render(ground, end="", parse_style=self.app.stylesheet.parse_style)
        strip = Strip([Segment(text, of.rich_style) for text, of in drawn if text])
        strip = strip.adjust_cell_length(width, ground.rich_style)
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip


class FramedLines(SwiftLines, can_focus=False):
    """The same inside a border, which Textual draws."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the crop with their border."""
        super().render_lines(Region())
        # What Textual keeps of them may be older than what the brush has drawn.
        self._styles_cache.clear()
        return Widget.render_lines(self, crop)

    def render_line(self, y: int) -> Strip:
        """Return one line, for Textual to put a border around."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _inside(self, region: Region) -> Region:
        return region.shrink(self.gutter)


def _same(one: Content | None, other: Content | None) -> bool:
    """Return True for equal texts in equal colours; two contents alone compare only their texts."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    return one.plain == other.plain and one.spans == other.spans
