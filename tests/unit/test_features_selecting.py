"""What a build takes first, and which part of the work it takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.features import memory
from hyai_tui.features.memory import Steps, pictures_a_step
from hyai_tui.features.plan import WorkItem, make_plan
from hyai_tui.features.selecting import Selection
from hyai_tui.library.base import FileState, MediaFile
from tests.unit.features_fixtures import put_files, sha
from tests.unit.test_features_build import Place, pictures
from tests.unit.test_features_build import place as place

ITEMS = [WorkItem(sha(str(number).encode()), None, True) for number in range(200)]


def test_the_same_seed_takes_the_same_pictures_in_their_order() -> None:
    first = Selection(sample=30, seed=4).sampled(ITEMS)
    assert len(first) == 30
    assert [item for item in ITEMS if item in first] == first
    assert Selection(sample=30, seed=4).sampled(ITEMS[::-1]) == first[::-1]
    assert Selection(sample=30, seed=5).sampled(ITEMS) != first
    # A larger sample holds the smaller one, so that growing a sample wastes nothing.
    assert set(map(id, first)) <= set(map(id, Selection(sample=60, seed=4).sampled(ITEMS)))
    assert len(Selection(fraction=0.25).sampled(ITEMS)) == 50
    assert Selection(sample=500).sampled(ITEMS) == ITEMS
    assert Selection(sample=0).sampled(ITEMS) == []
    with pytest.raises(WrongUse):
        Selection(sample=3, fraction=0.5)


def test_a_sample_is_drawn_from_the_files_that_are_named() -> None:
    named = frozenset(item.file for item in ITEMS[::2])
    assert Selection(among=named).sampled(ITEMS) == ITEMS[::2]
    drawn = Selection(sample=10, among=named).sampled(ITEMS)
    assert len(drawn) == 10
    assert {item.file for item in drawn} <= named


def test_a_build_of_some_files_counts_them_alone(place: Place) -> None:
    place.add(*pictures(*range(6)))
    files = [one.sha256 for one in place.catalog.files()]
    built = place.build(selection=Selection(among=frozenset(files[:4])))
    assert (built.total, built.encoded, built.left) == (4, 4, 0)
    assert place.build().encoded == 2


def test_pictures_with_a_tag_of_ours_come_before_the_newest(place: Place) -> None:
    names = [sha(str(number).encode()) for number in range(6)]
    put_files(place.catalog, names)
    scan = place.catalog.begin_scan()
    place.catalog.put(
        [MediaFile(one, FileState.INBOX, tags=frozenset({"hyai:trash"} if one in names[1:3] else ())) for one in names],
        scan,
    )
    place.catalog.finish_scan(scan)
    soon = np.concatenate(place.catalog.carriers(["hyai:trash", "hyai:archive"]))
    plan = make_plan(place.catalog, "file", soon=soon)
    assert [item.file for item in plan.items] == [names[i] for i in (2, 1, 5, 4, 3, 0)]


def test_a_limit_is_honoured_and_the_next_build_goes_on(place: Place) -> None:
    place.add(*pictures(*range(12)))
    first = place.build(selection=Selection(limit=5))
    assert (first.total, first.encoded, first.left) == (12, 5, 7)
    second = place.build(selection=Selection(limit=5))
    assert (second.encoded, second.reused, second.left) == (5, 5, 2)
    assert place.build().encoded == 2


def test_a_sample_is_all_that_is_encoded(place: Place) -> None:
    place.add(*pictures(*range(12)))
    assert place.build(selection=Selection(sample=4, seed=2)).encoded == 4
    again = place.build(selection=Selection(sample=4, seed=2))
    assert (again.total, again.encoded, again.reused) == (4, 0, 4)


def test_what_has_features_is_encoded_anew_when_forced(place: Place) -> None:
    contents = pictures(*range(5))
    place.add(*contents)
    place.build()
    assert place.build(force=True).encoded == 5
    place.assert_right(contents)


def test_a_part_of_the_work_forgets_no_reason_of_the_rest(place: Place) -> None:
    place.add(b"a text", *pictures(1, 2))
    place.build()
    known = place.catalog.skips("file")
    assert known
    place.build(selection=Selection(limit=1))
    assert place.catalog.skips("file") == known


def test_a_step_takes_what_a_quarter_of_the_free_memory_bears(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert pictures_a_step(7) == 7
    monkeypatch.setattr(memory, "_LIMIT", tmp_path / "max")
    monkeypatch.setattr(memory, "_USED", tmp_path / "used")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 8388608 kB\n")
    assert pictures_a_step(0) == 16
    (tmp_path / "meminfo").write_text("MemAvailable: 262144 kB\n")
    assert pictures_a_step(0) == 4
    (tmp_path / "max").write_text("104857600\n")
    (tmp_path / "used").write_text("99999999\n")
    assert pictures_a_step(0) == 1


def test_a_step_that_does_not_fit_is_halved_in_sight_and_loses_no_picture() -> None:
    said: list[str] = []
    steps = Steps(16, said.append)

    def forward(
        step: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        if len(step) > 3:
            raise MemoryError
        return step[:, 0, :1, 0].astype(np.float32)

    pixels = np.zeros((20, 2, 2, 3), np.uint8)
    pixels[:, 0, 0, 0] = np.arange(20)
    assert steps.run(pixels, 1, forward)[:, 0].tolist() == list(range(20))
    assert steps.size == 2
    assert [text.split()[4] for text in said] == ["8", "4", "2"]
    steps.size = 1
    with pytest.raises(ModelError, match="not enough memory"):
        Steps(1, said.append).run(np.zeros((2, 2, 2, 3), np.uint8), 1, lambda step: _exhausted())


def _exhausted() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    raise MemoryError


def test_a_source_given_for_one_build_is_used_by_it_alone(place: Place) -> None:
    original, small = pictures(1, 2)
    (file,) = place.add(original)
    place.library.thumbnails[file] = small
    settings = place.workspace.settings
    thumbnails = replace(settings, features=replace(settings.features, source="thumbnail"))
    before, place.workspace = place.workspace, replace(place.workspace, settings=thumbnails)
    assert place.build().encoded == 1
    place.assert_right([small])
    place.workspace = before
    assert place.build().encoded == 1
    place.assert_right([original, small])
