"""What changed most with a new model: of files that nobody has decided on, and that neither model was trained on."""

from __future__ import annotations

import numpy as np

from hyai_tui.queues.changes import changed_most, changes, queue_of
from hyai_tui.queues.queue import Queue
from tests.unit.queues_fixtures import Known, name_of, trashy, world

BEFORE = [0.1, 0.1, 0.5, 0.9, 0.2, 0.5, 0.5, 0.5, 0.5]


def before(scores: list[float]) -> np.ndarray:
    return np.array([trashy(one) for one in scores], np.float32)


def world_after() -> list[Known]:
    return [
        Known(scores=trashy(0.9)),
        Known(scores=trashy(0.95), decision="label", sample="trash"),
        Known(scores=trashy(0.52)),
        Known(scores=trashy(0.2)),
        Known(scores=trashy(0.95), out_of_fold=True),
        Known(scores=None),
        Known(scores=trashy(0.7), motion=True),
        Known(scores=trashy(0.4), state="gone"),
        Known(scores=trashy(0.4)),
    ]


def test_the_widest_moves_come_first_and_small_ones_not_at_all() -> None:
    context = world(world_after())
    assert changed_most(context, before(BEFORE)).tolist() == [0, 3, 8]
    assert changed_most(context, before(BEFORE), most=2).tolist() == [0, 3]


def test_files_that_had_no_score_before_are_new_and_not_changed() -> None:
    context = world(world_after())
    old = before(BEFORE)
    old[0] = np.nan
    assert changed_most(context, old).tolist() == [3, 8]


def test_each_change_says_what_was_said_and_what_is_said_now() -> None:
    first, second, third = changes(world(world_after()), before(BEFORE))
    assert (first.file, first.before_label, first.after_label) == (name_of(0), "archive", "trash")
    assert (round(first.before, 2), round(first.after, 2)) == (0.1, 0.9)
    assert (second.before_label, second.after_label) == ("trash", "archive")
    assert (round(second.before, 2), round(second.after, 2)) == (0.1, 0.8), "both as the label of now"
    assert third.file == name_of(8)


def test_as_a_queue_each_row_says_how_far_it_went() -> None:
    queue: Queue = queue_of(world(world_after()), before(BEFORE))
    assert [row.reason for row in queue.rows()][:2] == [
        "trash went from 10 % to 90 % with the new model",
        "archive went from 10 % to 80 % with the new model",
    ]
