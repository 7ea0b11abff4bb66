"""The map is the plane of the first two principal components, and a part of it holds exactly the files that lie there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.features.store import FeatureStore
from hyai_tui.queues import mapping
from hyai_tui.queues.mapping import PlacedFiles, known_labels, place_files, region
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
