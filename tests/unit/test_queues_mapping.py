"""The map is the plane of the first two principal components, and a part of it holds exactly the files that lie there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.features.store import FeatureStore
from hyai_tui.queues import mapping
from hyai_tui.queues.kept_map import keep_map, read_map
from hyai_tui.queues.mapping import PlacedFiles, known_labels, place_files, region
from hyai_tui.queues.ordering.beside import place_beside
from hyai_tui.queues.ordering.plane import plane
from hyai_tui.queues.vectors import Vectors
from hyai_tui.tui.mapdrawing import Window, draw_map
from tests.unit.queues_fixtures import Known, name_of, world


def test_the_plane_is_that_of_the_singular_values() -> None:
    random = np.random.default_rng(0)
    rows = (random.normal(size=(400, 30)) * np.linspace(6, 0.5, 30)).astype(np.float32)
    found = plane(rows)
    _, _, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    assert np.abs((found.axes * directions[:2].T).sum(axis=0)) == pytest.approx([1, 1], abs=0.01)
    assert found.of(rows).std(axis=0)[0] >= found.of(rows).std(axis=0)[1]
    np.testing.assert_array_equal(found.axes, plane(rows).axes)


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_rows_that_span_no_plane_lie_on_a_line_or_a_point(rows: int) -> None:
    vectors = np.outer(np.arange(rows), np.ones(4)).astype(np.float32)
    found = plane(vectors)
    assert np.isfinite(found.of(vectors)).all()
    assert np.abs(found.of(vectors)[:, 1]).max(initial=0) < 1e-3


points = st.lists(st.tuples(*[st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.99, 1.0])] * 2), max_size=30)


@settings(max_examples=80)
@given(points, st.integers(1, 6), st.integers(1, 4))
def test_every_file_lies_in_exactly_one_cell_and_is_drawn_there(
    places: list[tuple[float, float]], columns: int, rows: int
) -> None:
    placed = PlacedFiles(np.arange(len(places)), np.array(places, np.float32).reshape(-1, 2), len(places))
    picture = draw_map(placed, np.full(len(places), -1, np.int16), 2, Window(), columns, rows)
    counted: list[int] = []
    for row in range(rows):
        for column in range(columns):
            inside = placed.inside(*Window().part(columns, rows, (column, row, column, row)))
            counted += inside.tolist()
            assert (picture.texts[row][column] != chr(0x2800)) == bool(len(inside))
    assert sorted(counted) == list(range(len(places)))
    everything = placed.inside(*Window().part(columns, rows, (0, 0, columns - 1, rows - 1)))
    assert sorted(everything.tolist()) == list(range(len(places)))


def test_a_cell_has_the_colour_of_most_of_its_labels() -> None:
    placed = PlacedFiles(np.arange(4), np.array([[0, 0], [0.01, 0], [0, 0.01], [1, 1]], np.float32), 4)
    picture = draw_map(placed, np.array([1, 1, 0, -1], np.int16), 2, Window(), 2, 2)
    assert picture.labels.tolist() == [[1, -1], [-1, -1]]
    assert picture.fullest == (0, 0)


def test_a_large_library_is_placed_in_steps_and_a_part_opens_as_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "SAMPLE", 50)
    monkeypatch.setattr(mapping, "_STEP", 100)
    monkeypatch.setattr(mapping, "_BLOCK", 64)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 8)).astype(np.float32)
    files = [Known("gone" if place == 7 else "trash", label="archive" if place == 9 else None) for place in range(301)]
    context = world(files)
    with FeatureStore.open(tmp_path / "store", 8, shard_rows=64) as store:
        store.append([name_of(place) for place in range(300)], vectors)
        steps = list(place_files(context, Vectors(context, store, context.sha256.copy(), "e")))
    sizes = [len(step) for step in steps]
    assert sizes[0] <= 50
    assert sizes == sorted(sizes)
    last = steps[-1]
    assert sorted(last.positions.tolist()) == [place for place in range(300) if place != 7]
    assert last.total == 300
    chosen = last.inside(0.25, 0.25, 0.75, 0.75)
    by_hand = ((last.places >= 0.25) & (last.places < 0.75)).all(axis=1)
    queue = region(context, last, chosen)
    assert {row.file for row in queue.rows()} == {name_of(at) for at in last.positions[by_hand].tolist()}
    labels = known_labels(context)
    assert (context.names[labels[9]], context.names[labels[8]]) == ("archive", "trash")


def test_further_files_lie_at_the_median_of_those_that_they_are_most_like() -> None:
    random = np.random.default_rng(2)
    reference, points = (random.normal(size=(rows, 4)).astype(np.float32) for rows in (40, 25))
    places = random.random((40, 2)).astype(np.float32)
    found = place_beside(points, reference, places)
    for point, place in zip(points, found, strict=True):
        nearest = np.argsort(((reference - point) ** 2).sum(axis=1))[:10]
        assert place.tolist() == pytest.approx(np.median(places[nearest], axis=0).tolist())
    assert place_beside(points, reference[:1], places[:1]).tolist() == [places[0].tolist()] * 25


def test_a_kept_map_is_that_of_its_encoder_and_leaves_out_what_is_gone(tmp_path: Path) -> None:
    before = world([Known() for _ in range(5)])
    placed = PlacedFiles(np.array([4, 0, 2]), np.array([[0, 0.5], [1, 1], [0.25, 0]], np.float32), 5)
    assert read_map(tmp_path, before, "e") is None
    keep_map(tmp_path, before, placed, "e", {"method": "t-SNE"})
    now = world([Known("gone"), *[Known() for _ in range(6)]])
    found = read_map(tmp_path, now, "e")
    assert found is not None
    assert (found.positions.tolist(), found.places.tolist()) == ([4, 2], [[0, 0.5], [0.25, 0]])
    assert found.total == 6
    assert read_map(tmp_path, now, "another") is None
