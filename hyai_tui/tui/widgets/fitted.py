"""Lines of a panel that give way: where the terminal is too low for all of it, they scroll and the rest stays in view."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget

_LEAST_ROWS = 2
_STEPS = {"down": 1, "j": 1, "up": -1, "k": -1}
_PAGES = {"pagedown": 1, "space": 1, "pageup": -1}
_MORE = "more: ↑↓ or j k"


class Fitted(VerticalScroll, can_focus=False):
    """Takes at most the rows that its panel leaves it on this screen; the panel's border says where there are more."""

    DEFAULT_CSS = """
    Fitted {
        height: auto;
        scrollbar-size-vertical: 1;
    }
    """

    def on_mount(self) -> None:
        """Fit once the panel has been laid out."""
        self.fit()

    def on_resize(self) -> None:
        """What stands below may take other rows in another width."""
        self.fit()

    def fit(self) -> None:
        """Leave the rest of the panel its rows, after the next layout."""
        self.call_after_refresh(self._fit)

    def scroll_by_key(self, key: str) -> None:
        """Scroll by a row or a page, if this key does."""
        if key in _STEPS:
            self.scroll_relative(y=_STEPS[key], animate=False, immediate=True)
        elif key in _PAGES:
            self.scroll_relative(y=_PAGES[key] * max(1, self.size.height - 1), animate=False, immediate=True)

    def _fit(self) -> None:
        panel = self.parent
        if not isinstance(panel, Widget) or panel.styles.max_height is None:
            return
        whole = int(panel.styles.max_height.resolve(self.screen.size, self.screen.size))
        others = sum(one.outer_size.height for one in panel.children if one is not self)
        room = max(_LEAST_ROWS, whole - panel.gutter.height - others)
        self.styles.max_height = room
        panel.border_subtitle = _MORE if self.virtual_size.height > room else ""
