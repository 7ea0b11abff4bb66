"""What thresholds would do is what a dry run says, for any scores, decisions and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.effects.owntags import is_marked
from hyai_tui.errors import ModelError
from hyai_tui.learning.explorer import CHOSEN, NO_LABEL, UNDECIDED, Explorer, Files, interval
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.tally import Tally
from hyai_tui.tagging.targets import Decided, Rules
from tests.unit.learning_fixtures import small_bundle

TWO = ("archive", "trash")
THREE = ("archive", "later", "trash")


class Said:
    def __init__(self, kind: str, label: str | None) -> None:
        self.kind, self.label = kind, label


def explorer(
    labels: tuple[str, ...], probabilities: Any, decided: Any, values: Sequence[float], unmarked: Sequence[str] = ()
) -> Explorer:
    rows = np.asarray(probabilities, np.float32).reshape(-1, len(labels))
    held = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]], np.float32)
    judged = held if len(labels) == 2 else np.hstack([held, np.zeros((4, len(labels) - 2), np.float32)])
    return Explorer(
        Files(np.arange(len(rows)) * 10, rows, np.asarray(decided, np.int64), (*labels, "older")),
        Thresholds(labels, tuple(values), ("default",) * len(labels)),
        judged,
        np.array([0, 1, 1, 1]),
        unmarked,
    )


@settings(max_examples=150)
@given(
    st.sampled_from([TWO, THREE]),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(-2, 3)), max_size=40),
    st.lists(st.sampled_from([0.0, 0.2, 0.28, 0.5, 0.78, 1.0]), min_size=3, max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_the_counts_are_those_of_a_dry_run(
    labels: tuple[str, ...], drawn: list[tuple[int, ...]], values: list[float], archive: bool, trash: bool
) -> None:
    weights = np.array([one[: len(labels)] for one in drawn], float).reshape(-1, len(labels))
    total = weights.sum(axis=1, keepdims=True)
    rows = np.divide(weights, total, out=np.full_like(weights, np.nan), where=total > 0).astype(np.float32)
    names = (*labels, "older")
    decided = [min(one[3], len(names) - 1) for one in drawn]
    tag = TagSettings(mark_archive=archive, mark_trash=trash)
    values = sorted(values[: len(labels)])
    files = [f"{place:064x}" for place in range(len(drawn))]
    decisions: Mapping[str, Decided] = {
        file: Said("label", names[code]) if code >= 0 else Said("unsure", None)
        for file, code in zip(files, decided, strict=True)
        if code != UNDECIDED
    }
    tried = explorer(labels, rows, decided, values, [name for name in names if not is_marked(tag, name)])
    tally = Tally()
    tally.count(Rules(tag, tried.in_force).targets(files, rows, decisions))

    found = tried.at()

    assert {one.label: one.files for one in found.sides} == {name: tally.targets[name] for name in names}
    assert (found.unsure, found.off, found.unscored) == (tally.unsure, tally.off, tally.skipped["unscored"])
    assert found.decided == tally.decided


def test_a_moved_threshold_never_crosses_the_other() -> None:
    tried = explorer(TWO, [], [], (0.28, 0.78))
    assert tried.moved({"archive": 0.9}).values == (0.9, 0.9)
    assert tried.moved({"trash": 0.1}).values == (0.1, 0.1)
    moved = tried.moved({"trash": 0.6})
    assert (moved.values, moved.origins) == ((0.28, 0.6), ("default", CHOSEN))
    for wrong in ({"later": 0.5}, {"trash": 1.5}, {"trash": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            tried.moved(wrong)


def test_expected_precision_is_counted_on_held_out_samples_with_its_interval() -> None:
    found = explorer(TWO, [[0.9, 0.1], [0.5, 0.5]], [UNDECIDED, UNDECIDED], (0.28, 0.78)).at()
    archive = found.side("archive")
    assert (archive.files, archive.judged, archive.precision) == (1, 2, 0.5)
    assert archive.low < 0.5 < archive.high
    assert (found.side("trash").precision, found.side("trash").files) == (1.0, 0)
    assert found.coverage == 0.5
    assert found.side("older").threshold is None
    # Figures of the method's authors' table for 8 of 10.
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)


def test_a_precision_is_reached_on_the_held_out_samples() -> None:
    random = np.random.default_rng(4)
    score = random.uniform(size=2000)
    truth = (random.uniform(size=2000) < score).astype(np.int64)
    held = np.stack([1 - score, score], axis=1).astype(np.float32)
    tried = Explorer(
        Files(np.arange(0), np.empty((0, 2), np.float32), np.empty(0, np.int64), TWO),
        Thresholds(TWO, (0.28, 0.78), ("default", "default")),
        held,
        truth,
    )
    chosen = tried.for_precision(0.95)
    for side in tried.at(chosen).sides:
        assert side.precision is not None
        assert side.precision >= 0.95
    assert tried.at(tried.for_precision(0.9)).side("trash").judged > tried.at(chosen).side("trash").judged


def test_the_edge_names_undecided_files_nearest_to_the_threshold_on_both_sides() -> None:
    score = np.array([0.9, 0.79, 0.77, 0.1, 0.8, np.nan])
    decided = [UNDECIDED, UNDECIDED, UNDECIDED, UNDECIDED, NO_LABEL, UNDECIDED]
    tried = explorer(TWO, np.stack([1 - score, score], axis=1), decided, (0.28, 0.78))
    assert tried.edge("trash").tolist() == [10, 0, 20, 30]
    assert tried.edge("trash", most=1).tolist() == [10, 20]
    three = explorer(THREE, [[0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.6, 0.3, 0.1]], [UNDECIDED] * 3, (0.7, 0.7, 0.7))
    assert three.edge("later").tolist() == [0, 10]


@given(st.lists(st.none() | st.floats(0, 1, width=32), max_size=60), st.integers(1, 50))
def test_the_histogram_holds_every_undecided_scored_file_once(scores: list[float | None], bins: int) -> None:
    rows = [[np.nan] * 2 if one is None else [1 - one, one] for one in scores]
    heights = explorer(TWO, rows, [UNDECIDED] * len(rows), (0.28, 0.78)).histogram(bins)
    assert len(heights) == bins
    assert heights.sum() == sum(one is not None for one in scores)


def test_switching_a_side_off_is_tried_without_changing_the_settings() -> None:
    tried = explorer(TWO, [[0.9, 0.1], [0.1, 0.9], [0.1, 0.9]], [UNDECIDED] * 3, (0.28, 0.78))
    found = tried.at(unmarked={"trash"})
    assert (found.side("archive").files, found.side("trash").files, found.off) == (1, 0, 2)
    assert not found.side("trash").written
    assert tried.at().off == 0


def test_saved_thresholds_change_nothing_else_in_the_model(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    kept = registry.add(small_bundle(), promote=True)
    registry.set_thresholds("1", {"archive": 0.2, "trash": 0.7})
    again = registry.require_current()
    assert again.thresholds == {"archive": 0.2, "trash": 0.7}
    vectors = np.ones((3, 6), np.float32)
    np.testing.assert_array_equal(again.predict(vectors), kept.predict(vectors))
    refused: list[Callable[[], object]] = [
        lambda: registry.set_thresholds("1", {"archive": 2.0}),
        lambda: registry.set_thresholds("1", {"later": 0.5}),
    ]
    for one in refused:
        with pytest.raises(ModelError):
            one()
    assert registry.require_current().thresholds == again.thresholds
