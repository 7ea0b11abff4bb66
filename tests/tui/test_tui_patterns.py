"""Patterns by keys: learning from the app, tags that pull, groups, a filter, and a line that opens as a list."""

from __future__ import annotations

import pytest

from hyai_tui.jobs import learn
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.tui.headline import header_line
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.patterns import PatternsScreen
from tests.tui.test_tui_bulk import place
from tests.tui.test_tui_review import screen_text
from tests.tui.tui_fixtures import Place, running, scan, shown, until

__all__ = ["place"]


def tag(place: Place) -> list[str]:
    """Tag four files `sketch`, and sort the library so that these lie in the trash; return them."""
    with place.workspace.open_catalog() as catalog:
        files = sorted(one.sha256 for one in catalog.files())
    library = place.workspace.open_library()
    try:
        library.change_tags([TagChange(file, add=frozenset({"sketch"})) for file in files[:4]])
    finally:
        library.close()
    scan(place.workspace)
    return files[:4]


def sort_out(place: Place, trashed: list[str]) -> None:
    from hyai_tui.library.base import FileState

    with place.workspace.open_catalog() as catalog:
        for one in list(catalog.files()):
            catalog.update_state(one.sha256, FileState.TRASH if one.sha256 in trashed else FileState.ARCHIVE)


async def test_before_anything_was_learnt_the_screen_says_which_key_learns(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: shown(app.review), "the review")
        app.session.commands.run("patterns")
        await until(pilot, lambda: "nothing was learnt yet" in screen_text(app), "the screen")
        assert "learns from your tags" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review, "the review")


async def test_a_tag_that_pulls_is_listed_filtered_and_opens_its_files(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nine files are too few for a tag to pull surely; with a prior of none they are not.
    monkeypatch.setattr("hyai_tui.patterns.pulls.pulls.__defaults__", (0.5,))
    sketches = tag(place)
    sort_out(place, sketches)
    learn.run(JobContext(place.workspace))
    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: shown(app.review), "the review")
        app.session.commands.run("patterns")
        await until(pilot, lambda: isinstance(app.screen, PatternsScreen) and app.screen.learnt is not None, "patterns")
        screen = app.screen
        assert isinstance(screen, PatternsScreen)
        await until(pilot, lambda: "Patterns v1 · 1 tag pulls" in screen_text(app), "the title")
        assert "\u00d7 as frequent in your trash" in screen_text(app)
        await pilot.press("slash", *"photo", "enter")
        await until(pilot, lambda: screen.lines.length == 0, "the filter")
        await pilot.press("escape")
        await until(pilot, lambda: screen.lines.length == 1, "all again")
        await pilot.press("tab")
        await until(pilot, lambda: screen.lines.chosen is not None and screen.lines.chosen.name == "group 1", "groups")
        assert screen.lines.chosen is not None
        assert (screen.lines.chosen.name, screen.lines.chosen.files) == ("group 1", 6)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, GridScreen), "the list")
        desk = app.review.desk
        assert desk.walk is not None
        assert {desk.walk.file(at) for at in range(len(desk.walk))} == set(sketches)
        await pilot.press("escape")
        await until(pilot, lambda: "learnt" in screen_text(app), "the reason in the pane")
        assert header_line(app.review).patterns == 1
        assert place.decisions() == {}
