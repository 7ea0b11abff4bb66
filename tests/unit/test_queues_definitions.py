"""The other queues, each against a plain reading of its definition, file by file: ties, no scores, one label, numbers missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.queues.audit import estimate
from hyai_tui.queues.prepared import Prepared, Ranking
from hyai_tui.queues.ranks import seeded
from hyai_tui.queues.registry import QUEUES
from hyai_tui.settings import QueueSettings
from tests.unit.queues_fixtures import Known, name_of, trashy, world
from tests.unit.test_queues_opinions import LABELS, ranked_chances, waiting, worlds_of
from tests.unit.test_queues_rules import build, here, listed

TWO = ("archive", "trash")
names = st.sampled_from([None, "archive", "trash", "memes"])
shares = st.sampled_from([0.0, 0.4, 0.5, 0.6, 1.0, float("nan")])

# Whatever may be known of a file of two labels, the borders of every rule among it.
known_of_two = st.builds(
    Known,
    state=st.sampled_from(["inbox", "archive", "trash", "gone"]),
    scores=st.none() | st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0]).map(trashy),
    decision=st.sampled_from([None, None, "label", "unsure", "ignore"]),
    label=names,
    by_folder=st.booleans(),
    sample=names,
    out_of_fold=st.booleans(),
    conflict=st.booleans(),
    motion=st.booleans(),
    torn=st.booleans(),
    tag=names,
    several=st.booleans(),
    pair=st.booleans(),
    reconsider=st.booleans(),
    before=names,
    near=shares,
    near_before=shares,
    group=st.integers(-1, 3),
).map(lambda one: one if one.decision == "label" and one.label else replace(one, label=None))
lists = st.lists(known_of_two, max_size=25)


def predicted(one: Known) -> str:
    assert one.scores is not None
    return "trash" if one.scores[1] > one.scores[0] else "archive"


@settings(max_examples=35)
@given(lists)
def test_second_look_is_what_everything_speaks_against_surest_first(files: list[Known]) -> None:
    found = listed(build("second-look", world(files)))

    def spoken_against(one: Known) -> bool:
        return (
            one.decision == "label"
            and one.label is not None
            and one.sample == one.label
            and one.reconsider
            and one.out_of_fold
            and one.scores is not None
            and predicted(one) != one.label
            and one.before not in {None, one.label}
            and one.near > 0.5
            and one.near_before > 0.5
        )

    wanted = [i for i, one in enumerate(files) if spoken_against(one)]
    assert found == sorted(wanted, key=lambda i: (-np.float32(max(files[i].scores or ())), i))


@settings(max_examples=35)
@given(lists)
def test_contradictions_are_the_first_kind_that_holds_of_each_file(files: list[Known]) -> None:
    def kind(one: Known) -> str | None:
        plain = here(one)
        waits = one.decision is None
        states = {("trash", "archive"), ("archive", "trash")}
        if plain and waits and one.conflict:
            return "states"
        if one.torn and (waits or one.by_folder):
            return "folders"
        if plain and one.several:
            return "both-tags"
        if plain and one.decision == "label" and one.label and one.tag not in {None, one.label}:
            return "tag-decision"
        if plain and waits and not one.conflict and (one.state, one.tag) in states:
            return "tag-state"
        return "opposites" if plain and waits and one.pair else None

    order = ["states", "folders", "both-tags", "tag-decision", "tag-state", "opposites"]
    kinds = {i: kind(one) for i, one in enumerate(files)}
    queue = build("contradictions", world(files))
    assert listed(queue) == [i for name in order for i in kinds if kinds[i] == name]
    assert [row.kind for row in queue.rows()] == [name for name in order for i in kinds if kinds[i] == name]


@settings(max_examples=35)
@given(lists)
def test_near_duplicates_stand_group_by_group_and_those_with_two_labels_first(files: list[Known]) -> None:
    there = {i for i, one in enumerate(files) if one.group >= 0 and (here(one) or one.sample)}
    sizes = Counter(files[i].group for i in there)
    there = {i for i in there if sizes[files[i].group] > 1}

    def given_label(one: Known) -> str | None:
        if one.label or one.sample:
            return one.label or one.sample
        return one.state if here(one) and one.state in TWO and not one.conflict else None

    groups: dict[int, set[str]] = {}
    for i in there:
        said = groups.setdefault(files[i].group, set())
        said |= {label for label in (given_label(files[i]),) if label}
    queue = build("near-duplicates", world(files))
    for kind, differ in (("different-labels", True), ("copies", False)):
        members = [
            i
            for i in sorted(there)
            if (files[i].decision is None or files[i].by_folder) and (len(groups[files[i].group]) > 1) is differ
        ]
        first: dict[int, int] = {}
        for i in members:
            first.setdefault(files[i].group, i)
        assert listed(queue, kind) == sorted(members, key=lambda i: (first[files[i].group], i))


@settings(max_examples=35)
@given(lists, st.integers(0, 3))
def test_lists_that_need_no_model_hold_exactly_their_files(files: list[Known], seed: int) -> None:
    context = world(files, options=QueueSettings(seed=seed))
    plain = [i for i, one in enumerate(files) if here(one)]
    assert listed(build("unscored", context)) == [
        i for i in plain if files[i].scores is None and files[i].decision is None
    ]
    assert listed(build("unsure", context)) == [i for i in plain if files[i].decision == "unsure"]
    assert listed(build("ignored", context)) == [i for i in plain if files[i].decision == "ignore"]
    at = seeded(np.array([name_of(i) for i in range(len(files))], "S64"), seed)
    assert listed(build("all", context)) == sorted(plain, key=lambda i: (int(at[i]), i))


@settings(max_examples=35)
@given(lists)
def test_an_audit_holds_undecided_files_whose_tag_the_model_stands_by(files: list[Known]) -> None:
    queue = build("audit", world(files))
    tagged = [i for i, one in enumerate(files) if here(one) and one.scores and one.tag == predicted(one)]
    assert sorted(listed(queue)) == [i for i in tagged if files[i].decision is None]
    hidden = {row.reason for row in queue.rows()}
    assert not any("%" in reason or "trash" in reason for reason in hidden)


@settings(max_examples=35)
@given(lists, st.randoms(use_true_random=False))
@pytest.mark.parametrize("name", ["next-best", "diverse", "oddities"])
def test_what_a_job_has_ranked_keeps_its_order_less_what_was_decided_or_is_gone(
    name: str, files: list[Known], random: np.random.Generator
) -> None:
    order = list(range(len(files)))
    random.shuffle(order)
    values = np.array([place % 2 for place in order], np.float32)
    ranking = Ranking(np.array(order, np.int64), values, made=True)
    prepared = {
        "next-best": Prepared(next_best=ranking),
        "diverse": Prepared(diverse=ranking),
        "oddities": Prepared(oddities=ranking),
    }[name]
    queue = build(name, replace(world(files), prepared=prepared))
    assert listed(queue) == [i for i in order if here(files[i]) and files[i].decision is None]
    assert all(row.reason for row in queue.rows())


@settings(max_examples=35)
@given(
    st.integers(3, 4).flatmap(lambda size: st.tuples(st.just(LABELS[:size]), worlds_of(size))),
    st.sampled_from([0.0, 0.5, 0.75, 1.0]),
)
def test_for_more_labels_low_confidence_is_what_is_below_its_own_threshold_least_sure_first(
    made: tuple[tuple[str, ...], list[Known]], cut: float
) -> None:
    labels, files = made
    found = listed(build("low-confidence", world(files, labels, (cut,) * len(labels))))
    low = [i for i in waiting(files) if ranked_chances(files[i])[0] < cut]
    assert found == sorted(low, key=lambda i: (ranked_chances(files[i])[0], i))


@settings(max_examples=35)
@given(worlds_of(3), st.data())
def test_a_file_with_any_number_missing_counts_as_unscored_and_no_number_is_made_of_it(
    files: list[Known], data: st.DataObject
) -> None:
    labels = ("archive", "memes", "trash")
    broken = data.draw(st.sets(st.integers(0, max(0, len(files) - 1)), max_size=5)) if files else set()
    column = data.draw(st.integers(0, 2))
    context = world(files, labels, (0.5,) * 3)
    whole = world(
        [replace(one, scores=None) if i in broken else one for i, one in enumerate(files)], labels, (0.5,) * 3
    )
    for i in broken:
        context.probabilities[i, column] = np.nan
    for name in QUEUES:
        assert listed(build(name, context)) == listed(build(name, whole))
        for row in build(name, context).rows():
            assert "nan" not in row.reason
            assert row.score is None or 0 <= row.score <= 1


def test_the_first_files_of_an_audit_tell_how_often_tags_are_wrong_in_ninety_three_of_a_hundred_libraries() -> None:
    random = np.random.default_rng(11)
    held = 0
    for _ in range(100):
        size, asked, rate = 250, int(random.integers(30, 120)), random.uniform(0.01, 0.3)
        wrong = random.random(size) < rate
        files = [Known(scores=trashy(0.9), tag="trash") for _ in range(size)]
        context = replace(world(files), model_id=f"m{random.integers(1_000_000)}")
        for place in listed(build("audit", context))[:asked]:
            answer = "archive" if wrong[place] else "trash"
            files[place] = replace(files[place], decision="label", label=answer, audited="trash")
        said = estimate(replace(world(files), model_id=context.model_id))
        assert (said.tagged, said.looked_at) == (size, asked)
        held += said.low <= wrong.mean() <= said.high
    assert held >= 93
