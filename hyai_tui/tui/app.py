"""The app: composes screens and routes between them, the session and the terminal. Rules live elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import CursorPosition, Event, InputEvent, Key, Paste
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme

from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui import keymap as keymaps
from hyai_tui.tui.asking import Question
from hyai_tui.tui.brush import Brush
from hyai_tui.tui.commands import COMMANDS
from hyai_tui.tui.confirming import Confirmations
from hyai_tui.tui.driver import DiscreetDriver
from hyai_tui.tui.early import EarlyKeys
from hyai_tui.tui.first_look import FirstLook
from hyai_tui.tui.hosting import CommandHost
from hyai_tui.tui.keymap import Keymap
from hyai_tui.tui.looks import Looks
from hyai_tui.tui.messages import (
    FOR_REVIEW,
    ChecksDue,
    HintsOffered,
    JobEnded,
    JobsChanged,
    LeaseHeld,
    LibraryKnown,
    SettingsRead,
    Told,
)
from hyai_tui.tui.returning import Returning
from hyai_tui.tui.screens.idle import IdleScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.review import ReviewScreen
from hyai_tui.tui.seen import SeenGate
from hyai_tui.tui.sending import Transmitter
from hyai_tui.tui.session import Session
from hyai_tui.tui.themes import DEFAULT_THEME, PICTURE_COLOURS
from hyai_tui.tui.verdicts import counts
from hyai_tui.tui.views import ViewMessages, Views
from hyai_tui.tui.widgets.lines import StatusLine
from hyai_tui.workspace import Workspace

# How often it is looked whether somebody rests at another place.
_PLACE_SECONDS = 2.0
# How often a slice of the pictures that are sent ahead may go out.
_SEND_SECONDS = 0.025


class HyaiApp(ViewMessages, App[None]):
    """Review, jobs and panels on one workspace."""

    TITLE = "hyai"
    # The review is the first screen, whose own styles Textual would not read.
    CSS_PATH = "screens/review.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "leave", show=False, priority=True),
        Binding("ctrl+c", "leave", "leave", show=False, priority=True),
        Binding("ctrl+l", "look_again", "draw anew", show=False, priority=True),
    ]

    def __init__(
        self,
        workspace: Workspace,
        *,
        terminal: Terminal | None = None,
        ask: Callable[[], Terminal] | None = None,
        keymap: Keymap | None = None,
        themes: dict[str, Theme] | None = None,
        theme: str = DEFAULT_THEME,
        driver_class: type[Driver] | None = None,
        slow: bool = False,
        notices: Sequence[str] = (),
        painted: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.workspace = workspace
        self._painted = painted
        self.looks = Looks(self, themes or {}, notices)
        if theme in self.looks.themes():
            # Before there are styles: setting it later would parse all of them again.
            self.set_reactive(App.theme, theme)
            self.stylesheet.set_variables(self.get_css_variables())
        self.host = CommandHost(self)
        self.session = Session(
            workspace,
            terminal or Terminal(answered=False),
            keymap or keymaps.load(),
            self.host,
            self._deliver,
            self.write_terminal,
        )
        if slow:
            self.session.slow = True
            self.animation_level = "none"
        self.review = ReviewScreen(self.session, workspace.root.name, workspace.settings.privacy.start)
        self.views = Views(self)
        self.confirmations = Confirmations(self.write_terminal, answers=self.session.terminal.answered)
        self.brush = Brush(self)
        self.transmitter = Transmitter(
            self.write_terminal, self._line_is_free, wrapped=self.session.terminal.multiplexed
        )
        self.returning = Returning(self, ask)
        self.first_look = FirstLook(self)
        self._last_input = time.monotonic()
        self._early = EarlyKeys()

    def on_ready(self) -> None:
        """Take keys from here on: the first frame goes out with this turn of the loop."""
        self._early.shown()

    def on_picture_view_first_paint(self) -> None:
        """Tell who started the app that its first frame is out."""
        if self._painted is not None:
            self._painted()
            self._painted = None

    def on_app_focus(self) -> None:
        """The terminal got the focus."""
        self.returning.focused()

    def on_resize(self) -> None:
        """The terminal got another size."""
        self.returning.resized()

    def action_look_again(self) -> None:
        """Ask the terminal what it can draw once more, and draw everything anew."""
        self.returning.look_again()

    def on_mount(self) -> None:
        """Look after privacy from the start; the session begins after the first paint."""
        self.looks.start()
        self.returning.attach()
        if self.workspace.settings.privacy.idle_minutes:
            self.set_interval(1.0, self._look_idle)
        self.set_interval(_PLACE_SECONDS, lambda: self.host.keep_place(resting=_PLACE_SECONDS / 2))
        # Only while there is something to send: forty times a second would cost every key a little.
        self._sender = self.set_interval(_SEND_SECONDS, self._send_ahead, pause=True)
        self.transmitter.wake = self._sender.resume

    def add_line_filter(self, line_filter: LineFilter) -> None:
        """Let every line that is drawn pass through a filter."""
        self._filters.append(line_filter)

    def get_default_screen(self) -> Screen[Any]:
        """Begin with the review, without a blank screen before it."""
        return self.review

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give styles our own colours also where a theme of Textual is on."""
        return dict(PICTURE_COLOURS)

    # From the terminal

    async def on_event(self, event: Event) -> None:
        """Note that somebody is there, then go on as always."""
        if isinstance(event, InputEvent):
            self._last_input = time.monotonic()
            self.transmitter.hold(self._last_input)
        if isinstance(event, Key | Paste) and self._early.drops(event.time):
            return
        if isinstance(event, Key) and self.views.takes_help(event):
            self.views.help()
            return
        await super().on_event(event)

    def on_cursor_position(self, event: CursorPosition) -> None:
        """The terminal confirms that it has drawn a picture."""
        self.confirmations.answer(event.x, event.y, event.time)

    def write_terminal(self, data: str) -> None:
        """Write bytes of our own, in order with the frames."""
        if self._driver is not None and not self._driver.is_headless:
            self._driver.write(data)

    def new_gate(self) -> SeenGate:
        """Return a gate for something else that is drawn and decided on: a page, a panel."""
        return SeenGate(answers=self.confirmations.answers, extra=self.review.desk.gate.extra)

    @property
    def since_input(self) -> float:
        """Seconds since the last key or click."""
        return time.monotonic() - self._last_input

    def _line_is_free(self) -> bool:
        return self._driver is None or not isinstance(self._driver, DiscreetDriver) or self._driver.drained

    def _send_ahead(self) -> None:
        self.transmitter.send_some(time.monotonic())
        if not self.transmitter.busy:
            self._sender.pause()

    def _look_idle(self) -> None:
        minutes = self.workspace.settings.privacy.idle_minutes
        if self.since_input > minutes * 60 and not isinstance(self.screen, IdleScreen):
            self.transmitter.free_all()
            self.push_screen(IdleScreen())

    # From threads

    def _deliver(self, message: Message) -> None:
        """Take a message from any thread to whom it is for."""
        target = self.review if isinstance(message, FOR_REVIEW) else self
        target.post_message(message)

    def on_told(self, message: Told) -> None:
        """A line for the status."""
        self.tell(message.text, message.kind)

    def on_library_known(self, message: LibraryKnown) -> None:
        """The library is there, or is not."""
        self.review.show_library(message.line)
        if message.line.connected:
            self.first_look.look()

    def on_checks_due(self, message: ChecksDue) -> None:
        """Propose another run of the checks, where the banner has nothing else to say."""
        self.review.checks_due = message.line
        if not self.review.banner.told:
            self.review.banner.tell(message.line)

    def on_hints_offered(self, message: HintsOffered) -> None:
        """The library knows something to learn from: ask."""
        self.first_look.ask(message.offer)

    async def on_jobs_changed(self, message: JobsChanged) -> None:
        """Jobs moved on: both screens tell it."""
        self.review.show_jobs(message.jobs)
        self.first_look.progressed(message.jobs)
        if isinstance(self.screen, JobsScreen):
            await self.screen.show_jobs(message.jobs)

    def on_job_ended(self, message: JobEnded) -> None:
        """A job ended: say what came of it; a training that was not better says so in the banner."""
        failed = message.job.info.state in {"failed", "died"}
        found = self.host.ask_first.ended(message.job)
        self.first_look.ended(message.job)
        self.views.job_ended(message.job)
        if message.job.info.kind == "scan" and message.job.info.state == "done":
            self.first_look.scanned()
        self.review.showing.read_facts()
        if isinstance(found, Question):
            self.host.ask(found)
        elif found != "":
            self.tell(found or counts(message.job), "error" if failed else "say")

    def on_settings_read(self, message: SettingsRead) -> None:
        """The settings changed while the app is open."""
        self.workspace = message.workspace

    def on_lease_held(self, message: LeaseHeld) -> None:
        """Another app is open: ask how to live with it."""
        from hyai_tui.tui.screens.lease import LeaseScreen

        def answered(answer: str | None) -> None:
            if answer == "take over":
                self.session.writer.take_over()
            elif answer == "look only":
                self.session.writer.set_look_only(True)
            else:
                self.session.writer.set_look_only(False)

        self.push_screen(LeaseScreen(message.lease), answered)

    def on_first_write(self) -> None:
        """Something is to be written for the first time: show what the key may do, and ask."""
        self.host.show_rights()

    def on_jobs_screen_cancel(self, message: JobsScreen.Cancel) -> None:
        """Cancel the chosen job."""
        self.host.cancel_job(message.job_id)

    def tell(self, text: str, kind: str = "say", *, link: str = "") -> None:
        """Show a line on the review's status, and on that of the screen over it; all of it is the link, if there is one."""
        if self.review.is_mounted:
            screens: set[Screen[Any]] = {self.review, self.screen}
            for screen in screens:
                for line in screen.query(StatusLine):
                    line.tell(text, kind, link)

    # Commands, see `hosting`

    def action_leave(self) -> None:
        """Ctrl+Q and Ctrl+C leave as q does."""
        self.host.leave(ask=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Give the palette the commands of the `:` line."""
        for command in COMMANDS.values():
            if command.in_palette:
                yield SystemCommand(
                    command.name, command.about, lambda name=command.name: self.session.commands.run(name)
                )
        for theme in self.looks.themes():
            yield SystemCommand(f"theme {theme}", "change the colours", lambda name=theme: self.host.set_theme(name))

    # The end

    def _fatal_error(self) -> None:
        """Leave a short text instead of a traceback with everything in it, and a report beside the log."""
        from hyai_tui.crashes import about

        logging.getLogger(__name__).error("the app failed", exc_info=self._exception)
        self.transmitter.free_all()
        told = about(self._exception, "the app") if self._exception is not None else ""
        self.panic(f"hyai: something went wrong and the app ended. Decisions are safe. {told}")
