"""The first screen, where there is no workspace yet: a demo, a folder of pictures, or a Hydrus client.

It only asks; what was chosen is done by `first_run`, after the screen has gone.
"""

from __future__ import annotations

import os
import textwrap
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.driver import Driver
from textual.events import Click, Key
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input, Static

from hyai_tui.library.folder_look import pictures_below
from hyai_tui.settings import SETTINGS_FILE
from hyai_tui.text import common_start, count, visible
from hyai_tui.tui.laying import once_laid_out

# More pictures than this are not counted: nobody waits for a number.
_MOST = 10_000
_MOST_NAMES = 6
# Cells of the panel's border and padding, and of what stands before the name of a choice.
_FRAME, _INDENT = 6, 5
# Lines of a terminal that shows every sentence below its choice.
_HIGH = 30
_ABOUT = (
    "hyai learns which pictures you keep. It shows them one by one, you press a key for each, and after some ten of "
    "either kind it begins to sort the rest. Nothing is moved or deleted, and nothing leaves this machine."
)


@dataclass(frozen=True)
class Wish:
    """What to begin with.

    Attributes:
        kind: `demo`, `folder`, `hydrus`, or `open` for a workspace that is there.
        folder: the pictures, or the workspace to open; None for the others.
    """

    kind: str
    folder: Path | None = None


@dataclass(frozen=True)
class Choice:
    """One line of the first screen."""

    wish: Wish
    name: str
    about: str


def choices(here: Path) -> list[Choice]:
    """Return what can be begun with: workspaces in the folders here first, then what makes a new one."""
    there = sorted(one for one in _folders(here) if (one / SETTINGS_FILE).is_file())[:_MOST_NAMES]
    return [
        *(Choice(Wish("open", one), f"open {visible(one.name)}", "a workspace that is here already") for one in there),
        Choice(Wish("demo"), "a demo", "drawn pictures in ./hyai-demo; ready in half a minute"),
        Choice(Wish("folder"), "a folder", "pictures on this machine, in any number of folders"),
        Choice(Wish("hydrus"), "Hydrus", "beside a Hydrus client; asks for its address and a key"),
    ]


class WelcomeApp(App[Wish | None]):
    """Shows the first screen; ends with what was chosen, or with None.

    Args:
        here: the current directory.
        room: where a new workspace is made.
        themes: those that are known.
        theme: the one to use.
        driver_class: of the terminal; None for Textual's own.
    """

    TITLE = "hyai"
    CSS_PATH = "screens/welcome.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        here: Path,
        room: Path,
        themes: dict[str, Theme],
        theme: str,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        for one in themes.values():
            self.register_theme(one)
        if theme in themes:
            self.theme = theme
        self._first = WelcomeScreen(here, room)

    def get_default_screen(self) -> Screen[None]:
        """Begin with the only screen that there is."""
        return self._first


class WelcomeScreen(Screen[None], inherit_bindings=False):
    """The choices, and a line for the folder.

    Args:
        here: the current directory, which paths are relative to.
        room: where a new workspace is made.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""

    class Counted(Message):
        """So many pictures are below a folder."""

        def __init__(self, text: str, pictures: int) -> None:
            super().__init__()
            self.text = text
            self.pictures = pictures

    def __init__(self, here: Path, room: Path) -> None:
        super().__init__()
        self._here = here
        self._room = room
        self._choices = choices(here)
        self._cursor = 0
        # The line of the list on which each choice begins.
        self._tops: list[int] = []

    def compose(self) -> ComposeResult:
        """Lay the choices out."""
        with Vertical(id="welcome") as panel:
            panel.border_title = "hyai"
            yield Static(_ABOUT, markup=False)
            yield Static("", id="choices", markup=False)
            yield Static("", id="asked", markup=False)
            line = Input(id="folder", compact=True, select_on_focus=False)
            line.cursor_blink = False
            yield line
            yield Static("", id="said", markup=False)
            yield Static("", id="hints", markup=False)

    def on_mount(self) -> None:
        """Draw the choices."""
        self._draw()

    def on_resize(self) -> None:
        """What a choice is for stands beside it or below it."""
        once_laid_out(self, self._draw)

    @property
    def line(self) -> Input:
        """The line for the folder."""
        return self.query_one("#folder", Input)

    def _draw(self) -> None:
        room = min(80, round(self.app.size.width * 0.96)) - _FRAME
        column = max(len(one.name) for one in self._choices) + 2
        beside = all(_INDENT + column + len(one.about) <= room for one in self._choices)
        # Where there is no room for sentences either, names have to do.
        high = self.app.size.height >= _HIGH
        lines: list[Content] = []
        self._tops = []
        for at, one in enumerate(self._choices):
            mark = ("▸ " if at == self._cursor else "  ", "$accent bold")
            name = (f"{one.name:{column}}", "bold" if at == self._cursor else "")
            head = Content.assemble(mark, (f"{at + 1}  ", "$accent bold"), name)
            about = [one.about] if beside else textwrap.wrap(one.about, max(12, room - _INDENT)) if high else []
            told = [Content.styled(text, "$muted") for text in about]
            self._tops.append(len(lines))
            lines += [head + told[0]] if beside else [head, *(Content(" " * _INDENT) + text for text in told)]
        self.query_one("#choices", Static).update(Content("\n").join(lines))
        typing = self.line.display
        keys = (
            [("Enter", "take it"), ("Tab", "complete"), ("Esc", "back")]
            if typing
            else [(f"1–{len(self._choices)} Enter", "choose"), ("q", "leave")]
        )
        self.query_one("#hints", Static).update(
            Content("  ").join([Content.assemble((key, "bold $accent"), f" {does}") for key, does in keys])
        )

    def _say(self, text: str, style: str = "$muted") -> None:
        self.query_one("#said", Static).update(Content.styled(visible(text), style))

    # Keys

    def on_key(self, event: Key) -> None:
        """Choose by digit or cursor; in the line, complete and go back."""
        if isinstance(self.focused, Input):
            if event.key in {"tab", "escape"}:
                event.stop()
                event.prevent_default()
                if event.key == "tab":
                    self._complete()
                else:
                    self._close_line()
            return
        event.stop()
        event.prevent_default()
        if event.key in {"q", "escape", "ctrl+c", "ctrl+q"}:
            self.app.exit(None)
        elif event.key in {"j", "down", "k", "up"}:
            self._cursor = (self._cursor + (1 if event.key in {"j", "down"} else -1)) % len(self._choices)
            self._draw()
        elif event.key == "enter":
            self._choose(self._cursor)
        elif event.character is not None and event.character in "123456789":
            self._choose(int(event.character) - 1)

    def on_click(self, event: Click) -> None:
        """A click on a line chooses it."""
        if event.widget is self.query_one("#choices") and not self.line.display:
            self._choose(bisect_right(self._tops, event.y) - 1)

    def _choose(self, at: int) -> None:
        if at >= len(self._choices):
            return
        self._cursor = at
        wish = self._choices[at].wish
        if wish.kind == "folder":
            self._open_line()
        else:
            self.app.exit(wish)
        self._draw()

    # The folder

    def _open_line(self) -> None:
        usual = Path.home() / "Pictures"
        start = self._here if self._here != Path.home() or not usual.is_dir() else usual
        self.add_class("-asking")
        asked = f"The folder with your pictures. Labels, settings and what is learned go to {self._room}."
        self.query_one("#asked", Static).update(Content(visible(asked)))
        self.line.display = True
        # With its slash, so that the name of a folder in it can be typed at once.
        self.line.value = f"{_short(start)}/".replace("//", "/")
        self.line.cursor_position = len(self.line.value)
        self.set_focus(self.line)

    def _close_line(self) -> None:
        self.remove_class("-asking")
        self.line.display = False
        self.set_focus(None)
        self._say("")
        self._draw()

    def _path(self, text: str) -> Path:
        return (self._here / Path(text.strip() or ".").expanduser()).absolute()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Count the pictures there, in a thread."""
        text = message.value
        folder = self._path(text)
        if not folder.is_dir():
            self._say("there is no such folder")
            return
        self._say("counting …")

        def look() -> None:
            self.post_message(self.Counted(text, pictures_below(folder, _MOST)))

        self.run_worker(look, thread=True, exclusive=True)

    def on_welcome_screen_counted(self, message: Counted) -> None:
        """The pictures of a folder are counted; of another one by now, where somebody typed on."""
        if message.text == self.line.value and self.line.display:
            more = "over " if message.pictures >= _MOST else ""
            found = f"{more}{count(message.pictures, 'picture')} there" if message.pictures else "no pictures there yet"
            self._say(" · ".join([found, *self._below()]))

    def _below(self) -> list[str]:
        """Return what to say of the folders in the one that is typed; nothing where it ends without a slash or holds none."""
        names = sorted(one.name for one in _folders(self._path(self.line.value)) if not one.name.startswith("."))
        return [f"in it: {_listed(names)}"] if names and self.line.value.endswith("/") else []

    def _complete(self) -> None:
        """Complete the last name as far as it is clear, and list what it may be."""
        head, tail = os.path.split(self.line.value)
        names = [one.name for one in _folders(self._path(head)) if one.name.startswith(tail)]
        names = sorted(name for name in names if tail.startswith(".") or not name.startswith("."))
        if not names:
            self._say("no folder begins so", "$warning")
            return
        found = common_start(names)
        self.line.value = os.path.join(head, found) + ("/" if len(names) == 1 else "")  # noqa: PTH118 - `~` and `./` stay
        self.line.cursor_position = len(self.line.value)
        if len(names) > 1:
            self._say(_listed(names))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the folder, if it is one."""
        message.stop()
        folder = self._path(message.value)
        if folder.is_dir():
            self.app.exit(Wish("folder", folder))
        else:
            self._say(f"{message.value} is not a folder", "$error")


def _folders(directory: Path) -> list[Path]:
    """Return the folders in a directory; none of one that cannot be read."""
    try:
        return [one for one in directory.iterdir() if one.is_dir()]
    except OSError:
        return []


def _listed(names: list[str]) -> str:
    """Return the first names of a list."""
    return "  ".join([*names[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])])


def _short(path: Path) -> str:
    """Return a path as people write it, with `~` for their own directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}".removesuffix("/.") if path.is_relative_to(home) else str(path)
