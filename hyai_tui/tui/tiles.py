"""Loads small pictures one after the other, a page of them or a strip, then those that come next; in a thread of its own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, PictureError
from hyai_tui.pictures.terminal.encoding import Budget
from hyai_tui.tui.drawing import Drawing, Drawn, mosaic
from hyai_tui.tui.messages import Told
from hyai_tui.tui.threads import LatestThread

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.library.base import Library
    from hyai_tui.pictures.thumbnails import ThumbnailCache

_KEPT = 200
_SIZES = ((320, 240), (640, 480), (1024, 768))
# A whole page may take as many bytes as this many large pictures.
_PAGE = 12

Box = tuple[int, int]


class TileLoaded(Message):
    """A small picture, or why there is none.

    Attributes:
        token: of the page that asked.
        file: SHA-256.
        box: columns and rows that it was made for.
        drawn: the picture, encoded for the box; None where there is none.
        failure: why there is none.
        name: of the file in the library; empty where it has none.
    """

    def __init__(self, token: int, file: str, box: Box, drawn: Drawn | None, failure: str, name: str) -> None:
        super().__init__()
        self.token = token
        self.file = file
        self.box = box
        self.drawn = drawn
        self.failure = failure
        self.name = name


class TileLoader:
    """Decodes and encodes small pictures; a newer page takes the place of one that is still loading.

    Args:
        drawing: encodes for this terminal; used by this loader alone.
        cache: reduced pictures on disk.
        catalog: knows names.
        failed: told of errors that a user can do something about.
    """

    def __init__(
        self, drawing: Drawing, cache: ThumbnailCache, catalog: Catalog, failed: Callable[[Message], object]
    ) -> None:
        self._drawing = drawing
        self._cache = cache
        self._catalog = catalog
        self._post = failed
        self._library: Library | None = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Box, str], tuple[Drawn | None, str, str]] = OrderedDict()
        self._thread = LatestThread("tiles", self._tell)

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell in pixels."""
        return self._drawing.terminal.cell_width, self._drawing.terminal.cell_height

    def set_library(self, library: Library) -> None:
        """Pictures can be read from now on."""
        self._library = library
        self._forget()

    def use(self, drawing: Drawing) -> None:
        """Draw otherwise from now on, for instance because the line is slow; used by this loader alone."""
        with self._lock:
            self._drawing = drawing
        self._forget()

    def at_hand(self, file: str, box: Box, view: str) -> Drawn | None:
        """Return a small picture if it is there already."""
        with self._lock:
            return self._kept.get((file, box, view), (None, "", ""))[0]

    def _forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def ask(
        self,
        token: int,
        wanted: Sequence[tuple[str, Box]],
        view: str,
        answer: Callable[[Message], object],
        ahead: Sequence[tuple[str, Box]] = (),
        *,
        of: int = _PAGE,
        pause: float = 0.0,
    ) -> None:
        """Load these pictures in order, then those ahead; a `TileLoaded` answers for each of the first.

        Args:
            token: named in the answers.
            wanted: files, each with the columns and rows of its picture.
            view: `show` or `mosaic`.
            answer: takes the messages; called from the thread.
            ahead: what will probably be wanted next; made and kept, not answered.
            of: how many pictures share the bytes that a page may take.
            pause: seconds without another wish before any is begun, so that none is made between held keys.
        """
        budget = page_budget(self._drawing.budget, of)

        def load(file: str, box: Box) -> None:
            answer(TileLoaded(token, file, box, *self._load(file, box, view, budget)))

        def prepare(file: str, box: Box) -> None:
            self._load(file, box, view, budget)

        then = [*(partial(load, *one) for one in wanted), *(partial(prepare, *one) for one in ahead)]
        self._thread.ask(None, then=then, pause=pause)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def _load(self, file: str, box: Box, view: str, budget: Budget) -> tuple[Drawn | None, str, str]:
        key = (file, box, view)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        drawing = self._drawing
        made = self._made(file, box, view, budget)
        with self._lock:
            # What was begun for another terminal than the one that is there now might not even show there.
            if made[0] is not None and drawing is self._drawing:
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return made

    def _made(self, file: str, box: Box, view: str, budget: Budget) -> tuple[Drawn | None, str, str]:
        from hyai_tui.pictures.thumbnails import display_picture

        known = self._catalog.file(file)
        name = PurePath(known.paths[0]).name if known is not None and known.paths else ""
        if self._library is None:
            return None, "opening …", name
        pixels = (box[0] * self.cell[0], box[1] * self.cell[1])
        size = next((one for one in _SIZES if one[0] >= pixels[0] and one[1] >= pixels[1]), _SIZES[-1])
        try:
            picture = display_picture(self._cache, self._library, file, size)
        except PictureError as error:
            return None, error.what, name
        except HyaiError as error:
            self._post(Told(str(error), "error"))
            return None, error.what, name
        drawn = self._drawing.draw(mosaic(picture) if view == "mosaic" else picture, box, budget)
        return drawn, "" if drawn is not None else "no room", name


def page_budget(budget: Budget, pictures: int) -> Budget:
    """Return what each picture of a page may take: the page as a whole is bounded, and a few have more than many."""
    share = _PAGE / max(2, pictures)
    return Budget(int(budget.tgp * share), int(budget.sixel * share), int(budget.cells * share))
