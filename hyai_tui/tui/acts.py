"""What each act of the keymap does on the review screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Input

from hyai_tui.text import common_start, visible
from hyai_tui.tui import words
from hyai_tui.tui.bulk import decide_marked
from hyai_tui.tui.commands import completions
from hyai_tui.tui.desk import Say
from hyai_tui.tui.keymap import presets
from hyai_tui.tui.messages import PlanMade
from hyai_tui.tui.picking import beginning
from hyai_tui.tui.tag_line import TAGGING, TagLine
from hyai_tui.tui.widgets.queue_list import QueueList

if TYPE_CHECKING:
    from hyai_tui.journal.model import Kind
    from hyai_tui.tui.screens.review import ReviewScreen

_PAGE = 10
# What the line of commands begins with while a label is chosen.
PICKING = "label "
_NAMES_A_LABEL = frozenset({"label", "marked"})
_PLAIN: dict[str, Kind] = {"skip": "skip", "unsure": "unsure", "ignore": "ignore"}
# Acts that are a command of the line, most of them by the same name.
_SAME = "score retrain jobs zoom compare open grid map changes classes similar sweep history help sort"
_COMMANDS = {"statistics": "stats", "leave": "quit", **{act: act for act in _SAME.split()}}
_VIEWS = ("show", "mosaic", "nothing")
_VIEW_WORDS = {"show": "pictures shown", "mosaic": "mosaic: no decisions until they show", "nothing": "hidden"}


class ReviewActs:
    """Does acts by name, so that keys, taps and commands reach the same code."""

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self.tags = TagLine(screen, self._open_command)
        self._acts: dict[str, Callable[[], object]] = {
            "undo": self._undo,
            "redo": self._redo,
            "next": lambda: self._move(1),
            "previous": lambda: self._move(-1),
            "page_down": lambda: self._move(_PAGE),
            "page_up": lambda: self._move(-_PAGE),
            "first": lambda: self._go(0),
            "last": lambda: self._go(len(screen.desk.walk) - 1 if screen.desk.walk is not None else 0),
            "next_queue": lambda: self._queue(1),
            "previous_queue": lambda: self._queue(-1),
            "queues": self._open_queues,
            "take_list": self._take_list,
            "blur": self.blur,
            "mark": self._mark,
            **dict.fromkeys(
                ("mark_range", "mark_page", "confirm_rest", "more_columns", "fewer_columns"), self._grid_only
            ),
            "palette": lambda: screen.app.action_command_palette(),
            "pick": self._pick,
            "tags": self.tags.open,
            "filter": lambda: self._open_command(f"/{screen.desk.query.text if screen.desk.query is not None else ''}"),
            "go": lambda: self._open_command("go "),
            "command": self._open_command,
            "back": self._back,
        }

    def do(self, act: str, key: str, at: float) -> None:
        """Do an act.

        Args:
            act: its name in the keymap.
            key: the key that asked for it, to tell a held key from one pressed again.
            at: when that key arrived, monotonic seconds.
        """
        if act in _PLAIN:
            self._decide(_PLAIN[act], None, key, at)
        elif act == "suggested":
            self._decide_suggested(key, at)
        elif act.startswith("label "):
            self._label(act, key, at)
        elif act.startswith("marked "):
            if (label := self.label_of(act, self._say)) is not None:
                self._decide_marked(label)
        elif act in _COMMANDS:
            self._screen.session.commands.run(_COMMANDS[act])
        elif act in self._acts:
            self._acts[act]()

    # Decisions

    def _label(self, act: str, key: str, at: float) -> None:
        """Decide a label given by name or by digit."""
        if self._refused():
            return
        if (label := self.label_of(act, self._say)) is not None:
            self._decide("label", label, key, at)

    def label_of(self, act: str, say: Callable[[Say], None]) -> str | None:
        """Return the label of `label trash`, `label 2` or `marked trash`; says why where there is none."""
        if not self._screen.desk.snapshot.entries:
            say(Say("still opening: that key decided nothing", "warn"))
            return None
        named = act.partition(" ")[2]
        snapshot = self._screen.desk.snapshot
        label = snapshot.labels.get(int(named)) if named.isdecimal() else named
        if label is None or label not in snapshot.all_labels:
            known = ", ".join(f"{digit} {name}" for digit, name in sorted(snapshot.labels.items()))
            pick = self._screen.session.keymap.first_key("pick") or ":label"
            more = f"; {pick} picks one of {len(snapshot.more):,} more by name" if snapshot.more else ""
            say(Say(f"there is no label for that key; there are {known or 'none yet'}{more}", "warn"))
            return None
        return label

    def _pick(self) -> None:
        """Let a label be chosen by the start of its name, with the picture in view."""
        if not self._refused():
            self._open_command(PICKING)
            self.tell_choices(PICKING)

    def tell_choices(self, typed: str) -> None:
        """Say which labels a name that is being typed may become."""
        name, typing, start = typed.removeprefix(":").partition(" ")
        if typing and name == TAGGING.strip():
            self.tags.tell(start)
        if typing and name in _NAMES_A_LABEL:
            found = beginning(start, self._screen.desk.snapshot.all_labels)
            sure = "Enter decides " if len(found) == 1 else ""
            self._say(Say(sure + ("  ".join(found) or f"no label begins with {start}")))

    def decide_named(self, label: str, *, marked: bool) -> None:
        """Decide a label on the shown file, or ask whether to on all marked ones."""
        if marked:
            self._decide_marked(label)
        elif not self._refused():
            self._decide("label", label, "", time.monotonic())

    def _decide_suggested(self, key: str, at: float) -> None:
        """Decide the label that the open list suggests for the shown file, with the reason that it gave."""
        if self._refused():
            return
        row = self._screen.desk.current
        if row is None or row.suggested is None:
            self._say(Say("nothing is suggested for this file", "warn"))
        else:
            self._decide("label", row.suggested, key, at)

    def _decide(self, kind: Kind, label: str | None, key: str, at: float) -> None:
        said = self._screen.desk.decide(kind, label, key, at)
        self._say(said)
        if said.kind == "say":
            self._screen.show_current()

    def _mark(self) -> None:
        """Mark the shown picture, or take its mark away."""
        desk = self._screen.desk
        row = desk.current
        if row is None or (row.file not in desk.marks and desk.gate.decidable(time.monotonic()) != row.file):
            self._say(Say("not shown yet: it takes no mark", "warn"))
            return
        self._say(desk.mark(row))
        self._screen.refresh_all()

    def _decide_marked(self, label: str) -> None:
        """Ask, then give all marked files a label."""
        desk = self._screen.desk
        refusal = desk.closed()
        if refusal is None and not desk.marks:
            refusal = Say(f"nothing is marked: {self._screen.session.keymap.first_key('mark')} marks", "warn")
        if refusal is not None:
            self._say(refusal)
        else:
            page = {desk.current.file} if desk.current is not None else set()
            self._screen.post_message(PlanMade(decide_marked(label, dict(desk.marks), page), "picture"))

    def _grid_only(self) -> None:
        self._say(Say(f"that key works in the grid: {self._screen.session.keymap.first_key('grid')} opens it", "warn"))

    def _undo(self) -> None:
        if not self._refused():
            self._screen.desk.undo()

    def _redo(self) -> None:
        if not self._refused():
            self._screen.desk.redo()

    def _refused(self) -> bool:
        if self._screen.desk.line.look_only:
            self._say(Say("looking only: another app decides · :take-over", "warn"))
            return True
        return False

    # Moving

    def _move(self, by: int) -> None:
        walk = self._screen.desk.walk
        if walk is not None and walk.move(by):
            self._screen.show_current()
        elif walk is not None and len(walk):
            self._say(Say("this is the last one" if by > 0 else "this is the first one"))

    def _go(self, position: int) -> None:
        walk = self._screen.desk.walk
        if walk is not None and walk.go(position):
            self._screen.show_current()

    def _queue(self, by: int) -> None:
        if self._screen.desk.step_entry(by):
            self._screen.show_current()

    def _open_queues(self) -> None:
        if self._queues.has_focus:
            self.close_queues()
            return
        self._queues.add_class("-open")
        self._screen.set_focus(self._queues)
        self._screen.refresh_keys()

    def close_queues(self) -> None:
        """Put the list of queues away, and the keys back to the picture."""
        self._queues.remove_class("-open")
        self._screen.set_focus(None)
        self._screen.refresh_keys()
        # Where the list lay over the picture, only that part would be drawn again.
        self._screen.call_after_refresh(self._screen.picture.refresh)

    def _take_list(self) -> None:
        """Take the list that waits. Never decides, and does nothing where none waits."""
        if self._screen.desk.take_waiting():
            self._screen.banner.tell("")
            self._say(Say("this is the new list"))
            self._screen.show_changes()
            self._screen.show_current()
            self._screen.looking.again()
        else:
            self._say(Say("no new list waits; Enter decides nothing"))

    def first_steps(self) -> str:
        """Return what to do where no model has been trained yet; empty where there is one, or nothing to decide on."""
        snapshot, keymap = self._screen.desk.snapshot, self._screen.session.keymap
        if snapshot.model is not None or not snapshot.files:
            return ""
        keys = [f"{keymap.first_key(f'label {label}') or digit} {label}" for digit, label in snapshot.labels.items()]
        train = keymap.first_key("retrain") or ":retrain"
        sizes = self._screen.standing.sizes
        so_far = f" · so far {', '.join(f'{number:,} {label}' for label, number in sizes)}" if sizes else ""
        hint = next(iter(self._screen.standing.hints), "")
        return f"no model yet: decide a few files of every label ({', '.join(keys)}), then {train} trains{so_far}" + (
            f" · {hint}" if hint else ""
        )

    def tell_waiting(self, lead: str = "") -> None:
        """Say in the banner what waits: what the model gained, and what it settles of this queue."""
        screen = self._screen
        lead = lead or screen.session.take_verdict()
        parts = [lead] if lead else ["a new list is ready"]
        if (counts := screen.desk.settled_and_new()) is not None:
            here, settled, new = counts
            parts.append(f"of your {here}: {settled} settled, {new} new")
        elif screen.desk.waiting is not None and not screen.desk.waiting.scored:
            parts.append(
                f"no file is scored by it yet: {screen.session.keymap.first_key('score') or ':score'} scores them"
            )
        parts.append(f"{screen.session.keymap.first_key('take_list')} take the new list")
        if lead and (key := screen.session.keymap.first_key("changes")):
            parts.append(f"{key} what changed")
        screen.banner.tell(" · ".join(parts))

    # The rest

    def blur(self) -> None:
        """Show, mosaic, nothing, and round again."""
        screen = self._screen
        screen.view = _VIEWS[(_VIEWS.index(screen.view) + 1) % len(_VIEWS)]
        self._say(Say(_VIEW_WORDS[screen.view]))
        screen.show_current()

    def _open_command(self, text: str = "") -> None:
        if text != TAGGING:
            self.tags.forget()
        self._screen.add_class("-commanding")
        line = self._screen.query_one("#command-line", Input)
        line.value = text
        line.cursor_position = len(text)
        # At once: what is typed meanwhile must not be taken for keys of the review.
        line.display = True
        self._screen.set_focus(line)

    def type_command(self, key: str, character: str | None) -> bool:
        """Take a key that reached the review while a command is typed; returns whether it meant something.

        Where several keys come in one piece, those after the colon are on their way to the review already.
        """
        line = self._screen.query_one("#command-line", Input)
        ways: dict[str, Callable[[], object]] = {
            "escape": self._leave_command,
            "tab": self.complete_command,
            "backspace": line.action_delete_left,
            "enter": lambda: line.post_message(Input.Submitted(line, line.value)),
        }
        if character is not None:
            line.insert_text_at_cursor(character)
        elif key in ways:
            ways[key]()
        return character is not None or key in ways

    def complete_command(self) -> None:
        """Complete the typed command: whole where there is one way, else as far as all ways agree, which are shown."""
        screen = self._screen
        line = screen.query_one("#command-line", Input)
        if self.tags.complete(line):
            return
        queues = [entry.key for entry in screen.desk.snapshot.entries]
        found = completions(
            line.value.removeprefix(":"),
            sorted(screen.app.available_themes),
            presets(),
            queues,
            screen.desk.snapshot.all_labels,
        )
        if not found:
            return
        whole = len(found) == 1 and " " not in found[0] and not found[0].startswith("/")
        line.value = f"{found[0]} " if whole else common_start(found)
        line.cursor_position = len(line.value)
        if len(found) > 1:
            self._say(Say("  ".join(found)))

    def _leave_command(self) -> None:
        self.tags.forget()
        self.close_command()

    def close_command(self) -> None:
        """Put the command line away."""
        self._screen.remove_class("-commanding")
        self._screen.query_one("#command-line", Input).display = False
        self._screen.set_focus(None)

    @property
    def _queues(self) -> QueueList:
        return self._screen.query_one("#queues", QueueList)

    def _back(self) -> None:
        """Put away what is open; with nothing open, ask before leaving."""
        screen = self._screen
        if screen.desk.marks:
            self._say(Say(f"{len(screen.desk.marks):,} marks taken away"))
            screen.desk.marks.clear()
            screen.refresh_all()
        elif screen.desk.query is not None:
            screen.looking.show_all()
        elif screen.desk.leave_aside():
            self._say(Say(f"back in {screen.desk.walk.entry.title if screen.desk.walk is not None else 'the queues'}"))
            screen.show_current()
        elif screen.banner.told and screen.desk.waiting is None:
            screen.banner.tell("")
        elif not screen.hide_changes():
            screen.session.commands.run("quit ask")

    def _say(self, said: Say) -> None:
        self._screen.status.tell(said.text, said.kind)

    def ghost(self) -> Content:
        """Return the decision made last, and the key that takes it back; empty where there is none."""
        if not (named := self._screen.desk.last):
            return Content("")
        undo = self._screen.session.keymap.first_key("undo")
        return Content.assemble(
            (f"{words.shape(named)} {visible(named)}", words.colour(named)), (f" · {undo}" if undo else "", "$muted")
        )
