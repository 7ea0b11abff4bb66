"""`hyai learn`, `hyai patterns …` and what they add to `hyai suggest` and to conditions, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.tagging_fixtures import Place, make_place, sha

NAMES = [f"{state}/{number:02}.png" for number in range(12) for state in ("archive", "trash")]
PICTURES = {name: name.encode() for name in NAMES}
SKETCHES = [sha(PICTURES[f"trash/{number:02}.png"]) for number in range(10)]
BARE = sha(PICTURES["trash/11.png"])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Ten of twelve files in the trash are `sketch` and `paper`, one only `sketch`, one in the archive `sketch`."""
    place = make_place(tmp_path, PICTURES)
    assert place.hyai("scan").code == 0
    for file in SKETCHES:
        place.set_tags(file, ["sketch", "paper"])
    place.set_tags(BARE, ["sketch"])
    place.set_tags(sha(PICTURES["archive/00.png"]), ["sketch"])
    assert place.hyai("scan").code == 0
    return place


def test_what_was_learnt_is_listed_and_names_its_numbers(place: Place) -> None:
    early = place.hyai("patterns", "tags")
    assert (early.code, "hyai learn" in early.err) == (3, True)
    learnt = place.hyai("learn", "--json").data
    assert (learnt["version"], learnt["files"], learnt["tags"], learnt["pairs"]) == (1, 24, 2, 1)
    rows = place.hyai("patterns", "tags", "--json").data
    assert [(one["tag"], one["label"], one["files"], one["others"]) for one in rows] == [
        ("paper", "trash", 10, 0),
        ("sketch", "trash", 11, 1),
    ]
    assert all(one["interval"][0] > 0 for one in rows)
    shown = place.hyai("patterns", "show", "sketch").out
    assert "sketch: 12 files (1 archive, 11 trash)" in shown
    assert "with paper: 10 files, 2.0 × chance" in shown
    assert place.hyai("patterns", "related", "paper", "--json").data == ["sketch"]
    wrong = place.hyai("patterns", "show", "skech")
    assert (wrong.code, "Did you mean 'sketch'?" in wrong.err) == (2, True)
    assert place.hyai("patterns", "tags", "--label", "nobody").code == 2
    assert "patterns v1" in place.hyai("status").out


def test_the_table_of_artefacts_matches_the_files(place: Place) -> None:
    assert place.hyai("learn").code == 0
    listed = {one["name"]: one["size"] for one in place.hyai("patterns", "files", "--json").data}
    here = place.workspace.patterns_directory / "v0001"
    assert listed == {one.name: one.stat().st_size for one in here.iterdir()}
    assert {one.suffix for one in here.iterdir()} == {".json", ".npz"}
    assert "were not measured" in place.hyai("patterns", "report").out


def test_a_search_finds_files_with_related_tags_where_it_is_asked_for(place: Place) -> None:
    wanted = {*SKETCHES, BARE, sha(PICTURES["archive/00.png"])}
    early = place.hyai("files", "related=paper", "--json")
    assert (early.code, "hyai learn" in early.err) == (3, True)
    assert place.hyai("learn").code == 0
    assert {one["file"] for one in place.hyai("files", "tag=paper", "--json").data} == set(SKETCHES)
    assert {one["file"] for one in place.hyai("files", "related=paper", "--json").data} == wanted
    widened = place.hyai("files", "tag=paper", "--json", HYAI_PATTERNS_WIDEN_SEARCH="true").data
    assert {one["file"] for one in widened} == wanted
    assert place.hyai("files", "related=unheard", "--json").data == []


def test_a_suggested_tag_is_written_only_when_accepted_and_is_taken_back(place: Place) -> None:
    assert place.hyai("learn").code == 0
    said = place.hyai("suggest", BARE, "--json").data
    assert said["pulls"][0]["reason"].startswith("sketch is ")
    assert said["pulls"][0]["reason"].endswith("× as frequent in your trash")
    assert [one["tag"] for one in said["tags"]] == ["paper"]
    assert "beside sketch" in said["tags"][0]["reason"]
    assert place.tags()[BARE] == {"sketch"}
    refused = place.hyai("suggest", BARE, "--accept", "photo")
    assert (refused.code, "It is one of paper" in refused.err) == (2, True)
    accepted = place.hyai("suggest", BARE, "--accept", "paper", "--json").data["accepted"]
    assert (accepted["tags"], accepted["failed"], accepted["left"]) == (1, 0, 0)
    assert place.tags()[BARE] == {"sketch", "paper"}
    assert place.hyai("patterns", "undo").code == 0
    assert place.tags()[BARE] == {"sketch"}
    assert place.hyai("patterns", "undo").code == 2
