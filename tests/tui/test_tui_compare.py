"""Two files side by side: what differs, and that nothing is decided there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyai_tui.features.likeness import likeness
from hyai_tui.features.store import FeatureStore
from hyai_tui.learning.registry import Registry
from hyai_tui.tui.comparing import Side, amount_words, differences, tag_lines
from hyai_tui.tui.screens.compare import CompareScreen
from tests.tui.tui_fixtures import Place, appears, press, running, screen_text, shown, until


def test_what_differs_comes_first_and_what_is_unknown_of_both_is_left_out() -> None:
    left = Side("a", {"size": "1 kB", "type": "png", "pixels": "—"}, frozenset({"x", "y"}))
    right = Side("b", {"size": "2 kB", "type": "png", "pixels": "—"}, frozenset({"y", "z"}))
    assert differences(left, right) == [("size", "1 kB", "2 kB"), ("type", "png", "")]
    assert tag_lines(left, right) == (["x"], ["z"], 1)


def test_an_amount_that_differs_says_by_how_much() -> None:
    left = Side("a", {}, amounts={"size": 3000, "pixels": 100})
    right = Side("b", {}, amounts={"size": 2000, "pixels": 0})
    assert amount_words("size", left, right) == "left has 1.5 times as much"
    assert amount_words("size", right, left) == "right has 1.5 times as much"
    assert amount_words("pixels", left, right) == ""
    assert amount_words("size", left, left) == ""


def test_likeness_is_the_cosine_of_stored_vectors_and_unknown_without_one(tmp_path: Path) -> None:
    one, turned, zero, missing = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
    with FeatureStore.open(tmp_path / "store", 2) as store:
        store.append([one, turned, zero], np.array([[3, 0], [3, 3], [0, 0]], np.float32))
    assert likeness(tmp_path / "store", 2, one, one) == pytest.approx(1)
    assert likeness(tmp_path / "store", 2, one, turned) == pytest.approx(0.5**0.5, abs=1e-3)
    assert likeness(tmp_path / "store", 2, one, zero) is None
    assert likeness(tmp_path / "store", 2, one, missing) is None
    assert likeness(tmp_path / "nowhere", 2, one, turned) is None


async def test_the_pair_says_how_much_the_model_sees_them_alike(place: Place) -> None:
    bundle = Registry(place.workspace.models_directory).require_current()
    with FeatureStore.open(place.workspace.features_directory / bundle.encoder.id, bundle.encoder.dimension) as store:
        store.append([*place.files.values()], np.tile(np.array([1, 2, 3, 4], np.float32), (len(place.files), 1)))
    async with running(place.workspace) as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: "the same to the model" in screen_text(app), "the line")


async def test_the_shown_file_stands_beside_the_next_or_beside_the_marked_one(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        app.session.commands.run("go 1")
        walk = app.review.desk.walk
        assert walk is not None
        names = [Path(place.name(walk.file(at))).name for at in range(4)]
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and "hash" in screen_text(app), "the facts")
        for side, name in zip(("left", "right"), names, strict=False):
            await until(pilot, lambda name=name: name in screen_text(app) or "i2" in name, f"the {side} picture")  # type: ignore[misc]
        await pilot.press("a", "t", "1", "space", "A")
        await appears(pilot, app, "nothing is decided here")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review and shown(app.review))
        assert place.decisions() == {}
        assert app.review.desk.marks == {}
        await press(pilot, app, "j", "j", "j", "space", "home", "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen), "the pair")
        assert isinstance(app.screen, CompareScreen)
        assert [row.file for row in app.screen._rows] == [walk.file(0), walk.file(3)]


async def test_the_last_file_without_a_mark_has_nothing_to_stand_beside(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await press(pilot, app, "end", "c")
        assert app.screen is app.review
        assert "nothing to compare with" in app.review.status.told
