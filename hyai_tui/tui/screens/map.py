"""The map: how files lie side by side, as dots. A part of it, chosen by keys, opens as a list.

There are two: the plane in which files differ most, which is there at once, and the map by likeness, which a job lays out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Click, Key
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.text import count, visible
from hyai_tui.tui import words
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.mapdrawing import MapPicture, Window, draw_map
from hyai_tui.tui.messages import ListMade
from hyai_tui.tui.placing import LIKENESS, PLANE, FilesPlaced, place_for_map
from hyai_tui.tui.widgets.line_list import nothing_lines
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.swift import SwiftLines
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.mapping import PlacedFiles
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.session import Session

_MOVES = {"left": (-1, 0), "h": (-1, 0), "right": (1, 0), "l": (1, 0), "up": (0, -1), "k": (0, -1)}
_MOVES |= {"down": (0, 1), "j": (0, 1), "H": (-8, 0), "L": (8, 0), "K": (0, -4), "J": (0, 4)}
_NARROW = 60
_HINTS = (
    ("move", "h j k l", "move"),
    ("begin", "v", "begin a part"),
    ("open", "Enter", "open as a list"),
    ("into", "z", "look closer"),
    ("out", "x", "whole map"),
    ("other", "m", "by likeness or plane"),
    ("again", "r", "lay out anew"),
    ("leave", "Esc", "back"),
)


class MapScreen(Screen[ListMade], inherit_bindings=False):
    """Dismissed with a list to open, or without one.

    Args:
        session: reads features in a thread.
        entry: an open list, whose library is mapped.
    """

    CSS_PATH = "map.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__()
        self._session = session
        self._entry = entry
        self.placed: PlacedFiles | None = None
        self._labels: NDArray[np.int16] | None = None
        self._picture: MapPicture | None = None
        self._windows = [Window()]
        self.cursor = (0, 0)
        self._anchor: tuple[int, int] | None = None
        self._moved = False
        self.way = ""
        self.laid_out = False
        self._newer = False
        self._nothing = ""
        self._acts: dict[str, Callable[[], object]] = {
            "begin": self._begin,
            "open": self._open,
            "into": self._closer,
            "out": self._whole,
            "other": self._other,
            "again": self._lay_out,
            "leave": self._back,
        }

    def compose(self) -> ComposeResult:
        """Lay the map out."""
        yield TitleLine("Map", id="map-title")
        yield SwiftLines(id="map-canvas")
        yield Static("", id="map-here", markup=False)
        yield StatusLine(id="map-status")
        yield KeyLine(id="map-keys")

    def on_mount(self) -> None:
        """Place the files, in a thread."""
        # Until there is a map, no other key does anything.
        self.query_one(KeyLine).show(_HINTS[-1:])
        self._ask(LIKENESS)

    def _ask(self, way: str) -> None:
        """Ask for one of the maps; the plane comes where no other is kept."""
        if self.placed is not None:
            self.query_one(StatusLine).tell("reading the features …")
        self._say_nothing("reading the features …")
        self._session.read(partial(place_for_map, self, self._session.workspace, self._entry, way))

    def on_resize(self) -> None:
        """The map has other cells."""
        once_laid_out(self, self._redraw)

    def on_files_placed(self, message: FilesPlaced) -> None:
        """Files are on the map."""
        if message.placed is None or not len(message.placed):
            if self.placed is not None:
                self.query_one(StatusLine).tell(message.trouble or "no file has features", "warn")
            self._say_nothing(message.trouble or "no file has features yet: :cache encodes the pictures")
            return
        if message.way != self.way or (self._newer and message.way == LIKENESS):
            # Another map: no place of the one before means anything on it.
            self._windows, self._anchor, self._moved = self._windows[:1], None, False
        self.placed, self._labels, self.way = message.placed, message.labels, message.way
        self.laid_out = message.laid_out
        self.query_one(KeyLine).show(_HINTS)
        self._newer = self._newer and message.way != LIKENESS
        missing = message.placed.total - len(message.placed)
        why = "r lays the map out anew" if message.way == LIKENESS else "no features, or not read yet"
        self.query_one(StatusLine).tell(f"{missing:,} without a place: {why}" if missing else "")
        self._redraw()

    def ended(self, job: JobView) -> None:
        """A job ended: a map that was laid out waits for the key, so that nothing moves under a hand."""
        if job.info.kind == "map" and job.info.state == "done":
            self.laid_out = self._newer = True
            self.query_one(StatusLine).tell("the map by likeness is ready: m shows it")

    # Drawing

    def _say_nothing(self, text: str) -> None:
        """Say what stands in place of the map while there is none."""
        self._nothing = text
        if self.placed is None:
            canvas = self.query_one("#map-canvas", SwiftLines)
            canvas.show_lines(nothing_lines(text, canvas.size.width or self.app.size.width))

    @property
    def window(self) -> Window:
        """The part of the map that is in view."""
        return self._windows[-1]

    @property
    def _cells(self) -> tuple[int, int]:
        size = self.query_one("#map-canvas", SwiftLines).size
        return max(1, size.width), max(1, size.height)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First column and row, last column and row of what is chosen."""
        (x, y), (from_x, from_y) = self.cursor, self._anchor or self.cursor
        return min(x, from_x), min(y, from_y), max(x, from_x), max(y, from_y)

    @property
    def _files(self) -> QueueContext:
        from hyai_tui.queues.combined import Combined
        from hyai_tui.queues.queue import Queue

        assert isinstance(self._entry.queue, Queue | Combined)
        return self._entry.queue.context

    def chosen(self) -> NDArray[np.int64]:
        """Return the places, among those on the map, of the files in what is chosen."""
        assert self.placed is not None
        return self.placed.inside(*self.window.part(*self._cells, self.box))

    def _redraw(self) -> None:
        """Draw the dots anew: other files, another size, another part."""
        if self.placed is None or self._labels is None:
            self._say_nothing(self._nothing)
            return
        columns, rows = self._cells
        self.cursor = (min(self.cursor[0], columns - 1), min(self.cursor[1], rows - 1))
        names = self._files.names
        self._picture = draw_map(self.placed, self._labels, len(names), self.window, columns, rows)
        if not self._moved:
            self.cursor = self._picture.fullest
        self._draw()

    def _draw(self) -> None:
        """Draw the cursor and what lies under it."""
        if self._picture is None or self.placed is None or self._labels is None:
            return
        names = self._files.names
        self.query_one("#map-canvas", SwiftLines).show_lines(self._picture.lines(names, self.box))
        legend = "  ".join(f"{words.shape(name)} {visible(name)}" for name in names)
        narrow = self.size.width < _NARROW
        close = f" · {len(self._windows)}× closer" if len(self._windows) > 1 else ""
        way = "by likeness" if self.way == LIKENESS else "widest plane"
        files = f"{way} · {len(self.placed):,} of {count(self.placed.total, 'file')}"
        title = f"Map · {way if narrow else files}{close} · {legend}"
        self.query_one("#map-title", Static).update(title)
        chosen = self.chosen()
        said = Counter(self._labels[chosen].tolist())
        parts = [Content(f"{count(len(chosen), 'file')} here")]
        for label, number in sorted(said.items(), reverse=True):
            named = visible(names[label]) if label >= 0 else "unlabelled"
            parts.append(Content.styled(f"{number:,} {named}", words.colour(names[label]) if label >= 0 else "$muted"))
        self.query_one("#map-here", Static).update(Content("  ").join(parts))

    # Keys

    def on_key(self, event: Key) -> None:
        """Move, choose, look closer, open, go back."""
        event.stop()
        event.prevent_default()
        if event.key in _MOVES:
            self.move(*_MOVES[event.key])
            return
        act = {
            "v": "begin",
            "space": "begin",
            "enter": "open",
            "z": "into",
            "x": "out",
            "m": "other",
            "r": "again",
            "escape": "leave",
            "q": "leave",
        }
        if event.key in act:
            self._acts[act[event.key]]()

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._acts.get(message.act, lambda: None)()

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; with shift it ends a part."""
        canvas = self.query_one("#map-canvas", SwiftLines)
        if event.widget is canvas:
            if event.shift and self._anchor is None:
                self._anchor = self.cursor
            self.cursor, self._moved = (event.x, event.y), True
            self._draw()

    def move(self, across: int, down: int) -> None:
        """Move the cursor by cells."""
        columns, rows = self._cells
        x, y = self.cursor
        self.cursor = (max(0, min(columns - 1, x + across)), max(0, min(rows - 1, y + down)))
        self._moved = True
        self._draw()

    def _begin(self) -> None:
        self._anchor = self.cursor if self._anchor is None else None
        said = "go to the other corner, then Enter opens what lies between" if self._anchor else "one cell again"
        self.query_one(StatusLine).tell(said)
        self._draw()

    def _closer(self) -> None:
        """Look at what is chosen, or at what lies around the cursor, as large as the screen."""
        columns, rows = self._cells
        box = self.box
        if self._anchor is None:
            x, y = self.cursor
            box = (max(0, x - columns // 8), max(0, y - rows // 8), x + columns // 8, y + rows // 8)
        part = self.window.part(columns, rows, box)
        self._windows.append(Window(part[0], part[1], min(1.0, part[2]), min(1.0, part[3])))
        self._anchor, self._moved = None, False
        self._redraw()

    def _whole(self) -> None:
        self._windows = self._windows[:1]
        self._anchor, self._moved = None, False
        self._redraw()

    def _other(self) -> None:
        """Show the other map; one by likeness that was never laid out is begun."""
        if self.way == LIKENESS and not self._newer:
            self._ask(PLANE)
        elif self.laid_out:
            self._ask(LIKENESS)
        else:
            self._lay_out()

    def _lay_out(self) -> None:
        said = "laying the files out by likeness; this map stays until that is ready"
        self._session.errands.start_job("map", {}, said=said)

    def _open(self) -> None:
        """Open what is chosen as a list."""
        from hyai_tui.queues.mapping import region

        if self.placed is None:
            return
        chosen = self.chosen()
        if not len(chosen):
            self.query_one(StatusLine).tell("no files here: move to some dots, or begin a part with v", "warn")
            return
        queue = region(self._files, self.placed, chosen)
        entry = Entry("map", "From the map", "files that lie close together, from the middle of what you chose", queue)
        self.dismiss(ListMade(entry, "grid"))

    def _back(self) -> None:
        """Drop the part that was begun, then come out one step, then leave."""
        if self._anchor is not None:
            self._anchor = None
            self._draw()
        elif len(self._windows) > 1:
            self._windows.pop()
            self._moved = False
            self._redraw()
        else:
            self.dismiss(None)
