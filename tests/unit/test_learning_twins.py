"""Near duplicates among samples: known by how much nearer they are than all else, whatever the encoder."""

from __future__ import annotations

import numpy as np
import pytest

from hyai_tui.learning.disagreement import centred_unit
from hyai_tui.learning.twins import RATIO, twins


@pytest.mark.parametrize("directions", [6, 12, 48])
def test_copies_are_found_and_others_are_not_however_close_an_encoder_puts_all(directions: int) -> None:
    rng = np.random.default_rng(directions)
    originals = rng.normal(size=(400, directions)).astype(np.float32)
    copies = originals[:100] + rng.normal(scale=0.05, size=(100, directions)).astype(np.float32)
    unit = centred_unit(np.concatenate([originals, copies]))
    found = twins(unit, range(500))
    pairs = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
    assert np.mean([(place, 400 + place) in pairs for place in range(100)]) >= 0.95
    others = {one for one, other in pairs if one < 400 and other < 400}
    assert len(others) <= 100
    # In few directions a cosine of .85 would call nearly every picture a copy of another.
    near = unit[:400] @ unit[:400].T - np.eye(400)
    assert ((near >= 0.85).any(axis=1).mean() > 0.9) == (directions == 6)


def test_a_crowd_of_copies_is_found_though_the_tenth_nearest_is_one_of_them() -> None:
    rng = np.random.default_rng(1)
    others = rng.normal(size=(200, 48)).astype(np.float32)
    crowd = others[0] + rng.normal(scale=0.05, size=(30, 48)).astype(np.float32)
    found = twins(centred_unit(np.concatenate([others, crowd])), range(200, 230))
    assert set(found.one.tolist()) == set(range(200, 230))
    assert set(found.other.tolist()) == {0, *range(200, 230)}
    assert found.ratio.max() <= RATIO + 1e-6


def test_few_samples_and_none_have_no_twins_but_the_same_picture_has() -> None:
    rng = np.random.default_rng(2)
    rows = centred_unit(rng.normal(size=(3, 8)).astype(np.float32))
    assert len(twins(rows, range(3)).one) == 0
    assert len(twins(rows[:1], [0]).one) == 0
    assert len(twins(rows, []).one) == 0
    same = rng.normal(size=(20, 8)).astype(np.float32)
    same[7] = same[3]
    found = twins(centred_unit(same), [7])
    assert (3, 0.0) in [
        (int(other), round(float(ratio), 5)) for other, ratio in zip(found.other, found.ratio, strict=True)
    ]
