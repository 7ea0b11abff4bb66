"""Two files side by side with their differences. Nothing is decided here."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.queues.base import QueueRow
from hyai_tui.text import visible
from hyai_tui.tui import words
from hyai_tui.tui.comparing import Side, amount_words, differences, read_likeness, read_side, tag_lines
from hyai_tui.tui.laying import once_laid_out
from hyai_tui.tui.tiles import TileLoaded
from hyai_tui.tui.widgets.board import PictureBoard, Tile, picture_box
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session

_MOST_TAGS = 12


class CompareScreen(Screen[str], inherit_bindings=False):
    """The left file is the one that was shown, the right one a marked file, or the next of the queue.

    Args:
        session: loads pictures and reads facts.
        left: row of the left file.
        right: row of the right one.
        view: `show` or `mosaic`.
    """

    CSS_PATH = "compare.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Read(Message):
        """What is known of both files, and how much they are alike, 0 to 1, where that is known."""

        def __init__(self, left: Side, right: Side, likeness: float | None) -> None:
            super().__init__()
            self.left = left
            self.right = right
            self.likeness = likeness

    def __init__(self, session: Session, left: QueueRow, right: QueueRow, view: str) -> None:
        super().__init__()
        self._session = session
        self._rows = (left, right)
        self._view = view
        self._token = 0
        self._known: CompareScreen.Read | None = None
        self._pictures: dict[str, TileLoaded] = {}

    def compose(self) -> ComposeResult:
        """Lay both out."""
        yield TitleLine("Compare", id="compare-title")
        yield PictureBoard(id="pair")
        yield Static("", id="differences", markup=False)
        yield StatusLine(id="compare-status")
        yield KeyLine(id="compare-keys")

    def on_mount(self) -> None:
        """Read what is known of both."""
        self.query_one(KeyLine).show([("back", "Esc", "back")])
        left, right = self._rows

        def read(journal: Journal, catalog: Catalog) -> None:
            sides = read_side(journal, catalog, left), read_side(journal, catalog, right)
            alike = read_likeness(self._session.workspace, catalog, left.file, right.file)
            self.post_message(self.Read(*sides, alike))

        self._session.read(read)

    def on_screen_resume(self) -> None:
        """Both are on top."""
        once_laid_out(self, self._ask)

    def on_resize(self) -> None:
        """Facts break elsewhere."""
        self._tell()

    def on_picture_board_resized(self, _message: PictureBoard.Resized) -> None:
        """The window has another size, or facts take other room from the pictures."""
        self._ask()

    def _regions(self) -> tuple[Region, Region]:
        size = self.query_one(PictureBoard).size
        half = size.width // 2
        return Region(0, 0, half, size.height), Region(half, 0, half, size.height)

    def _ask(self) -> None:
        """Load both pictures for the room that there is."""
        box, tiles = picture_box(self._regions()[0]), self._session.tiles
        self._token += 1
        self._pictures = {}
        if tiles is not None and min(box) > 0:
            tiles.ask(self._token, [(row.file, box) for row in self._rows], self._view, self.post_message, of=2)
        self._draw()

    def on_tile_loaded(self, message: TileLoaded) -> None:
        """A picture came back; an old one is dropped."""
        if message.token == self._token:
            self._pictures[message.file] = message
            self._draw()

    def _draw(self) -> None:
        made = []
        for row, region, style in zip(self._rows, self._regions(), ("$accent", "$primary"), strict=True):
            got = self._pictures.get(row.file)
            lines = (got.failure,) if got is not None else ("…",)
            made.append(
                Tile(row.file, region, got.drawn if got else None, visible(got.name) if got else "", style, lines)
            )
        self.query_one(PictureBoard).show(str(self._token), made)

    def on_compare_screen_read(self, message: Read) -> None:
        """Facts came back."""
        self._known = message
        self._tell()

    def _tell(self) -> None:
        """Tell the facts side by side, those that differ first."""
        known = self._known
        if known is None:
            return
        lines = [] if known.likeness is None else [_alike(known.likeness)]
        width = max(12, (self.size.width - 14) // 2)
        for name, left, right in differences(known.left, known.right):
            same = not right
            amount = amount_words(name, known.left, known.right)
            apart = "" if len(right) + len(amount) + 2 <= width else f"\n{'':10}"
            lines.append(
                Content.assemble(
                    (f" {name:9}", "$muted"),
                    (visible(left)[:width].ljust(0 if same else width), "$muted" if same else "$accent"),
                    ("  both" if same else "│ ", "$muted"),
                    (visible(right)[:width], "$primary"),
                    (f"{apart or '  '}{amount}" if amount else "", "$muted"),
                )
            )
        lines += self._tags(known)
        self.query_one("#differences", Static).update(Content("\n").join(lines))

    def _tags(self, message: Read) -> list[Content]:
        left, right, both = tag_lines(message.left, message.right)
        found = [Content.styled(f" tags     {both:,} in common", "$muted")]
        for which, tags, style in (("left", left, "$accent"), ("right", right, "$primary")):
            if tags:
                more = f" +{len(tags) - _MOST_TAGS:,}" if len(tags) > _MOST_TAGS else ""
                text = ", ".join(visible(tag) for tag in tags[:_MOST_TAGS]) + more
                pieces = textwrap.wrap(text, max(20, self.size.width - 14))
                named = f" only {which} ".ljust(12), "$muted"
                found.append(Content.assemble(named, (f"\n{'':12}".join(pieces), style)))
        return found

    def on_key(self, event: Key) -> None:
        """Go back; nothing else."""
        event.stop()
        event.prevent_default()
        act = self._session.keymap.act(event.key) or ""
        if act in {"back", "leave", "compare", "take_list"}:
            self.dismiss("")
        elif act == "blur":
            self.dismiss("blur")
        elif act.startswith(("label ", "marked ")) or act in {"skip", "unsure", "ignore", "mark"}:
            self.query_one(StatusLine).tell("nothing is decided here: Esc goes back to the picture", "warn")

    def on_key_line_tapped(self, _message: KeyLine.Tapped) -> None:
        """A tap on the hint goes back."""
        self.dismiss("")


def _alike(likeness: float) -> Content:
    """Return the line of how much the two are alike to the encoder."""
    same = " · the same to the model" if likeness > 0.995 else ""
    return Content.assemble((" alike    ", "$muted"), words.fraction(max(0.0, likeness)), (f" of 1{same}", "$muted"))
