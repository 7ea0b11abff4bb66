"""Tags counted by hand: counts, pairs, lift, pulls, related tags, words; and that an update equals a count from scratch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.patterns.context import facts_of, scene_of
from hyai_tui.patterns.evidence import Known
from hyai_tui.patterns.mixing import USUAL, Mix
from hyai_tui.patterns.pairs import changed_rows, count_pairs, tag_counts, updated
from hyai_tui.patterns.patterns import Patterns, times_text
from hyai_tui.patterns.pulls import PRIOR_FILES, Sided, count_sides, pulls
from hyai_tui.patterns.related import lift, relations, strongest
from hyai_tui.patterns.words import words_by_tag

NAMES = ("", "sketch", "paper", "photo", "sea", "rare")
SKETCH, PAPER, PHOTO, SEA, RARE = 1, 2, 3, 4, 5
# Ten files: sketch 5, paper 4, photo 5, sea 3, rare 2. sketch+paper 3, photo+sea 3, rare+paper 2.
FILES = (
    {SKETCH, PAPER},
    {SKETCH, PAPER, RARE},
    {SKETCH, PAPER},
    {SKETCH},
    {SKETCH},
    {PHOTO, SEA},
    {PHOTO, SEA},
    {PHOTO, SEA},
    {PHOTO, PAPER, RARE},
    {PHOTO},
)
# The first four and the last are in the trash, five to eight in the archive, the ninth is nowhere.
TRASH, ARCHIVE, NOWHERE = 1, 0, -1
SIDES = np.array([TRASH] * 4 + [ARCHIVE] * 4 + [NOWHERE, TRASH])


def table(files: list[set[int]] | tuple[set[int], ...], numbers: list[int] | None = None) -> TagTable:
    lists = [sorted(one) for one in files]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    tags = np.array([tag for one in lists for tag in one], np.int32)
    return TagTable(np.array(numbers or range(1, len(lists) + 1), np.int64), starts, tags, NAMES)


def learnt() -> Patterns:
    known = table(FILES)
    counts = tag_counts(known)
    partners = strongest(count_pairs(known), counts)
    mix = Mix({way: np.array(weights) for way, weights in USUAL.items()}, {})
    sided = count_sides(known, SIDES, ["archive", "trash"])
    return Patterns(1, 0.0, NAMES, Known(len(known), counts, partners), sided, mix)


def test_tags_are_counted() -> None:
    assert tag_counts(table(FILES)).tolist() == [0, 5, 4, 5, 3, 2]


def test_a_pair_seen_three_times_is_linked_and_one_seen_twice_is_not() -> None:
    pairs = count_pairs(table(FILES))
    assert pairs.of(SKETCH, PAPER) == pairs.of(PAPER, SKETCH) == 3
    assert pairs.of(PHOTO, SEA) == 3
    assert pairs.of(PAPER, RARE) == 0
    assert len(pairs.keys) == 2
    found = relations(strongest(pairs, tag_counts(table(FILES))), tag_counts(table(FILES)), NAMES)
    assert found == {"sketch": ["paper"], "paper": ["sketch"], "photo": ["sea"], "sea": ["photo"]}


def test_lift_says_how_much_more_often_than_by_chance_two_tags_meet() -> None:
    # Three of ten files have photo and sea; by chance 5/10 x 3/10 of ten, one and a half, would.
    assert lift(3, 5, 3, 10) == 2.0
    assert learnt().partners("sea") == [("photo", 3, 2.0)]
    assert learnt().partners("nothing of the sort") == []


def test_files_are_counted_by_side_and_undecided_ones_on_none() -> None:
    sided = count_sides(table(FILES), SIDES, ["archive", "trash"])
    assert sided.sizes.tolist() == [4, 5]
    assert sided.files[:, SKETCH].tolist() == [1, 4]
    assert sided.files[:, PHOTO].tolist() == [3, 1]
    assert sided.files[:, RARE].tolist() == [0, 1]


def test_a_pull_is_the_log_odds_ratio_with_a_prior_that_was_worked_out_by_hand() -> None:
    sided = Sided(("archive", "trash"), np.array([100, 50]), np.array([[20], [30]]))
    found = pulls(sided, 1)
    share = 50.5 / 151
    mine, others = 30 + PRIOR_FILES * share, 20 + PRIOR_FILES * share
    rest_mine, rest_others = 20 + PRIOR_FILES * (1 - share), 80 + PRIOR_FILES * (1 - share)
    expected = math.log(mine / rest_mine) - math.log(others / rest_others)
    error = math.sqrt(1 / mine + 1 / others + 1 / rest_mine + 1 / rest_others)
    assert found.log_odds[0] == pytest.approx(expected)
    assert found.low[0] == pytest.approx(expected - 1.959964 * error)
    assert found.high[0] == pytest.approx(expected + 1.959964 * error)
    assert found.times[0] == pytest.approx((mine / 60) / (others / 110))
    assert found.certain[0]
    assert pulls(sided, 0).log_odds[0] == pytest.approx(-expected)


def test_a_tag_on_few_files_pulls_to_no_side_however_they_fall() -> None:
    few = pulls(Sided(("archive", "trash"), np.array([1000, 1000]), np.array([[0], [3]])), 1)
    many = pulls(Sided(("archive", "trash"), np.array([1000, 1000]), np.array([[0], [300]])), 1)
    assert not few.certain[0]
    assert many.certain[0]
    assert many.log_odds[0] > few.log_odds[0]


def test_a_reason_names_the_tag_the_label_and_the_factor() -> None:
    counts = np.array([0, 5000], np.int64)
    sided = Sided(("archive", "trash"), np.array([10_000, 10_000]), np.array([[0, 1000], [0, 4000]]))
    base = learnt()
    patterns = Patterns(1, 0.0, ("", "sketch"), Known(20_000, counts, base.known.partners), sided, base.mix)
    [pull] = patterns.reasons(["sketch", "a tag that nobody knows"])
    assert (pull.label, pull.files, pull.others) == ("trash", 4000, 1000)
    assert pull.reason == "sketch is 4 × as frequent in your trash"
    assert patterns.strongest("archive") == []


def test_with_one_side_only_nothing_pulls() -> None:
    base = learnt()
    sided = Sided(("archive", "trash"), np.array([0, 5]), np.array([[0] * 6, [0, 4, 3, 1, 0, 1]]))
    assert Patterns(1, 0.0, NAMES, base.known, sided, base.mix).strongest() == []


def test_words_of_five_texts_are_counted_once_a_text() -> None:
    texts = {
        "a": "Harbour at dusk, harbour",
        "b": "harbour wall",
        "c": "the old harbour 2019",
        "d": "wall and wall",
        "e": "   ",
    }
    found = words_by_tag(texts, {"a": ["sea"], "b": ["sea", "stone"], "c": ["sea"], "d": ["stone"], "e": ["sea"]})
    assert set(found) == {"sea"}
    assert found["sea"].count == 3
    assert found["sea"].common_words == ("harbour", "dusk", "wall")
    assert found["sea"].average_length == pytest.approx((4 + 2 + 4) / 3)


def test_the_context_of_a_file_names_its_rarest_tag_and_how_many_files_that_stands_on() -> None:
    facts = facts_of(learnt(), ["photo", "sea", "unknown"])
    assert (facts["primary"], facts["secondary"], facts["confidence"]) == ("sea", ["photo"], 0.03)
    assert facts_of(learnt(), [])["primary"] is None
    assert [scene_of(one) for one in (["setting:beach"], ["1girl"], ["couple", "beach"], ["cake"], ["x"])] == [
        "landscape",
        "portrait",
        "group",
        "food",
        "general",
    ]


def test_factors_are_said_as_people_say_them() -> None:
    assert [times_text(one) for one in (4.04, 2.5, 12.3, 1200.0)] == ["4", "2.5", "12", "1,200"]


def test_rows_that_came_went_or_changed_are_found() -> None:
    old = table([{1}, {1, 2}, {3}, {4}], [1, 2, 3, 4])
    new = table([{1}, {1, 3}, {4}, {5}], [1, 2, 4, 7])
    went, came = changed_rows(old, new)
    assert (went.tolist(), came.tolist()) == ([1, 2], [1, 3])


_LIBRARY = st.lists(st.sets(st.integers(1, 5), max_size=4), min_size=1, max_size=40)


@settings(max_examples=60)
@given(_LIBRARY, st.lists(st.tuples(st.integers(0, 39), st.sets(st.integers(1, 5))), max_size=3), st.integers(0, 3))
def test_an_update_equals_a_count_from_scratch(
    files: list[set[int]], changes: list[tuple[int, set[int]]], gone: int
) -> None:
    # So many files that an update is not a count from scratch itself.
    many = [*files, *[{1, 2}] * 400]
    numbers = list(range(1, len(many) + 1))
    old = table(many, numbers)
    for place, tags in changes:
        many[place % len(files)] = tags
    left = list(range(gone, len(many)))
    new = table([many[place] for place in left], [numbers[place] for place in left])
    found, expected = updated(count_pairs(old), old, new), count_pairs(new)
    assert found.keys.tolist() == expected.keys.tolist()
    assert found.files.tolist() == expected.files.tolist()
