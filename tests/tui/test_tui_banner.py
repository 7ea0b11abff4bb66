"""The banner: what to do next, and a new list that waits until it is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.workspace import create_workspace
from tests.tui.tui_fixtures import (
    SCORES,
    Place,
    add_model,
    appears,
    isolate,
    make_place,
    picture,
    press,
    running,
    screen_text,
    shown,
    until,
)


async def test_without_a_model_the_review_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path, monkeypatch, model=False)
    async with running(place.workspace) as (app, pilot):
        line = "no model yet: decide a few files of every label (a archive, t trash), then r trains"
        assert app.review.banner.told == line
        await appears(pilot, app, line)
        await press(pilot, app, "t")
        assert list(place.decisions().values()) == ["trash"]
        await press(pilot, app, "escape")
        assert app.review.banner.told == ""


async def test_a_library_that_was_never_read_is_read_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch, tmp_path / "home")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        (pictures / f"{number}.png").write_bytes(picture(number))
    workspace = create_workspace(tmp_path / "art", f'[library]\npath = "{pictures}"\n')
    async with running(workspace) as (app, _pilot):
        assert app.review.desk.snapshot.files == 3
        assert app.review.desk.waiting is None
        assert app.review.banner.told.startswith("no model yet: decide a few files of every label (a archive, t trash)")


async def test_a_model_that_has_scored_nothing_yet_settles_nothing_and_the_banner_names_the_key(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        add_model(place.workspace, {})
        app.session.rebuild()
        await until(pilot, lambda: app.review.desk.waiting is not None, "the new list")
        await until(pilot, lambda: "no file is scored by it yet: R scores them" in app.review.banner.told, "the word")
        assert "settled" not in app.review.banner.told


async def test_after_new_scores_nothing_moves_until_enter_takes_the_new_list(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        assert desk.walk is not None
        before = [desk.walk.file(at) for at in range(len(desk.walk))]
        scores = {place.files[name]: 0.02 if name.startswith("archive") else 0.98 for name in place.files}
        add_model(place.workspace, scores)
        app.session.rebuild()
        await until(pilot, lambda: desk.waiting is not None, "the new list")
        assert [desk.walk.file(at) for at in range(len(desk.walk))] == before
        assert desk.snapshot.model is not None
        assert desk.snapshot.model.number == 1
        assert "of your 5: 5 settled, 0 new" in app.review.banner.told
        await press(pilot, app, "enter")
        assert desk.snapshot.model.number == 2
        assert app.review.banner.told == ""
        assert place.decisions() == {}


async def test_what_changed_most_is_shown_when_the_new_list_is_taken(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert not app.review.query_one("#changes").display
        scores = {**SCORES, "inbox/i0.png": 0.99, "archive/a2.png": 0.8, "inbox/i1.png": 0.62}
        add_model(place.workspace, {place.files[name]: score for name, score in scores.items()})
        app.session.rebuild()
        await until(pilot, lambda: app.review.desk.waiting is not None, "the new list")
        assert not app.review.query_one("#changes").display, "nothing moves before it is taken"
        await press(pilot, app, "enter")
        strip = next(line for line in screen_text(app).splitlines() if "changed most" in line)
        assert strip.index("▲ → ▼ .12→.80") < strip.index("▼ .50→.99")
        assert ".60→.62" not in strip, "too little to speak of"
        app.session.commands.run("queue changed")
        assert app.review.desk.current is not None
        assert place.name(app.review.desk.current.file) == "archive/a2.png"
        await press(pilot, app, "escape")
        assert not app.review.query_one("#changes").display
        assert app.screen is app.review


async def test_a_banner_that_comes_makes_the_picture_smaller_instead_of_lying_under_it(place: Place) -> None:
    async with running(place.workspace, size=(200, 20)) as (app, pilot):
        review = app.review
        height = review.picture.size.height
        drawn = review.picture.showing
        assert drawn is not None
        assert drawn.fit.rows == height, "the picture is as high as its room"
        review.banner.tell("something to be told")
        await until(pilot, lambda: review.picture.size.height < height, "the banner")
        await until(pilot, lambda: shown(review) and review.picture.showing not in (None, drawn), "another picture")
        assert review.picture.showing is not None
        assert review.picture.showing.fit.rows <= review.picture.size.height
