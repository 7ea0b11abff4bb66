"""Reads what the screen shows of one file: its picture in one thread, its facts in another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, PictureError
from hyai_tui.tui import words
from hyai_tui.tui.drawing import Drawing, Drawn, mosaic
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.messages import FactsLoaded, PictureLoaded, Told
from hyai_tui.tui.threads import LatestThread
from hyai_tui.tui.writing import Writer, word

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library
    from hyai_tui.pictures.thumbnails import ThumbnailCache

# Pictures are reduced to one of these boxes, so that a resize of the terminal seldom decodes again.
_BOXES = ((640, 480), (1024, 768), (1600, 1200), (2560, 1920))
_KEPT = 16


class PictureLoader:
    """Decodes and encodes pictures, the wanted one first, then the next ones.

    Args:
        drawing: encodes for this terminal.
        cache: reduced pictures on disk.
        post: sends a message to the app.
    """

    def __init__(self, drawing: Drawing, cache: ThumbnailCache, post: Callable[[Message], object]) -> None:
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
        self._kept.clear()

    def use(self, drawing: Drawing) -> None:
        """Draw otherwise from now on, for instance because the line is slow."""
        self._drawing = drawing
        self._kept.clear()

    def forget(self) -> None:
        """Drop what was encoded, for instance because the terminal changed."""
        self._kept.clear()

    def at_hand(self, file: str, box: tuple[int, int], view: str) -> Drawn | None:
        """Return the encoded picture if it is there already."""
        found = self._kept.get((file, box, view))
        return found if isinstance(found, Drawn) else None

    def ask(self, token: int, file: str, box: tuple[int, int], view: str, following: list[str]) -> None:
        """Load a picture for a box of cells, then the following ones; `PictureLoaded` answers with the token.

        Args:
            token: named in the answer.
            file: SHA-256.
            box: columns and rows.
            view: `show` or `mosaic`.
            following: files that will probably be wanted next.
        """

        def wanted() -> None:
            made = self._load(file, box, view)
            failure = made if isinstance(made, str) else ""
            self._post(PictureLoaded(token, file, made if isinstance(made, Drawn) else None, failure))

        self._thread.ask(wanted, then=[partial(self._prepare, one, box, view) for one in following])

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _prepare(self, file: str, box: tuple[int, int], view: str) -> None:
        self._load(file, box, view)

    def _load(self, file: str, box: tuple[int, int], view: str) -> Drawn | str:
        key = (file, box, view)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = self._made(file, box, view)
        if not isinstance(made, str) or self._library is not None:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _made(self, file: str, box: tuple[int, int], view: str) -> Drawn | str:
        from hyai_tui.pictures.thumbnails import display_picture

        if self._library is None:
            return "the library is not open yet"
        terminal = self._drawing.terminal
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
        drawn = self._drawing.draw(mosaic(picture) if view == "mosaic" else picture, box)
        return drawn if drawn is not None else "no room for a picture"


class FactsReader:
    """Reads what is known of a file from catalog and journal."""

    def __init__(self, journal: Journal, catalog: Catalog, writer: Writer, post: Callable[[Message], object]) -> None:
        self._journal = journal
        self._catalog = catalog
        self._writer = writer
        self._post = post
        self._thread = LatestThread("facts", self._tell)

    def ask(self, token: int, file: str, labels: tuple[str, ...]) -> None:
        """Read the facts of a file; `FactsLoaded` answers with the token."""

        def read() -> None:
            self._post(FactsLoaded(token, self.read(file, labels)))

        self._thread.ask(read)

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def read(self, file: str, labels: tuple[str, ...]) -> Facts:
        """Return the facts; every number is that of the last scan or of a write of ours since."""
        known = self._catalog.file(file)
        decision = self._journal.effective([file]).get(file)
        you = (word(decision) or "") if decision is not None else ""
        when = words.ago(decision.at) if decision is not None else ""
        lines = self._key_lines(file, labels)
        if known is None:
            return Facts(file, you=you, you_when=when, key_lines=lines, state="in no library")
        name = PurePath(known.paths[0]).name if known.paths else ""
        kind = (known.mime or "").removeprefix("image/") or PurePath(name).suffix.removeprefix(".")
        ours = "hyai:"
        shown = sorted(known.display_tags or known.tags, key=lambda tag: (tag.startswith(ours), tag))
        return Facts(
            file,
            name=name,
            kind=kind,
            size=known.size,
            width=known.width,
            height=known.height,
            state=known.state.value,
            you=you,
            you_when=when,
            tags=tuple(shown),
            key_lines=lines,
            gone=known.state.value == "gone",
        )

    def _key_lines(self, file: str, labels: tuple[str, ...]) -> Mapping[str, str]:
        decider = self._writer.decider
        return {label: decider.key_line(file, label) for label in labels}
