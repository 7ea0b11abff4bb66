"""The largest numbers of each row are found exactly, however many columns there are."""

from __future__ import annotations

import numpy as np
import pytest

from hyai_tui.features.largest import largest


@pytest.mark.parametrize(("columns", "count"), [(1, 1), (20, 20), (500, 20), (3000, 20), (5001, 7), (9000, 1)])
def test_they_are_those_of_a_full_sort_largest_first(columns: int, count: int) -> None:
    values = np.random.default_rng(1).normal(size=(17, columns)).astype(np.float32)

    found, numbers = largest(values, count)

    expected = np.argsort(-values, axis=1, kind="stable")[:, :count]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(numbers, np.take_along_axis(values, expected, axis=1))


@pytest.mark.parametrize("columns", [100, 4000])
def test_of_equal_numbers_the_lowest_columns_are_taken(columns: int) -> None:
    values = np.random.default_rng(2).integers(0, 3, (9, columns)).astype(np.float32)

    np.testing.assert_array_equal(largest(values, 30)[0], np.argsort(-values, axis=1, kind="stable")[:, :30])
    np.testing.assert_array_equal(largest(np.zeros_like(values), 30)[0][0], np.arange(30))


def test_what_is_ruled_out_comes_last() -> None:
    values = np.full((2, 3000), -np.inf, np.float32)
    values[:, 2999] = 1

    assert largest(values, 2)[0].tolist() == [[2999, 0], [2999, 0]]


def test_no_rows_give_none() -> None:
    assert largest(np.empty((0, 3000), np.float32), 5)[0].shape == (0, 5)
