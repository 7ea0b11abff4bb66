"""The `:` line and the palette know the same commands, and say what they do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from hyai_tui.tui.commands import COMMANDS, Commands, completions
from tests.tui.tui_fixtures import Place, make_place, press, running, until


class Host:
    """Writes down what commands ask for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: self.asked.append((name, *arguments, *named.values()))


def run(text: str) -> list[tuple[Any, ...]]:
    host = Host()
    Commands(host).run(text)
    return host.asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("retrain", ("start_job", "retrain", {})),
        (":tag --dry-run", ("start_job", "tag", {"dry_run": True})),
        ("tag", ("start_job", "tag", {})),
        ("untag --dry-run", ("start_job", "untag", {"dry_run": True})),
        ("eval", ("start_job", "eval", {})),
        ("mode staged", ("set_mode", "STAGED")),
        ("mode live", ("set_mode", "LIVE")),
        ("theme paper", ("set_theme", "paper")),
        ("queue mistakes:trash→keep", ("open_queue", "mistakes:trash→keep")),
        ("cancel", ("cancel_job", None)),
        ("quit", ("leave", False)),
        ("quit ask", ("leave", True)),
        ("undo", ("do_act", "undo")),
    ],
)
def test_a_command_asks_for_what_it_says(text: str, asked: tuple[Any, ...]) -> None:
    assert run(text) == [asked]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("retrian", "Did you mean :retrain?"),
        ("tag --dryrun", ":tag does not know --dryrun"),
        ("mode lively", "There is no mode lively"),
        ("theme", "Say which theme"),
        ("queue 'open", "Close its quotes"),
    ],
)
def test_a_wrong_command_is_told_and_nothing_is_done(text: str, told: str) -> None:
    ((what, sentence, kind),) = run(text)
    assert (what, kind) == ("tell", "error")
    assert told in sentence


def test_an_empty_line_does_nothing() -> None:
    assert run("  ") == []


def test_tagging_without_the_dry_run_flag_is_never_a_dry_run_and_the_other_way_round() -> None:
    assert "--dry-run" in COMMANDS["tag"].flags
    assert run("tag --again") == [("start_job", "tag", {"again": True})]


def test_completions_are_commands_then_their_words() -> None:
    assert completions("ret") == ["retrain"]
    assert completions("theme p", themes=["paper", "slate"]) == ["theme paper"]
    assert completions("tag --d") == ["tag --dry-run"]
    assert completions("mode ") == ["mode learn", "mode staged", "mode live"]
    assert completions("nonsense x") == []


async def test_a_command_that_comes_in_one_piece_with_its_colon_presses_no_keys_of_the_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch)
    with place.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
    async with running(place.workspace) as (app, pilot):
        desk = app.review.desk
        for key in ":queue bandd":
            app.post_message(events.Key("colon" if key == ":" else "space" if key == " " else key, key))
        app.post_message(events.Key("backspace", None))
        app.post_message(events.Key("enter", "\r"))
        await until(pilot, lambda: desk.walk is not None and desk.walk.entry.key == "band", "the queue")
        assert app.focused is None
        assert place.decisions() == {}
        # Typed slowly, every key goes its usual way, once.
        await pilot.press("colon", *"queue", "space", *"all", "enter")
        await until(pilot, lambda: desk.walk is not None and desk.walk.entry.key == "all", "the other queue")
        assert place.decisions() == {}


async def test_the_command_line_runs_commands_and_says_what_it_does_not_know(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        assert isinstance(app.focused, Input)
        await pilot.press(*"theme paper", "enter")
        await until(pilot, lambda: app.theme == "paper", "the theme")
        await press(pilot, app, "colon")
        await pilot.press(*"retrian", "enter")
        await until(pilot, lambda: "Did you mean :retrain?" in app.review.status.told, "the answer")
        assert place.decisions() == {}


async def test_tab_completes_a_command_and_shows_the_ways_where_there_are_several(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        await pilot.press(*"them", "tab", *"pap", "tab", "enter")
        await until(pilot, lambda: app.theme == "paper", "the theme")
        await press(pilot, app, "colon")
        await pilot.press(*"ta", "tab")
        assert app.review.status.told == "tag  tags  take-over"
        await pilot.press("escape")


async def test_letters_typed_into_the_command_line_decide_nothing(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await press(pilot, app, "colon")
        await pilot.press("a", "t", "u", "0", "escape")
        assert app.focused is None
        assert place.decisions() == {}


async def test_the_palette_offers_the_commands(place: Place) -> None:
    async with running(place.workspace) as (app, _pilot):
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert {"retrain", "eval", "cache", "tag", "score", "scan", "commit", "undo", "quit", "help"} <= set(names)
        assert "theme paper" in names
