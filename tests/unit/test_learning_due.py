"""When a retrain is due, and when more labels are worth little."""

from __future__ import annotations

import numpy as np
import pytest

from hyai_tui.learning.advice import Round, advise, kappa, pinned
from hyai_tui.learning.due import DAY, LastTraining, Rules, fingerprint, judge
from hyai_tui.settings import RetrainSettings
from tests.unit.learning_fixtures import sha

BEFORE = {sha(one): ("archive", "trash")[one % 2] for one in range(100)}
RULES = Rules.of(RetrainSettings())


def last(labels: dict[str, str] | None = None, at: float = 0.0) -> LastTraining:
    return LastTraining(7, at, BEFORE if labels is None else labels, fingerprint(BEFORE))


def more(number: int, label: str = "trash") -> dict[str, str]:
    return {**BEFORE, **{sha(1000 + one): label for one in range(number)}}


def test_the_first_training_is_due_and_an_unchanged_one_never() -> None:
    assert judge(BEFORE, None, RULES, 0).due
    assert not judge(dict(reversed(BEFORE.items())), last(), RULES, 1000 * DAY).due


@pytest.mark.parametrize(
    ("samples", "missing"),
    [
        ({}, "There are no samples to learn from. Label some pictures"),
        (dict.fromkeys(map(sha, range(40)), "trash"), "All 40 samples are trash: a model needs two labels"),
        (dict(list(BEFORE.items())[:8]), "8 samples (4 archive, 4 trash) are too few to learn from"),
    ],
)
def test_the_first_training_is_not_due_before_there_is_enough_and_what_is_missing_is_said(
    samples: dict[str, str], missing: str
) -> None:
    found = judge(samples, None, RULES, 0)
    assert not found.due
    assert found.reason.startswith(f"nothing was trained yet. {missing}")


def test_500_new_labels_make_it_due_and_499_do_not() -> None:
    found = judge(more(500), last(), RULES, DAY)
    assert (found.due, found.reason, found.new) == (True, "500 new since run 7", 500)
    found = judge(more(499), last(), RULES, DAY)
    assert (found.due, found.reason) == (False, "499 of 500 new, 0 corrections since run 7")


def test_corrections_a_new_label_and_days_make_it_due_too() -> None:
    turned = {one: ("trash" if place < 30 else label) for place, (one, label) in enumerate(BEFORE.items())}
    assert not judge(turned, last(), RULES, DAY).due
    found = judge({**turned, **{sha(one): "archive" for one in range(81, 100, 2)}}, last(), RULES, DAY)
    assert (found.due, found.reason) == (True, "25 corrections since run 7")
    found = judge(more(1, "later"), last(), RULES, DAY)
    assert (found.due, found.fresh_labels) == (True, ("later",))
    assert "1 new label: later" in found.reason
    assert not judge(more(1), last(), RULES, 29 * DAY).due
    assert judge(more(1), last(), RULES, 30 * DAY).reason == "30 days and 1 changed since run 7"
    bulk = Rules.of(RetrainSettings(pace="bulk"))
    assert judge(more(1), last(), bulk, DAY).reason == "1 day and 1 changed since run 7"
    gone = dict(list(BEFORE.items())[25:])
    assert judge(gone, last(), RULES, DAY).due
    found = judge({}, last(), RULES, DAY)
    assert (found.due, found.removed, found.reason) == (False, 100, "no sample is left to learn from since run 7")


def test_a_pace_changes_the_rules_and_a_setting_or_option_wins_over_it() -> None:
    heavy = Rules.of(RetrainSettings(pace="heavy"))
    assert judge(more(200), last(), heavy, DAY).due
    assert not judge(more(199), last(), heavy, DAY).due
    assert judge(more(1), last(), heavy, 7 * DAY).due
    assert Rules.of(RetrainSettings(pace="bulk", new_labels=0), 3) == Rules(3, 5, 1.0)
    assert not judge(more(5000), last(), Rules.of(RetrainSettings(new_labels=0, days=0.0)), 99 * DAY).due


def test_without_the_samples_of_the_last_run_any_change_is_enough() -> None:
    unknown = LastTraining(7, 0.0, None, fingerprint(BEFORE))
    assert judge(more(1), unknown, RULES, DAY).due
    assert not judge(BEFORE, unknown, RULES, DAY).due


def test_a_fingerprint_depends_on_nothing_but_samples_and_labels() -> None:
    assert fingerprint(BEFORE) == fingerprint(dict(sorted(BEFORE.items(), reverse=True)))
    assert fingerprint(BEFORE) != fingerprint({**BEFORE, sha(0): "trash"})


def test_kappa_is_agreement_beyond_chance() -> None:
    some = np.array([0, 0, 1, 1])
    assert kappa(some, some, 2) == 1
    assert kappa(some, np.array([0, 1, 0, 1]), 2) == pytest.approx(0)
    assert kappa(some, 1 - some, 2) == -1
    # Cohen's own way of counting: 70 % agreement where 50 % are expected.
    first, second = np.repeat([0, 1], 50), np.concatenate([np.repeat([0, 1], [35, 15]), np.repeat([0, 1], [15, 35])])
    assert kappa(first, second, 2) == pytest.approx(0.4)
    assert kappa(some[:0], some[:0], 2) == 0


def test_a_pool_stays_nearly_the_same_as_files_come() -> None:
    files = [sha(one) for one in range(3000)]
    pool = pinned(files, 100)
    assert pool == pinned(reversed(files), 100)
    assert len(set(pool) & set(pinned([*files, *(sha(5000 + one) for one in range(300))], 100))) > 80


def test_three_rounds_that_agree_are_the_plateau() -> None:
    rounds = [Round(100, 0.5), Round(200, 0.91), Round(250, 0.92)]
    assert not advise(rounds).settled
    settled = advise([*rounds, Round(300, 0.95)])
    assert (settled.settled, settled.labels_left, settled.line) == (True, 0, "at the plateau")
    # The same samples again say nothing.
    assert not advise([*rounds, Round(250, 0.99), Round(250, 0.99)]).settled
    assert not advise([*rounds, Round(300, 0.95), Round(400, 0.6)]).settled


def test_labels_left_follow_the_curve_of_disagreement() -> None:
    # Disagreement of 10 / √n: .1 is reached at 10,000.
    rounds = [Round(n, 1 - 10 / n**0.5) for n in (400, 900, 1600, 2500)]
    left = advise(rounds).labels_left
    assert left is not None
    assert 7_500 <= left <= 7_500 + 2 * 900
    assert advise(rounds[:1]).labels_left is None
    assert advise([Round(100, 0.5), Round(200, 0.4)]).labels_left is None
