"""The library with planted faults: what it says it plants is there, ten of each, no two on one file."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.checks.alike import Look, agreement
from hyai_tui.library.demo import faults
from hyai_tui.library.demo.faults import FEWEST, MOST, OF_EACH, draw_faulty
from hyai_tui.library.demo.layout import STYLES


def plain(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a picture of large spots, drawn faster than any style of the demo."""
    spots = rng.integers(0, 255, (6, 8, 3), np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def test_ten_faults_of_each_kind_are_planted_on_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    styles = {look: dict.fromkeys(of, plain) for look, of in STYLES.items()}
    monkeypatch.setattr(faults, "STYLES", styles)
    faulty = draw_faulty(tmp_path / "pictures", files=420)
    drawn = {str(one.relative_to(tmp_path / "pictures")) for one in (tmp_path / "pictures").glob("*/*")}
    assert set(faulty.tags) == drawn
    assert {len(of) for key, of in faulty.planted.items() if key[0] != "validation"} == {OF_EACH}
    alone = [of for key, of in faulty.planted.items() if key[0] != "validation"]
    files = list(chain.from_iterable(chain.from_iterable(alone)))
    assert len(files) == len(set(files))
    spoilt = {path for path in files if len(faulty.tags[path]) < FEWEST or len(faulty.tags[path]) > MOST}
    assert spoilt == {path for kind in ("few-tags", "many-tags") for (path,) in faulty.planted["tags", kind]}
    for left, right in faulty.planted["near-duplicates", "different-labels"]:
        assert left.partition("/")[0] != right.partition("/")[0]


def test_a_copy_is_told_from_another_picture_by_its_pixels() -> None:
    rng = np.random.default_rng(1)
    picture, other = plain(rng, (320, 240)), plain(rng, (320, 240))
    copies = [
        picture.resize((200, 150)),
        picture.crop((12, 8, 310, 240)),
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        picture.point([min(255, 20 + value // 2) for value in range(256)] * 3),
    ]
    whole = Look.of(picture)
    assert all(agreement(whole, Look.of(copy)).alike for copy in copies)
    assert not agreement(whole, Look.of(other)).alike
