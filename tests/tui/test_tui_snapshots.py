"""What every screen looks like at four sizes, dark and light: one app a screen, that is resized and changes its theme.

Everything that is drawn is fixed: no times, no list that grows with the program. A look is waited for, so that it does not
matter how long the app takes to get there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from hyai_tui.tui.app import HyaiApp
from tests.tui import opened_states  # noqa: F401 - it adds its ways to the table
from tests.tui.opened_screens import OPENERS, Opening
from tests.tui.screen_book import Book, Look, difference, look
from tests.tui.tui_fixtures import calm, make_app, make_place, shown, until

SIZES = ((120, 40), (200, 60), (80, 24), (45, 35))
THEMES = ("harbour", "paper")
# A look that is not reached by then will not be.
_PATIENCE = 60.0
# For new books only: how long nothing must change on a screen to be settled.
_SETTLED = 0.5


@pytest.mark.parametrize("name", OPENERS)
async def test_screen(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    book = Book(name, THEMES)
    place = make_place(tmp_path, monkeypatch)
    app = make_app(place.workspace, THEMES[0])
    writes = bool(request.config.getoption("--update-screens"))
    known = {} if writes else book.read()
    looks: dict[tuple[int, int], dict[str, Look]] = {}
    async with app.run_test(size=SIZES[0]) as pilot:
        try:
            await until(pilot, lambda: shown(app.review) and app.review.library.connected, "the picture")
            await OPENERS[name](Opening(app, pilot, place, monkeypatch))
            for size in SIZES:
                await pilot.resize_terminal(*size)
                if writes:
                    looks[size] = await settled(pilot, app)
                    continue
                for theme in THEMES:
                    app.looks.set_theme(theme)
                    expected = known.get(size, {}).get(theme)
                    seen = await reached(pilot, app, expected)
                    assert seen == expected, f"{name} {size} {theme}\n{difference(expected, seen)}"
        finally:
            assert app.session.stop()
    if writes:
        book.write(looks)


async def reached(pilot: Pilot[Any], app: App[Any], expected: Look | None) -> Look:
    """Return the look once it is as expected, or what it is when patience ends."""
    patience = time.monotonic() + (_PATIENCE if expected is not None else 1)
    while (seen := look(app)) != expected and time.monotonic() < patience:
        await pilot.pause(0.05)
    return seen


async def settled(pilot: Pilot[None], app: HyaiApp) -> dict[str, Look]:
    """Return the looks by theme once each has been the same for a while, and all have the same characters."""
    for _ in range(5):
        looks = {}
        for theme in THEMES:
            app.looks.set_theme(theme)
            await calm(pilot, app)
            looks[theme], since = look(app), time.monotonic()
            while time.monotonic() - since < _SETTLED:
                await pilot.pause(0.05)
                if (now := look(app)) != looks[theme]:
                    looks[theme], since = now, time.monotonic()
        if len({one.lines for one in looks.values()}) == 1:
            break
    return looks
