"""What comes back although it was decided, what says two things at once, and what an audit says of all tags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.queues.audit import estimate, interval
from hyai_tui.queues.combined import combine
from hyai_tui.queues.prepared import NOTHING_PREPARED
from hyai_tui.queues.registry import QUEUES
from tests.unit.queues_fixtures import Known, name_of, trashy, world
from tests.unit.test_queues_rules import build, listed

DOUBTED = Known(
    "archive",
    trashy(0.9),
    decision="label",
    label="archive",
    sample="archive",
    out_of_fold=True,
    reconsider=True,
    before="trash",
    near=0.8,
    near_before=0.6,
)


def test_a_decision_comes_back_only_if_everything_speaks_against_it() -> None:
    spared = [
        replace(DOUBTED, reconsider=False),
        replace(DOUBTED, scores=trashy(0.2)),
        replace(DOUBTED, out_of_fold=False),
        replace(DOUBTED, before="archive"),
        replace(DOUBTED, before=None),
        replace(DOUBTED, near=0.5),
        replace(DOUBTED, near_before=0.4),
        replace(DOUBTED, near_before=float("nan")),
        replace(DOUBTED, decision="unsure", label=None),
    ]
    queue = build("second-look", world([DOUBTED, *spared, replace(DOUBTED, scores=trashy(0.95))]))
    assert listed(queue) == [len(spared) + 1, 0]
    assert queue.row(0).suggested == "trash"
    assert "you decided archive; two models that never saw it disagree (95 % trash), and 80 %" in queue.row(0).reason


def test_a_file_that_says_two_things_is_listed_once_under_the_first_kind() -> None:
    files = [
        Known("trash", conflict=True, several=True, tag="archive"),
        Known(several=True, tag="trash"),
        Known(decision="label", label="archive", tag="trash"),
        Known(decision="label", label="archive", tag="archive"),
        Known("trash", tag="archive"),
        Known("archive", tag="trash"),
        Known("inbox", tag="trash"),
        Known(pair=True),
        Known("gone", several=True, pair=True),
    ]
    queue = build("contradictions", world(files))
    assert [row.kind for row in queue.rows()] == [
        "states",
        "both-tags",
        "tag-decision",
        "tag-state",
        "tag-state",
        "opposites",
    ]
    assert listed(queue) == [0, 1, 2, 4, 5, 7]
    rows = queue.rows()
    assert rows[2].reason == "its tag says trash, you decided archive"
    assert rows[2].suggested == "archive"
    assert rows[3].reason == "its tag says archive, the library has it in trash"
    assert rows[5].reason == "it has both tags of dog | cat"


def test_near_duplicates_with_different_labels_come_first_and_groups_stay_together() -> None:
    files = [
        Known("inbox", group=0),
        Known("archive", group=1),
        Known("inbox", group=0),
        Known("trash", group=1),
        Known("inbox", group=1),
        Known("inbox", decision="label", label="trash", group=2),
        Known("archive", group=2),
        Known("gone", group=3),
        Known("inbox", group=3),
        Known("inbox"),
    ]
    queue = build("near-duplicates", world(files))
    assert listed(queue, "different-labels") == [1, 3, 4, 6]
    assert listed(queue, "copies") == [0, 2]
    assert queue.row(0).reason.endswith("is trash, this one is archive")
    assert build("near-duplicates", replace(world(files), prepared=NOTHING_PREPARED)).rows() == []


def test_the_audit_is_random_and_holds_only_tags_that_the_model_stands_by() -> None:
    tagged = [Known(scores=trashy(0.9), tag="trash") for _ in range(60)]
    others = [
        Known(scores=trashy(0.9), tag="archive"),
        Known(scores=trashy(0.9)),
        Known("gone", trashy(0.9), tag="trash"),
        Known(scores=trashy(0.9), tag="trash", decision="label", label="trash"),
    ]
    context = world(tagged + others)
    found = listed(build("audit", context))
    assert sorted(found) == list(range(60)) != found
    assert found == listed(build("audit", context))
    assert found != listed(build("audit", replace(context, model_id="m0002-bbbbbbbb")))


def test_the_estimate_counts_answers_of_this_audit() -> None:
    answered = [
        Known(scores=trashy(0.9), decision="label", label=label, audited="trash")
        for label in ["trash"] * 18 + ["archive"] * 2
    ]
    waiting = [Known(scores=trashy(0.1), tag="archive") for _ in range(80)]
    elsewhere = [Known(scores=trashy(0.9), decision="label", label="archive")]
    said = estimate(world(answered + waiting + elsewhere))
    assert (said.tagged, said.looked_at, said.wrong, said.rate) == (100, 20, 2, 0.1)
    assert (round(said.low, 4), round(said.high, 4)) == (0.0123, 0.3170)
    assert str(said) == "2 of 20 wrong: 10.0 % of 100 tags (1.2 to 31.7 %)"
    assert estimate(world(waiting)).rate is None
    assert "none of 80" in QUEUES["audit"].describe(world(waiting))


@pytest.mark.parametrize(
    ("wrong", "looked_at", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (1, 200, 0.0001, 0.0275), (0, 0, 0, 1)],
)
def test_the_interval_is_that_of_clopper_and_pearson(wrong: int, looked_at: int, low: float, high: float) -> None:
    assert interval(wrong, looked_at) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_holds_the_true_rate_of_simulated_libraries() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        rate, draws = random.uniform(0.005, 0.3), int(random.integers(40, 300))
        files = random.random(5000) < rate
        seen = random.choice(files, draws, replace=False)
        low, high = interval(int(seen.sum()), draws)
        covered += low <= files.mean() <= high
    assert covered >= 93


queues_of_files = st.lists(st.sampled_from([0.05, 0.3, 0.5, 0.55, 0.7, 0.95]), min_size=1, max_size=20)


@settings(max_examples=80)
@given(queues_of_files, st.permutations(["certain", "low-confidence", "uncertain", "band"]), st.sampled_from([None, 3]))
def test_a_file_of_several_queues_is_listed_once_with_all_its_reasons(
    scores: list[float], names: list[str], most: int | None
) -> None:
    context = world([Known(scores=trashy(score)) for score in scores])
    built = [build(name, context) for name in names]
    joined = combine(built, most)
    heads = [listed(queue)[:most] for queue in built]
    files = {place for head in heads for place in head}
    assert sorted(joined.positions.tolist()) == sorted(files)

    def best(place: int) -> tuple[int, int]:
        return min((head.index(place), at) for at, head in enumerate(heads) if place in head)

    assert joined.positions.tolist() == sorted(files, key=best)
    for place, row in zip(joined.positions.tolist(), joined.rows(), strict=True):
        assert row.file == name_of(place)
        for head, queue in zip(heads, built, strict=True):
            if place in head:
                assert queue.row(listed(queue).index(place)).reason in row.reason
    assert sum(joined.counts().values()) == len(joined)
