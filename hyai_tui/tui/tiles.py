"""Loads the pictures of a page one after the other, then those of the next page, in a thread of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, PictureError
from hyai_tui.tui.drawing import Drawing, Drawn, mosaic
from hyai_tui.tui.messages import Told
from hyai_tui.tui.threads import LatestThread

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.library.base import Library
    from hyai_tui.pictures.thumbnails import ThumbnailCache

_KEPT = 200
_SIZES = ((320, 240), (640, 480), (1024, 768))


class TileLoaded(Message):
    """A picture of a page, or why there is none.

    Attributes:
        token: of the page that asked.
        file: SHA-256.
        drawn: the picture, encoded for the tile; None where there is none.
        failure: why there is none.
        name: of the file in the library; empty where it has none.
    """

    def __init__(self, token: int, file: str, drawn: Drawn | None, failure: str, name: str) -> None:
        super().__init__()
        self.token = token
        self.file = file
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
        self._kept: OrderedDict[tuple[str, tuple[int, int], str], tuple[Drawn | None, str, str]] = OrderedDict()
        self._thread = LatestThread("tiles", self._tell)

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell in pixels."""
        return self._drawing.terminal.cell_width, self._drawing.terminal.cell_height

    def set_library(self, library: Library) -> None:
        """Pictures can be read from now on."""
        self._library = library
        self._kept.clear()

    def ask(
        self,
        token: int,
        files: Sequence[str],
        box: tuple[int, int],
        view: str,
        answer: Callable[[Message], object],
        ahead: Sequence[str] = (),
    ) -> None:
        """Load these pictures in order, then those of the page ahead; a `TileLoaded` answers for each of the first.

        Args:
            token: named in the answers.
            files: of the page.
            box: columns and rows of each picture.
            view: `show` or `mosaic`.
            answer: takes the messages; called from the thread.
            ahead: of the next page; made and kept, not answered.
        """

        def load(file: str) -> None:
            answer(TileLoaded(token, file, *self._load(file, box, view)))

        page = [partial(load, file) for file in files]
        self._thread.ask(lambda: None, then=[*page, *(partial(self._prepare, file, box, view) for file in ahead)])

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def _prepare(self, file: str, box: tuple[int, int], view: str) -> None:
        self._load(file, box, view)

    def _load(self, file: str, box: tuple[int, int], view: str) -> tuple[Drawn | None, str, str]:
        key = (file, box, view)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = self._made(file, box, view)
        if made[0] is not None:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _made(self, file: str, box: tuple[int, int], view: str) -> tuple[Drawn | None, str, str]:
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
        drawn = self._drawing.draw(mosaic(picture) if view == "mosaic" else picture, box)
        return drawn, "" if drawn is not None else "no room", name
