"""The preview: the original as large as the terminal, whole or a piece of it. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Key, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.text import short_hash, visible
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.previewing import PreviewLoaded
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.picture import PictureView
from hyai_tui.tui.widgets.title_line import TitleLine
from hyai_tui.tui.zooming import Zoom

if TYPE_CHECKING:
    from hyai_tui.tui.session import Session

_PAN = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_LETTERS = {"h": "left", "l": "right", "k": "up", "j": "down"}
_DECIDES = ("label ", "marked ")


class PreviewScreen(Screen[str], inherit_bindings=False):
    """One original, with zoom and pan. Dismissed with the act that the review is to do next, or an empty text.

    Args:
        session: loads the original.
        file: SHA-256.
        view: `show` or `mosaic`.
    """

    CSS_PATH = "preview.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, session: Session, file: str, view: str) -> None:
        super().__init__()
        self._session = session
        self._file = file
        self._called = short_hash(file)
        self._view = view
        self.zoom = Zoom()
        self.original = (0, 0)
        self._token = 0
        # Where the button was pressed, and what was shown then; None while no button is.
        self._grip: tuple[int, int, Zoom] | None = None

    def compose(self) -> ComposeResult:
        """Lay the picture out."""
        yield TitleLine(id="preview-title")
        yield PictureView(id="preview")
        yield StatusLine(id="preview-status")
        yield KeyLine(id="preview-keys")

    def on_mount(self) -> None:
        """Say what keys do."""
        key = self._session.keymap.first_key
        hints = [("zoom", f"{key('zoom')} {key('more_columns')}".strip(), "closer")]
        hints += [("fewer_columns", key("fewer_columns"), "farther"), ("pan", "←↑↓→", "move")]
        self.query_one(KeyLine).show([*hints, ("open", key("open"), "open outside"), ("back", "Esc", "back")])

    @property
    def picture(self) -> PictureView:
        """The picture."""
        return self.query_one(PictureView)

    def on_screen_resume(self) -> None:
        """The preview is on top."""
        once_laid_out(self, self._ask)

    def on_screen_suspend(self) -> None:
        """A screen above covers it."""
        self.picture.refresh()

    def on_resize(self) -> None:
        """The view has another size."""
        once_laid_out(self, self._ask)

    def on_unmount(self) -> None:
        """Let the original go."""
        if self._session.previews is not None:
            self._session.previews.forget()

    def on_picture_view_first_paint(self, message: PictureView.FirstPaint) -> None:
        """The session has begun long ago."""
        message.stop()

    def on_preview_loaded(self, message: PreviewLoaded) -> None:
        """A piece came back; an old one is dropped."""
        if message.token != self._token:
            return
        self.original = message.size
        self._called = message.name or self._called
        if message.drawn is None:
            self.picture.show_card("no picture", message.failure)
        else:
            self.picture.show_picture(self._file, message.drawn)
        self._draw_title()

    def _draw_title(self) -> None:
        parts = [visible(self._called)]
        if self.original[0]:
            left, top, right, bottom = self.zoom.piece(self.original, self._dots)
            parts.append(f"{self.original[0]}×{self.original[1]}")
            parts.append(self.zoom.word)
            if (right - left, bottom - top) != self.original:
                parts.append(f"{left}–{right} × {top}–{bottom}")
        self.query_one("#preview-title", Static).update(" · ".join(parts))

    @property
    def _dots(self) -> tuple[int, int]:
        size, previews = self.picture.size, self._session.previews
        return previews.dots((size.width, size.height)) if previews is not None else (1, 1)

    def _ask(self) -> None:
        size, previews = self.picture.size, self._session.previews
        if previews is not None and min(size.width, size.height) > 0:
            self._token += 1
            box = (size.width, size.height)
            previews.ask(self._token, self._file, self.zoom, box, self._view, self.post_message)

    def on_key(self, event: Key) -> None:
        """Zoom, move, go back."""
        event.stop()
        event.prevent_default()
        act = self._session.keymap.act(event.key)
        way = event.key if event.key in _PAN else _LETTERS.get(event.key) if act in {"next", "previous"} else None
        if way is not None:
            self._show(self.zoom.moved(*_PAN[way], self.original, self._dots) if self.original[0] else self.zoom)
        elif act is not None:
            self._do(act)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._do(message.act)

    # The mouse: the wheel is a lens at the pointer, a drag moves the picture

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Closer, with what is under the pointer left there."""
        self._lens(event.screen_x, event.screen_y, 1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Farther."""
        self._lens(event.screen_x, event.screen_y, -1)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of the picture."""
        if event.widget is self.picture:
            self._grip = (event.screen_x, event.screen_y, self.zoom)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Move the picture with the pointer."""
        showing = self.picture.showing
        if self._grip is not None and event.button and self.original[0] and showing is not None:
            x, y, zoom = self._grip
            across = (event.screen_x - x) / showing.fit.columns
            self._show(zoom.dragged(across, (event.screen_y - y) / showing.fit.rows, self.original, self._dots))

    def on_mouse_up(self, _event: MouseUp) -> None:
        """Let the picture go."""
        self._grip = None

    def _lens(self, x: int, y: int, by: int) -> None:
        region = self.picture.region
        point = self.picture.share_at(x - region.x, y - region.y)
        if point is not None and self.original[0]:
            self._show(self.zoom.at(self.zoom.level + by, point, self.original, self._dots))

    def _do(self, act: str) -> None:
        if act == "zoom":
            self._show(self.zoom.next())
        elif act == "more_columns":
            self._show(self.zoom.closer())
        elif act == "fewer_columns":
            self._show(self.zoom.farther())
        elif act == "open":
            self._session.errands.open_outside(self._file)
        elif act in {"back", "leave", "take_list"}:
            self.dismiss("")
        elif act == "blur":
            self.dismiss("blur")
        elif act.startswith(_DECIDES) or act in {"skip", "unsure", "ignore", "mark"}:
            self.query_one(StatusLine).tell("nothing is decided here: Esc goes back to the picture", "warn")

    def _show(self, zoom: Zoom) -> None:
        if zoom != self.zoom:
            self.zoom = zoom
            self._ask()
