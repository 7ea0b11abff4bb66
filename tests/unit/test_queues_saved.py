"""Searches under a name: what they find is what their queue and conditions find, and names stay clear of queues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.cli.queues import queue, queues
from hyai_tui.errors import WrongUse
from hyai_tui.jobs import scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.searches import SavedSearch
from hyai_tui.queues.combined import combine
from hyai_tui.queues.registry import QUEUES
from hyai_tui.queues.saved import built, checked, found
from hyai_tui.queues.selecting import Library, matches
from hyai_tui.queues.where import parse_line
from tests.unit.catalog_fixtures import put
from tests.unit.jobs_fixtures import make_workspace
from tests.unit.queues_fixtures import Known, trashy, world

WORLD = world(
    [Known(state, trashy(score)) for state in ("inbox", "archive", "trash") for score in (0.05, 0.4, 0.6, 0.95)]
)


def library() -> Library:
    return Library(WORLD, cast(Catalog, None))


@pytest.mark.parametrize("base", ["all", "mistakes", "mistakes:trash-keep", "low-confidence,certain"])
@pytest.mark.parametrize("query", ["score>.5", "state=trash", "state!=inbox sort=-score"])
def test_a_search_finds_the_files_of_its_queue_for_which_its_conditions_hold(base: str, query: str) -> None:
    listed = found(SavedSearch("mine", base, query), library(), QUEUES)
    whole = built(base, WORLD, QUEUES)
    holds = matches(library(), parse_line(query))
    expected = [int(at) for at in whole.positions if holds[at]]
    assert sorted(listed.positions.tolist()) == sorted(expected)
    if "sort" not in query:
        assert listed.positions.tolist() == expected
    else:
        scores = [row.score for row in listed.rows()]
        assert scores == sorted(scores, key=lambda score: -(score or 0))


def test_a_part_and_several_queues_go_by_the_names_that_the_list_prints() -> None:
    whole = QUEUES["mistakes"].build(WORLD)
    assert (
        built("mistakes:keep->trash", WORLD, QUEUES).positions.tolist() == whole.only("keep→trash").positions.tolist()
    )
    several = built("uncertain,all", WORLD, QUEUES)
    wanted = combine([QUEUES["uncertain"].build(WORLD), QUEUES["all"].build(WORLD)])
    assert several.positions.tolist() == wanted.positions.tolist()
    with pytest.raises(WrongUse, match="Did you mean mistakes"):
        built("mistake", WORLD, QUEUES)


@pytest.mark.parametrize(
    ("search", "named"),
    [
        (SavedSearch("mistakes", "all", "score>.5"), "the name of a queue"),
        (SavedSearch("Big ones", "all", "score>.5"), "no name for a search"),
        (SavedSearch("x" * 41, "all", "score>.5"), "no name for a search"),
        (SavedSearch("mine", "nosuch", "score>.5"), "no queue"),
        (SavedSearch("mine", "all", "scor>.5"), "no condition"),
        (SavedSearch("mine", "all", " "), "nothing to save"),
    ],
)
def test_what_could_not_be_opened_again_is_not_saved(search: SavedSearch, named: str) -> None:
    with pytest.raises(WrongUse, match=named):
        checked(search, QUEUES)


def test_a_journal_keeps_searches_by_name_and_the_newest_counts(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        assert not journal.save_search(SavedSearch("b", "all", "state=inbox"))
        assert not journal.save_search(SavedSearch("a", "mistakes", "score>.5"))
        assert journal.save_search(SavedSearch("b", "all", "state=trash"))
    with Journal.open(tmp_path / "journal.db") as journal:
        assert journal.searches() == [SavedSearch("a", "mistakes", "score>.5"), SavedSearch("b", "all", "state=trash")]
        assert journal.drop_search("a")
        assert not journal.drop_search("a")
        assert [one.name for one in journal.searches()] == ["b"]


def run(command: Any, *words: str) -> Any:
    result = CliRunner().invoke(command, [*words, "--json"], catch_exceptions=False)
    return json.loads(result.stdout)


def test_commands_save_list_print_and_drop_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_workspace(tmp_path, monkeypatch, '[library]\npath = "pictures"\n')
    monkeypatch.setenv("HYAI_HOME", str(workspace.root))
    made = {at: put(workspace.root / "pictures", f"{at}.png", bytes([at]) * 1_000 * at) for at in range(1, 5)}
    scan.run(JobContext(workspace))
    saved = run(queues, "save", "large-ones", "size>2000", "sort=-size")
    assert saved == {"name": "large-ones", "queue": "all", "query": "'size>2000' sort=-size"}
    row = run(queues)[-1]
    assert (row["name"], row["count"], row["queue"]) == ("large-ones", 2, "all")
    assert [one["file"] for one in run(queue, "large-ones")] == [made[4], made[3]]
    assert [one["file"] for one in run(queue, "large-ones", "--where", "size<4000")] == [made[3]]
    # What cannot be answered now says so in the list, and ends nothing.
    run(queues, "save", "like-cats", "related=cat")
    row = run(queues, "list")[-1]
    assert (row["name"], row["count"]) == ("like-cats", None)
    assert "hyai learn" in row["about"]
    assert run(queues, "drop", "like-cats") == {"dropped": "like-cats"}
    with pytest.raises(WrongUse, match="no saved search"):
        run(queues, "drop", "like-cats")
    assert [one["name"] for one in run(queues)][-1] == "large-ones"
