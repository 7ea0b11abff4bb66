"""Hashes are found whole, never by the digits that they share."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hyai_tui.queues.matching import Positions

# Two digits at few places make shared beginnings and twins all but the last digit common.
hashes = st.tuples(
    st.text("01", min_size=2, max_size=2), st.sampled_from("ab"), st.text("01", min_size=2, max_size=2)
).map(lambda parts: parts[0] * 5 + parts[1] * 52 + parts[2])


@given(st.lists(hashes, unique=True, max_size=40), st.lists(hashes, max_size=40))
def test_positions_are_those_of_a_plain_search(known: list[str], wanted: list[str]) -> None:
    found = Positions(np.array(known, "S64")).of(wanted)
    assert found.tolist() == [known.index(one) if one in known else -1 for one in wanted]
