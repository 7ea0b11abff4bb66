"""A walk seen page by page: where tiles lie, which rows are on the page, and where the focus is. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.geometry import Region

from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.listing import Walk

FEWEST, MOST = 12, 60
_LEAST_WIDTH, _LEAST_HEIGHT = 8, 4
_TILE_WIDTH = 22
_FRAME = 2


_SIDEWAYS = {"left": -1, "right": 1, "h": -1, "l": 1}
_UPWARDS = {"up": -1, "down": 1, "k": -1, "j": 1}


def step(key: str, act: str | None, columns: int) -> int | None:
    """Return how far a key moves the focus; None for a key that does not.

    Arrows move whatever a preset gives them to do, letters only where they move in the picture view too.
    """
    plain = key.removeprefix("shift+")
    if len(plain) == 1 and act not in {"next", "previous"}:
        return None
    if plain in _SIDEWAYS:
        return _SIDEWAYS[plain]
    return _UPWARDS[plain] * columns if plain in _UPWARDS else None


@dataclass(frozen=True)
class Layout:
    """How a page is divided: equal tiles, row by row.

    Attributes:
        columns: tiles side by side.
        rows: tiles one above the other.
        width: of one tile in cells, frame included.
        height: of one tile in cells, frame and caption included.
    """

    columns: int
    rows: int
    width: int
    height: int

    @property
    def size(self) -> int:
        """How many tiles a page has."""
        return self.columns * self.rows

    def region(self, at: int) -> Region:
        """Return where the tile at a place of the page lies."""
        return Region(at % self.columns * self.width, at // self.columns * self.height, self.width, self.height)


def fitting(width: int, height: int, files: int, cell: tuple[int, int] = (1, 2)) -> int:
    """Return the columns at which so few files fill a page in tiles as large as they can be; 0 where they fill one anyway."""
    usual = lay_out(width, height, 0, cell)
    if usual is None or files >= usual.size:
        return 0
    for columns in range(1, usual.columns):
        found = lay_out(width, height, columns, cell)
        if found is not None and found.size >= files and found.rows * _natural(found.width, cell) <= height:
            return columns
    return 0


def _natural(tile: int, cell: tuple[int, int]) -> int:
    """Return the height of a tile whose picture has the shape of most."""
    return max(_LEAST_HEIGHT, round((tile - _FRAME) * 0.75 * cell[0] / cell[1]) + _FRAME)


def lay_out(width: int, height: int, columns: int, cell: tuple[int, int] = (1, 2)) -> Layout | None:
    """Divide a page into 12 to 60 tiles of about the shape of a picture; None where there is no room for any.

    Args:
        width: of the page in cells.
        height: of the page in cells.
        columns: wished; clamped to what fits. 0 for what suits the width.
        cell: width and height of one cell in the same unit, so that a tile has the shape of a picture.
    """
    most_columns, most_rows = width // _LEAST_WIDTH, height // _LEAST_HEIGHT
    if most_columns < 1 or most_rows < 1:
        return None
    columns = max(1, min(columns or max(3, width // _TILE_WIDTH), most_columns, MOST))
    tile = width // columns
    rows = max(1, height // _natural(tile, cell))
    rows = max(rows, -(-FEWEST // columns))
    rows = max(1, min(rows, MOST // columns, most_rows))
    return Layout(columns, rows, tile, height // rows)


@dataclass
class Page:
    """One page of a walk: a snapshot of its rows, which nothing but a turn of the page changes.

    Attributes:
        walk: what is paged through.
        size: tiles a page.
        start: position of the first row in the walk.
        rows: of the page.
        focus: place on the page.
        anchor: where a range began, a position of the walk; None where none is open.
    """

    walk: Walk
    size: int
    start: int = 0
    rows: list[QueueRow] = field(default_factory=list)
    focus: int = 0
    anchor: int | None = None

    def __post_init__(self) -> None:
        self.go(self.walk.position)

    @property
    def row(self) -> QueueRow | None:
        """The row in focus; None on an empty page."""
        return self.rows[self.focus] if self.rows else None

    @property
    def position(self) -> int:
        """The place of the focus in the walk."""
        return self.start + self.focus

    @property
    def number(self) -> int:
        """The number of the page, from 1."""
        return self.start // self.size + 1

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-len(self.walk) // self.size))

    def go(self, position: int) -> bool:
        """Go to a position of the walk, clamped, and turn the page where it is on another; True if it was turned."""
        position = max(0, min(position, len(self.walk) - 1))
        start = position // self.size * self.size
        self.focus = position - start
        self.walk.go(position)
        if self.rows and start == self.start:
            return False
        self.start = start
        self.reread()
        return True

    def reread(self) -> None:
        """Read the rows of this page again."""
        stop = min(len(self.walk), self.start + self.size)
        self.rows = [self.walk.row(position) for position in range(self.start, stop)]
        self.focus = max(0, min(self.focus, len(self.rows) - 1))

    def advance(self) -> None:
        """Go to the next tile of this page that is not decided; stays where there is none."""
        for step in range(1, len(self.rows)):
            at = (self.focus + step) % len(self.rows)
            if self.rows[at].file not in self.walk.decided:
                self.focus = at
                self.walk.go(self.position)
                return

    def between(self, one: int, other: int) -> range:
        """Return the positions of a range, both ends included."""
        return range(min(one, other), max(one, other) + 1)
