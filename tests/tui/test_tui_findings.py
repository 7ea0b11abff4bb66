"""The review of findings and the overview of checks: counts equal lists, and each act is on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hyai_tui.checks import again, results
from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.checks.book import Choice
from hyai_tui.library.base import TagChange
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.finding_desk import FindingDesk
from hyai_tui.tui.screens.checks import ChecksScreen
from hyai_tui.tui.screens.findings import FindingsScreen
from hyai_tui.tui.widgets.finding_list import FilterList, FindingList
from hyai_tui.tui.widgets.lines import Banner
from hyai_tui.workspace import Workspace, open_workspace
from tests.tui.tui_fixtures import Place, appears, make_place, running, screen_text, until

SETTINGS = "[checks]\nagain_after = 1\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = make_place(tmp_path, monkeypatch, SETTINGS)
    keep_findings(place)
    return place


def keep_findings(place: Place, at: float = 1.0) -> None:
    """Write the results of three checks: a wrong state, missing tags, too few, and two pairs that look alike."""
    file = place.files
    tags = [
        Finding("tags", "incorrect-tag", file["trash/t0.png"], 0.96, "the model says archive", suggested="archive"),
        Finding("tags", "missing-tag", file["archive/a0.png"], 0.6, "no tag person:…", tags=("person:",)),
        Finding("tags", "few-tags", file["archive/a1.png"], 0.3, "it has 1 tag"),
    ]
    pairs = [
        Finding("near-duplicates", "copies", file["inbox/i0.png"], 0.97, "alike", other=file["inbox/i1.png"]),
        Finding(
            "near-duplicates", "different-labels", file["archive/a2.png"], 0.9, "alike", other=file["trash/t1.png"]
        ),
    ]
    facts = {"by_namespace": {"person": [{"tag": "person:ann", "files": 3}]}, "most_frequent": []}
    for name, found in (("tags", tags), ("near-duplicates", pairs), ("files", [])):
        with place.workspace.open_catalog() as catalog, place.workspace.open_journal() as journal:
            marks = again.marks(place.workspace, catalog, journal)
        results.keep(place.workspace, name, CheckResult(9, found, facts if name == "tags" else {}), at, marks)


def tags_of(workspace: Workspace, file: str) -> set[str]:
    with closing(workspace.open_library()) as library:
        return set(library.lookup([file])[file].tags)


@asynccontextmanager
async def findings(
    workspace: Workspace, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[HyaiApp, FindingsScreen, Pilot[None]]]:
    """Open the app with the review of findings on top, its first picture seen."""
    async with running(workspace, size) as (app, pilot):
        await until(pilot, lambda: app.review.library.connected, "the library")
        app.session.commands.run("findings")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen) and app.screen.desk.book is not None)
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        await shown(screen, pilot)
        yield app, screen, pilot


async def shown(screen: FindingsScreen, pilot: Pilot[None]) -> None:
    """Wait until the picture at the place takes decisions, and what is known of it is there."""
    import time

    await until(
        pilot,
        lambda: (
            screen.finding is None
            or (
                screen.seen(time.monotonic()) is not None
                and screen.evidence is not None
                and screen.evidence.key == screen.finding.key
            )
        ),
        "the picture of the finding",
    )


async def press(screen: FindingsScreen, pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.pause(0.1)
        await pilot.press(key)
        await pilot.pause()
        if screen.is_active and screen.focused is None:
            await shown(screen, pilot)


def title(screen: FindingsScreen) -> str:
    from textual.widgets import Static

    return str(screen.query_one("#findings-title", Static).content)


async def test_the_counters_at_the_top_are_the_lengths_of_the_lists(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        assert "5 open: 2 missing · 1 incorrect · 2 near duplicates" in title(screen)
        assert len(screen.desk) == 5
        assert screen.finding is not None
        assert screen.finding.band == "high", "the surest first"
        for name, number in {"missing": 2, "incorrect": 1, "duplicates": 2}.items():
            await press(screen, pilot, "y")
            assert (screen.desk.choice.type, len(screen.desk)) == (name, number)
        assert "5 open" in title(screen), "filters change no counter"
        await press(screen, pilot, "i")
        counts = "4 open: 2 missing · 1 incorrect · 1 near duplicates   1 ignored · 0 fixed"
        await until(pilot, lambda: len(screen.desk) == 1 and counts in title(screen))


async def test_filters_are_chosen_from_the_list_and_taken_away_by_escape(place: Place) -> None:
    async with findings(place.workspace, (80, 24)) as (_app, screen, pilot):
        await pilot.press("tab")
        assert isinstance(screen.focused, FilterList)
        await pilot.press("j", "enter", "escape")
        await until(pilot, lambda: screen.focused is None)
        assert (screen.desk.choice.type, len(screen.desk)) == ("missing", 2)
        await press(screen, pilot, "slash")
        await pilot.press(*"few", "enter")
        await until(pilot, lambda: len(screen.desk) == 0, "the text leaves nothing: it is in no reason, hash or tag")
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.desk) == 5)


async def test_a_fix_decides_what_is_suggested_and_an_undo_brings_the_finding_back(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "y", "y")
        assert screen.proposed.label == "archive"
        await press(screen, pilot, "f")
        await until(pilot, lambda: place.decisions() == {"trash/t0.png": "archive"})
        await until(pilot, lambda: "0 incorrect" in title(screen))
        with place.workspace.open_journal() as journal:
            (decision,) = journal.effective().values()
        assert decision.shown["queue"] == "check:tags"
        await pilot.press("u")
        await until(pilot, lambda: place.decisions() == {})
        await until(pilot, lambda: "1 incorrect" in title(screen))
        assert screen.finding is not None
        assert screen.finding.file == place.files["trash/t0.png"]


async def test_a_label_key_decides_for_the_chosen_side_of_a_pair(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "y", "y", "y")
        assert screen.finding is not None
        assert screen.finding.kind == "copies"
        await press(screen, pilot, "w", "t")
        await until(pilot, lambda: place.decisions() == {"inbox/i1.png": "trash"})
        await until(pilot, lambda: screen.finding is not None and screen.finding.kind == "different-labels")
        await shown(screen, pilot)
        assert screen.proposed.label == "trash", "what the other side is"


async def test_ignored_findings_stay_ignored_after_a_restart_until_they_are_watched_again(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "i")
        await until(pilot, lambda: len(screen.desk) == 4)
    async with findings(place.workspace) as (_app, screen, pilot):
        assert len(screen.desk) == 4
        await press(screen, pilot, "p")
        assert (screen.desk.choice.pile, len(screen.desk)) == ("ignored", 1)
        await press(screen, pilot, "i")
        await until(pilot, lambda: len(screen.desk) == 0)
        await pilot.press("u")
        await until(pilot, lambda: len(screen.desk) == 1, "an undo ignores it again")
        await pilot.press("i", "escape")
        await until(pilot, lambda: len(screen.desk) == 5)


async def test_tags_are_typed_written_read_again_and_taken_back(place: Place) -> None:
    file = place.files["archive/a0.png"]
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "y")
        assert screen.finding is not None
        assert screen.finding.file == file
        await press(screen, pilot, "f")
        assert screen.line.value == "person:"
        await pilot.press("a", "tab")
        assert screen.line.value == "person:ann", "completed with a tag that the library has"
        await pilot.press("enter")
        await until(pilot, lambda: "tags written: person:ann ✓" in screen.told)
        assert tags_of(place.workspace, file) == {"person:ann"}
        await until(pilot, lambda: "1 missing" in title(screen))
        await pilot.press("u")
        await until(pilot, lambda: "tags taken back ✓" in screen.told)
        assert tags_of(place.workspace, file) == set()
        await until(pilot, lambda: "2 missing" in title(screen))


async def test_a_change_of_tags_that_has_to_wait_says_for_what(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYAI_READ_ONLY", "1")
    file = place.files["archive/a0.png"]
    async with findings(open_workspace(place.workspace.root)) as (_app, screen, pilot):
        await press(screen, pilot, "y", "f")
        screen.line.value = "person:ann"
        await pilot.press("enter")
        await until(pilot, lambda: "not in the library yet: Tags and states wait" in screen.told)
        await press(screen, pilot, "p")
        await until(pilot, lambda: screen.known is not None and "Tags and states wait" in screen.known.trouble)
    assert tags_of(place.workspace, file) == set()


async def test_a_tag_of_ours_is_refused_and_nothing_is_changed(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "e")
        screen.line.value = "hyai:trash"
        await pilot.press("enter")
        await until(pilot, lambda: "written by decisions" in screen.told)
        assert "5 open" in title(screen)


async def test_a_change_of_tags_of_an_earlier_session_is_taken_back_from_what_is_fixed(place: Place) -> None:
    file = place.files["archive/a1.png"]
    with closing(place.workspace.open_library()) as library, place.workspace.open_journal() as journal:
        finding = next(one for one in results.read(place.workspace, "tags").result.findings if one.file == file)  # type: ignore[union-attr]
        library.change_tags([TagChange(file, add=frozenset({"sky"}))])
        edit = journal.edit_tags(file, frozenset({"sky"}), frozenset(), session="before", finding=finding.key)
        journal.keep_edits_changed({edit.id: (frozenset({"sky"}), frozenset())})
        journal.keep_edits_applied([edit.id], [])
    async with findings(place.workspace) as (_app, screen, pilot):
        await press(screen, pilot, "p")
        assert (screen.desk.choice.pile, len(screen.desk)) == ("fixed", 1)
        await pilot.press("u")
        await until(pilot, lambda: "taken back ✓" in screen.told)
        assert tags_of(place.workspace, file) == set()


async def test_a_file_without_a_picture_takes_no_decision_and_can_be_ignored(place: Place) -> None:
    broken = place.workspace.library_root / "trash/t0.png"
    broken.write_bytes(b"no picture")
    for thumb in place.workspace.thumbnails_directory.rglob("*"):
        if thumb.is_file():
            thumb.unlink()
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("findings")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen) and len(app.screen.desk) == 5)
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        screen.desk.choose(type="incorrect")
        screen.show_current()
        await until(pilot, lambda: screen.evidence is not None and "changed" in screen_text(app))
        await pilot.press("t")
        await until(pilot, lambda: "decided nothing" in screen.told)
        await pilot.press("i")
        await until(pilot, lambda: len(screen.desk) == 0)
        assert place.decisions() == {}


async def test_the_slider_leaves_pairs_that_are_similar_enough(place: Place) -> None:
    async with findings(place.workspace) as (_app, screen, pilot):
        desk = screen.desk
        while desk.choice.least < 0.95:
            await pilot.press("plus")
            await pilot.pause()
        assert desk.counts["type"]["duplicates"] == 1
        assert "at least 0.95 similar: 1" in screen.told
        assert desk.totals()["duplicates"] == 2


async def test_without_a_run_the_key_that_starts_one_is_named_and_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch)
    async with findings(place.workspace) as (app, screen, pilot):
        assert "no check has run yet" in screen.told
        await appears(pilot, app, "r runs them all")
        started: list[tuple[object, ...]] = []
        monkeypatch.setattr(app.session.errands, "start_job", lambda *of: started.append(of))
        await pilot.press("r")
        assert started == [("check", {"names": []})]


async def test_a_banner_says_when_enough_has_changed_to_run_again(place: Place) -> None:
    with place.workspace.open_journal() as journal:
        from hyai_tui.journal.model import NewDecision

        new = [NewDecision(place.files["inbox/i0.png"], "unsure", None)]
        journal.decide(new, session="s", source="command")
    async with findings(place.workspace) as (app, screen, pilot):
        await until(pilot, lambda: ":checks runs them again" in app.review.banner.told, "the banner of the review")
        banner = screen.query_one(Banner)
        await until(pilot, lambda: "1 decision changed since the last check" in banner.told, "the banner here")
        assert "r runs the checks again" in banner.told
        await pilot.press("escape")
        app.session.commands.run("checks")
        await until(pilot, lambda: isinstance(app.screen, ChecksScreen) and app.screen.overview is not None)
        await until(pilot, lambda: "R runs all" in app.screen.query_one(Banner).told, "the banner of the checks")


async def test_a_banner_says_when_the_last_check_is_long_ago(place: Place) -> None:
    async with findings(place.workspace) as (app, screen, pilot):
        await until(pilot, lambda: "the last check was" in app.review.banner.told, "the banner of the review")
        assert ":checks runs them again" in app.review.banner.told
        await until(
            pilot, lambda: "days ago · r runs the checks again" in screen.query_one(Banner).told, "the one here"
        )


async def test_the_overview_says_what_each_check_found_and_opens_it(place: Place) -> None:
    keep_findings(place, 2.0)
    results.keep_failure(place.workspace, "files", "timeout", "it took longer than 300 seconds", 3.0)
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("checks")
        await until(pilot, lambda: isinstance(app.screen, ChecksScreen) and app.screen.overview is not None)
        await until(pilot, lambda: "Checks · 5 open · 0 ignored · 0 fixed" in screen_text(app))
        text = screen_text(app)
        assert "it took longer than 300 seconds" in text
        assert "balance" in text
        assert "has not run yet" in text
        assert "3 → 3" in text, "the course of the runs of the first check"
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen) and len(app.screen.desk) == 2)


async def test_only_the_lines_in_view_of_ten_thousand_are_made(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    files = list(place.files.values())
    many = [
        Finding("tags", "few-tags", files[at % len(files)], 0.3, f"reason {at}", tags=(f"t{at}",))
        for at in range(10_000)
    ]
    results.keep(place.workspace, "tags", CheckResult(9, many), 1.0)
    made: list[int] = []
    original = FindingList._line

    def count(self: FindingList, desk: FindingDesk, position: int) -> object:
        made.append(position)
        return original(self, desk, position)

    async with findings(place.workspace) as (_app, screen, pilot):
        screen.desk.choose(**{"check": "tags"})
        assert len(screen.desk) == 10_000
        monkeypatch.setattr(FindingList, "_line", count)
        await pilot.press("end")
        await until(pilot, lambda: screen.desk.position == 9_999 and bool(made))
        height = screen.query_one(FindingList).size.height
        assert len(set(made)) <= 2 * height
        assert max(made) == 9_999


def test_a_list_that_loses_its_finding_stays_at_the_same_place() -> None:
    found = [Finding("tags", "few-tags", f"{at:064x}", 0.3, "…") for at in range(5)]
    import numpy as np

    from hyai_tui.checks.book import Book

    desk = FindingDesk(choice=Choice())
    desk.take(Book({"tags": results.Kept("tags", 1.0, CheckResult(5, found), 0, 0)}, found, np.zeros(5, np.uint8)))
    desk.go(2)
    desk.put([found[2].key], "ignored")
    assert desk.current is found[3]
    desk.put([found[2].key], "open", show=True)
    assert desk.current is found[2]
    desk.go(4)
    desk.put([found[4].key], "fixed")
    assert desk.current is found[3]
    desk.cycle("pile")
    assert (desk.choice.pile, desk.current) == ("fixed", found[4])
