"""What keys do in the review of findings. Those that decide wait for what was seen, as everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hyai_tui.checks.mending import shown_for, suggested_tags
from hyai_tui.journal.model import Kind
from hyai_tui.queues.base import QueueRow
from hyai_tui.tui.desk import Say
from hyai_tui.tui.edit_watch import EditWatch
from hyai_tui.tui.finding_desk import Done
from hyai_tui.tui.finding_hints import hints
from hyai_tui.tui.keynames import shown
from hyai_tui.tui.mending import Mender
from hyai_tui.tui.messages import NotSaved, Saved, Told
from hyai_tui.tui.sight import Sight
from hyai_tui.tui.widgets.finding_list import FilterList

if TYPE_CHECKING:
    from hyai_tui.tui.screens.findings import FindingsScreen

_PAGE = 10
_MOST_SHOWN = 8
# Keys of this screen, where the keymap gives them nothing that is done here.
_OWN = {
    "f": "fix",
    "e": "edit",
    "w": "other_side",
    "y": "type",
    "v": "band",
    "p": "pile",
    "n": "in_review",
    "plus": "closer",
    "minus": "farther",
}
_KEYS_OF = {act: key for key, act in _OWN.items()}


class FindingActs:
    """Does acts by name, so that keys and taps reach the same code.

    Args:
        screen: the review of findings.
    """

    def __init__(self, screen: FindingsScreen) -> None:
        self._screen = screen
        self._mender = Mender(screen.session, screen.post_message)
        self.edits = EditWatch(
            screen.session,
            screen.call_later,
            lambda line, kind: screen.post_message(Told(line, kind)),
            lambda: screen.read_evidence(),
        )
        self._typing: Callable[[str], None] | None = None
        self._completes = False
        # What decisions of this session have settled, by file.
        self._decided: dict[str, tuple[str, ...]] = {}
        desk = screen.desk
        self._acts: dict[str, Callable[[], object]] = {
            "next": lambda: self._move(1),
            "previous": lambda: self._move(-1),
            "skip": lambda: self._move(1),
            "page_down": lambda: self._move(_PAGE),
            "page_up": lambda: self._move(-_PAGE),
            "first": lambda: self._move(-len(desk)),
            "last": lambda: self._move(len(desk)),
            "next_queue": lambda: self._cycle("type"),
            "previous_queue": lambda: self._cycle("type", -1),
            "type": lambda: self._cycle("type"),
            "band": lambda: self._cycle("band"),
            "pile": lambda: self._cycle("pile"),
            "sort": self._sort,
            "closer": lambda: self._slide(1),
            "farther": lambda: self._slide(-1),
            "more_columns": lambda: self._slide(1),
            "fewer_columns": lambda: self._slide(-1),
            "other_side": self._other_side,
            "queues": self._open_filters,
            "filter": self._filter,
            "fix": lambda: self._fix(),
            "edit": self._edit,
            "ignore": self._ignore,
            "undo": self._undo,
            "take_list": self._view,
            "zoom": self._view,
            "compare": self._other_side,
            "open": lambda: screen.session.errands.open_outside(screen.file),
            "in_review": lambda: screen.dismiss(screen.file),
            "retrain": self._run,
            "blur": self._blur,
            "back": self._back,
            "leave": lambda: screen.dismiss(""),
        }

    def key(self, act: str) -> str:
        """Return the key of an act, as people read it."""
        own = _KEYS_OF.get(act)
        return shown(own) if own is not None else self._screen.session.keymap.first_key(act)

    def press(self, key: str, at: float) -> None:
        """Do the act of a key: the keymap's where it is done here, else this screen's own."""
        keymap = self._screen.session.keymap
        act = keymap.act(key) or ""
        if not (act in self._acts or act.startswith("label ") or act == "unsure"):
            act = _OWN.get(key, act)
        if not act and (line := keymap.elsewhere(key)) is not None:
            self._screen.say(Say(line, "warn"))
        self.do(act, key, at)

    def do(self, act: str, key: str, at: float) -> None:
        """Do an act; `key` tells a held key from one pressed again."""
        if act.startswith("label "):
            label = self._screen.hyai.review.acts.label_of(act, self._screen.say)
            if label is not None:
                self._decide("label", label, key, at)
        elif act == "unsure":
            self._decide("unsure", None, key, at)
        elif act == "fix":
            self._fix(key, at)
        elif act in {"open", "in_review"} and not self._screen.file:
            self._screen.say(Say("nothing here", "warn"))
        elif act in self._acts:
            self._acts[act]()

    # Decisions

    def _decide(self, kind: Kind, label: str | None, key: str, now: float) -> None:
        """Decide on the picture that was last shown, for its finding, and go on."""
        screen = self._screen
        finding = screen.finding
        if finding is None:
            screen.say(Say("nothing here to decide", "warn"))
            return
        row = QueueRow(screen.file, None, None, None, finding.suggested, finding.kind, finding.reason)
        sight = Sight(screen.seen(now), screen.gate.seconds_shown(now), "picture")
        said = screen.hyai.review.desk.decide_shown(row, sight, kind, label, key, now, shown_for(finding))
        screen.say(said)
        if said.kind == "say":
            assert screen.desk.book is not None
            keys = tuple(screen.desk.book.settled_with(finding, row.file))
            self._decided[row.file] = keys
            screen.desk.done.append(Done("decision", keys))
            screen.desk.put(keys, "fixed")
            screen.show_current()

    def saved(self, message: Saved) -> None:
        """A decision is on disk, or was taken back: its findings lie on the pile that it says."""
        screen = self._screen
        screen.say(Say(message.line))
        for file in message.files:
            self.edits.watch(file, "tag")
        if message.act == "decide":
            return
        for file in message.files:
            if keys := self._decided.pop(file, ()):
                screen.desk.put(keys, "open", show=True)
        screen.show_current()

    def not_saved(self, message: NotSaved) -> None:
        """A commit failed: nothing of it is fixed."""
        screen = self._screen
        for file in message.files:
            keys = self._decided.pop(file, ())
            screen.desk.done = [one for one in screen.desk.done if one.keys != keys or one.deed != "decision"]
            screen.desk.put(keys, "open", show=True)
        screen.say(Say(f"NOT SAVED: {message.error} · then :resume", "error"))
        screen.show_current()

    def _fix(self, key: str = "", now: float | None = None) -> None:
        """Do what the finding proposes, or open the line for what only a person can say."""
        screen, proposed = self._screen, self._screen.proposed
        if proposed.label:
            self._decide("label", proposed.label, key or "f", time.monotonic() if now is None else now)
        elif proposed.tags and not proposed.asks:
            self._change_tags(proposed.tags)
        elif proposed.tags or proposed.asks:
            self._edit()
        else:
            screen.say(Say(proposed.why_not or "nothing here", "warn"))

    # Tags

    def _edit(self) -> None:
        """Open the line for tags, with what the finding proposes."""
        if self._screen.finding is not None and not self._closed():
            self._open_line(self._screen.proposed.tags, "tags: person:ann, -old tag", self._change_tags, completes=True)

    def _change_tags(self, text: str) -> None:
        screen = self._screen
        if screen.finding is None or self._closed() or not text.strip():
            return
        if screen.seen(time.monotonic()) != screen.file:
            screen.say(Say("not shown yet: no tag was changed", "warn"))
            return
        self._mender.edit(screen.finding, screen.file, text)

    # Ignoring, undo

    def _ignore(self) -> None:
        """Ignore the finding; on the pile of what is ignored, watch it again."""
        screen = self._screen
        if screen.finding is None or self._closed():
            return
        keys = screen.desk.book.together(screen.finding) if screen.desk.book is not None else (screen.finding.key,)
        if screen.desk.choice.pile == "ignored":
            self._mender.watch(keys)
        else:
            self._mender.ignore(keys)

    def _undo(self) -> None:
        """Take back what was done last; on the pile of what is fixed, the change of tags of this finding."""
        screen = self._screen
        if self._closed():
            return
        if screen.desk.done:
            self._take_back(screen.desk.done.pop())
        elif screen.desk.choice.pile == "fixed" and screen.known is not None and screen.known.edit is not None:
            self._mender.take_back(screen.known.edit.id, screen.known.key)
        else:
            screen.say(Say("nothing to undo in this session · p shows what is ignored and fixed", "warn"))

    def _take_back(self, done: Done) -> None:
        if done.deed == "decision":
            self._screen.hyai.review.desk.undo()
        elif done.deed == "edit":
            self._mender.take_back(done.edit, done.keys[0])
        elif done.deed == "ignore":
            self._mender.watch(done.keys, undoing=True)
        else:
            self._mender.ignore_again(done.keys)

    def _closed(self) -> bool:
        refusal = self._screen.hyai.review.desk.closed()
        if refusal is not None:
            self._screen.say(refusal)
        return refusal is not None

    # Moving and filters

    def _move(self, by: int) -> None:
        if self._screen.desk.move(by):
            self._screen.show_current()
        elif len(self._screen.desk):
            self._screen.say(Say("this is the last one" if by > 0 else "this is the first one"))

    def _cycle(self, name: str, by: int = 1) -> None:
        self._screen.desk.cycle(name, by)  # type: ignore[arg-type]
        self._screen.show_current()

    def _sort(self) -> None:
        self._screen.desk.cycle_order()
        self._screen.say(Say(f"ordered by {self._screen.desk.order}"))
        self._screen.show_current()

    def _slide(self, by: int) -> None:
        """Move the least similarity of near duplicates."""
        desk = self._screen.desk
        least = desk.slide(by)
        left = desk.counts.get("type", {}).get("duplicates", 0)
        self._screen.say(
            Say(f"near duplicates at least {least:.2f} similar: {left:,}" if least else f"all {left:,} pairs")
        )
        self._screen.show_current()

    def _other_side(self) -> None:
        """Act on the other one of a pair."""
        screen = self._screen
        if len(screen.files) > 1:
            screen.side = 1 - screen.side
            screen.draw_side()
        else:
            screen.say(Say("this finding is about one file", "warn"))

    def _open_filters(self) -> None:
        filters = self._screen.query_one(FilterList)
        filters.add_class("-open")
        filters.focus()

    def close_filters(self) -> None:
        """Put the filters away, and the keys back to the findings."""
        self._screen.query_one(FilterList).remove_class("-open")
        self._screen.set_focus(None)
        self._screen.call_after_refresh(self._screen.show_current)

    def _filter(self) -> None:
        def narrow(text: str) -> None:
            self._screen.desk.choose(text=text.strip())
            self._screen.show_current()

        self._open_line(self._screen.desk.choice.text, "hash, reason or tag", narrow)

    # The line

    def _open_line(self, text: str, placeholder: str, then: Callable[[str], None], *, completes: bool = False) -> None:
        screen = self._screen
        self._typing, self._completes = then, completes
        screen.add_class("-typing")
        screen.line.placeholder = placeholder
        screen.line.value = text
        screen.line.cursor_position = len(text)
        screen.line.focus()

    def submit(self, text: str) -> None:
        """A typed line is whole."""
        then = self._typing
        self._close_line()
        if then is not None:
            then(text)

    def line_key(self, key: str) -> None:
        """Leave the line, or complete its last tag."""
        if key == "escape":
            self._close_line()
            return
        screen = self._screen
        book = screen.desk.book
        if not self._completes or book is None or screen.finding is None:
            return
        kept = book.kept.get("tags")
        facts = kept.result.facts if kept is not None else {}
        found = suggested_tags(screen.finding, facts, screen.line.value)
        if len(found) == 1:
            head, comma, _ = screen.line.value.rpartition(",")
            screen.line.value = f"{head}{comma}{' ' if comma else ''}{found[0]}"
            screen.line.cursor_position = len(screen.line.value)
        said = "  ".join(found[:_MOST_SHOWN]) if found else "no known tag begins like that"
        screen.say(Say(said))

    def _close_line(self) -> None:
        self._typing = None
        self._screen.remove_class("-typing")
        self._screen.set_focus(None)

    # The rest

    def _view(self) -> None:
        """Show the original of the file that keys act on, as large as the terminal."""
        from hyai_tui.tui.screens.preview import PreviewScreen

        screen = self._screen
        if not screen.file or screen.hidden:
            screen.say(Say("nothing to look at" if not screen.file else "pictures are hidden", "warn"))
            return
        screen.app.push_screen(PreviewScreen(screen.session, screen.file, screen.hyai.review.view))

    def _run(self) -> None:
        """Run the checks again, in the background: the one that is shown, or all."""
        check = self._screen.desk.choice.check
        self._screen.session.errands.start_job("check", {"names": [check] if check else []})
        self._screen.say(Say(f"the check{f' {check}' if check else 's'} run in the background"))

    def _blur(self) -> None:
        self._screen.hyai.review.acts.blur()
        self._screen.say(Say(self._screen.hyai.review.status.told))
        self._screen.show_current()

    def _back(self) -> None:
        """Take the filters away; without any, go back."""
        screen = self._screen
        if screen.desk.filtered or screen.desk.choice.pile != "open":
            screen.desk.choose(type="", kind="", band="", namespace="", text="", least=0.0, pile="open")
            screen.show_current()
        else:
            screen.dismiss("")

    def hints(self) -> list[tuple[str, str, str]]:
        """Return (act, key, what it does) for the line of keys."""
        return hints(self._screen, self.key)
