"""The tags of the demo: the same for the same seed, and something to learn from in each of the ways that there are."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.library.demo.layout import ARCHIVE, STYLES, TRASH, plan
from hyai_tui.library.demo.place import DemoPlace
from hyai_tui.library.demo.tags import AIMLESS, ALBUMS, SEEN, put_tags, tags_of
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.patterns.pairs import count_pairs, tag_counts
from hyai_tui.patterns.pulls import count_sides, pulls
from hyai_tui.patterns.related import relations, strongest

SEED, FILES = 3, 640


def test_every_style_has_words_of_its_own_and_a_seed_gives_the_same_tags_again() -> None:
    assert set(SEEN) == {style for of in STYLES.values() for style in of}
    planned = plan(SEED, FILES)
    assert [tags_of(one, SEED) for one in planned] == [tags_of(one, SEED) for one in plan(SEED, FILES)]
    assert [tags_of(one, SEED) for one in planned] != [tags_of(one, 4) for one in planned]


def test_tags_pull_to_both_labels_go_together_or_say_nothing_and_some_pictures_have_none() -> None:
    planned = plan(SEED, FILES)
    lists = [sorted(tags_of(one, SEED)) for one in planned]
    names = tuple(sorted({tag for tags in lists for tag in tags}))
    number = {name: at for at, name in enumerate(names)}
    starts = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    flat = np.array([number[tag] for tags in lists for tag in tags], np.int32)
    table = TagTable(np.arange(1, FILES + 1), starts, flat, names)
    side = np.array([{ARCHIVE: 0, TRASH: 1}.get(one.state, -1) for one in planned])
    trash = pulls(count_sides(table, side, [ARCHIVE, TRASH]), 1)
    sure = {name: float(trash.log_odds[at]) for name, at in number.items() if trash.certain[at]}
    assert sure["blurry"] > 0
    assert sure["text"] > 0
    assert sure["geometric"] < 0
    assert not sure.keys() & set(AIMLESS)
    counts = tag_counts(table)
    related = relations(strongest(count_pairs(table), counts), counts, names)
    album, places, _ = ALBUMS[0]
    assert set(places) <= set(related[album])
    assert 10 < sum(not tags for tags in lists) < 50
    assert 3 < np.mean([len(tags) for tags in lists]) < 8


def test_tags_are_put_on_what_the_pictures_hold_and_twice_changes_nothing(tmp_path: Path) -> None:
    place = DemoPlace(tmp_path, SEED, 40)
    planned = plan(SEED, 40)
    for one in planned:
        (place.pictures / one.path).parent.mkdir(parents=True, exist_ok=True)
        (place.pictures / one.path).write_bytes(one.path.encode())
    expected = {hashlib.sha256(one.path.encode()).hexdigest(): tags_of(one, SEED) for one in planned}
    tags = FolderTags(tmp_path / "tags.db")
    for _ in range(2):
        put_tags(place, tags, planned)
        assert tags.of(expected) == {file: found for file, found in expected.items() if found}
    assert Counter(tag for found in expected.values() for tag in found).most_common(1)[0][1] > 5
    tags.close()
