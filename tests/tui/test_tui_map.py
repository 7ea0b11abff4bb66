"""The map by keys: a part of it is counted, opens as a list, and Esc goes back to the queue."""

from __future__ import annotations

from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.map import MapScreen
from tests.tui.test_tui_bulk import place
from tests.tui.test_tui_review import screen_text
from tests.tui.tui_fixtures import Place, running, until

__all__ = ["place"]


async def test_a_part_of_the_map_opens_as_a_list(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MapScreen) and app.screen.placed is not None, "the map")
        screen = app.screen
        assert isinstance(screen, MapScreen)
        assert len(screen.chosen()) >= 1
        # From one corner to the other: all of it.
        for keys in ("H" * 20 + "K" * 12, "v", "L" * 20 + "J" * 12):
            await pilot.press(*keys)
        assert len(screen.chosen()) == 9
        assert "9 files here" in screen_text(app)
        await pilot.press("z")
        await pilot.press("escape")
        await pilot.press("x", *("H" * 20 + "K" * 12), "v", *("L" * 20 + "J" * 12), "enter")
        await until(pilot, lambda: isinstance(app.screen, GridScreen), "the list")
        desk = app.review.desk
        assert desk.aside
        assert desk.walk is not None
        assert {desk.walk.file(at) for at in range(len(desk.walk))} == set(place.files.values())
        assert place.decisions() == {}
