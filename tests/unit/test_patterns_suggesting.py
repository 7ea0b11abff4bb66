"""Suggestions, groups and the measure of both, on libraries small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.patterns.evidence import Known, Near, gather
from hyai_tui.patterns.groups import find_groups, name_of, typical_tags
from hyai_tui.patterns.mixing import USUAL, Mix, learn_mix, precision_at
from hyai_tui.patterns.pairs import count_pairs, tag_counts
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.pulls import count_sides
from hyai_tui.patterns.reference import Reference, principal, unit
from hyai_tui.patterns.related import strongest
from hyai_tui.patterns.suggesting import neighbours, suggest
from hyai_tui.patterns.trial import held_out

MIX = Mix({way: np.array(weights) for way, weights in USUAL.items()}, {})


def tags_table(files: list[set[int]], names: int) -> TagTable:
    lists = [sorted(one) for one in files]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    tags = np.array([tag for one in lists for tag in one], np.int32)
    return TagTable(np.arange(1, len(files) + 1), starts, tags, tuple(f"t{number}" for number in range(names)))


def known_of(table: TagTable) -> Known:
    counts = tag_counts(table)
    return Known(len(table), counts, strongest(count_pairs(table), counts))


def reference_of(table: TagTable, vectors: np.ndarray) -> Reference:
    size = len(table)
    return Reference(
        "",
        size,
        "encoder",
        np.zeros(vectors.shape[1], np.float32),
        np.eye(vectors.shape[1], dtype=np.float32),
        np.array([f"{number:064x}" for number in range(size)], "S64"),
        unit(vectors),
        table.starts,
        table.tags,
        np.full(size, -1, np.int8),
        np.full(size, -1, np.int16),
        np.empty((0, vectors.shape[1]), np.float32),
    )


def planted(size: int, seed: int = 0) -> tuple[TagTable, np.ndarray]:
    """Return files of two kinds: tag 1 or 2 says which, 3 to 6 follow a creator (7, 8), 9 is noise; and their vectors."""
    random = np.random.default_rng(seed)
    files, vectors = [], []
    for number in range(size):
        kind, creator = number % 2, int(random.integers(2))
        tags = {1 + kind} if random.random() < 0.8 else set()
        if random.random() < 0.7:
            tags |= {7 + creator, 3 + creator}
            if random.random() < 0.7:
                tags.add(5 + creator)
        if random.random() < 0.3:
            tags.add(9)
        files.append(tags)
        vectors.append(np.eye(8)[kind] * 3 + 0.7 * random.standard_normal(8))
    return tags_table(files, 10), np.array(vectors, np.float32)


def test_votes_are_the_neighbours_that_have_a_tag() -> None:
    table = tags_table([{1, 2}, {1, 2}, {1, 2}, {1}, {3}, {3}], 4)
    near = Near(np.ones(3, np.float32), np.array([0, 2, 3, 4]), np.array([1, 2, 2, 3], np.int32))
    evidence = gather(known_of(table), np.array([1]), near)
    assert evidence.tags.tolist() == [2, 3]
    assert evidence.votes.tolist() == [2, 1]


def test_what_stands_beside_the_files_own_tags_is_a_conditional_share() -> None:
    table = tags_table([{1, 2}, {1, 2}, {1, 2}, {1}, {3}, {3}], 4)
    evidence = gather(known_of(table), np.array([1]), None)
    assert evidence.tags.tolist() == [2]
    assert evidence.beside.tolist() == [1]
    # 3 of 4 files with tag 1 have tag 2; two imagined files have it as often as all do, (3 + ½) of 7.
    share = 3.5 / 7
    assert evidence.lift[0] == pytest.approx(((3 + 2 * share) / (4 + 2)) / share)


def test_a_tag_that_is_held_back_counts_for_nothing_in_its_own_file() -> None:
    # Three files of both tags: without the file itself they are two, and two are no pair.
    table = tags_table([{1, 2}, {1, 2}, {1, 2}, {1}, {3}], 4)
    assert gather(known_of(table), np.array([1]), None).tags.tolist() == [2]
    assert gather(known_of(table), np.array([1]), None, hidden=np.array([2])).tags.tolist() == []


def test_suggestions_say_how_likely_and_why_and_leave_out_what_the_file_has() -> None:
    table, vectors = planted(200)
    known, reference = known_of(table), reference_of(table, vectors)
    patterns = Patterns(1, 0.0, table.names, known, count_sides(table, np.full(200, -1), ["archive"]), MIX)
    question = unit(np.array([3, 0, 0, 0, 0, 0, 0, 0], np.float32))
    found = suggest(patterns, ["t7"], neighbours(reference, question))
    assert "t7" not in [one.tag for one in found]
    assert {"t1", "t3"} <= {one.tag for one in found[:3]}
    reasons = {one.tag: one.reason for one in found}
    assert "of the 20 nearest tagged pictures have it" in reasons["t1"]
    assert "× as frequent beside t7" in reasons["t3"]
    assert [one.chance for one in found] == sorted((one.chance for one in found), reverse=True)
    assert all(0 < one.chance < 1 for one in found)


def test_without_features_tags_are_suggested_from_the_files_own_tags_alone() -> None:
    table, _ = planted(200)
    patterns = Patterns(1, 0.0, table.names, known_of(table), count_sides(table, np.full(200, -1), ["archive"]), MIX)
    found = suggest(patterns, ["t7"], None, least=0.0)
    assert found[0].tag in {"t3", "t5"}
    assert suggest(patterns, [], None) == []


def test_both_sources_together_are_better_than_each_alone_on_tags_that_were_held_back() -> None:
    table, vectors = planted(600)
    held = held_out(known_of(table), reference_of(table, vectors))
    mix = learn_mix(held)
    reached = mix.trial["precision_at_3"]
    assert mix.trial["files"] == len(held) // 2
    assert reached["both"] > reached["neighbours"]
    assert reached["both"] > reached["co-occurrence"]
    rest = held[1::2]
    by_hand = 0
    for one in rest:
        chance = mix.probabilities(one.evidence, "both")
        by_hand += sum(bool(one.right[at]) for at in np.argsort(-chance, kind="stable")[:3])
    assert precision_at(rest, mix, "both") == pytest.approx(by_hand / (3 * len(rest)))


def test_too_few_files_give_the_usual_weights_and_no_measure() -> None:
    table, vectors = planted(12)
    mix = learn_mix(held_out(known_of(table), reference_of(table, vectors)))
    assert mix.trial == {"files": 0, "hidden": 0, "precision_at_3": {}}
    assert mix.weights["both"].tolist() == list(USUAL["both"])


def test_two_planted_groups_are_found_and_named_by_their_typical_tags() -> None:
    table, vectors = planted(100)
    found = find_groups(unit(vectors), distance=1.0, least=5, seed=1)
    assert len(found.centres) == 2
    assert len(np.unique(found.of[::2])) == len(np.unique(found.of[1::2])) == 1
    names = typical_tags(table, found.of, 2)
    assert {names[0][0], names[1][0]} == {"t1", "t2"}
    assert (name_of(0, ["a", "b"]), name_of(3, [])) == ("a, b", "group 4")


def test_a_smaller_distance_gives_more_groups_and_groups_that_are_too_small_are_none() -> None:
    _, vectors = planted(100)
    assert len(find_groups(unit(vectors), 0.1, 2, 1).centres) > 2
    assert len(find_groups(unit(vectors), 1.0, 60, 1).centres) == 0
    assert find_groups(unit(vectors[:1]), 1.0, 2, 1).of.tolist() == [-1]


def test_the_reference_leaves_a_file_out_of_its_own_neighbours() -> None:
    table, vectors = planted(30)
    reference = reference_of(table, vectors)
    rows, cosines = reference.nearest(reference.vectors[4], 5, without=4)
    assert 4 not in rows.tolist()
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
    assert reference.nearest(reference.vectors[4], 1)[0].tolist() == [4]
    [(together, values)] = reference.nearest_of(np.array([4]), 5)
    assert together.tolist() == rows.tolist()
    assert np.allclose(values, cosines)
    assert reference.row_of(f"{4:064x}") == 4
    assert reference.row_of("f" * 64) == -1


def test_reduced_vectors_keep_who_is_near_to_whom() -> None:
    random = np.random.default_rng(3)
    vectors = (random.standard_normal((50, 3)) @ random.standard_normal((3, 40)) + 7).astype(np.float32)
    mean, basis = principal(vectors, 3)
    reduced, whole = unit((vectors - mean) @ basis), unit(vectors - mean)
    assert np.allclose(reduced @ reduced.T, whole @ whole.T, atol=1e-4)
