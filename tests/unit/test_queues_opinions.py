"""Queues that go by the model's opinion, each against a plain reading of its definition, file by file."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.queues.confused_pair import pair
from hyai_tui.queues.ranks import mean_ranks, seeded
from hyai_tui.queues.registry import QUEUES
from hyai_tui.queues.uncertain import entropy, margin
from hyai_tui.settings import QueueSettings
from tests.unit.queues_fixtures import Known, name_of, trashy, world
from tests.unit.test_queues_rules import build, here, known_files, listed

# Quarters, so that ties are common, and distributions of one, two, three and four labels.
LABELS = ("archive", "memes", "saved", "trash")


def shares(size: int) -> st.SearchStrategy[tuple[float, ...]]:
    cuts = st.lists(st.integers(0, 8), min_size=size - 1, max_size=size - 1).map(sorted)
    return cuts.map(lambda at: tuple((b - a) / 8 for a, b in zip([0, *at], [*at, 8], strict=True)))


def worlds_of(size: int) -> st.SearchStrategy[list[Known]]:
    one = st.builds(
        Known,
        state=st.sampled_from(["inbox", "archive", "trash", "gone"]),
        scores=st.none() | shares(size),
        decision=st.sampled_from([None, None, None, "label", "unsure"]),
        sample=st.sampled_from([None, *LABELS[:size]]),
        out_of_fold=st.booleans(),
        motion=st.booleans(),
    )
    return st.lists(one, max_size=25)


anything = st.integers(1, 4).flatmap(lambda size: st.tuples(st.just(LABELS[:size]), worlds_of(size)))


def waiting(files: list[Known]) -> list[int]:
    return [i for i, one in enumerate(files) if one.scores and here(one) and not one.decision]


def ranked_chances(one: Known) -> list[float]:
    assert one.scores is not None
    return sorted(one.scores, reverse=True)


@settings(max_examples=60)
@given(anything)
def test_uncertain_is_by_the_margin_of_the_top_two_then_by_entropy(
    made: tuple[tuple[str, ...], list[Known]],
) -> None:
    labels, files = made
    found = listed(build("uncertain", world(files, labels, (0.5,) * len(labels))))
    if len(labels) < 2:
        assert found == []
        return

    def key(i: int) -> tuple[float, float, int]:
        chances = ranked_chances(files[i])
        flat = -sum(p * np.log(p) for p in chances if p > 0) if len(labels) > 2 else 0.0
        return chances[0] - chances[1], -round(flat, 9), i

    assert sorted(found) == waiting(files)
    assert [key(i)[:2] for i in found] == sorted(key(i)[:2] for i in found)
    assert found == sorted(waiting(files), key=key)


@settings(max_examples=60)
@given(anything, st.sampled_from([(0.3, 0.8), (0.0, 1.0), (0.5, 0.5), (0.8, 0.3)]), st.sampled_from(["", *LABELS]))
def test_a_band_holds_what_lies_between_its_ends_and_nothing_outside(
    made: tuple[tuple[str, ...], list[Known]], ends: tuple[float, float], label: str
) -> None:
    labels, files = made
    options = QueueSettings(band_label=label, band_low=ends[0], band_high=ends[1])
    queue = build("band", world(files, labels, (0.5,) * len(labels), options=options))
    if label and label not in labels:
        assert len(queue) == 0
        return
    column = labels.index(label) if label else len(labels) - 1
    inside = [i for i in waiting(files) if ends[0] <= (files[i].scores or ())[column] <= ends[1]]
    assert listed(queue) == sorted(inside, key=lambda i: (abs((files[i].scores or ())[column] - 0.5), i))


@settings(max_examples=60)
@given(anything, st.sampled_from([0.5, 0.75, 0.9, 1.0]))
def test_certain_holds_what_the_model_is_sure_of_one_kind_a_label(
    made: tuple[tuple[str, ...], list[Known]], least: float
) -> None:
    labels, files = made
    queue = build("certain", world(files, labels, (0.5,) * len(labels), options=QueueSettings(certain=least)))
    sure = [i for i in waiting(files) if ranked_chances(files[i])[0] >= least]
    assert listed(queue) == sorted(sure, key=lambda i: (-ranked_chances(files[i])[0], i))
    for row in queue.rows():
        assert row.kind == row.suggested == row.predicted
    if labels:
        assert sum(len(queue.only(label)) for label in labels) == len(queue)


@settings(max_examples=60)
@given(anything)
def test_the_confused_pair_is_the_one_whose_samples_are_mixed_up_most(
    made: tuple[tuple[str, ...], list[Known]],
) -> None:
    labels, files = made
    context = world(files, labels, (0.5,) * len(labels))
    found = pair(context)
    queue = build("confused-pair", context)
    if found is None:
        assert len(labels) < 2
        assert len(queue) == 0
        return
    mixed = {
        (a, b): sum(
            1
            for one in files
            if one.scores
            and one.out_of_fold
            and one.sample
            and {labels.index(one.sample), int(np.argmax(one.scores))} == {a, b}
        )
        for a, b in combinations(range(len(labels)), 2)
    }
    if any(mixed.values()):
        assert mixed[found] == max(mixed.values())

    def between(i: int) -> bool:
        order = np.argsort([-p for p in files[i].scores or ()], kind="stable")
        return set(order[:2].tolist()) == set(found)

    inside = [i for i in waiting(files) if between(i)]
    gap = {i: ranked_chances(files[i])[0] - ranked_chances(files[i])[1] for i in inside}
    assert listed(queue) == sorted(inside, key=lambda i: (gap[i], i))
    # Both sides are there, told apart by what the model leans to.
    assert {row.kind for row in queue.rows()} <= {labels[found[0]], labels[found[1]]}


def test_for_three_labels_uncertain_is_not_what_lies_nearest_a_half() -> None:
    labels = ("archive", "memes", "trash")
    files = [Known(scores=(0.5, 0.3, 0.2)), Known(scores=(0.4, 0.4, 0.2)), Known(scores=(0.34, 0.33, 0.33))]
    queue = build("uncertain", world(files, labels, (0.78,) * 3))
    assert listed(queue) == [1, 2, 0]
    assert queue.row(0).reason == "torn between archive (40 %) and memes (40 %)"


def test_of_equal_margins_the_flatter_one_comes_first() -> None:
    chances = np.array([[0.5, 0.25, 0.25, 0], [0.5, 0.25, 0.125, 0.125]], np.float32)
    assert margin(chances).tolist() == [0.25, 0.25]
    assert entropy(chances)[1] > entropy(chances)[0]
    files = [Known(scores=tuple(row)) for row in chances.tolist()]
    assert listed(build("uncertain", world(files, LABELS, (0.5,) * 4))) == [1, 0]


@settings(max_examples=60)
@given(st.lists(known_files, max_size=25), st.data())
def test_mistakes_are_ranked_by_the_mean_of_both_ranks(files: list[Known], data: st.DataObject) -> None:
    near = data.draw(st.lists(st.sampled_from([0.0, 0.2, 0.6, 1.0]), min_size=len(files), max_size=len(files)))
    files = [replace(one, near=share) for one, share in zip(files, near, strict=True)]
    queue = build("mistakes", world(files))
    members = sorted(listed(queue))
    sure = {i: max(np.float32(p) for p in files[i].scores or ()) for i in members}

    def rank(values: dict[int, float], i: int) -> float:
        above = sum(one > values[i] for one in values.values())
        return above + (sum(one == values[i] for one in values.values()) - 1) / 2

    shares_of = {i: near[i] for i in members}
    expected = sorted(
        members,
        key=lambda i: (rank(sure, i) + rank(shares_of, i), rank(sure, i), i),  # type: ignore[arg-type]  # float32 compares
    )
    assert listed(queue) == expected


def test_ranks_of_equal_values_are_their_mean() -> None:
    assert mean_ranks(np.array([0.9, 0.5, 0.9, 0.1])).tolist() == [0.5, 2.0, 0.5, 3.0]
    assert mean_ranks(np.empty(0)).tolist() == []


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    files = [Known() for _ in range(50)]
    orders = [listed(build("all", world(files, options=QueueSettings(seed=seed)))) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[2]) == list(range(50)) != orders[2]
    assert "seed 2" in QUEUES["all"].describe(world(files, options=QueueSettings(seed=2)))


def test_a_file_that_joins_leaves_the_seeded_order_of_the_others() -> None:
    hashes = np.array([name_of(i) for i in range(40)], "S64")
    whole, part = seeded(hashes, 7), seeded(hashes[:30], 7)
    assert (whole[:30] == part).all()
    assert len(set(whole.tolist())) == 40
    # Even and odd are equally likely at both ends, as they should be for a shuffle.
    many = seeded(np.array([name_of(i) for i in range(2000)], "S64"), 3)
    for bit in (0, 63):
        assert 850 < int(((many >> np.uint64(bit)) & np.uint64(1)).sum()) < 1150


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_every_queue_stands_without_scores_without_a_model_and_with_one_label(name: str) -> None:
    empty = world([], labels=(), values=())
    assert build(name, empty).rows() == []
    one_label = world([Known(scores=(1.0,)), Known("trash", (1.0,)), Known()], ("archive",), (0.5,))
    for row in build(name, one_label).rows():
        assert row.score is None or 0 <= row.score <= 1
    assert QUEUES[name].describe(empty)
    unscored = world([Known(), Known("trash"), Known("archive", trashy(float("nan")))])
    if name not in {"unscored", "all"}:
        assert len(build(name, unscored)) == 0
