"""Reads what the screen shows of one file: its picture in one thread, its facts in another."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, PictureError
from hyai_tui.pictures.terminal.encoding import Budget
from hyai_tui.tui.drawing import Drawing, Drawn, mosaic
from hyai_tui.tui.messages import PictureAhead, PictureLoaded, Told
from hyai_tui.tui.threads import LatestThread

if TYPE_CHECKING:
    from hyai_tui.library.base import Library
    from hyai_tui.pictures.thumbnails import ThumbnailCache

# Pictures are reduced to one of these boxes, so that a resize of the terminal seldom decodes again.
_BOXES = ((640, 480), (1024, 768), (1600, 1200), (2560, 1920))
# Encoded pictures are kept up to this many bytes: some hundred of them.
KEPT_BYTES = 16_000_000
# What will probably be wanted is made while no key has been pressed for this long.
PAUSE_SECONDS = 0.06
_FAILURE_BYTES = 500
# For a picture that is looked at for a while on a line that is not slow.
_AT_REST = Budget(sixel=250_000)


class PictureLoader:
    """Decodes and encodes pictures, the wanted one first, then the next ones; keeps what was encoded, within bounds.

    Args:
        drawing: encodes for this terminal.
        cache: reduced pictures on disk.
        post: sends a message to the app.
        most: bytes of encoded pictures to keep.
    """

    def __init__(
        self, drawing: Drawing, cache: ThumbnailCache, post: Callable[[Message], object], most: int = KEPT_BYTES
    ) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._drawing = drawing
        self._cache = cache
        self._post = post
        self._library: Library | None = None
        self._kept: OrderedDict[tuple[str, tuple[int, int], str], Drawn | str] = OrderedDict()
        self._thread = LatestThread("pictures", self._tell)

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def set_library(self, library: Library) -> None:
        """Pictures can be read from now on."""
        self._library = library
        self.forget()

    def use(self, drawing: Drawing) -> None:
        """Draw otherwise from now on, for instance because the line is slow."""
        with self._lock:
            self._drawing = drawing
        self.forget()

    def forget(self) -> None:
        """Drop what was encoded, for instance because the terminal changed."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def at_hand(self, file: str, box: tuple[int, int], view: str) -> Drawn | None:
        """Return the encoded picture if it is there already."""
        with self._lock:
            found = self._kept.get((file, box, view))
        return found if isinstance(found, Drawn) else None

    @property
    def bytes_kept(self) -> int:
        """Bytes of the encoded pictures that are kept, about; never more than `most` and one picture."""
        return self._bytes

    def ask(
        self,
        token: int,
        file: str,
        box: tuple[int, int],
        view: str,
        following: list[str],
        pause: float | None = None,
    ) -> None:
        """Load a picture for a box of cells, then the following ones; `PictureLoaded` answers with the token.

        What is at hand already is not answered. `PictureAhead` tells of each of the following ones. What an earlier
        call asked for and has not begun is dropped.

        Args:
            token: named in the answer.
            file: SHA-256.
            box: columns and rows.
            view: `show` or `mosaic`.
            following: files that will probably be wanted next.
            pause: seconds without another call before the first of them is made; those between held keys without it.
        """

        def wanted() -> None:
            made = self._load(file, box, view)
            failure = made if isinstance(made, str) else ""
            self._post(PictureLoaded(token, file, made if isinstance(made, Drawn) else None, failure))

        here = self.at_hand(file, box, view) is not None
        ahead = [partial(self._prepare, token, one, box, view) for one in following]
        self._thread.ask(None if here else wanted, then=ahead, pause=PAUSE_SECONDS if pause is None else pause)

    def ask_finer(self, token: int, file: str, box: tuple[int, int], view: str) -> None:
        """Draw a picture once more without the budget of a key, for somebody who looks at it for longer."""
        if self._drawing.terminal.protocol != "sixel" or self._drawing.budget != Budget():
            return

        def finer() -> None:
            made = self._made(file, box, view, _AT_REST)
            if isinstance(made, Drawn):
                self._post(PictureLoaded(token, file, made, ""))

        self._thread.ask_after(finer)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _prepare(self, token: int, file: str, box: tuple[int, int], view: str) -> None:
        self._load(file, box, view)
        self._post(PictureAhead(token, file))

    def _load(self, file: str, box: tuple[int, int], view: str) -> Drawn | str:
        key = (file, box, view)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        drawing = self._drawing
        made = self._made(file, box, view)
        if not isinstance(made, str) or self._library is not None:
            self._keep(key, made, drawing)
        return made

    def _keep(self, key: tuple[str, tuple[int, int], str], made: Drawn | str, drawing: Drawing) -> None:
        with self._lock:
            if drawing is not self._drawing:
                # Begun for another terminal than the one that is there now, which might not even show it.
                return
            self._kept[key] = made
            self._bytes += _weight(made)
            while self._bytes > self._most and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= _weight(old)

    def _made(self, file: str, box: tuple[int, int], view: str, budget: Budget | None = None) -> Drawn | str:
        from hyai_tui.pictures.thumbnails import display_picture

        if self._library is None:
            return "the library is not open yet"
        drawing = self._drawing
        terminal = drawing.terminal
        pixels = (box[0] * terminal.cell_width, box[1] * terminal.cell_height)
        size = next((one for one in _BOXES if one[0] >= pixels[0] and one[1] >= pixels[1]), _BOXES[-1])
        try:
            picture = display_picture(self._cache, self._library, file, size)
        except PictureError as error:
            return error.what
        except HyaiError as error:
            # A library that is down is no fault of the picture: tried again at the next look.
            self._post(Told(str(error), "error"))
            return error.what
        drawn = drawing.draw(mosaic(picture) if view == "mosaic" else picture, box, budget)
        return drawn if drawn is not None else "no room for a picture"


def _weight(made: Drawn | str) -> int:
    return made.weight if isinstance(made, Drawn) else _FAILURE_BYTES
