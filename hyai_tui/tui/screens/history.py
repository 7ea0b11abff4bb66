"""The history: who decided what and when, and what was taken back; any act can be undone or redone from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from hyai_tui.journal.model import Act
from hyai_tui.text import count, short_hash
from hyai_tui.tui.messages import Saved
from hyai_tui.tui.widgets.act_list import ActList, what
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine, moving
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session

PAGE = 200


class HistoryScreen(Screen[str], inherit_bindings=False):
    """All acts of everybody, newest first. Dismissed with the file to show, or with an empty text.

    Args:
        session: reads acts and takes them back.
        confirm: asks a question; what follows a yes is given to it.
        file: show only acts on this file at first; empty for all.
    """

    CSS_PATH = "history.tcss"
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Loaded(Message):
        """A page of acts came back."""

        def __init__(self, acts: list[Act], most: int, before: int | None, file: str) -> None:
            super().__init__()
            self.most = most
            self.acts = acts
            self.before = before
            self.file = file

    def __init__(
        self, session: Session, confirm: Callable[[str, str, Callable[[], object]], object], file: str
    ) -> None:
        super().__init__()
        self._session = session
        self._confirm = confirm
        self._file = file
        self._only = False
        self._whole = False
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay the list out."""
        yield TitleLine("History", id="history-title")
        yield ActList(self._session.id, id="acts")
        yield StatusLine(id="history-status")
        yield KeyLine(id="history-keys")

    def on_mount(self) -> None:
        """Say how to go back; there are no acts yet."""
        self._name_keys()

    def on_screen_resume(self) -> None:
        """The newest page, now and whenever a screen above has gone."""
        self._read(most=max(PAGE, len(self.acts.acts)))

    @property
    def acts(self) -> ActList:
        """The list."""
        return self.query_one(ActList)

    @property
    def told(self) -> str:
        """The line of what happened last."""
        return self.query_one(StatusLine).told

    def _say(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    def _name_keys(self) -> None:
        """Show what the keys do now; on an empty list most do nothing."""
        keymap, some = self._session.keymap, bool(self.acts.acts)
        does = {"take_list": "show", "undo": "undo this act", "redo": "redo it"} if some else {}
        hints = [moving(keymap)] if some else []
        hints += [(act, keymap.first_key(act), word) for act, word in does.items()]
        if some or self._only:
            hints.append(("filter", "f", "all files" if self._only else "this file only"))
        self.query_one(KeyLine).show([*hints, ("back", "Esc", "back")])

    # Reading

    def _read(self, before: int | None = None, most: int = PAGE) -> None:
        """Ask for a page, in a thread: the newest acts, or those before one."""
        file = self._file if self._only else ""
        self._asked = True

        def read(journal: Journal, _catalog: Catalog) -> None:
            self.post_message(self.Loaded(journal.acts(most, before=before, file=file or None), most, before, file))

        self._session.read(read)

    def on_history_screen_loaded(self, message: Loaded) -> None:
        """A page is there: put it in the place of what it renews, or below what is there."""
        self._asked = False
        if message.file != (self._file if self._only else ""):
            return
        if message.before is None:
            self._whole = len(message.acts) < message.most
            self.acts.show(message.acts)
        else:
            self._whole = len(message.acts) < message.most
            self.acts.show([*self.acts.acts, *message.acts])
        about = f" on {short_hash(self._file)}" if self._only else ""
        more = "" if self._whole else "; older ones follow below"
        title = f"History · {count(len(self.acts.acts), 'act')}{about}, newest first{more}"
        self.query_one("#history-title", Static).update(title if self.acts.acts else "History")
        none = "nothing was done to this file" if self._only else "nothing decided yet"
        self.acts.say_nothing(f"{none}: what you decide, here or by a command, stands here, and u takes it back")
        self._name_keys()

    def on_saved(self, message: Saved) -> None:
        """Something was written: read again as many acts as are shown."""
        self._say(message.line)
        self._read(most=max(PAGE, len(self.acts.acts)))

    # Keys

    def on_key(self, event: Key) -> None:
        """Move, take back, look, leave."""
        event.stop()
        event.prevent_default()
        # Arrows move in a list whatever else a preset gives them to do.
        act = {"up": "previous", "down": "next"}.get(event.key) or self._session.keymap.act(event.key) or event.key
        self._do(act)

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self._do("f" if message.act == "filter" else message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click moves the cursor."""
        self._move(message.position)

    def _do(self, act: str) -> None:
        height = max(1, self.acts.size.height - 1)
        steps = {"next": 1, "previous": -1, "page_down": height, "page_up": -height}
        if act in steps:
            self._move(self.acts.cursor + steps[act])
        elif act in {"first", "last"}:
            self._move(0 if act == "first" else len(self.acts.acts) - 1)
        elif act in {"back", "leave", "history"}:
            self.dismiss("")
        elif act == "f":
            self._toggle_file()
        elif (chosen := self.acts.chosen) is not None and act in {"undo", "redo", "take_list"}:
            {"undo": self._undo, "redo": self._redo, "take_list": self._show}[act](chosen)

    def _move(self, position: int) -> None:
        self.acts.move_to(position)
        if not self._whole and not self._asked and self.acts.cursor > len(self.acts.acts) - PAGE // 2:
            self._read(before=self.acts.acts[-1].id)

    def _toggle_file(self) -> None:
        if chosen := self.acts.chosen:
            self._file = chosen.file if not self._only else self._file
        if self._file:
            self._only = not self._only
            self._read()

    def _show(self, act: Act) -> None:
        self.dismiss(act.file)

    def _undo(self, act: Act) -> None:
        if act.undone == act.decisions:
            self._say(f"that act is undone already; {self._session.keymap.first_key('redo')} redoes it", "warn")
        else:
            self._change("undo", act, act.decisions - act.undone)

    def _redo(self, act: Act) -> None:
        if not act.undone:
            self._say("that act is not undone", "warn")
        else:
            self._change("redo", act, act.undone)

    def _change(self, verb: str, act: Act, number: int) -> None:
        if self._session.writer.look_only:
            self._say("looking only: another app decides · :take-over", "warn")
            return
        if number == 1:
            self._session.writer.change_act(verb, act.id)
            return
        line = f"{verb} {count(number, 'decision')} at once ({what(act)})? y/n"
        self._confirm(f"{verb.capitalize()} a whole act", line, lambda: self._session.writer.change_act(verb, act.id))
