"""The drawn library: the same seed gives the same bytes, and what is planted is there."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.errors import PictureError, WrongUse
from hyai_tui.library.demo import FILES, DemoFacts, draw_library
from hyai_tui.library.demo.layout import EITHER, KEEP, QUIRKS, STYLES, THROW, facts, plan
from hyai_tui.pictures.decode import PIXEL_LIMIT, encoder_pixels

# One worker draws the library once, instead of each.
pytestmark = pytest.mark.xdist_group("drawn")

SMALL = 60


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DemoFacts:
    return draw_library(tmp_path_factory.mktemp("demo") / "pictures", seed=3, files=SMALL)


def _contents(root: Path) -> dict[str, str]:
    files = [one for one in root.rglob("*") if one.is_file()]
    return {str(one.relative_to(root)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def test_the_same_seed_draws_the_same_bytes(drawn: DemoFacts, tmp_path: Path) -> None:
    again = draw_library(tmp_path / "again", seed=3, files=SMALL)

    assert _contents(again.root) == _contents(drawn.root)
    assert again.looks == drawn.looks


def test_another_seed_draws_other_pictures() -> None:
    assert [one.path for one in plan(1, SMALL)] != [one.path for one in plan(2, SMALL)]


def test_a_drawing_that_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_library(tmp_path / "pictures", files=40, on_progress=stop)
    assert not (tmp_path / "pictures").exists()

    finished = draw_library(tmp_path / "pictures", files=40)

    assert len(_contents(finished.root)) == 40 + len(finished.awkward)
    assert [one.name for one in tmp_path.iterdir()] == ["pictures"]


def test_it_never_draws_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"mine")

    with pytest.raises(WrongUse, match="not empty"):
        draw_library(tmp_path, files=40)

    assert [one.name for one in tmp_path.iterdir()] == ["mine.jpg"]


def test_too_few_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="too small"):
        draw_library(tmp_path / "pictures", files=10)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_enough_mistakes_of_each_kind_are_planted(seed: int) -> None:
    planted = facts(Path("pictures"), plan(seed, FILES))

    assert planted.files == FILES >= 600
    kinds = [set(planted.trash_to_keep), set(planted.keep_to_trash), set(planted.wrong_samples)]
    assert sum(map(len, kinds)) >= 110
    assert all(len(one) >= 20 for one in kinds)
    assert not set.intersection(*kinds)
    assert not (kinds[0] | kinds[1]) & set(planted.samples)
    assert min(Counter(planted.samples.values()).values()) >= 60
    assert len(planted.ambiguous) >= 60
    assert len(planted.near_duplicates) >= 20


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_the_owner_does_against_all_appearance_is_in_no_sample(seed: int) -> None:
    planned = plan(seed, FILES)

    for look, wrong in ((KEEP, "trash"), (THROW, "archive")):
        ours = [one for one in planned if one.style == QUIRKS[look] and one.copy_of is None]
        assert all(one.label is None for one in ours)
        assert {one.state for one in ours} == {wrong, "inbox"}
        assert sum(one.state == wrong for one in ours) >= 15


def test_every_style_is_drawn() -> None:
    styles = Counter(one.style for one in plan(1, FILES))

    assert set(styles) == {name for look in STYLES.values() for name in look}
    assert min(styles.values()) >= 5


@pytest.mark.parametrize("style", [(look, name) for look in (KEEP, THROW, EITHER) for name in STYLES[look]])
def test_each_style_varies_and_fills_its_size(style: tuple[str, str]) -> None:
    draw = STYLES[style[0]][style[1]]
    pictures = [draw(np.random.default_rng([9, one]), (320, 240)) for one in range(3)]

    assert [(one.mode, one.size) for one in pictures] == [("RGB", (320, 240))] * 3
    assert len({one.tobytes() for one in pictures}) == 3


def test_every_drawn_picture_can_be_encoded(drawn: DemoFacts) -> None:
    for path in drawn.looks:
        pixels = encoder_pixels(drawn.root / path)
        assert pixels.std() > 0.5, path


def test_each_awkward_file_is_refused_for_its_reason_or_can_be_encoded(drawn: DemoFacts) -> None:
    assert not drawn.refused_names
    found = {}
    for path in drawn.awkward:
        try:
            encoder_pixels(drawn.root / path)
            found[path] = ""
        except PictureError as error:
            found[path] = error.reason

    assert found == drawn.awkward
    assert set(found.values()) == {"", "animated", "too-large", "truncated", "not-a-picture", "empty"}


def test_the_picture_over_the_limit_is_small_in_bytes_and_sound(drawn: DemoFacts) -> None:
    path = drawn.root / "inbox/over the limit.png"
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            width, height = image.size
    finally:
        Image.MAX_IMAGE_PIXELS = before

    assert width * height > PIXEL_LIMIT
    assert path.stat().st_size < 1_000_000


def test_names_of_every_awkward_kind_are_there(drawn: DemoFacts) -> None:
    names = [Path(one).name for one in drawn.awkward]

    assert any(" " in one for one in names)
    assert any("\n" in one for one in names)
    assert any("[red]" in one for one in names)
    assert any("\x1b[" in one for one in names)
    assert any(b"\xff" in os.fsencode(one) for one in names)
    assert any(len(os.fsencode(one)) > 200 for one in names)


def test_equal_bytes_stand_in_one_state_and_in_two(drawn: DemoFacts) -> None:
    contents = _contents(drawn.root)

    for first, second in (*drawn.same_bytes, *drawn.conflicting):
        assert contents[first] == contents[second]
    assert all(first.split("/")[0] == second.split("/")[0] for first, second in drawn.same_bytes)
    assert all(first.split("/")[0] != second.split("/")[0] for first, second in drawn.conflicting)


def test_a_near_duplicate_differs_in_bytes_and_not_in_what_it_shows(drawn: DemoFacts) -> None:
    for original, copy in drawn.near_duplicates:
        assert (drawn.root / original).read_bytes() != (drawn.root / copy).read_bytes()
        small = [Image.fromarray(encoder_pixels(drawn.root / one)).resize((4, 4)) for one in (original, copy)]
        first, second = (np.asarray(one, dtype=float) for one in small)
        assert np.abs(first - second).mean() < 25, (original, copy)
