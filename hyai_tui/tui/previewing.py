"""Decodes originals for the preview, whole, and encodes the piece in view; in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.pictures.terminal.encoding import Budget
from hyai_tui.tui.drawing import Drawing, Drawn, mosaic
from hyai_tui.tui.messages import Told
from hyai_tui.tui.threads import LatestThread
from hyai_tui.tui.zooming import LEVELS, Zoom

if TYPE_CHECKING:
    from PIL.Image import Image

    from hyai_tui.library.base import Library


_CLOSER_LOOK = 6


class PreviewLoaded(Message):
    """A piece of an original, or why there is none.

    Attributes:
        token: of the request.
        drawn: the piece, encoded; None where there is none.
        size: width and height of the original in pixels, as it is seen upright.
        failure: why there is none.
        name: of the file in the library; empty where it has none.
    """

    def __init__(self, token: int, drawn: Drawn | None, size: tuple[int, int], failure: str, name: str = "") -> None:
        super().__init__()
        self.token = token
        self.drawn = drawn
        self.size = size
        self.failure = failure
        self.name = name


class Previewer:
    """Keeps the one original that is looked at.

    Args:
        drawing: encodes for this terminal; used by this alone.
        post: sends a message to the app.
    """

    def __init__(self, drawing: Drawing, post: Callable[[Message], object]) -> None:
        self._drawing = drawing
        self._post = post
        self._library: Library | None = None
        self._file = self._name = ""
        self._picture: Image | None = None
        self._thread = LatestThread("preview", self._tell)

    def set_library(self, library: Library) -> None:
        """Originals can be read from now on."""
        self._library = library

    def use(self, drawing: Drawing) -> None:
        """Draw otherwise from now on; used by this alone."""
        self._drawing = drawing

    def dots(self, box: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of a box of cells in dots; half-cells have two dots a cell."""
        terminal, (across, down) = self._drawing.terminal, self._dot
        return int(box[0] * terminal.cell_width / across), int(box[1] * terminal.cell_height / down)

    @property
    def _dot(self) -> tuple[float, float]:
        """Width and height of the smallest thing that can be drawn, in pixels of the terminal."""
        terminal = self._drawing.terminal
        return (1, 1) if terminal.protocol in {"sixel", "tgp"} else (terminal.cell_width, terminal.cell_height / 2)

    def ask(
        self, token: int, file: str, zoom: Zoom, box: tuple[int, int], view: str, answer: Callable[[Message], object]
    ) -> None:
        """Show a piece of a file; `PreviewLoaded` answers with the token, from the thread."""

        def wish() -> None:
            try:
                picture = self._original(file)
            except HyaiError as error:
                answer(PreviewLoaded(token, None, (0, 0), error.what))
                return
            piece, room = picture, box
            if zoom.level:
                piece = self._enlarged(picture.crop(zoom.piece(picture.size, self.dots(box))), LEVELS[zoom.level])
                room = self._room(piece.size, box)
            drawn = self._drawing.draw(mosaic(piece) if view == "mosaic" else piece, room, self._budget)
            failure = "" if drawn is not None else "no room for a picture"
            answer(PreviewLoaded(token, drawn, picture.size, failure, self._name))

        self._thread.ask(wish)

    def _enlarged(self, piece: Image, factor: float) -> Image:
        """Return a piece with each pixel as large as it is on the screen; unsmoothed, so that pixels can be told apart."""
        across, down = self._dot
        size = (round(piece.width * across * factor), round(piece.height * down * factor))
        return piece if size == piece.size else piece.resize(size, 0)

    def _room(self, size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
        """Return the cells that so many pixels of the terminal take, at most the box."""
        terminal = self._drawing.terminal
        columns, rows = -(-size[0] // terminal.cell_width), -(-size[1] // terminal.cell_height)
        return min(box[0], max(1, columns)), min(box[1], max(1, rows))

    @property
    def _budget(self) -> Budget:
        """More bytes than the review's pictures have: people look at this one for longer."""
        budget = self._drawing.budget
        return Budget(budget.tgp * _CLOSER_LOOK, budget.sixel * _CLOSER_LOOK, budget.cells * _CLOSER_LOOK)

    def forget(self) -> None:
        """Let the original go."""
        self._thread.ask(self._drop)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _drop(self) -> None:
        self._file, self._name, self._picture = "", "", None

    def _original(self, file: str) -> Image:
        from hyai_tui.pictures.decode import open_picture

        if self._picture is None or self._file != file:
            if self._library is None:
                raise HyaiError("The library is not open yet", "Try again in a moment")
            self._drop()
            path = self._library.path(file)
            source = path if path is not None else self._library.read(file)
            self._picture = open_picture(source, first_frame=True)
            self._file, self._name = file, path.name if path is not None else ""
        return self._picture

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))
