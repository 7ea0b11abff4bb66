"""Tags of the shown file, changed by a typed line with the picture in view; tags that it may lack are offered by number.

The line is about the file that was shown when it was opened, whatever is shown when it is sent. Tags are the user's own,
never ours: those belong to decisions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.message import Message
from textual.widgets import Input

from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import common_start, short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.messages import Told
from hyai_tui.tui.sight import Say

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.patterns.reading import Learnt
    from hyai_tui.patterns.suggesting import Suggestion
    from hyai_tui.tui.screens.review import ReviewScreen

# What the line of commands begins with while tags are changed.
TAGGING: Final = "tags "
_HOW: Final = "a number takes one, or TAG, -TAG"


@dataclass
class TagsOffered(Message):
    """What a file may lack; `learnt` is False where nothing was learnt yet."""

    file: str
    offers: Sequence[Suggestion]
    learnt: bool


@dataclass
class TagsChanged(Message):
    """A change of a file's own tags is on disk, under the number `edit`; `line` is what to tell."""

    file: str
    edit: int
    line: str


class TagLine:
    """The line of tags of one review.

    Args:
        screen: the review.
        open_line: opens the line of commands with a text.
    """

    def __init__(self, screen: ReviewScreen, open_line: Callable[[str], None]) -> None:
        self._screen = screen
        self._open_line = open_line
        # The file that the line is about, empty while it is not open; and what was read for a file.
        self._file = ""
        self._offered: TagsOffered | None = None
        self._learnt: Learnt | None = None

    def open(self) -> None:
        """Open the line for the shown picture, and look for what it may lack."""
        row, closed = self._screen.desk.current, self._screen.desk.closed()
        if row is None or closed is not None:
            self._say(closed or Say("nothing is shown that could have tags", "warn"))
            return
        if self._screen.view != "show":
            self._say(Say("pictures are hidden: no tags are changed", "warn"))
            return
        self._file = row.file
        self._open_line(TAGGING)
        self._offered = None
        if row.kind == HIDES_MODEL:
            # What it lacks is the model's view, too.
            self._offered = TagsOffered(row.file, (), True)
        else:
            self._screen.session.work(partial(self._read, row.file))
        self.tell("")

    def forget(self) -> None:
        """The line is done with, or open for something else."""
        self._file = ""
        if self._offered is not None:
            self._offered = None
            self._screen.refresh_facts()

    def take(self, message: TagsOffered) -> None:
        """What the file may lack has been read."""
        if message.file == self._file:
            self._offered = message
            self.tell("")
            self._screen.refresh_facts()

    def offers_of(self, row: QueueRow | None) -> Sequence[Suggestion]:
        """Return what is offered for the shown file; nothing before it was asked for."""
        found = self._offered
        return found.offers if row is not None and found is not None and found.file == row.file else ()

    def tell(self, typed: str) -> None:
        """Say what is offered, or what a line that is being typed would do."""
        if not self._file:
            return
        if typed.strip():
            try:
                add, remove = self._parsed(typed)
            except HyaiError as error:
                self._say(Say(error.what, "warn"))
            else:
                self._say(Say(f"Enter: {_words(add, remove)}"))
            return
        found = self._offered
        if found is None:
            self._say(Say(f"looking for what it may lack … · {_HOW}"))
        elif found.offers:
            listed = "  ".join(
                f"{at} {visible(one.tag)} {words.percent(one.chance)}" for at, one in enumerate(found.offers, 1)
            )
            self._say(Say(f"it may lack  {listed} · {_HOW}"))
        else:
            why = "nothing is suggested" if found.learnt else "nothing was learnt yet (:learn)"
            self._say(Say(f"{why} · TAG adds, -TAG takes away"))

    def complete(self, line: Input) -> bool:
        """Complete the last tag from what is offered, after a minus from what is there; False for a line of something else."""
        before = line.value.removeprefix(":")
        body = before.removeprefix(TAGGING)
        if body == before or not self._file:
            return False
        head, comma, last = body.rpartition(",")
        start = last.strip().lower()
        minus = "-" if start.startswith("-") else ""
        facts = self._screen.showing.facts
        if minus:
            known = [tag for tag in facts.tags if tag not in facts.own] if facts is not None else []
        else:
            known = [one.tag for one in self._offered.offers] if self._offered is not None else []
        found = [tag for tag in known if tag.startswith(start.removeprefix("-"))]
        whole = f"{minus}{common_start(found)}" if found else last.strip()
        line.value = f"{TAGGING}{head}{comma}{' ' if comma else ''}{whole}"
        line.cursor_position = len(line.value)
        return True

    def change(self, line: str) -> None:
        """Change the tags of the file that the line is about, else of the shown one."""
        shown = self._screen.desk.gate.decidable(time.monotonic())
        file = self._file or shown or ""
        if (closed := self._screen.desk.closed()) is not None:
            self._say(closed)
            return
        if not file or file != shown:
            self._say(Say("not shown: its tags stay as they are", "warn"))
            return
        offered = self._offered if self._offered is not None and self._offered.file == file else None
        add, remove = self._parsed(line, offered)
        taken = not remove and offered is not None and add <= {one.tag for one in offered.offers}
        self.forget()
        self._screen.session.writer.do(partial(self._record, file, add, remove, suggested=taken))

    # In threads

    def _read(self, file: str, journal: Journal, catalog: Catalog) -> None:
        from hyai_tui.patterns.offering import offered
        from hyai_tui.patterns.reading import newest
        from hyai_tui.patterns.suggesting import MOST

        workspace = self._screen.session.workspace
        self._learnt = newest(workspace, self._learnt)
        offers = offered(workspace, catalog, journal, file, self._learnt)[:MOST]
        self._screen.post_message(TagsOffered(file, offers, self._learnt is not None))

    def _record(
        self, file: str, add: frozenset[str], remove: frozenset[str], journal: Journal, *, suggested: bool
    ) -> None:
        from hyai_tui.effects.accepting import record_accepted

        session = self._screen.session
        try:
            if suggested:
                (edit,) = record_accepted(journal, session.workspace.settings.tag, {file: sorted(add)})
            else:
                edit = journal.edit_tags(file, add, remove, session=session.id, finding="")
        except HyaiError as error:
            session.send(Told(str(error), "error"))
            return
        undo = session.keymap.first_key("undo")
        line = f"saved: {short_hash(file)} {_words(add, remove)} · {undo} takes it back"
        self._screen.post_message(TagsChanged(file, edit.id, line))

    def _parsed(self, line: str, offered: TagsOffered | None = None) -> tuple[frozenset[str], frozenset[str]]:
        """Return (tags to add, tags to take away).

        Raises:
            WrongUse: nothing was typed, a number offers nothing, or a tag is ours.
        """
        from hyai_tui.effects.editing import parse_change

        found = offered or self._offered
        offers = found.offers if found is not None else ()
        taken: set[str] = set()
        typed = []
        for part in filter(None, (one.strip() for one in line.split(","))):
            if not all(one.isdecimal() for one in part.split()):
                typed.append(part)
                continue
            for number in map(int, part.split()):
                if not 1 <= number <= len(offers):
                    raise WrongUse(f"Nothing is suggested under {number}", "+7 adds the tag 7")
                taken.add(offers[number - 1].tag)
        if not typed and taken:
            return frozenset(taken), frozenset()
        settings = self._screen.session.workspace.settings.tag
        add, remove = parse_change(", ".join(typed), settings, self._screen.desk.snapshot.all_labels)
        if both := taken & remove:
            raise WrongUse(f"{min(both)} is both added and taken away", "Leave one of them out")
        return add | taken, remove

    def _say(self, said: Say) -> None:
        self._screen.status.tell(said.text, said.kind)


def _words(add: frozenset[str], remove: frozenset[str]) -> str:
    return ", ".join([*(f"+{visible(tag)}" for tag in sorted(add)), *(f"−{visible(tag)}" for tag in sorted(remove))])
