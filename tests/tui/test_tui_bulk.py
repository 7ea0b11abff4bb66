"""Files like one, sweeps, accepting and assigning in the app: what is counted is what is done, in one act."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.queues.prepared_file import write
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.screens.bulk import BulkScreen
from hyai_tui.tui.screens.compare import CompareScreen
from hyai_tui.tui.screens.grid import GridScreen
from tests.tui.test_tui_history import answer
from tests.tui.tui_fixtures import Place, make_place, press, running, screen_text, settled, shown, until


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = make_place(tmp_path, monkeypatch, '[features]\nencoder = "hog"\n')
    made.know("archive", "trash")
    choice = choose(made.workspace)
    # Those of a folder are alike: one direction each, and a little of its own.
    random = np.random.default_rng(0)
    vectors = 0.2 * random.normal(size=(len(made.files), choice.version.dimension)).astype(np.float32)
    for at, name in enumerate(made.files):
        vectors[at, {"t": 0, "a": 1, "i": 2}[name[0]]] += 20
    directory = features_directory(made.workspace, choice)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version) as store:
        store.append(list(made.files.values()), vectors)
    return made


async def bulk(pilot: Pilot[None], app: HyaiApp) -> BulkScreen:
    await until(pilot, lambda: isinstance(app.screen, BulkScreen), "the bulk screen")
    assert isinstance(app.screen, BulkScreen)
    return app.screen


async def test_similar_lists_the_file_and_its_neighbours_and_escape_goes_back(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        assert desk.current is not None
        assert desk.walk is not None
        file, queue = desk.current.file, desk.walk.entry.key
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, GridScreen) and desk.aside, "the list")
        rows = [desk.walk.row(at) for at in range(len(desk.walk))]
        assert rows[0].file == file
        assert [row.note[:4] for row in rows[:1]] == ["this"]
        alike = {place.name(row.file)[0] for row in rows[:3]}
        assert alike == {place.name(file)[0]}
        await until(pilot, lambda: "Like" in screen_text(app), "the title")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)
        await press(pilot, app, "escape")
        assert desk.walk.entry.key == queue
        assert desk.current.file == file
        assert not desk.aside


async def test_a_key_accepts_what_a_rule_guesses_of_the_shown_file(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        app.session.commands.run("guesses 9")
        await until(pilot, lambda: desk.aside and shown(app.review), "the list of guesses")
        assert desk.walk is not None
        rows = [desk.walk.row(at) for at in range(len(desk.walk))]
        assert {place.name(row.file): row.suggested for row in rows} == {
            name: {"a": "archive", "t": "trash", "i": None}[name[0]] for name in place.files
        }
        first = rows[0]
        await until(pilot, lambda: f"accept {first.suggested}" in screen_text(app), "the key's hint")
        await until(
            pilot,
            lambda: settled(app.review) and desk.gate.decidable(time.monotonic()) == first.file,
            "the picture, confirmed",
        )
        await pilot.press("y")
        await until(pilot, lambda: place.decisions() == {place.name(first.file): first.suggested}, "the decision")
        with place.workspace.open_journal() as journal:
            (decision,) = journal.effective().values()
        assert decision.shown["queue"] == "guesses"


async def test_a_sweep_labels_the_neighbourhood_that_was_counted_as_one_act(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("all")
        await until(pilot, lambda: shown(app.review), "the picture")
        app.review.desk.walk.go(app.review.desk.walk.find(place.files["inbox/i0.png"]) or 0)  # type: ignore[union-attr]
        app.review.show_current()
        await until(pilot, lambda: shown(app.review), "the picture")
        await pilot.press("w")
        screen = await bulk(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: "which label" in screen_text(app), "the question")
        await pilot.press("t")
        while screen.least < 0.5:
            await pilot.press("l")
        while screen.least > 0.5:
            await pilot.press("h")
        assert screen.counts_line() == "would decide: 2 trash · 6 stay"
        await pilot.press("enter")
        assert "2 trash? y/n" in await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 2, "the act")
        others = {name for name in place.files if name.startswith("inbox/")} - {"inbox/i0.png"}
        assert place.decisions() == dict.fromkeys(others, "trash")
        await until(pilot, lambda: app.screen is app.review, "the review")
        await press(pilot, app, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo of all")


async def test_accepting_counts_live_and_never_takes_what_was_decided_meanwhile(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("certain")
        await until(pilot, lambda: shown(app.review), "the picture")
        await press(pilot, app, "a")
        (decided,) = place.decisions()
        app.session.commands.run("accept")
        screen = await bulk(pilot, app)
        start = screen.candidates.counts(screen.least)
        assert sum(start.values()) == 2
        assert "1 decided before" in screen.counts_line()
        for _ in range(5):
            await pilot.press("l")
        assert screen.least == pytest.approx(0.95)
        assert sum(screen.candidates.counts(screen.least).values()) == 1
        for _ in range(5):
            await pilot.press("h")
        await pilot.press("enter")
        await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 3, "the act")
        assert place.decisions()[decided] == "archive"
        with place.workspace.open_journal() as journal:
            assert [act.decisions for act in journal.acts(5)] == [2, 1]


async def test_assigning_gives_both_sides_of_the_threshold_their_label(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("assign trash else archive")
        screen = await bulk(pilot, app)
        for _ in range(4):
            await pilot.press("H")
        assert screen.least == pytest.approx(0.5)
        assert screen.counts_line() == "would decide: 5 archive, 4 trash · 0 stay"
        await pilot.press("enter")
        await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 9, "the act")
        assert sorted(place.decisions().values()) == ["archive"] * 5 + ["trash"] * 4


async def test_near_duplicates_are_compared_and_decided_on_as_a_group(place: Place) -> None:
    group = [place.files[name] for name in ("inbox/i0.png", "inbox/i1.png", "trash/t0.png")]
    write(place.workspace.queues_directory, "near-duplicates", np.array(group, "S64"), np.zeros(3), {})
    async with running(place.workspace) as (app, pilot):
        app.host.open_queue("near-duplicates")
        await until(pilot, lambda: shown(app.review), "the picture")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen), "both")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)
        app.session.commands.run("keep-best")
        assert "1 archive" in await answer(pilot, app, "n")
        assert place.decisions() == {}
        app.session.commands.run("copy-label")
        assert "3 trash? y/n" in await answer(pilot, app, "y")
        await until(pilot, lambda: len(place.decisions()) == 3, "the act")
        assert set(place.decisions().values()) == {"trash"}
        await until(pilot, lambda: app.screen is app.review)
        app.session.commands.run("keep-best")
        await until(pilot, lambda: "nothing is open there" in app.review.status.told, "why not")
        await press(pilot, app, "u")
        await until(pilot, lambda: place.decisions() == {}, "the undo")
