"""Near duplicates: pairs against all pairs, groups that stay small, and real copies of drawn pictures."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from hyai_tui.checks import confirming, near_duplicates, settled, twins
from hyai_tui.checks.alike import Look, agreement
from hyai_tui.checks.copies import keep_best, read_groups
from hyai_tui.checks.near_duplicates import NAME, places_of_pairs
from hyai_tui.checks.nearest import among_nearest, nearest, standing_out
from hyai_tui.checks.running import run_check
from hyai_tui.features import inverted
from hyai_tui.features.keys import Keys, packed
from hyai_tui.features.phashes import FILE, PerceptualHashes
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import cache, scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.relations import FileRelations, Relations
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.pictures.perceptual import perceptual_hash
from hyai_tui.queues.context import load_context
from hyai_tui.queues.registry import QUEUES
from hyai_tui.workspace import Workspace, create_workspace

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12), st.integers(0, 1000), st.integers(0, 8))
def test_pairs_by_hash_are_all_that_differ_in_so_many_bits(bases: list[int], seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    hashes = []
    for base in bases:
        for _ in range(3):
            flips = random.choice(64, int(random.integers(0, 10)), replace=False)
            hashes.append(base ^ sum(1 << int(bit) for bit in flips))
    hashes = list(dict.fromkeys(hashes))
    found = twins.pairs_by_hash(np.array(hashes, np.uint64), min(most, twins.BITS))
    plain = {
        (i, j): bits
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if (bits := (hashes[i] ^ hashes[j]).bit_count()) <= min(most, twins.BITS)
    }
    assert dict(zip(zip(found[0].tolist(), found[1].tolist(), strict=True), found[2].tolist(), strict=True)) == plain


def test_equal_hashes_are_paired_with_the_first_alone() -> None:
    one, other, apart = twins.pairs_by_hash(np.array([7, 7, 7, 7], np.uint64))
    assert (one.tolist(), other.tolist(), apart.tolist()) == ([0, 0, 0], [1, 2, 3], [0, 0, 0])


def test_pairs_by_cosine_within_regions_are_those_of_all_pairs() -> None:
    random = np.random.default_rng(1)
    originals = random.normal(size=(1500, 24))
    copies = np.repeat(originals[:700], 2, axis=0) + 0.25 * random.normal(size=(1400, 24))
    rows = twins.unit_rows(np.concatenate([originals, copies]).astype(np.float32), np.zeros(24, np.float32))
    near = np.triu(rows @ rows.T >= twins.COSINE, 1)
    # Without regions: a small library is one.
    twins_small = twins.pairs_by_cosine(lambda at: rows[at], 900)
    assert len(twins_small[0]) == int(near[:900, :900].sum())
    one, other, value = twins.pairs_by_cosine(lambda at: rows[at], len(rows))
    assert near[one, other].all()
    assert len(one) == len(set(zip(one.tolist(), other.tolist(), strict=True)))
    assert len(one) > 0.8 * near.sum()
    np.testing.assert_allclose(value, (rows[one] * rows[other]).sum(axis=1), atol=1e-5)


def test_likely_pairs_are_confirmed_by_their_vectors() -> None:
    unit = twins.unit_rows(np.random.default_rng(3).normal(size=(9, 4)).astype(np.float32), np.zeros(4, np.float32))
    unit[5] = unit[2]
    one, other, cosine = twins.confirmed(lambda places: unit[places], np.array([0, 2, 5]), np.array([8, 5, 7]), 0.999)
    assert (one.tolist(), other.tolist()) == ([2], [5])
    assert cosine[0] == pytest.approx(1)
    assert len(twins.confirmed(lambda places: unit[places], np.empty(0, np.int64), np.empty(0, np.int64))[0]) == 0


def test_pairs_of_contents_are_those_of_the_files_that_have_them() -> None:
    names = [hashlib.sha256(bytes([at])).hexdigest() for at in range(5)]
    contents = np.array([names[4], names[0], names[2], names[0]], "S64")
    one, other = places_of_pairs(
        contents, packed([names[2], names[0], names[4]]), packed([names[4], names[2], names[3]])
    )
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 2), (1, 2), (1, 3)]
    assert len(places_of_pairs(contents[:0], packed(names[:1]), packed(names[1:2]))[0]) == 0


def test_groups_are_what_is_connected_and_chains_are_cut() -> None:
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))
    pairs = (np.array([0, 1, 5]), np.array([1, 4, 6]), np.array([0.9, 0.86, 0.99], np.float32))
    assert twins.groups(8, pairs, none).tolist() == [0, 0, -1, -1, 0, 1, 1, -1]
    long = np.arange(60)
    weak = (long[:-1], long[1:], np.where(long[:-1] % 3 == 2, 0.86, 0.99).astype(np.float32))
    found = twins.groups(60, weak, none)
    assert found.tolist() == (long // 3).tolist()
    assert twins.groups(0, (none[0], none[1], np.empty(0, np.float32)), none).tolist() == []


def picture(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (7, 7, 3), np.uint8))
    return coarse.resize((320, 240), Image.Resampling.BICUBIC)


def test_a_hash_bears_another_size_and_quality_and_tells_pictures_apart(tmp_path: Path) -> None:
    def hashed(image: Image.Image, name: str, quality: int = 90) -> int:
        image.save(tmp_path / name, quality=quality)
        value = perceptual_hash(encoder_pixels(tmp_path / name))
        assert value is not None
        return value & (2**64 - 1)

    whole = hashed(picture(1), "whole.png")
    small = hashed(picture(1).resize((160, 120)), "small.jpg", quality=40)
    other = hashed(picture(2), "other.png")
    assert (whole ^ small).bit_count() <= 4
    assert (whole ^ other).bit_count() > 12
    assert perceptual_hash(np.full((224, 224, 3), 200, np.uint8)) is None


def page(seed: int, cut: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Image.Image:
    """Return a page of lines, all of one layout; `cut` in pixels from each side."""
    random = np.random.default_rng(seed)
    image = Image.new("L", (360, 270), 245)
    draw = ImageDraw.Draw(image)
    for line in range(22):
        x = 20
        while x < 330:
            word = int(random.integers(8, 40))
            draw.rectangle((x, 10 + line * 12, min(340, x + word), 15 + line * 12), fill=40)
            x += word + 8
    left, top, right, bottom = cut
    return image.crop((left, top, 360 - right, 270 - bottom)).convert("RGB")


def compressed(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=55)
    return Image.open(stream)


def soft(seed: int) -> Image.Image:
    """Return three spots of light in the dark."""
    random = np.random.default_rng(seed)
    small = np.full((6, 8), 20, np.uint8)
    small[random.integers(0, 6, 3), random.integers(0, 8, 3)] = random.integers(90, 140, 3)
    return Image.fromarray(small).resize((360, 270), Image.Resampling.BICUBIC).convert("RGB")


def agree(one: Image.Image, other: Image.Image) -> bool:
    both = {agreement(Look.of(a), Look.of(b)).alike for a, b in ((one, other), (other, one))}
    assert len(both) == 1, "it does not matter which is laid over which"
    return both.pop()


def test_copies_of_a_page_agree_and_other_pages_of_its_layout_do_not() -> None:
    whole = page(1)
    assert agree(whole, compressed(whole.resize((240, 180))))
    assert agree(whole, compressed(page(1, (12, 9, 9, 0)))), "cut by three in a hundred"
    assert agree(whole, compressed(whole.rotate(1, Image.Resampling.BICUBIC, fillcolor="white")))
    assert agree(whole, compressed(ImageOps.mirror(whole)))
    assert agree(whole, ImageEnhance.Brightness(whole).enhance(0.8))
    for seed in range(2, 8):
        assert not agree(whole, page(seed))


def test_pictures_without_fine_detail_have_to_agree_in_light_and_colour() -> None:
    assert agree(soft(1), compressed(soft(1)))
    assert not any(agree(soft(1), soft(seed)) for seed in range(2, 8))
    flat = Image.new("RGB", (300, 200), (200, 190, 180))
    assert agree(flat, compressed(flat.crop((9, 9, 290, 190))))
    assert not agree(flat, Image.new("RGB", (300, 200), (200, 190, 170)))
    assert not agree(flat, page(1))


def test_what_is_much_nearer_than_the_next_best_stands_out() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(60, 24)) + 2
    rows[50] = rows[10] + 0.1 * random.normal(size=24)
    found = twins.unit_rows(rows.astype(np.float32), rows.mean(axis=0).astype(np.float32))
    nobody = np.zeros(60, bool)
    one, other, ratio = standing_out(nearest(found), nobody)
    assert (one[0], other[0]) == (10, 50)
    assert ratio[0] < 0.1
    assert (np.diff(ratio) >= 0).all()
    assert (one < other).all()
    asked = nobody.copy()
    asked[7] = True
    assert len(standing_out(nearest(found), asked)[0]) > len(one), "its nearest are candidates whatever stands out"
    assert len(standing_out(nearest(found[:1]), nobody[:1])[0]) == 0


def test_pairs_of_equal_hashes_are_candidates_only_where_few_others_are_more_like_one_of_them() -> None:
    random = np.random.default_rng(4)
    rows = random.normal(size=(200, 24))
    rows[50] = rows[10] + 0.5 * random.normal(size=24)
    unit = twins.unit_rows(rows.astype(np.float32), rows.mean(axis=0).astype(np.float32))
    by_hash = np.array([10, *range(100)]), np.array([50, *range(100, 200)])
    kept = among_nearest(nearest(unit), unit, *by_hash)
    assert kept[0]
    assert kept.mean() < 0.3, "a pair by chance is hardly ever among ten of two hundred"
    few = unit[:8]
    assert among_nearest(nearest(few), few, np.arange(7), np.arange(1, 8)).all(), "of few pictures all are near"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Eight pictures, two of them with a smaller copy: one in the trash, one beside it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    pictures = made.root / "pictures"
    (pictures / "trash").mkdir(parents=True)
    for seed in range(8):
        picture(seed).save(pictures / f"{seed}.png")
    picture(0).resize((200, 150)).save(pictures / "trash" / "copy of 0.jpg", quality=60)
    picture(1).resize((200, 150)).save(pictures / "copy of 1.jpg", quality=60)
    scan.run(JobContext(made))
    cache.run(JobContext(made))
    return made


def sha(workspace: Workspace, name: str) -> str:
    return hashlib.sha256((workspace.root / "pictures" / name).read_bytes()).hexdigest()


def test_copies_are_found_grouped_and_listed_by_the_queue(workspace: Workspace) -> None:
    kept = run_check(workspace, NAME)
    assert kept.result.facts["groups"] == 2
    pairs = {frozenset((one.file, str(one.other))) for one in kept.result.findings}
    assert pairs == {
        frozenset((sha(workspace, "0.png"), sha(workspace, "trash/copy of 0.jpg"))),
        frozenset((sha(workspace, "1.png"), sha(workspace, "copy of 1.jpg"))),
    }
    rows = QUEUES[NAME].build(load_context(workspace)).rows()
    assert {row.file for row in rows} == {file for pair in pairs for file in pair}


def test_an_index_of_the_features_gives_the_same_groups(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_pairs(index: FeatureStore, least: float, check: object) -> tuple[Keys, Keys]:
        keys = packed(sorted(index.contents()))
        one, other = np.triu_indices(len(keys), 1)
        return keys[one], keys[other]

    monkeypatch.setattr(near_duplicates, "_BY_COSINE", frozenset({"hog"}))
    without = run_check(workspace, NAME)
    monkeypatch.setattr(inverted, "opened", lambda store: store)
    monkeypatch.setattr(near_duplicates, "likely_pairs", all_pairs)
    assert run_check(workspace, NAME).result.facts == without.result.facts
    assert without.result.facts["pairs"] > 0


def test_hashes_are_kept_by_the_build_and_made_again_where_they_are_missing(workspace: Workspace) -> None:
    with PerceptualHashes(workspace.cache / FILE) as store:
        contents, _, known = store.all()
    assert len(contents) == 10
    assert known.all()
    (workspace.cache / FILE).unlink()
    assert run_check(workspace, NAME).result.facts["hashed"] == 10


def test_pixels_are_compared_once_and_without_its_library_a_run_knows_what_was_seen(workspace: Workspace) -> None:
    seen = run_check(workspace, NAME).result
    (workspace.root / "pictures").rename(workspace.root / "away")
    stored = run_check(workspace, NAME).result
    assert [one.key for one in stored.findings] == [one.key for one in seen.findings]
    assert stored.advice == seen.advice, "nothing new had to be looked at"
    looked = workspace.cache / "checks" / "looked-at.npz"
    looked.unlink()
    blind = run_check(workspace, NAME).result
    assert {one.reason.partition("(")[2].partition(" ")[2] for one in blind.findings} <= {"of 64 bits differ)"}
    assert any(line.startswith("Only what is stored was compared, without") for line in blind.advice)
    (workspace.cache / FILE).unlink()
    assert any("10 pictures without a hash" in line for line in run_check(workspace, NAME).result.advice)
    (workspace.root / "away").rename(workspace.root / "pictures")
    assert [one.key for one in run_check(workspace, NAME).result.findings] == [one.key for one in seen.findings]


def test_a_run_opens_so_many_pictures_and_the_next_one_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_check(workspace, NAME).result
    (workspace.cache / "checks" / "looked-at.npz").unlink()
    monkeypatch.setattr(confirming, "_MOST_PAIRS", (1, 1))
    runs = [run_check(workspace, NAME).result]
    while "goes on with them" in runs[-1].advice[-1]:
        runs.append(run_check(workspace, NAME).result)
        assert len(runs) < 20
    assert len(runs) > 1
    assert runs[-1].advice == whole.advice
    assert [one.key for one in runs[-1].findings] == [one.key for one in whole.findings]


def test_the_best_of_the_librarys_own_duplicates_is_kept_and_alternates_are_no_copies(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = sha(workspace, "copy of 1.jpg"), sha(workspace, "1.png")
    kept, thrown = sha(workspace, "0.png"), sha(workspace, "trash/copy of 0.jpg")
    said = Relations(
        {
            small: FileRelations(small, frozenset({large})),
            large: FileRelations(small, frozenset({small})),
            thrown: FileRelations(thrown, apart=frozenset({kept})),
        }
    )
    monkeypatch.setattr(settled, "ask", lambda _workspace, files: (said, "and something to tell" if files else ""))
    result = run_check(workspace, NAME).result
    assert {frozenset((one.file, str(one.other))) for one in result.findings} == {frozenset((small, large))}
    assert "and something to tell" in result.advice
    rows = {row.file: row.reason for row in QUEUES[NAME].build(load_context(workspace)).rows()}
    assert set(rows) == {small, large}
    assert rows[small].endswith("the library knows it as the best of its copies")
    assert rows[large].endswith("the library knows a better copy")
    with workspace.open_catalog() as catalog:
        groups = read_groups(load_context(workspace), catalog)
    assert [[(one.file, one.settled) for one in group.copies] for group in groups] == [
        [(small, "best"), (large, "worse")]
    ]
    # The larger one would be kept otherwise.
    assert {one.file: one.label for one in keep_best(groups).proposals} == {small: "archive", large: "trash"}


@settings(max_examples=80)
@given(
    st.lists(st.integers(-1, 2), min_size=1, max_size=10),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 64)), max_size=25),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6),
)
def test_no_group_holds_two_that_are_apart_and_all_others_stay_whole(
    group: list[int], pairs: list[tuple[int, int, int]], apart: list[tuple[int, int]]
) -> None:
    amount = len(group)
    files = [hashlib.sha256(bytes([at])).hexdigest() for at in range(amount)]
    there = [(a, b, c) for a, b, c in pairs if a < b < amount]
    told = {(a, b) for a, b in apart if a < b < amount}
    said = Relations(
        {files[a]: FileRelations(files[a], apart=frozenset(files[y] for x, y in told if x == a)) for a, _ in told}
    )
    before = np.array(group)
    one, other, likeness = (np.array([pair[part] for pair in there], np.int64) for part in range(3))
    after = settled.part(before, files, (one, other, likeness / 64), said)
    for a in range(amount):
        for b in range(a + 1, amount):
            together = after[a] >= 0 and after[a] == after[b]
            if together:
                assert before[a] == before[b] >= 0
                assert (a, b) not in told
    for number in set(group) - {-1}:
        members = np.flatnonzero(before == number)
        if not any((a, b) in told for a in members.tolist() for b in members.tolist()):
            assert len(set(after[members].tolist())) == 1
            assert after[members[0]] >= 0
