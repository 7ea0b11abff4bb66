"""Calls something once a screen has been laid out, unless the screen has gone by then.

A key may close a screen before its first layout. Textual makes the call all the same, on a screen that has lost its widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def once_laid_out(screen: Screen[Any], then: Callable[[], object]) -> None:
    """Call something after the screen's next layout and drawing."""

    def still_there() -> None:
        if screen.is_attached and screen.display:
            then()

    screen.call_after_refresh(still_there)
