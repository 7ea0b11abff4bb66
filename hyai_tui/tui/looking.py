"""Finding one's way in a queue: filters, orders, and jumps to a position, a hash or a name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hyai_tui.errors import WrongUse
from hyai_tui.queues.where import SORTS, Query, parse_line
from hyai_tui.tui.desk import Say
from hyai_tui.tui.filtering import next_sort, sort_words

if TYPE_CHECKING:
    from hyai_tui.tui.messages import FileFound, Filtered
    from hyai_tui.tui.screens.review import ReviewScreen

_POSITION = re.compile(r"(\d+)(%?)")


class Looking:
    """What `/`, `S` and `G` do on the review.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen

    def do(self, how: str, text: str) -> None:
        """Filter, sort or go."""
        if how == "sort":
            self.sort(text)
        else:
            (self.filter if how == "filter" else self.go)(text)

    def filter(self, text: str) -> None:
        """Reduce the open queue to what a line asks for; an empty one shows all of it again."""
        query = parse_line(text)
        if query.empty:
            self.show_all()
        else:
            self._ask(query)

    def sort(self, key: str = "") -> None:
        """Order the open queue by a key, with `-` in front backwards; without one by the next of the cycle."""
        before = self._screen.desk.query or Query()
        if key and key.removeprefix("-") not in SORTS:
            raise WrongUse(f"There is no order {key!r}", f"It is one of {', '.join(SORTS)}, or -KEY for the other way")
        sort, descending = (key.removeprefix("-"), key.startswith("-")) if key else next_sort(self._screen.desk.query)
        words = [word for word in before.text.split() if not word.startswith("sort=")]
        if sort != "rank" or descending:
            words.append(f"sort={'-' if descending else ''}{sort}")
        query = replace(before, sort=sort, descending=descending, text=" ".join(words))
        if query.empty:
            self.show_all()
        else:
            self._ask(query)

    def again(self) -> None:
        """Filter the open queue once more: it is another list now."""
        if (query := self._screen.desk.query) is not None:
            self._ask(query)

    def show_all(self) -> None:
        """Take the filter away."""
        if self._screen.desk.drop_filter():
            self._screen.show_current()
            self._say("the whole queue again")
        else:
            self._say("no filter is on")

    def go(self, text: str) -> None:
        """Go to a position (`1200`, `50%`), or to the next file whose path holds the text or whose hash begins so."""
        walk, filters = self._screen.desk.walk, self._screen.session.filters
        if walk is None or not len(walk):
            self._say("nothing in this queue", "warn")
            return
        found = _POSITION.fullmatch(text.strip())
        if found is not None and (found[2] or int(found[1]) <= len(walk)):
            number = int(found[1])
            walk.go(round((len(walk) - 1) * min(number, 100) / 100) if found[2] else number - 1)
            self._screen.show_current()
        elif filters is not None:
            current = walk.current
            filters.find(walk.entry, parse_line(text), current.file if current else "", self._screen.desk.decided)

    def filtered(self, message: Filtered) -> None:
        """A filter came back; one of a queue that is not open any more is dropped."""
        walk = self._screen.desk.walk
        if walk is None or walk.entry.key != message.entry.key:
            return
        if not len(message.entry):
            self._say(f"nothing here matches {message.query.text}", "warn")
            return
        self._screen.desk.take_filtered(message.entry, message.query)
        self._screen.show_current()
        parts = [f"{len(message.entry):,} of {message.before:,}", sort_words(message.query)]
        self._say(" · ".join([*filter(None, parts), "Esc shows all"]))

    def found(self, message: FileFound) -> None:
        """A file that was looked for came back."""
        walk = self._screen.desk.walk
        position = walk.find(message.file) if walk is not None and message.file else None
        if walk is None or position is None:
            self._say(f"nothing in this queue matches {message.text}", "warn")
            return
        walk.go(position)
        self._screen.show_current()
        self._say(
            f"{position + 1:,} of {len(walk):,}" + (f", {message.matches:,} match" if message.matches > 1 else "")
        )

    def _ask(self, query: Query) -> None:
        entry, filters = self._screen.desk.whole, self._screen.session.filters
        if entry is None or filters is None:
            self._say("still opening", "warn")
            return
        desk = self._screen.desk
        filters.filter(entry, query, {**dict.fromkeys(desk.skipped, "skip"), **desk.decided})
        self._say("looking …")

    def _say(self, text: str, kind: str = "say") -> None:
        said = Say(text, kind)
        self._screen.status.tell(said.text, said.kind)
