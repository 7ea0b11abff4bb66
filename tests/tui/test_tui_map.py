"""The map by keys: a part of it is counted, opens as a list, and Esc goes back to the queue."""

from __future__ import annotations

import numpy as np

from hyai_tui.features.choosing import choose
from hyai_tui.queues.context import load_context
from hyai_tui.queues.kept_map import keep_map
from hyai_tui.queues.mapping import PlacedFiles
from hyai_tui.tui.placing import LIKENESS, PLANE
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.map import MapScreen
from tests.tui.test_tui_bulk import place
from tests.tui.tui_fixtures import Place, appears, running, screen_text, until

__all__ = ["place"]

# More cells than any screen of these tests has.
FAR = 999


async def test_a_part_of_the_map_opens_as_a_list(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MapScreen) and app.screen.placed is not None, "the map")
        screen = app.screen
        assert isinstance(screen, MapScreen)
        assert len(screen.chosen()) >= 1
        # From one corner to the other: all of it.
        screen.move(-FAR, -FAR)
        await pilot.press("l", "j", "h", "k", "L", "J", "H", "K", "v")
        assert screen.box == (0, 0, 0, 0)
        screen.move(FAR, FAR)
        assert len(screen.chosen()) == 9
        await appears(pilot, app, "9 files here")
        await pilot.press("z")
        await pilot.press("escape")
        await pilot.press("x")
        screen.move(-FAR, -FAR)
        await pilot.press("v")
        screen.move(FAR, FAR)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GridScreen), "the list")
        desk = app.review.desk
        assert desk.aside
        assert desk.walk is not None
        assert {desk.walk.file(at) for at in range(len(desk.walk))} == set(place.files.values())
        assert place.decisions() == {}


async def test_a_map_by_likeness_that_was_laid_out_comes_first_and_m_goes_to_the_plane_and_back(place: Place) -> None:
    context = load_context(place.workspace)
    # All in one corner but one file.
    places = np.zeros((9, 2), np.float32)
    places[4] = 1
    keep_map(
        place.workspace.queues_directory,
        context,
        PlacedFiles(np.arange(9), places, 9),
        choose(place.workspace).version.id,
        {},
    )
    async with running(place.workspace) as (app, pilot):
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MapScreen) and app.screen.placed is not None, "the map")
        screen = app.screen
        assert isinstance(screen, MapScreen)
        assert screen.way == LIKENESS
        await until(pilot, lambda: "Map · by likeness · 9 of 9 files" in screen_text(app), "its title")
        screen.move(FAR, FAR)
        assert screen.chosen().tolist() == [4]
        await pilot.press("m")
        await until(pilot, lambda: screen.way == PLANE and "widest plane" in screen_text(app), "the plane")
        await pilot.press("m")
        await until(pilot, lambda: screen.way == LIKENESS and "by likeness" in screen_text(app), "the map")
        # The cursor begins where most files are.
        assert len(screen.chosen()) == 8
