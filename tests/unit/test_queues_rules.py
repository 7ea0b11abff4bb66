"""What belongs into each queue and in which order, against a plain reading of the rules, file by file."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.errors import WrongUse
from hyai_tui.queues.arrays import QueueContext
from hyai_tui.queues.queue import Queue, percent
from hyai_tui.queues.registry import QUEUES, infos, queue_kind
from tests.unit.queues_fixtures import Known, name_of, trashy, world

DECISIONS: list[Literal["label", "unsure", "ignore"] | None] = [None, None, "label", "unsure", "ignore"]

# Few different scores, so that ties are common, and the borders of every rule among them.
scores = st.none() | st.sampled_from([0.0, 0.1, 0.25, 0.28, 0.4, 0.5, 0.6, 0.75, 0.78, 0.9, 1.0]).map(trashy)
known_files = st.builds(
    Known,
    state=st.sampled_from(["inbox", "archive", "trash", "gone"]),
    scores=scores,
    decision=st.sampled_from(DECISIONS),
    by_folder=st.booleans(),
    sample=st.sampled_from([None, "archive", "trash", "memes"]),
    out_of_fold=st.booleans(),
    conflict=st.booleans(),
    motion=st.booleans(),
)
worlds = st.lists(known_files, max_size=30)


def build(name: str, context: QueueContext) -> Queue:
    return QUEUES[name].build(context)


def listed(queue: Queue, kind: str | None = None) -> list[int]:
    """The places (in the test's list) of a queue's files, in its order."""
    return [int(place) for place in (queue if kind is None else queue.only(kind)).positions]


def here(one: Known) -> bool:
    return one.state != "gone" and not one.motion


@settings(max_examples=150)
@given(worlds)
def test_mistakes_are_exactly_the_disagreements_surest_first(files: list[Known]) -> None:
    queue = build("mistakes", world(files))
    trash = {i: one.scores[1] for i, one in enumerate(files) if one.scores}

    def plain(i: int, state: str) -> bool:
        one = files[i]
        return i in trash and here(one) and one.state == state and not one.decision and not one.conflict

    def sure(i: int) -> float:
        return float(max(np.float32(trash[i]), np.float32(1 - trash[i])))

    def surest(places: list[int]) -> list[int]:
        return sorted(places, key=lambda i: (-sure(i), i))

    thrown = [i for i in range(len(files)) if plain(i, "trash") and trash[i] <= 0.5]
    kept = [i for i in range(len(files)) if plain(i, "archive") and trash[i] > 0.5]
    wrong = [
        i
        for i, one in enumerate(files)
        if i in trash
        and one.out_of_fold
        and (one.decision is None or one.by_folder)
        and one.sample in ("archive", "trash")
        and one.sample != ("trash" if trash[i] > 0.5 else "archive")
        and i not in [*thrown, *kept]
    ]
    assert listed(queue, "trash→keep") == surest(thrown)
    assert listed(queue, "keep→trash") == surest(kept)
    assert listed(queue, "sample") == surest(wrong)
    assert listed(queue) == surest([*thrown, *kept, *wrong])


@settings(max_examples=150)
@given(worlds, st.sampled_from([(0.28, 0.78), (0.5, 0.5), (0.0, 1.0)]))
def test_low_confidence_is_what_would_get_no_tag_nearest_half_first(
    files: list[Known], cuts: tuple[float, float]
) -> None:
    queue = build("low-confidence", world(files, values=cuts))
    expected = [
        (abs(one.scores[1] - 0.5), i)
        for i, one in enumerate(files)
        if one.scores and here(one) and not one.decision and cuts[0] < one.scores[1] < cuts[1]
    ]
    # Scores are float32: .4 and .6 may lie a rounding apart from .5.
    found = listed(queue)
    assert sorted(found) == sorted(i for _, i in expected)
    distances = [round(abs((files[i].scores or (0, 0))[1] - 0.5), 6) for i in found]
    assert distances == sorted(distances)


@settings(max_examples=60)
@given(worlds)
def test_a_decided_file_is_in_no_queue_that_asks_for_a_decision(files: list[Known]) -> None:
    decided = [replace(one, decision="label", by_folder=False) for one in files]
    context = world(decided)
    for name in ("mistakes", "low-confidence", "unscored", "contradictions", "unsure", "ignored"):
        assert len(build(name, context)) == 0


@settings(max_examples=60)
@given(worlds)
def test_every_row_has_a_reason_and_no_number_that_is_none(files: list[Known]) -> None:
    for kind in QUEUES.values():
        for row in kind.build(world(files)).rows():
            assert row.reason
            assert row.score is None or 0 <= row.score <= 1
            assert "nan" not in row.reason


@settings(max_examples=60)
@given(worlds, st.data())
def test_skipped_files_go_to_the_end_of_their_kind_and_keep_their_order(
    files: list[Known], data: st.DataObject
) -> None:
    skipped = data.draw(st.lists(st.integers(0, 29), max_size=10))
    before = build("mistakes", world(files))
    after = build("mistakes", world(files, skipped={"mistakes": skipped}))
    for kind in before.counts():
        order = listed(before, kind)
        assert listed(after, kind) == [
            *(i for i in order if i not in skipped),
            *(i for i in order if i in skipped),
        ]
    elsewhere = world(files, skipped={"mistakes": skipped})
    assert listed(build("low-confidence", elsewhere)) == listed(build("low-confidence", world(files)))


def test_the_rows_say_who_was_right_and_why() -> None:
    context = world(
        [
            Known("trash", trashy(0.07)),
            Known("archive", trashy(0.881)),
            Known("inbox", trashy(0.9), sample="archive", out_of_fold=True),
        ]
    )
    rows = build("mistakes", context).rows()
    assert [(row.kind, row.current, row.predicted, row.suggested) for row in rows] == [
        ("trash→keep", "trash", "archive", "trash"),
        ("sample", "archive", "trash", "trash"),
        ("keep→trash", "archive", "trash", "archive"),
    ]
    assert [row.file for row in rows] == [name_of(0), name_of(2), name_of(1)]
    assert rows[0].reason == "you trashed it, the model would keep it: 93 % archive"
    assert rows[2].reason == "you kept it, the model would trash it: 88 % trash"
    assert rows[1].reason == "you filed it under archive, a model that never saw it disagrees: 90 % trash"
    assert rows[0].score == pytest.approx(0.07)


def test_more_than_two_labels_count_as_keeping_unless_it_is_trash() -> None:
    labels = ("archive", "memes", "trash")
    context = world(
        [
            Known("trash", (0.2, 0.7, 0.1)),
            Known("trash", (0.2, 0.2, 0.6)),
            Known("archive", (0.1, 0.3, 0.6)),
            Known("archive", (0.1, 0.8, 0.1)),
        ],
        labels,
        (0.78, 0.78, 0.78),
    )
    queue = build("mistakes", context)
    assert listed(queue, "trash→keep") == [0]
    assert listed(queue, "keep→trash") == [2]
    assert queue.row(0).score == pytest.approx(0.7)
    assert queue.row(0).predicted == "memes"
    assert listed(build("low-confidence", context)) == [1, 2, 0]


def test_labels_without_trash_have_no_mistakes_against_the_library() -> None:
    context = world([Known("trash", (0.9, 0.1)), Known("archive", (0.1, 0.9))], ("cats", "dogs"))
    assert len(build("mistakes", context)) == 0


def test_without_a_model_all_files_are_unscored_and_nothing_fails() -> None:
    context = world([Known(), Known("trash", motion=True), Known("gone")], labels=(), values=())
    counts = {info.name: info.count for info in infos(context)}
    assert {name: count for name, count in counts.items() if count} == {"unscored": 1, "all": 1}
    assert set(counts) == set(QUEUES)
    assert build("unscored", context).row(0).reason == "no score: there is no model yet"


def test_contradictions_name_both_kinds_and_leave_once_decided() -> None:
    context = world(
        [
            Known("trash", conflict=True),
            Known("inbox", torn=True),
            Known("inbox", torn=True, decision="label"),
            Known("inbox", torn=True, decision="label", by_folder=True),
        ]
    )
    queue = build("contradictions", context)
    assert {kind: count for kind, count in queue.counts().items() if count} == {"states": 1, "folders": 2}
    assert listed(queue) == [0, 1, 3]


def test_an_unknown_queue_or_kind_is_refused_with_what_there_is() -> None:
    with pytest.raises(WrongUse) as caught:
        queue_kind("mistake")
    assert "Did you mean mistakes?" in caught.value.fix
    assert "low-confidence" in caught.value.fix
    with pytest.raises(WrongUse, match="bands"):
        queue_kind("bands")
    with pytest.raises(WrongUse) as caught:
        build("mistakes", world([])).only("inbox")
    assert "trash→keep, keep→trash, sample" in caught.value.fix


def test_a_probability_is_never_rounded_to_certainty() -> None:
    assert [percent(p) for p in (0.0, 0.001, 0.07, 0.5, 0.994, 0.9999, 1.0)] == [
        "0 %",
        "under 1 %",
        "7 %",
        "50 %",
        "99 %",
        "over 99 %",
        "100 %",
    ]
