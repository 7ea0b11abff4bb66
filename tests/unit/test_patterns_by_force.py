"""What is learnt of small libraries, drawn at random, equals a plain count over sets: no arrays, no shortcuts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.patterns.evidence import NEIGHBOURS, Known
from hyai_tui.patterns.mixing import USUAL, WAYS, Mix
from hyai_tui.patterns.pairs import count_pairs, tag_counts
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.pulls import PRIOR_FILES, count_sides
from hyai_tui.patterns.reference import Reference, unit
from hyai_tui.patterns.related import RELATED, relations, strongest
from hyai_tui.patterns.suggesting import MOST, neighbours, suggest

LABELS = ("archive", "trash", "keep")
TAGS = 9
FILES = 70


class Library:
    """Files with tags, a label or none, and a vector of four numbers."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        kinds = random.integers(0, 3, FILES)
        self.names = tuple(f"tag {number}" for number in range(TAGS))
        # A tag is frequent on one kind of files, so that some go together and some pull.
        likely = random.uniform(0.02, 0.7, (3, TAGS))
        self.tags = [{tag for tag in range(TAGS) if random.random() < likely[kind, tag]} for kind in kinds]
        self.side = [int(kind) if random.random() < 0.8 else -1 for kind in kinds]
        self.vectors = unit((np.eye(4)[kinds] + 0.5 * random.standard_normal((FILES, 4))).astype(np.float32))
        lists = [sorted(one) for one in self.tags]
        starts = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
        flat = np.array(list(itertools.chain(*lists)), np.int32)
        self.table = TagTable(np.arange(1, FILES + 1), starts, flat, self.names)

    def with_all(self, *wanted: int) -> int:
        """Return how many files carry all of these tags."""
        return sum(set(wanted) <= one for one in self.tags)

    def learnt(self) -> Patterns:
        counts = tag_counts(self.table)
        known = Known(FILES, counts, strongest(count_pairs(self.table), counts))
        mix = Mix({way: np.array(weights) for way, weights in USUAL.items()}, {})
        return Patterns(1, 0.0, self.names, known, count_sides(self.table, np.array(self.side), LABELS), mix)

    def reference(self) -> Reference:
        return Reference(
            "",
            FILES,
            "encoder",
            np.zeros(4, np.float32),
            np.eye(4, dtype=np.float32),
            np.array([f"{number:064x}" for number in range(FILES)], "S64"),
            self.vectors,
            self.table.starts,
            self.table.tags,
            np.full(FILES, -1, np.int8),
            np.full(FILES, -1, np.int16),
            np.empty((0, 4), np.float32),
        )


@pytest.fixture(params=range(4))
def library(request: pytest.FixtureRequest) -> Library:
    return Library(request.param)


def test_counts_and_lifts_of_every_two_tags_are_those_of_a_plain_count(library: Library) -> None:
    learnt = library.learnt()
    linked = 0
    for one, other in itertools.permutations(range(TAGS), 2):
        both = library.with_all(one, other)
        expected = both * FILES / (library.with_all(one) * library.with_all(other)) if both else 0.0
        found = {tag: (files, lift) for tag, files, lift in learnt.partners(library.names[one])}
        if both >= 3:
            linked += 1
            files, lift = found[library.names[other]]
            assert files == both
            assert lift == pytest.approx(expected)
        else:
            assert library.names[other] not in found
    assert linked > 10


def test_related_tags_are_the_five_that_go_together_most_and_those_whose_five_a_tag_is_in(library: Library) -> None:
    def strength(one: int, other: int) -> float:
        return library.with_all(one, other) / math.sqrt(library.with_all(one) * library.with_all(other))

    def first(tag: int) -> list[int]:
        partners = [other for other in range(TAGS) if other != tag and library.with_all(tag, other) >= 3]
        return sorted(partners, key=lambda other: (-strength(tag, other), other))[:RELATED]

    counts = tag_counts(library.table)
    found = relations(strongest(count_pairs(library.table), counts), counts, library.names)
    for tag in range(TAGS):
        related = {other for other in range(TAGS) if other in first(tag) or tag in first(other)}
        assert set(found.get(library.names[tag], [])) == {library.names[other] for other in related}


def test_pulls_to_each_of_three_labels_are_those_of_a_plain_count(library: Library) -> None:
    learnt = library.learnt()
    sure = {}
    for tag in range(TAGS):
        best = None
        for side, label in enumerate(LABELS):
            mine = [own for own, of in zip(library.tags, library.side, strict=True) if of == side]
            others = [own for own, of in zip(library.tags, library.side, strict=True) if of not in {side, -1}]
            have, lack = sum(tag in own for own in mine), sum(tag not in own for own in mine)
            have_others, lack_others = sum(tag in own for own in others), sum(tag not in own for own in others)
            share = (have + have_others + 0.5) / (len(mine) + len(others) + 1)
            cells = [
                have + PRIOR_FILES * share,
                lack + PRIOR_FILES * (1 - share),
                have_others + PRIOR_FILES * share,
                lack_others + PRIOR_FILES * (1 - share),
            ]
            strength = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
            error = math.sqrt(sum(1 / cell for cell in cells))
            times = cells[0] / (len(mine) + PRIOR_FILES) / (cells[2] / (len(others) + PRIOR_FILES))
            if strength - 1.959964 * error > 0 and (best is None or strength > best[1]):
                best = (label, strength, times, have, have_others)
        if best is not None:
            sure[library.names[tag]] = best
    found = {one.tag: (one.label, one.log_odds, one.times, one.files, one.others) for one in learnt.strongest()}
    assert found.keys() == sure.keys()
    for name, (label, *numbers) in sure.items():
        assert found[name][0] == label
        assert found[name][1:] == pytest.approx(numbers)
    assert sure


@pytest.mark.parametrize("way", WAYS)
def test_suggestions_for_every_file_are_those_of_a_plain_count(library: Library, way: str) -> None:
    learnt, reference = library.learnt(), library.reference()
    for row in range(0, FILES, 3):
        own = set() if way == "neighbours" else library.tags[row]
        near = None if way == "co-occurrence" else neighbours(reference, library.vectors[row], row)
        found = suggest(learnt, [library.names[tag] for tag in own], near, least=0.0)
        expected = _by_hand(library, row, own, way)
        # A file without a tag, and without neighbours, is suggested nothing; one without a tag has only its neighbours.
        assert [one.tag for one in found] == [library.names[tag] for tag, _ in expected]
        assert [one.chance for one in found] == pytest.approx([chance for _, chance in expected], abs=1e-5)


def _by_hand(library: Library, row: int, own: set[int], way: str) -> list[tuple[int, float]]:
    cosines = {other: float(library.vectors[other] @ library.vectors[row]) for other in range(FILES) if other != row}
    near = [] if way == "co-occurrence" else sorted(cosines, key=lambda other: -cosines[other])[:NEIGHBOURS]
    way = way if way != "both" or own else "neighbours"
    weight = {other: max(cosines[other], 1e-3) for other in near}
    mean_weight = sum(weight.values()) / len(weight) if weight else 0.0
    chances = []
    for tag in set(range(TAGS)) - own:
        beside = {one: library.with_all(one, tag) for one in own if library.with_all(one, tag) >= 3}
        votes = sum(tag in library.tags[other] for other in near)
        if not beside and not votes:
            continue
        share = (library.with_all(tag) + 0.5) / (FILES + 1)
        voted = 0.0
        if near:
            given = sum(weight[other] for other in near if tag in library.tags[other]) + 2 * mean_weight * share
            voted = math.log(given / (sum(weight.values()) + 2 * mean_weight) / share)
        lifts = [
            math.log((beside[one] + 2 * share) / (library.with_all(one) + 2) / share) if one in beside else 0.0
            for one in own
        ]
        columns = [1.0, math.log(share / (1 - share)), voted, max([*lifts, 0.0]), sum(lifts) / max(1, len(lifts))]
        chosen = [columns[at] for at in WAYS[way]]
        odds = sum(weight * value for weight, value in zip(USUAL[way], chosen, strict=True))
        chances.append((tag, 1 / (1 + math.exp(-odds))))
    return sorted(chances, key=lambda one: (-one[1], one[0]))[:MOST]
