"""Bulk acts are worked out before they are done: what each file would get, and what stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.checks.copies import Copy, Group, copy_label, keep_best
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.features.store import FeatureStore
from hyai_tui.queues.bulk import accept, assign, assignable, hundredths
from hyai_tui.queues.similar import nearest
from hyai_tui.queues.vectors import Vectors
from tests.unit.queues_fixtures import Known, name_of, trashy, world
from tests.unit.test_queues_rules import build, here, worlds


@settings(max_examples=60)
@given(
    worlds, st.sampled_from([0.0, 0.5, 0.75, 0.9, 1.0]), st.sampled_from(["certain", "uncertain", "mistakes", "all"])
)
def test_accepting_takes_what_is_suggested_and_sure_and_never_a_decided_file(
    files: list[Known], above: float, name: str
) -> None:
    context = world(files)
    queue = build(name, context)
    plan = accept(queue, above)
    expected = {}
    for place, row in zip(queue.positions.tolist(), queue.rows(), strict=True):
        label = row.suggested or row.predicted
        one = files[place]
        if one.scores and not one.decision and label in ("archive", "trash"):
            chance = float(np.float32(one.scores[("archive", "trash").index(label)]))
            if chance >= np.float32(above):
                expected[row.file] = label
    assert {one.file: one.label for one in plan.proposals} == expected
    sure = [one.confidence for one in plan.proposals]
    assert sure == sorted(sure, reverse=True)  # type: ignore[type-var]  # the model's plans have a confidence


@settings(max_examples=60)
@given(worlds, st.sampled_from([0.0, 0.25, 0.5, 0.9]), st.sampled_from([None, "archive"]))
def test_assigning_by_threshold_counts_what_it_does(files: list[Known], threshold: float, other: str | None) -> None:
    plan = assign(world(files), "trash", threshold, other)
    open_ = [i for i, one in enumerate(files) if one.scores and here(one) and not one.decision]
    above = {name_of(i) for i in open_ if float(np.float32((files[i].scores or ())[1])) >= np.float32(threshold)}
    assert {one.file for one in plan.proposals if one.label == "trash"} == above
    rest = {one.file for one in plan.proposals if one.label == "archive"}
    assert rest == ({name_of(i) for i in open_} - above if other else set())
    assert sum(plan.counts.values()) + plan.spared == len(open_)


def test_the_edges_are_the_least_sure_that_go_and_the_surest_that_stay() -> None:
    plan = assign(world([Known(scores=trashy(place / 20)) for place in range(20)]), "trash", 0.5)
    assert [round(one.confidence or 0, 2) for one in plan.edges] == [0.7, 0.65, 0.6, 0.55, 0.5]
    assert [round(one.confidence or 0, 2) for one in plan.nearest_spared] == [0.45, 0.4, 0.35, 0.3, 0.25]
    with pytest.raises(WrongUse, match="memes"):
        assign(world([]), "memes", 0.5)


def copy(name: str, label: str | None = None, width: int = 10, size: int = 1, decided: bool = False) -> Copy:
    return Copy(name * 64, label, decided, "inbox", width, 10, size, ())


def test_the_best_copy_has_most_pixels_then_bytes_and_decided_ones_stay() -> None:
    ranked = sorted([copy("a"), copy("b", width=20), copy("c", size=5)], key=lambda one: one.merit, reverse=True)
    assert [one.file[0] for one in ranked] == ["b", "c", "a"]
    plan = keep_best([Group((*ranked, copy("d", "archive", width=1, decided=True)))])
    assert {one.file[0]: one.label for one in plan.proposals} == {"b": "archive", "c": "trash", "a": "trash"}
    assert plan.spared == 1


def test_a_label_is_copied_only_where_the_labels_of_a_group_agree() -> None:
    agreeing = Group((copy("a", "trash", decided=True), copy("b"), copy("c", "trash")))
    torn = Group((copy("d", "archive"), copy("e", "trash"), copy("f")))
    silent = Group((copy("g"), copy("h")))
    plan = copy_label([agreeing, torn, silent])
    assert {one.file[0]: one.label for one in plan.proposals} == {"b": "trash", "c": "trash"}


def test_the_nearest_files_are_those_of_a_comparison_with_all(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 16)).astype(np.float16).astype(np.float32)
    context = world([Known("gone" if place == 7 else "inbox") for place in range(301)])
    with FeatureStore.open(tmp_path / "store", 16, shard_rows=64) as store:
        store.append([name_of(place) for place in range(300)], vectors)
        opened = Vectors(context, store, context.sha256.copy(), "e")
        found = nearest(context, opened, 3, 12)
        centred = vectors - vectors.mean(axis=0)
        unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        cosines = unit @ unit[3]
        cosines[[3, 7]] = -2
        assert found.positions.tolist() == np.argsort(-cosines, kind="stable")[:12].tolist()
        np.testing.assert_allclose(found.cosines, np.sort(cosines)[::-1][:12], atol=1e-4)
        with pytest.raises(NotNow):
            nearest(context, opened, 300, 12)


@settings(max_examples=60)
@given(worlds, st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]), st.sampled_from([None, "archive"]))
def test_live_counts_and_edges_are_those_of_the_plan(files: list[Known], threshold: float, other: str | None) -> None:
    found = assignable(world(files), "trash", other)
    plan = found.plan(threshold)
    assert found.counts(threshold) == plan.counts
    assert {row.file: label for row, label in found.rows(threshold, 1000)} == {
        one.file: one.label for one in plan.proposals
    }
    goes, stays = found.goes(threshold, 3), found.stays(threshold, 3)
    # Scores are kept in single precision, and .9 is met by what was stored as .9.
    least = float(np.float32(threshold))
    assert all(found.sure[place] >= least for place in goes)
    assert all(found.sure[place] < least for place in stays)
    assert len(goes) == min(3, found.cut(threshold))
    assert len(stays) == min(3, len(found) - found.cut(threshold))


def test_numbers_in_little_room_are_never_rounded_up() -> None:
    assert [hundredths(value) for value in (0.999, 1.0, 0.83, 0.05, -0.206)] == [".99", "1.00", ".83", ".05", "−.20"]
