"""`hyai suggest` and `hyai log writes`: what the model makes of a file, and what was written to the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.tagging_fixtures import Place, add_model, make_place, sha

PICTURES = {f"{name}.png": name.encode() for name in ("keep", "throw", "between", "sample", "unscored")}
KEEP, THROW, BETWEEN, SAMPLE, UNSCORED = (sha(content) for content in PICTURES.values())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = make_place(tmp_path, PICTURES)
    assert place.hyai("scan").code == 0
    return place


def scored(place: Place) -> str:
    return add_model(place, {KEEP: 0.04, THROW: 0.9, BETWEEN: 0.55}, {SAMPLE: 0.2})


def test_a_suggestion_says_how_sure_the_model_is_and_which_tag_that_makes(place: Place) -> None:
    model = scored(place)
    said = place.hyai("suggest", KEEP, "--json").data
    assert (said["model"], said["score"], said["predicted"], said["tag"]) == (model, 0.04, "archive", "hyai:archive")
    assert [one["label"] for one in said["suggestions"]] == ["archive", "trash"]
    assert sum(one["probability"] for one in said["suggestions"]) == pytest.approx(1)
    assert place.hyai("suggest", THROW[:8], "--json").data["tag"] == "hyai:trash"
    between = place.hyai("suggest", str(place.library / "between.png"), "--json").data
    assert between["tag"] is None
    assert "not sure enough" in between["reason"]
    assert "55 % trash" in place.hyai("suggest", BETWEEN).out


def test_a_side_that_is_switched_off_makes_no_tag(place: Place) -> None:
    scored(place)
    said = place.hyai("suggest", THROW, "--json", HYAI_TAG_MARK_TRASH="false").data
    assert (said["predicted"], said["tag"]) == ("trash", None)
    assert "switched off" in said["reason"]


def test_a_file_without_a_score_or_a_workspace_without_a_model_says_what_to_run(place: Place) -> None:
    none = place.hyai("suggest", KEEP)
    assert (none.code, "hyai train" in none.err) == (1, True)
    scored(place)
    unscored = place.hyai("suggest", UNSCORED)
    assert (unscored.code, "hyai score" in unscored.err) == (3, True)
    assert place.hyai("suggest", "ffff").code == 2


def test_the_log_names_every_write_with_who_asked_for_it(place: Place) -> None:
    assert place.hyai("log", "writes", "--json").data == []
    assert "Nothing was written" in place.hyai("log", "writes").out
    model = scored(place)
    assert place.hyai("label", BETWEEN, "trash").code == 0
    assert place.hyai("tag").code == 0
    found = {(one["file"], one["wrote"]): one for one in place.hyai("log", "writes", "--json").data}
    assert {pair: one["by"] for pair, one in found.items()} == {
        (BETWEEN, "hyai:trash"): "decision 1",
        (KEEP, "hyai:archive"): model,
        (SAMPLE, "hyai:archive"): model,
        (THROW, "hyai:trash"): model,
    }
    assert {one["status"] for one in found.values()} == {"verified"}
    place.set_tags(THROW, [])
    place.hyai("tag")
    later = [one for one in place.hyai("log", "writes", "--json").data if one["by"] == model]
    assert {one["file"] for one in later} == {KEEP, SAMPLE, THROW}
    assert len(later) == 3, "a run that writes nothing adds nothing"


def test_the_log_is_newest_first_and_knows_undoing_and_clearing(place: Place) -> None:
    scored(place)
    place.hyai("label", BETWEEN, "trash")
    place.hyai("undo")
    place.hyai("tag")
    place.hyai("untag")
    found = place.hyai("log", "writes", "--json").data
    assert {one["by"] for one in found[:3]} == {"untag"}
    assert {one["wrote"] for one in found[:3]} == {"not hyai:archive", "not hyai:trash"}
    assert [(one["wrote"], one["by"]) for one in found if one["file"] == BETWEEN] == [
        ("not hyai:trash", "undo"),
        ("hyai:trash", "decision 1"),
    ]
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    assert len(place.hyai("log", "writes", "--limit", "1", "--json").data) == 1
