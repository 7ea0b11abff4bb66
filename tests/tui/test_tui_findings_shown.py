"""The review of findings shows and does only what belongs to the finding at the place, and asks before the first write."""

from __future__ import annotations

from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.widgets.lines import KeyLine
from tests.tui.test_tui_findings import findings, place
from tests.tui.tui_fixtures import Place, screen_text, until

__all__ = ["place"]


async def test_the_word_before_the_first_write_is_asked_for_over_the_findings_too(place: Place) -> None:
    async with findings(place.workspace) as (app, screen, pilot):
        await until(pilot, lambda: app.session.rights is not None, "what the library allows")
        app.on_first_write()
        await until(pilot, lambda: isinstance(app.screen, PanelScreen), "the panel")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and ":rights asks again" in screen.told, "the answer")


async def test_what_is_known_of_one_finding_is_never_said_of_the_next(place: Place) -> None:
    async with findings(place.workspace) as (_, screen, _pilot):
        assert screen.known is screen.evidence
        at_first = [does for _, _, does in screen.acts.hints()]
        assert screen.desk.move(1)
        assert screen.known is None, "what is known is still that of the finding before"
        assert "learn archive" in at_first
        assert "learn archive" not in [does for _, _, does in screen.acts.hints()]


async def test_keys_that_change_while_a_line_is_typed_are_drawn_when_they_come_back(place: Place) -> None:
    async with findings(place.workspace) as (app, screen, pilot):
        keys = screen.query_one(KeyLine)
        await pilot.press("slash")
        await until(pilot, lambda: not keys.size and screen.line.has_focus, "the line in place of the keys")
        keys.show([("other", "x", "is done now")])
        await pilot.press("escape")
        await until(pilot, lambda: "x is done now" in screen_text(app), "the new keys")
