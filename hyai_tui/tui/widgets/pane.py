"""A container with a title in its upper edge that changes often."""

from __future__ import annotations

from typing import Self

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from hyai_tui.tui.brush import brush_of


class TitledPane(Vertical):
    """Draws only its upper edge again when the title changes; Textual would draw all that is inside, a picture too."""

    _edge_alone = False

    def show_title(self, title: Content) -> None:
        """Show a title in the upper edge; an empty one takes it away."""
        if title.markup == (self.border_title or ""):
            return
        self._edge_alone = True
        try:
            self.border_title = title
        finally:
            self._edge_alone = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw again; the edge alone while the title is set."""
        if self._edge_alone and not regions:
            if self._brush_edge():
                return self
            # Regions count from the content, which begins behind the border.
            regions = (Region(-1, -1, self.outer_size.width, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _brush_edge(self) -> bool:
        """Draw the edge at once where that is possible."""
        brush = brush_of(self)
        region = brush.region(self) if brush is not None else None
        if brush is None or region is None:
            return False
        edge = Region(0, 0, region.width, 1)
        self._styles_cache.set_dirty(edge)
        brush.rows(region, dict(enumerate(Widget.render_lines(self, edge))))
        return True
