"""Hard samples: those that look like samples of another label, and decisions that contradicted the model."""

from __future__ import annotations

import numpy as np

from hyai_tui.learning.hard import close_opposites


def test_a_sample_is_hard_where_it_stands_beside_one_of_another_label() -> None:
    directions = np.array([[1, 0], [1, 0.05], [-1, 0], [-1, 0.1], [0, 1], [0, -1.2]], np.float32)
    truth = np.array([0, 1, 0, 0, 1, 1])
    # 0 and 1 point the same way under two labels; 2 and 3 do under one; the others stand alone.
    assert close_opposites(directions, truth, least=0.9).tolist() == [True, True, False, False, False, False]
    assert not close_opposites(directions, np.zeros(6, np.int64)).any()
    assert not close_opposites(directions[:1], truth[:1]).any()


def test_close_opposites_do_not_depend_on_the_order_of_samples() -> None:
    random = np.random.default_rng(3)
    vectors, truth = random.normal(size=(200, 8)).astype(np.float32), random.integers(0, 3, 200)
    found = close_opposites(vectors, truth)
    order = random.permutation(200)
    np.testing.assert_array_equal(close_opposites(vectors[order], truth[order]), found[order])
    assert 0 < found.sum() < 200
