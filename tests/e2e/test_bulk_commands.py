"""`hyai accept`, `assign`, `similar`, `duplicates`: previews that change nothing, acts that one undo takes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.tagging_fixtures import Place, add_model, make_place, sha

PICTURES = {f"{name}.png": name.encode() for name in ("keep", "throw", "between", "also")}
KEEP, THROW, BETWEEN, ALSO = (sha(content) for content in PICTURES.values())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = make_place(tmp_path, PICTURES)
    assert place.hyai("scan").code == 0
    add_model(place, {KEEP: 0.02, THROW: 0.97, BETWEEN: 0.6, ALSO: 0.93}, {})
    return place


def labels(place: Place) -> dict[str, str | None]:
    return {row["file"]: row["label"] for row in place.hyai("files", "--json").data}


def test_accepting_a_queue_is_previewed_done_and_undone_as_one(place: Place) -> None:
    before = labels(place)
    said = place.hyai("accept", "certain", "--above", ".95", "--dry-run", "--json").data
    assert (said["counts"], said["decided"], said["spared"]) == ({"archive": 1, "trash": 1}, 0, 1)
    assert [one["file"] for one in said["nearest_spared"]] == [ALSO]
    assert labels(place) == before
    done = place.hyai("accept", "certain", "--above", ".95", "--json").data
    assert (done["decided"], done["counts"]) == (2, said["counts"])
    after = labels(place)
    assert (after[KEEP], after[THROW], after[ALSO]) == ("archive", "trash", None)
    assert place.hyai("undo").code == 0
    assert labels(place) == before
    assert place.hyai("accept", "audit", "--above", ".9").code == 2


def test_assigning_by_threshold_decides_what_the_preview_counted(place: Place) -> None:
    said = place.hyai("assign", "trash", "--threshold", ".9", "--else", "archive", "--dry-run", "--json").data
    assert said["counts"] == {"archive": 2, "trash": 2}
    assert place.hyai("assign", "trash", "--threshold", ".9", "--else", "archive").code == 0
    found = labels(place)
    assert sorted(str(label) for label in found.values()) == ["archive", "archive", "trash", "trash"]
    assert (found[ALSO], found[BETWEEN]) == ("trash", "archive")


def test_what_was_never_looked_for_says_what_to_run(place: Place) -> None:
    for arguments, fix in ((("similar", KEEP), "cache build"), (("duplicates",), "check near-duplicates")):
        ran = place.hyai(*arguments)
        assert (ran.code, fix in ran.err) == (3, True)


def test_a_neighbourhood_is_swept_and_the_best_copy_kept(tmp_path: Path) -> None:
    place = make_place(tmp_path, {})
    (place.library / "trash").mkdir(parents=True, exist_ok=True)
    for shade in range(6):
        wave = Image.radial_gradient("L").resize((256, 192)).rotate(60 * shade).convert("RGB")
        wave.paste((40 * shade, 255 - 40 * shade, 90), (shade * 30, shade * 20, shade * 30 + 60, shade * 20 + 60))
        wave.save(place.library / f"{shade}.png")
    Image.open(place.library / "2.png").resize((128, 96)).save(place.library / "small.jpg")
    assert place.hyai("scan").code == 0
    assert place.hyai("cache", "build").code == 0
    paths = {Path(row["path"]).name: row["file"] for row in place.hyai("files", "--json").data}
    near = place.hyai("similar", paths["2.png"], "-k", "3", "--json").data
    assert len(near) == 3
    assert near[0]["file"] == paths["small.jpg"]
    swept = place.hyai("similar", paths["2.png"], "-k", "1", "--label", "trash", "--json").data
    assert swept["counts"] == {"trash": 1}
    assert place.hyai("undo").code == 0
    assert place.hyai("check", "near-duplicates").code == 0
    groups = place.hyai("duplicates", "--json").data
    pair = next(group for group in groups if paths["small.jpg"] in [one["file"] for one in group["files"]])
    assert place.hyai("duplicates", "--keep-best", "--dry-run", "--json").data["decided"] == 0
    assert place.hyai("duplicates", "--keep-best").code == 0
    found = labels(place)
    assert (found[pair["files"][0]["file"]], found[paths["small.jpg"]]) == ("archive", "trash")
