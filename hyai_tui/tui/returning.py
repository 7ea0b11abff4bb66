"""Leaving the terminal for a while and coming back, perhaps to another one: what it can draw is asked again.

Ctrl+Z gives the terminal to the shell; meanwhile somebody may attach another client to tmux, or resize a font. The same is
done on Ctrl+L, which people press when a screen looks wrong. Where the terminal may have become another one without a word,
it is asked quietly: inside tmux when it gets the focus or another size, elsewhere when its cells got another size.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.timer import Timer

from hyai_tui.pictures.terminal.probe import Terminal, pixel_size
from hyai_tui.tui.driver import DiscreetDriver
from hyai_tui.tui.seen import MULTIPLEXER_SECONDS

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp


# A window that is being drawn larger has many sizes, one after the other.
_REST_SECONDS = 0.3


@dataclass(frozen=True)
class _Size:
    """How large a terminal is, as the system tells it.

    Attributes:
        characters: columns and rows.
        cell: pixels of one of them; None where nobody told the system.
    """

    characters: tuple[int, int]
    cell: tuple[int, int] | None

    @classmethod
    def of(cls, driver: DiscreetDriver) -> _Size:
        """Return the size of now; none of a terminal that has gone."""
        try:
            columns, rows = os.get_terminal_size(driver.fileno)
        except OSError:
            return cls((0, 0), None)
        return cls((columns, rows), pixel_size(driver.fileno))


class Returning:
    """Keeps one app in step with its terminal.

    Args:
        app: whose.
        ask: asks the terminal what it can draw; None where it cannot be asked, and stays what it was.
    """

    def __init__(self, app: HyaiApp, ask: Callable[[], Terminal] | None) -> None:
        self._app = app
        self._ask = ask
        self._size: _Size | None = None
        self._timer: Timer | None = None

    def attach(self) -> None:
        """Be told by the driver, once there is one."""
        if isinstance(driver := self._app._driver, DiscreetDriver):
            driver.before_leaving, driver.before_returning = self._leave, self._return
            self._size = _Size.of(driver)

    def look_again(self) -> None:
        """Ask the terminal now and draw everything anew; keys wait for its answer."""
        driver = self._app._driver
        if self._ask is not None and isinstance(driver, DiscreetDriver):
            self._app.transmitter.free_all()
            self._take(driver.between_keys(self._ask))

    def focused(self) -> None:
        """The terminal got the focus: inside tmux that may be another client's."""
        if self._app.session.terminal.multiplexed:
            self._look_quietly()

    def resized(self) -> None:
        """The terminal got another size: look again once it stays so."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(_REST_SECONDS, self._look_at_size)

    def _look_at_size(self) -> None:
        driver = self._app._driver
        if not isinstance(driver, DiscreetDriver):
            return
        before, self._size = self._size, _Size.of(driver)
        if before is None or before == self._size:
            return
        if self._app.session.terminal.multiplexed or before.cell != self._size.cell:
            self._look_quietly()

    def _look_quietly(self) -> None:
        """Ask the terminal; where it is what it was, nothing is drawn and no key waits for a picture."""
        driver = self._app._driver
        if self._ask is None or not isinstance(driver, DiscreetDriver) or not self._app.session.terminal.answered:
            return
        found = driver.between_keys(self._ask)
        if found != self._app.session.terminal:
            self._app.transmitter.free_all()
            self._take(found)

    def _leave(self) -> None:
        """Take our pictures out of the terminal's memory: the shell's user may be somebody else."""
        self._app.transmitter.free_all()

    def _return(self) -> None:
        if self._ask is not None:
            self._take(self._ask())

    def _take(self, terminal: Terminal) -> None:
        app = self._app
        app.transmitter.forget()
        app.transmitter.wrapped = terminal.multiplexed
        app.confirmations.forget()
        app.confirmations.answers = app.confirmations.answers or terminal.answered
        app.review.desk.gate.extra = MULTIPLEXER_SECONDS if terminal.multiplexed else 0.0
        app.session.use(terminal)
        app.call_later(self._draw)

    def _draw(self) -> None:
        self._app.screen.refresh(layout=True)
        self._app.review.draw_again()
