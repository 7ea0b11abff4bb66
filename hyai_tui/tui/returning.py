"""Leaving the terminal for a while and coming back, perhaps to another one: what it can draw is asked again.

Ctrl+Z gives the terminal to the shell; meanwhile somebody may attach another client to tmux, or resize a font. The same is
done on Ctrl+L, which people press when a screen looks wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.driver import DiscreetDriver
from hyai_tui.tui.seen import MULTIPLEXER_SECONDS

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp


class Returning:
    """Keeps one app in step with its terminal.

    Args:
        app: whose.
        ask: asks the terminal what it can draw; None where it cannot be asked, and stays what it was.
    """

    def __init__(self, app: HyaiApp, ask: Callable[[], Terminal] | None) -> None:
        self._app = app
        self._ask = ask

    def attach(self) -> None:
        """Be told by the driver, once there is one."""
        if isinstance(driver := self._app._driver, DiscreetDriver):
            driver.before_leaving, driver.before_returning = self._leave, self._return

    def look_again(self) -> None:
        """Ask the terminal now and draw everything anew; keys wait for its answer."""
        driver = self._app._driver
        if self._ask is not None and isinstance(driver, DiscreetDriver):
            self._app.transmitter.free_all()
            self._take(driver.between_keys(self._ask))

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
