"""Labels that no digit is left for are decided by the start of their name, with the picture in view."""

from __future__ import annotations

import pytest

from hyai_tui.errors import WrongUse
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.picking import beginning, label_named
from tests.tui.tui_fixtures import Place, press, running, until

CLOTHES = ("archive", "trash", "Dress", "dress shirt", "hat", "Hoodie", "jacket", "pants", "polo", "shirt", "shoes")
DIGITS = dict(enumerate(CLOTHES[:9], 1))


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("dress", ["Dress"]),
        ("dr", ["Dress", "dress shirt"]),
        ("DRESS  shirt", ["dress shirt"]),
        ("sho", ["shoes"]),
        ("skirt", []),
    ],
)
def test_a_name_stands_for_itself_and_a_beginning_for_all_that_begin_so(start: str, found: list[str]) -> None:
    assert beginning(start, CLOTHES) == found


def test_nothing_but_one_label_is_ever_decided() -> None:
    assert label_named(" sho ", CLOTHES, DIGITS) == "shoes"
    assert label_named("2", CLOTHES, DIGITS) == "trash"
    assert label_named("2", (*CLOTHES, "2020"), DIGITS) == "2020"
    for start, said in (("", "Say which label"), ("sh", "2 labels begin with sh: shirt, shoes"), ("skirt", "No label")):
        with pytest.raises(WrongUse, match=said):
            label_named(start, CLOTHES, DIGITS)


@pytest.fixture
def place(place: Place) -> Place:
    place.know(*CLOTHES)
    return place


def told(app: HyaiApp) -> str:
    return app.review.status.told


async def test_a_label_without_a_digit_is_decided_by_its_beginning(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        snapshot = app.review.desk.snapshot
        assert (len(snapshot.labels), snapshot.more) == (9, ("shirt", "shoes"))
        current = app.review.desk.current
        assert current is not None
        await press(pilot, app, "p")
        await until(pilot, lambda: "shirt  shoes" in told(app), "the labels")
        await pilot.press("s", "h")
        await until(pilot, lambda: told(app) == "shirt  shoes", "the labels that begin so")
        await pilot.press("enter")
        await until(pilot, lambda: "Type one letter more" in told(app), "why nothing was decided")
        assert place.decisions() == {}
        await press(pilot, app, "p")
        await pilot.press("s", "h", "o")
        await until(pilot, lambda: told(app) == "Enter decides shoes", "the only one")
        await pilot.press("enter")
        await until(pilot, lambda: place.decisions() == {place.name(current.file): "shoes"}, "the decision")


async def test_escape_from_the_names_decides_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "p")
        await pilot.press("s", "h", "o", "escape")
        await until(pilot, lambda: app.review.focused is None, "the picture")
        assert place.decisions() == {}
