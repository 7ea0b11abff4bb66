"""A bulk clearing can be taken back: tags, what the user had removed, and what an undo of a decision restores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.errors import NotNow
from hyai_tui.jobs import tag, untag
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder import FolderLibrary
from tests.unit.effects_fixtures import Bench, open_bench, private_runtime
from tests.unit.test_tagging_job import scored

__all__ = ["private_runtime"]

ARCHIVE, TRASH = {"hyai:archive"}, {"hyai:trash"}


@pytest.fixture
def bench(tmp_path: Path, private_runtime: Path) -> Iterator[Bench]:
    with open_bench(tmp_path, "[tag]\nbatch_size = 2\n") as opened:
        yield opened


def clear(bench: Bench, **options: Any) -> dict[str, Any]:
    return untag.run(JobContext(bench.workspace, options))


def write_tags(bench: Bench, **options: Any) -> dict[str, Any]:
    return tag.run(JobContext(bench.workspace, options))


def test_what_was_cleared_is_put_back_exactly_and_other_tags_stay(bench: Bench) -> None:
    files = scored(bench, 0.9, 0.1, 0.5, 0.9, 0.9)
    bench.library.inner.change_tags([TagChange(files[0], frozenset({"blue"}))])
    write_tags(bench)
    before = [bench.tags(file) for file in files]
    assert clear(bench) == {"cleared": 4, "tags": {"hyai:archive": 1, "hyai:trash": 3}, "dry_run": False}
    bench.library.inner.change_tags([TagChange(files[1], frozenset({"green"}))])
    dry = clear(bench, undo=True, dry_run=True)
    assert [bench.tags(file) for file in files] == [{"blue"}, {"green"}, set(), set(), set()]
    done = clear(bench, undo=True)
    assert done == {**dry, "dry_run": False}
    assert (done["restored"], done["changed"], done["gone"]) == (4, 0, 0)
    assert [bench.tags(file) for file in files] == [before[0], before[1] | {"green"}, *before[2:]]
    # The ledger is as it was too: nothing is left to write, nothing is taken for the user's own removal.
    again = write_tags(bench)
    assert (again["differences"], again["held"]) == (0, 0)


def test_a_clearing_is_taken_back_once(bench: Bench) -> None:
    scored(bench, 0.9)
    write_tags(bench)
    with pytest.raises(NotNow, match="no clearing"):
        clear(bench, undo=True)
    clear(bench)
    clear(bench, undo=True)
    with pytest.raises(NotNow, match="no clearing"):
        clear(bench, undo=True)


def test_a_clearing_that_finds_nothing_keeps_the_last_one_for_an_undo(bench: Bench) -> None:
    (file,) = scored(bench, 0.9)
    write_tags(bench)
    clear(bench)
    assert clear(bench)["cleared"] == 0
    assert clear(bench, undo=True)["restored"] == 1
    assert bench.tags(file) == TRASH


def test_files_tagged_or_decided_on_since_keep_what_they_have(bench: Bench) -> None:
    tagged, unsure, same, other = scored(bench, 0.9, 0.9, 0.9, 0.9)
    write_tags(bench)
    clear(bench)
    bench.library.inner.change_tags([TagChange(tagged, frozenset(ARCHIVE))])
    bench.decider().decide(unsure, kind="unsure")
    bench.label(same, "trash")
    bench.label(other, "archive")
    done = clear(bench, undo=True)
    assert (done["restored"], done["changed"]) == (1, 3)
    assert [bench.tags(file) for file in (tagged, unsure, same, other)] == [ARCHIVE, set(), TRASH, ARCHIVE]


def test_a_decision_that_was_undone_since_leaves_no_tag(bench: Bench) -> None:
    (file,) = scored(bench, 0.5)
    bench.label(file, "trash")
    clear(bench)
    bench.journal.undo()
    bench.drain()
    done = clear(bench, undo=True)
    assert (done["restored"], done["changed"]) == (0, 1)
    assert bench.tags(file) == set()


def test_after_it_an_undo_of_a_decision_restores_what_was_there_before_the_decision(bench: Bench) -> None:
    one, two = scored(bench, 0.5, 0.5)
    bench.library.inner.change_tags([TagChange(one, frozenset(ARCHIVE))])
    bench.label(one, "trash")
    bench.label(two, "archive")
    clear(bench)
    clear(bench, undo=True)
    assert (bench.tags(one), bench.tags(two)) == (TRASH, ARCHIVE)
    bench.journal.undo(2)
    bench.drain()
    assert (bench.tags(one), bench.tags(two)) == (ARCHIVE, set())
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_a_tag_that_the_user_had_taken_away_stays_away(bench: Bench) -> None:
    one, two = scored(bench, 0.9, 0.9)
    write_tags(bench)
    bench.library.inner.change_tags([TagChange(one, remove=frozenset(TRASH))])
    assert write_tags(bench)["held"] == 1
    clear(bench)
    clear(bench, undo=True)
    assert (bench.tags(one), bench.tags(two)) == (set(), TRASH)
    assert write_tags(bench)["held"] == 1


@pytest.mark.parametrize("die_in", ["clearing", "undoing"])
def test_a_clearing_or_its_undo_that_was_cut_short_is_finished_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, die_in: str
) -> None:
    files = scored(bench, 0.9, 0.1, 0.9, 0.9, 0.1)
    write_tags(bench)
    before = [bench.tags(file) for file in files]
    change, requests = FolderLibrary.change_tags, []

    def and_die(library: FolderLibrary, changes: list[TagChange]) -> None:
        change(library, changes)
        requests.append(changes)
        if len(requests) == 2:
            raise KeyboardInterrupt

    if die_in == "undoing":
        clear(bench)
    with monkeypatch.context() as patch:
        patch.setattr(FolderLibrary, "change_tags", and_die)
        with pytest.raises(KeyboardInterrupt):
            clear(bench, undo=die_in == "undoing")
    if die_in == "clearing":
        # What the dead run had taken is known; the rest was never touched.
        assert clear(bench, undo=True)["restored"] == 4
        assert [bench.tags(file) for file in files] == before
        clear(bench)
        assert not any(bench.tags(file) for file in files)
    assert clear(bench, undo=True)["restored"] == 5
    assert [bench.tags(file) for file in files] == before
