"""Statistics equal a count by hand, whatever the library holds."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.queues.statistics import statistics
from tests.unit.queues_fixtures import Known, world
from tests.unit.test_queues_rules import here, worlds


@settings(max_examples=80)
@given(worlds, st.sampled_from([5, 20, 100]))
def test_numbers_equal_a_count_by_hand(files: list[Known], bins: int) -> None:
    found = statistics(world(files), bins)
    present = [one for one in files if here(one)]
    assert found.files == len(present) == sum(found.states.values())
    assert found.labels == Counter(one.label for one in present if one.decision == "label" and one.label)
    assert found.unsure == sum(one.decision == "unsure" for one in present)
    assert found.ignored == sum(one.decision == "ignore" for one in present)
    assert found.decided == sum(found.labels.values()) + found.unsure + found.ignored
    scored = [np.array(one.scores, np.float32) for one in present if one.scores]
    assert found.scored == len(scored)
    if found.model is None:
        return
    best = [row.max() for row in scored]
    high = sum(value >= np.float32(0.8) for value in best)
    medium = sum(np.float32(0.5) <= value < np.float32(0.8) for value in best)
    assert found.bands == {"high": high, "medium": medium, "low": len(best) - high - medium}
    assert sum(found.predicted.values()) == len(scored)
    if found.scores is None:
        assert not scored
        return
    by_hand = [0] * bins
    for row in scored:
        by_hand[min(bins - 1, int(float(row[1]) * bins))] += 1
    assert found.scores.total == by_hand
    assert sum(found.scores.total) == found.scored


def test_nothing_at_all_has_no_progress_and_no_histogram() -> None:
    found = statistics(world([]))
    assert (found.files, found.decided, found.progress, found.scores, found.held_out) == (0, 0, 0.0, None, None)
