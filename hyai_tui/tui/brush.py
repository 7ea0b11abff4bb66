"""Draws what a key has changed at once, and only that: the rows that differ, straight through the driver.

Textual's compositor goes through every widget between the first and the last that changed, and cuts and joins all of
their lines; that is right for a new layout, and ten times the work that the next picture needs. So widgets that change
with every key (see `SwiftLines` and the picture) keep the lines that are on the screen. Where nothing lies over them
they hand the rows that are new to this brush, which writes them in one piece, inside synchronized output; a frame of the
compositor would write the same. Where something does (a panel, a drawer, no real terminal, a layout that is still to
be made), the brush refuses and they are refreshed as every widget is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from rich.control import Control
from textual.app import App
from textual.css.query import NoMatches
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class Brush:
    """Collects rows during one turn of the event loop and writes them at its end.

    Args:
        app: whose driver takes the bytes.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._texts: list[str] = []
        self._after: list[Callable[[], object]] = []
        self._asked = False

    def region(self, widget: Widget) -> Region | None:
        """Return where a widget may be drawn on the screen, or None where the compositor has to do it."""
        app, screen = self._app, widget.screen
        if app._driver is None or app.is_headless or app._batch_count or screen is not app.screen:
            return None
        if screen._layout_required or screen._scroll_required or not widget.display:
            return None
        try:
            geometry = screen.find_widget(widget)
        except NoMatches:
            return None
        region = geometry.region
        if not region or geometry.visible_region != region or region.size != widget.outer_size:
            return None
        corners = ((region.x, region.y), (region.right - 1, region.bottom - 1))
        if any(screen.get_widget_at(x, y)[0] is not widget for x, y in corners):
            return None
        return region

    def rows(self, region: Region, rows: Mapping[int, Strip]) -> None:
        """Write rows of a widget, numbered from its top."""
        console = self._app.console
        for at, strip in sorted(rows.items()):
            self._texts.append(Control.move_to(region.x, region.y + at).segment.text)
            self._texts.append(strip.render(console))
        self._ask()

    def text(self, text: str) -> None:
        """Write something else in the same piece, such as what lies over the cells."""
        self._texts.append(text)
        self._ask()

    def then(self, done: Callable[[], object]) -> None:
        """Call this when all of it has been written."""
        self._after.append(done)
        self._ask()

    def flush(self) -> None:
        """Write now."""
        self._asked = False
        texts, self._texts = self._texts, []
        if texts and self._app._driver is not None:
            self._app._driver.write(f"{_BEGIN}{''.join(texts)}{_END}")
        after, self._after = self._after, []
        for done in after:
            done()

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            asyncio.get_running_loop().call_soon(self.flush)


def brush_of(widget: Widget) -> Brush | None:
    """Return the brush of the widget's app; None in an app that has none."""
    found = getattr(widget.app, "brush", None)
    return found if isinstance(found, Brush) else None
