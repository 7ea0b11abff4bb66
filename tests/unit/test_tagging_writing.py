"""Every tag that is written is the one that was computed for that hash, whatever happens meanwhile."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hyai_tui.errors import Cancelled, LibraryDown, LibraryError, PermissionMissing
from hyai_tui.library.base import TagChange
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.ledger import Ledger
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.targets import Rules
from hyai_tui.tagging.untagging import Cleared, clear
from tests.unit.tagging_fixtures import RULES, Choice, Known, MemoryLibrary, name_of, tag_all

ARCHIVE, TRASH = "hyai:archive", "hyai:trash"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


def expected(known: Known, file: str, before: frozenset[str]) -> set[str]:
    """The tags that a file is to have, by the rules in words."""
    others = {tag for tag in before if tag not in {ARCHIVE, TRASH, "hyai:memes"}}
    choice, score = known.choices.get(file), known.scores.get(file)
    if choice is not None:
        return others | ({f"hyai:{choice.label}"} if choice.label else set())
    if score is None:
        return set(before)
    if score <= 0.28:
        return others | {ARCHIVE}
    return others | ({TRASH} if score >= 0.78 else set())


def test_with_200_files_of_which_20_vanish_midway_every_tag_is_the_one_computed_for_its_hash(ledger: Ledger) -> None:
    chance = random.Random(7)
    files = [name_of(i) for i in range(200)]
    corrupt, vanishing = files[:10], files[10:20]
    chance.shuffle(files)
    known = Known({file: chance.random() for file in files if file not in corrupt})
    library = MemoryLibrary({file: {"creator:someone"} for file in files})

    def vanish() -> None:
        for file in vanishing:
            library.tags.pop(file, None)

    library.before_change = vanish
    tally = tag_all(library, ledger, known, files, size=32)
    for file, tags in library.tags.items():
        assert tags == expected(known, file, frozenset({"creator:someone"}))
    assert tally.skipped["unscored"] == 10
    assert tally.written == sum(len(tags) == 2 for tags in library.tags.values())
    assert not any(file in library.tags for file in vanishing)


tag_sets = st.frozensets(st.sampled_from([ARCHIVE, TRASH, "hyai:memes", "hyai:mine", "blue eyes"]), max_size=3)
file_worlds = st.lists(
    st.tuples(
        tag_sets,
        st.none() | st.sampled_from([0.0, 0.28, 0.5, 0.78, 1.0]),
        st.none()
        | st.sampled_from([Choice("label", "archive"), Choice("label", "trash"), Choice("unsure"), Choice("ignore")]),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(file_worlds, st.integers(1, 9), st.integers(0, 4).filter(lambda n: n != 1), st.data())
def test_any_world_ends_as_the_rules_say_and_a_second_run_writes_nothing(
    tmp_path: Path,
    world: list[tuple[frozenset[str], float | None, Choice | None]],
    size: int,
    down_every: int,
    data: st.DataObject,
) -> None:
    files = [name_of(i) for i in range(len(world))]
    known = Known(
        {file: score for file, (_, score, _) in zip(files, world, strict=True) if score is not None},
        {file: choice for file, (_, _, choice) in zip(files, world, strict=True) if choice is not None},
    )
    before = {file: tags for file, (tags, _, _) in zip(files, world, strict=True)}
    poison = set(data.draw(st.lists(st.sampled_from(files), max_size=3))) if files else set()
    library = MemoryLibrary({file: set(tags) for file, tags in before.items()}, poison, down_every=down_every)
    with Ledger.open(Path(tempfile.mkdtemp(dir=tmp_path)) / "ledger.db") as ledger:
        dry = tag_all(library, ledger, known, files, size=size, dry=True)
        assert not library.requests
        tally = tag_all(library, ledger, known, files, size=size)
        for file in files:
            wanted = expected(known, file, before[file])
            assert library.tags[file] == (set(before[file]) if file in poison else wanted)
        changed = [file for file in files if library.tags[file] != set(before[file])]
        assert tally.written == len(changed)
        assert (dry.targets, dry.differences) == (tally.targets, tally.differences)
        assert {file for file, _ in tally.named} == {
            file for file in poison if expected(known, file, before[file]) != set(before[file])
        }
        requests = len(library.requests)
        assert tag_all(library, ledger, known, files, size=size).written == 0
        assert len(library.requests) == requests


def test_a_request_never_holds_more_than_256_files(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(600)]
    library = MemoryLibrary({file: set() for file in files})
    tally = tag_all(library, ledger, Known(dict.fromkeys(files, 0.9)), files, size=1000)
    assert [len(request) for request in library.requests] == [256, 256, 88]
    assert tally.written == tally.targets["trash"] == 600


def test_one_bad_file_is_found_named_and_skipped_and_its_neighbours_are_tagged(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(50)]
    library = MemoryLibrary({file: set() for file in files}, poison={files[17]})
    tally = tag_all(library, ledger, Known(dict.fromkeys(files, 0.9)), files)
    assert tally.named == [(files[17], "One bad id fails the whole batch")]
    assert [file for file in files if not library.tags[file]] == [files[17]]
    assert tally.written == 49


def test_a_library_that_refuses_everything_ends_the_run_with_its_own_words(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(50)]
    library = MemoryLibrary({file: set() for file in files}, poison=set(files))
    with pytest.raises(LibraryError, match="One bad id"):
        tag_all(library, ledger, Known(dict.fromkeys(files, 0.9)), files)


def test_a_missing_permission_is_not_searched_for_file_by_file(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(8)]

    def refuse() -> None:
        raise PermissionMissing("The access key cannot write tags", "Tick the permission in Hydrus")

    library = MemoryLibrary({file: set() for file in files}, before_change=refuse)
    with pytest.raises(PermissionMissing):
        tag_all(library, ledger, Known(dict.fromkeys(files, 0.9)), files)
    assert library.asked == 1


def test_a_request_that_is_taken_without_effect_is_no_write(ledger: Ledger) -> None:
    library = MemoryLibrary({name_of(1): set()}, deaf={name_of(1)})
    tally = tag_all(library, ledger, Known({name_of(1): 0.9}), [name_of(1)])
    assert tally.written == 0
    assert tally.skipped["not-accepted"] == 1
    assert ledger.states([name_of(1)]) == {name_of(1): {TRASH: "intended"}}


def test_a_tag_that_the_user_took_away_is_put_back_only_when_asked(ledger: Ledger) -> None:
    file = name_of(1)
    library = MemoryLibrary({file: set()})
    known = Known({file: 0.9})
    assert tag_all(library, ledger, known, [file]).written == 1
    library.tags[file] = {ARCHIVE}
    for _ in range(2):
        tally = tag_all(library, ledger, known, [file])
        assert (tally.written, tally.held, tally.targets["trash"]) == (0, 1, 1)
        assert library.tags[file] == {ARCHIVE}
    assert tag_all(library, ledger, known, [file], again=True).written == 1
    assert library.tags[file] == {TRASH}
    assert tag_all(library, ledger, known, [file]).held == 0


def test_a_model_that_changes_its_mind_replaces_its_tag_back_and_forth(ledger: Ledger) -> None:
    file = name_of(1)
    library = MemoryLibrary({file: set()})
    for score, tags in ((0.9, {TRASH}), (0.1, {ARCHIVE}), (0.9, {TRASH}), (0.5, set()), (0.9, {TRASH})):
        tally = tag_all(library, ledger, Known({file: score}), [file])
        assert library.tags[file] == tags
        assert tally.written == 1


def test_a_side_that_is_off_is_not_written_and_not_taken_away_where_it_fits(ledger: Ledger) -> None:
    rules = Rules(TagSettings(mark_archive=False), RULES.thresholds)
    files = [name_of(i) for i in range(3)]
    library = MemoryLibrary({files[0]: set(), files[1]: {ARCHIVE}, files[2]: {ARCHIVE}})
    known = Known({files[0]: 0.1, files[1]: 0.1, files[2]: 0.9})
    tally = tag_all(library, ledger, known, files, rules=rules)
    assert library.tags == {files[0]: set(), files[1]: {ARCHIVE}, files[2]: {TRASH}}
    assert (tally.off, tally.targets["archive"], tally.targets["trash"]) == (2, 0, 1)


def test_a_tag_that_a_decision_wrote_and_the_user_removed_is_not_put_back(ledger: Ledger) -> None:
    file = name_of(1)
    known = Known(choices={file: Choice("label", "trash")}, effects={file: frozenset({TRASH})})
    library = MemoryLibrary({file: set()})
    assert tag_all(library, ledger, known, [file]).held == 1
    # Clearing all our tags was no act against this one: after it, tags are written anew.
    ledger.clearings.end()
    known.choices[file] = Choice("label", "trash", at=ledger.cleared_at() - 10)
    assert tag_all(library, ledger, known, [file]).written == 1


def test_a_tag_that_went_with_its_decision_was_not_removed_by_the_user(ledger: Ledger) -> None:
    files = undone, removed = [name_of(1), name_of(2)]
    known = Known(dict.fromkeys(files, 0.9), dict.fromkeys(files, Choice("label", "trash")))
    library = MemoryLibrary({file: set() for file in files})
    assert tag_all(library, ledger, known, files).written == 2
    library.tags[removed] = set()
    assert tag_all(library, ledger, known, files).held == 1
    # Both decisions are undone, and the effect of that takes the one tag away that is still there.
    known.choices.clear()
    library.tags[undone] = set()
    tally = tag_all(library, ledger, known, files)
    assert (tally.written, tally.held) == (1, 1)
    assert library.tags == {undone: {TRASH}, removed: set()}


def test_what_stood_there_before_a_decisions_tag_is_kept_for_its_undo(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(3)]
    known = Known(dict.fromkeys(files, 0.9), {files[0]: Choice("label", "archive"), files[1]: Choice("unsure")})
    library = MemoryLibrary({files[0]: {TRASH, "mine"}, files[1]: {TRASH}, files[2]: set()})
    tag_all(library, ledger, known, files)
    assert known.traces == {files[0]: {TRASH}, files[1]: {TRASH}}
    assert known.effects == {files[0]: {ARCHIVE}, files[1]: set()}


def test_a_decision_made_while_its_batch_is_on_the_way_wins(ledger: Ledger) -> None:
    files = [name_of(1), name_of(2)]
    known = Known(dict.fromkeys(files, 0.9))

    def decide() -> None:
        known.choices[files[0]] = Choice("label", "archive")

    library = MemoryLibrary({file: set() for file in files}, before_change=decide)
    tally = tag_all(library, ledger, known, files)
    assert library.tags == {files[0]: {ARCHIVE}, files[1]: {TRASH}}
    assert tally.written == 2


def test_a_run_that_was_killed_neither_repeats_nor_misses(tmp_path: Path) -> None:
    files = [name_of(i) for i in range(100)]
    known = Known(dict.fromkeys(files, 0.9))
    library = MemoryLibrary({file: set() for file in files})

    def die_after_three() -> None:
        if len(library.requests) == 3:
            raise KeyboardInterrupt

    library.before_change = die_after_three
    with Ledger.open(tmp_path / "ledger.db") as ledger, pytest.raises(KeyboardInterrupt):
        tag_all(library, ledger, known, files, size=10)
    library.before_change = lambda: None
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        assert ledger.counts() == {"verified": 30, "intended": 10}
        assert tag_all(library, ledger, known, files, size=10).written == 70
        assert ledger.counts() == {"verified": 100}
    assert sorted(library.sent) == sorted(files)


def test_a_side_that_was_changed_by_a_run_that_was_killed_is_not_taken_for_removed(tmp_path: Path) -> None:
    file = name_of(1)
    library = MemoryLibrary({file: set()})
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        tag_all(library, ledger, Known({file: 0.1}), [file])

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Ledger, "verify", die)
            with pytest.raises(KeyboardInterrupt):
                tag_all(library, ledger, Known({file: 0.9}), [file])
        assert library.tags[file] == {TRASH}
        for score, tags in ((0.9, {TRASH}), (0.1, {ARCHIVE}), (0.9, {TRASH})):
            assert tag_all(library, ledger, Known({file: score}), [file]).held == 0
            assert library.tags[file] == tags


def test_a_busy_library_is_asked_again_and_a_dead_one_given_up() -> None:
    waits: list[float] = []
    said: list[str] = []

    def down() -> None:
        raise LibraryDown("Hydrus is not running", "Start it")

    with pytest.raises(LibraryDown):
        Patience(lambda: None, waits.append, said.append, seconds=600).ask(down)
    assert 600 <= sum(waits) < 620
    assert said == ["Hydrus is not running; waiting, and trying again by itself"]


def test_a_row_of_failures_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    told: list[str] = []
    answers = iter([LibraryDown("locked"), LibraryDown("still locked"), None, None, LibraryDown("gone"), None])

    def ask() -> int:
        if (error := next(answers)) is not None:
            raise error
        return 1

    patience = Patience(
        lambda: None, lambda _seconds: None, waits=lambda error: told.append("" if error is None else error.what)
    )
    assert [patience.ask(ask) for _ in range(3)] == [1, 1, 1]
    assert told == ["locked", "", "gone", ""]


def test_waiting_for_a_dead_library_can_be_cancelled() -> None:
    def cancelled() -> None:
        raise Cancelled("Cancelled")

    def down() -> None:
        raise LibraryDown("Hydrus is not running", "Start it")

    with pytest.raises(Cancelled):
        Patience(cancelled, lambda _seconds: None).ask(down)


def test_clearing_takes_only_our_tags(ledger: Ledger) -> None:
    files = [name_of(i) for i in range(3)]
    library = MemoryLibrary({files[0]: {ARCHIVE, "blue eyes"}, files[1]: {"hyai:mine", TRASH}, files[2]: {"hyai:mine"}})
    patience = Patience(lambda: None, lambda _seconds: None)
    ours = frozenset({ARCHIVE, TRASH})
    for dry, requests in ((True, 0), (False, 1)):
        result = Cleared()
        clear(library, ours, files, patience, ledger, lambda _files: None, result, dry=dry)
        assert (result.files, result.tags, result.left) == (2, {ARCHIVE: 1, TRASH: 1}, 0)
        assert len(library.requests) == requests
    assert library.tags == {files[0]: {"blue eyes"}, files[1]: {"hyai:mine"}, files[2]: {"hyai:mine"}}
    assert library.requests == [
        [TagChange(files[0], remove=frozenset({ARCHIVE})), TagChange(files[1], remove=frozenset({TRASH}))]
    ]
