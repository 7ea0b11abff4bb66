"""The classes: every label with what stands behind it; added, renamed, merged, coloured and ordered here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from hyai_tui.text import count, visible
from hyai_tui.tui import words
from hyai_tui.tui.messages import LabelsChanged
from hyai_tui.tui.widgets.label_list import LabelList
from hyai_tui.tui.widgets.line_list import LineList
from hyai_tui.tui.widgets.lines import KeyLine, StatusLine
from hyai_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.jobs.label_list import LabelRow
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session

# Told apart by people who see fewer colours as well (Okabe and Ito, 2008), beside the blue and orange of the theme.
SWATCHES = {
    "1": "#e69f00",
    "2": "#56b4e9",
    "3": "#009e73",
    "4": "#f0e442",
    "5": "#0072b2",
    "6": "#d55e00",
    "7": "#cc79a7",
    "8": "#9a9a9a",
}
_OWN = {"down": "next", "j": "next", "up": "previous", "k": "previous", "J": "later", "K": "sooner"}
_OWN |= {
    "n": "add",
    "e": "rename",
    "m": "merge",
    "c": "colour",
    "a": "describe",
    "d": "remove",
    "u": "undo",
    "enter": "samples",
}
_OWN |= {"escape": "back", "q": "back", "home": "first", "end": "last"}


@dataclass
class LabelsRead(Message):
    """The labels, with what the model in use is worth on each, and what is to be said of their sizes."""

    rows: Sequence[LabelRow]
    figures: Mapping[str, Mapping[str, Any]]
    model: int
    hints: Sequence[str]


@dataclass(frozen=True)
class Samples:
    """The samples of a label, to look at."""

    label: str
    files: tuple[str, ...]


class ClassesScreen(Screen[Samples | None], inherit_bindings=False):
    """Dismissed with the samples of a label to look at, or nothing.

    Args:
        session: reads and changes the labels.
        confirm: asks a question; what follows a yes is given to it.
    """

    CSS_PATH = "classes.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-phone"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's declaration
    AUTO_FOCUS: ClassVar[str | None] = ""

    class Found(Message):
        """The samples of a label have been listed."""

        def __init__(self, samples: Samples) -> None:
            super().__init__()
            self.samples = samples

    def __init__(self, session: Session, confirm: Callable[[str, str, Callable[[], object]], object]) -> None:
        super().__init__()
        self._session = session
        self._confirm = confirm
        self.read: LabelsRead | None = None
        self._asked: Callable[[str], None] | None = None

    def compose(self) -> ComposeResult:
        """Lay the lines out."""
        yield TitleLine("Labels", id="classes-title")
        yield LabelList(id="classes")
        yield Static(id="class-facts", markup=False)
        yield Static(id="class-question", markup=False)
        yield Input(id="class-line", compact=True, select_on_focus=False)
        yield StatusLine(id="classes-status")
        yield KeyLine(id="classes-keys")

    def on_mount(self) -> None:
        """Read the labels."""
        self._name_keys()
        self._read()

    def _name_keys(self) -> None:
        """Show what the keys do now."""
        if self._asked is not None:
            self.query_one(KeyLine).show([("", "Enter", "take it"), ("", "Esc", "change nothing")])
            return
        hints = [
            ("next", "j k", "move"),
            ("samples", "Enter", "samples"),
            ("add", "n", "new"),
            ("rename", "e", "rename"),
            ("merge", "m", "merge into"),
            ("colour", "c", "colour"),
        ]
        hints += [("describe", "a", "about")]
        hints += [("later", "J K", "order"), ("remove", "d", "remove"), ("undo", "u", "undo")]
        hints += [("back", "Esc", "back")]
        self.query_one(KeyLine).show(hints)

    @property
    def rows(self) -> LabelList:
        """The labels."""
        return self.query_one(LabelList)

    @property
    def line(self) -> Input:
        """The line to type on."""
        return self.query_one("#class-line", Input)

    def _say(self, text: str, kind: str = "say") -> None:
        self.query_one(StatusLine).tell(text, kind)

    # Reading

    def _read(self) -> None:
        workspace = self._session.workspace

        def wish(journal: Journal, _catalog: Catalog) -> None:
            from hyai_tui.jobs.label_list import label_rows
            from hyai_tui.learning.registry import Registry
            from hyai_tui.samples.balance import balance_hints

            rows = label_rows(workspace, journal)
            current = next((one for one in Registry(workspace.models_directory).list() if one.current), None)
            figures = (current.facts.get("metrics") or {}).get("per_class") or {} if current is not None else {}
            hints = balance_hints({row.label: row.samples for row in rows})
            self.post_message(LabelsRead(rows, figures, current.number if current is not None else 0, hints))

        self._session.work(wish)

    def on_labels_read(self, message: LabelsRead) -> None:
        """The labels are there."""
        self.read = message
        self.rows.show(message.rows)
        samples = sum(row.samples for row in message.rows)
        self.query_one("#classes-title", TitleLine).update(
            f"Labels · {count(len(message.rows), 'label')}, {count(samples, 'sample')}"
        )
        self._draw_facts()

    def take_change(self, message: LabelsChanged) -> None:
        """A label changed, or could not be."""
        self._say(message.line, message.kind)
        self._read()

    @property
    def _without_digit(self) -> str:
        pick = self._session.keymap.first_key("pick")
        return f"no digit is left for it: {pick or ':label'} and the start of its name decide it"

    def _draw_facts(self) -> None:
        row, read = self.rows.chosen, self.read
        if row is None or read is None:
            none = "no labels yet: n makes one, and so does a folder data/NAME with pictures in it"
            self.query_one("#class-facts", Static).update(Content.styled(none, "$muted"))
            return
        lines = [
            Content.assemble(
                (f"{words.shape(row.label)} {visible(row.label)}", f"bold {words.colour(row.label)}"),
                (f"   {f'key {row.digit}, for ever' if row.digit else self._without_digit}", "$muted"),
            )
        ]
        if row.about:
            lines.append(Content(visible(row.about)))
        facts = {"folder": f"data/{row.label}", "tag": row.tag, "colour": row.colour or "the theme's"}
        figures = read.figures.get(row.label)
        if figures:
            said = ", ".join(f"{name} {figures[name]:.2f}" for name in ("precision", "recall", "f1") if name in figures)
            facts[f"model #{read.model}"] = f"{said} on {count(figures.get('support', 0), 'held-out sample')}"
        elif read.model:
            facts[f"model #{read.model}"] = "does not know it yet: a retrain learns it"
        lines += [Content.assemble((f"{name:10} ", "$muted"), visible(text)) for name, text in facts.items()]
        lines += [Content(""), *(Content.styled(visible(hint), "$warning") for hint in read.hints)]
        self.query_one("#class-facts", Static).update(Content("\n").join(lines))

    # Keys

    def on_key(self, event: Key) -> None:
        """Type, or do an act."""
        if isinstance(self.focused, Input):
            if event.key == "escape":
                event.stop()
                event.prevent_default()
                self._close_line()
                self._say("nothing was changed")
            return
        event.stop()
        event.prevent_default()
        self.do(_OWN.get(event.key) or self._session.keymap.act(event.key) or "")

    def on_key_line_tapped(self, message: KeyLine.Tapped) -> None:
        """A tap on a hint is its key."""
        self.do(message.act)

    def on_line_list_picked(self, message: LineList.Picked) -> None:
        """A click chooses a label; the line above them is none."""
        self._go(max(0, message.position - 1))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """What was typed answers the question."""
        message.stop()
        asked, text = self._asked, message.value.strip()
        self._close_line()
        if asked is not None and text:
            asked(text)
        else:
            self._say("nothing was changed")

    def do(self, act: str) -> None:
        """Do an act of this screen."""
        row, rows = self.rows.chosen, self.rows
        moves = {"next": rows.cursor + 1, "previous": rows.cursor - 1, "first": 0, "last": len(rows.rows) - 1}
        if act in moves:
            self._go(moves[act])
        elif act in {"back", "leave"}:
            self.dismiss(None)
        elif act == "samples" and row is not None:
            self._list_samples(row)
        elif act in {"add", "rename", "merge", "colour", "describe", "remove", "undo", "sooner", "later"}:
            if self._session.writer.look_only:
                self._say("looking only: another app decides · :take-over", "warn")
            else:
                self._change(act, row)

    def _change(self, act: str, row: LabelRow | None) -> None:
        labelling = self._session.labelling
        if act == "add":
            self._ask("the name of the new label, which is that of its folder and tag", "", labelling.add)
        elif act == "undo":
            labelling.undo()
        elif row is None:
            self._say("no labels yet: n makes one", "warn")
        elif act == "rename":
            old = row.label
            self._ask(f"another name for {visible(old)}", old, lambda new: labelling.rename(old, new))
        elif act == "merge":
            others = ", ".join(f"{one.digit or ''} {one.label}".strip() for one in self.rows.rows if one is not row)
            self._ask(f"merge {visible(row.label)} into which label? {others}", "", lambda into: self._merge(row, into))
        elif act == "colour":
            self._ask_colour(row)
        elif act == "describe":
            asked = f"what does {visible(row.label)} stand for, in a sentence?"
            self._ask(asked, row.about, lambda about: labelling.describe(row.label, about))
        elif act == "remove":
            labelling.remove(row.label)
        else:
            self._move(row, 1 if act == "later" else -1)

    def _go(self, position: int) -> None:
        self.rows.go(position)
        self._draw_facts()

    def _ask(self, question: str, text: str, then: Callable[[str], None]) -> None:
        self._asked = then
        self.query_one("#class-question", Static).update(Content(visible(question)))
        self._open_line(text)

    def _open_line(self, text: str) -> None:
        self.add_class("-asking")
        self.line.value = text
        self.line.cursor_position = len(text)
        # At once: what is typed meanwhile must not be taken for keys of this screen.
        self.line.display = True
        self.set_focus(self.line)
        self._name_keys()

    def _close_line(self) -> None:
        self._asked = None
        self.remove_class("-asking")
        self.line.display = False
        self.set_focus(None)
        self._name_keys()

    # Changes that need more than a name

    def _merge(self, row: LabelRow, named: str) -> None:
        """Ask before one label becomes part of another, with how much moves."""
        into = next((one for one in self.rows.rows if named in {one.label, str(one.digit)}), None)
        if into is None or into.label == row.label:
            self._say(f"there is no other label {named!r}: write its name or its digit", "warn")
            return
        line = (
            f"{count(row.decided, 'decided file')} and {count(row.samples, 'sample')} of {row.label} become"
            f" {into.label}, with their tags; u takes it back. Merge? y/n"
        )
        self._confirm(
            f"Merge {row.label} into {into.label}", line, lambda: self._session.labelling.merge(row.label, into.label)
        )

    def _ask_colour(self, row: LabelRow) -> None:
        swatches = [Content.assemble((f"{key} ", "bold"), ("██ ", colour), " ") for key, colour in SWATCHES.items()]
        question = Content.assemble(
            f"a colour for {visible(row.label)}: ", *swatches, "#rrggbb, or none for the theme's"
        )
        self._asked = lambda text: self._session.labelling.colour(
            row.label, None if text == "none" else SWATCHES.get(text, text)
        )
        self.query_one("#class-question", Static).update(question)
        self._open_line(row.colour or "")

    def _move(self, row: LabelRow, by: int) -> None:
        names = [one.label for one in self.rows.rows]
        at = names.index(row.label)
        if 0 <= at + by < len(names):
            names.insert(at + by, names.pop(at))
            self._session.labelling.order(names)

    # Samples

    def _list_samples(self, row: LabelRow) -> None:
        workspace = self._session.workspace

        def wish(journal: Journal, _catalog: Catalog) -> None:
            from hyai_tui.samples.training import training_samples

            files = tuple(one.identity for one in training_samples(journal, workspace.data) if one.label == row.label)
            self.post_message(self.Found(Samples(row.label, files)))

        self._session.work(wish)

    def on_classes_screen_found(self, message: Found) -> None:
        """The samples are listed: go and show them."""
        if message.samples.files:
            self.dismiss(message.samples)
        else:
            self._say(f"{message.samples.label} has no samples yet", "warn")
