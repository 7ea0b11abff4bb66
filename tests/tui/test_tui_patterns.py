"""Patterns by keys: learning from the app, tags that pull, groups, a filter, and a line that opens as a list."""

from __future__ import annotations

import json

import pytest

from hyai_tui.jobs import learn
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.patterns import documents
from hyai_tui.tui.headline import header_line
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.patterns import PatternsScreen
from hyai_tui.workspace import open_workspace
from tests.tui.test_tui_bulk import place
from tests.tui.tui_fixtures import Place, answered, appears, running, scan, screen_text, shown, until

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
        await appears(pilot, app, "learns from your tags")
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
        await until(pilot, lambda: "Patterns v1 · 1 tag that pulls" in screen_text(app), "the title")
        await appears(pilot, app, "\u00d7 as frequent in your trash")
        await pilot.press("slash", *"photo", "enter")
        await until(pilot, lambda: screen.lines.length == 0, "the filter")
        await pilot.press("escape")
        await until(pilot, lambda: screen.lines.length == 1, "all again")
        await pilot.press("tab")
        await until(pilot, lambda: screen.view == "tags" and screen.lines.length == 1, "all tags")
        await pilot.press("tab")
        await until(pilot, lambda: screen.lines.chosen is not None and screen.lines.chosen.name == "group 1", "groups")
        assert screen.lines.chosen is not None
        assert (screen.lines.chosen.name, screen.lines.chosen.files) == ("group 1", 6)
        await pilot.press("tab", "tab")
        await until(pilot, lambda: screen.view == "pulls" and screen.lines.chosen is not None, "the tags again")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GridScreen), "the list")
        desk = app.review.desk
        assert desk.walk is not None
        assert {desk.walk.file(at) for at in range(len(desk.walk))} == set(sketches)
        await pilot.press("escape")
        await until(pilot, lambda: "learnt" in screen_text(app), "the reason in the pane")
        assert header_line(app.review).patterns == 1
        assert place.decisions() == {}


def suggest(place: Place, offers: dict[str, tuple[float, ...]]) -> dict[str, list[str]]:
    """Learn, and put these chances of each tag into the file of suggestions, for the files after the fourth, in order."""
    learn.run(JobContext(place.workspace))
    files = sorted(place.files.values())[4:]
    rows = []
    for at, file in enumerate(files):
        own = [(tag, chances[at]) for tag, chances in offers.items() if at < len(chances)]
        rows.append(
            {
                "image": file,
                "original": [],
                "suggested": {"label": None, "tags": [tag for tag, _ in own], "probabilities": [one for _, one in own]},
                "context": {"reasons": [f"{tag}: {round(one * 20)} of the 20 nearest have it" for tag, one in own]},
            }
        )
    path = place.workspace.patterns_directory / "v0001" / documents.SUGGESTIONS
    path.write_text(json.dumps(rows), "utf-8")
    return {tag: files[: len(chances)] for tag, chances in offers.items()}


def tags_in_library(place: Place) -> dict[str, set[str]]:
    """Return the tags of each file that has any."""
    found = FolderTags(place.workspace.root / "tags.db")
    try:
        return {file: set(own) for file, own in found.of(place.files.values()).items()}
    finally:
        found.close()


async def test_a_suggested_tag_is_written_to_the_likely_files_after_a_question_and_taken_back_whole(
    place: Place,
) -> None:
    before = {file: {"sketch"} for file in tag(place)}
    offered = suggest(place, {"sea": (0.9, 0.6, 0.2), "rare": (0.3,)})
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("patterns")
        await until(pilot, lambda: isinstance(app.screen, PatternsScreen) and app.screen.learnt is not None, "patterns")
        screen = app.screen
        assert isinstance(screen, PatternsScreen)
        await pilot.press("tab", "tab", "tab")
        await until(pilot, lambda: "2 tags that files may lack" in screen_text(app), "the suggestions")
        await appears(pilot, app, "sea: 3 files may lack it, 2 of them at 50 % or more")
        await appears(pilot, app, "18 of the 20 nearest have it")
        await pilot.press("y")
        await until(pilot, lambda: "write sea to 2 files, the least likely 60 %" in screen_text(app), "the question")
        await answered(pilot, app, "y")
        after = before | {file: {"sea"} for file in offered["sea"][:2]}
        await until(pilot, lambda: tags_in_library(place) == after, "the tags")
        await until(pilot, lambda: [one.files for one in screen.lines.lines if one.name == "sea"] == [1], "one left")
        await pilot.press("u")
        await until(pilot, lambda: tags_in_library(place) == before, "the tags before")
        await until(pilot, lambda: [one.files for one in screen.lines.lines if one.name == "sea"] == [3], "three again")
        assert place.decisions() == {}


async def test_a_tag_that_no_file_is_likely_to_lack_is_not_written_and_its_files_open_with_their_reasons(
    place: Place,
) -> None:
    tag(place)
    offered = suggest(place, {"rare": (0.3, 0.2)})
    async with running(place.workspace) as (app, pilot):
        app.session.commands.run("patterns")
        await until(pilot, lambda: isinstance(app.screen, PatternsScreen) and app.screen.learnt is not None, "patterns")
        await pilot.press("tab", "tab", "tab")
        await until(pilot, lambda: "1 tag that files may lack" in screen_text(app), "the suggestions")
        await pilot.press("y")
        await until(pilot, lambda: "no file is likely to lack it" in screen_text(app), "the refusal")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GridScreen), "the list")
        walk = app.review.desk.walk
        assert walk is not None
        assert [walk.row(at).file for at in range(len(walk))] == offered["rare"]
        assert walk.row(1).reason == "may lack rare: 4 of the 20 nearest have it"


async def test_a_key_lets_searches_for_a_tag_find_related_ones_at_once_and_no_longer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sketches = tag(place)
    suggest(place, {})
    monkeypatch.setattr("hyai_tui.queues.widening.related_tags", lambda *_: ["drawing"])
    drawings = set(sorted(place.files.values())[4:6])
    library = place.workspace.open_library()
    try:
        library.change_tags([TagChange(file, add=frozenset({"drawing"})) for file in drawings])
    finally:
        library.close()
    scan(place.workspace)

    async with running(place.workspace) as (app, pilot):
        await until(pilot, lambda: shown(app.review), "the review")
        app.host.open_queue("all")
        walk = app.review.desk

        def found() -> set[str]:
            return {walk.walk.file(at) for at in range(len(walk.walk))} if walk.walk is not None else set()

        for wide in (True, False):
            app.session.commands.run("patterns")
            await until(
                pilot, lambda: isinstance(app.screen, PatternsScreen) and app.screen.learnt is not None, "patterns"
            )
            await pilot.press("w")
            word = "also find files with related tags" if wide else "its own files alone"
            await until(pilot, lambda word=word: word in screen_text(app), "the word")  # type: ignore[misc]
            assert open_workspace(place.workspace.root).settings.patterns.widen_search is wide
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.review, "the review")
            app.session.commands.run("filter tag=sketch")
            wanted = set(sketches) | (drawings if wide else set())
            await until(pilot, lambda wanted=wanted: found() == wanted, "the files")  # type: ignore[misc]
            await pilot.press("escape")
