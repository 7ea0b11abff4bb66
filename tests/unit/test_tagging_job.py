"""The tag job beside decisions, their effects and their undo: whoever writes first, everything can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.errors import DiskFull, LibraryDown
from hyai_tui.jobs import tag, untag
from hyai_tui.jobs.context import JobContext
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.tagging.ledger import Ledger
from hyai_tui.tagging.patience import Patience
from hyai_tui.workspace import Workspace
from tests.e2e.tagging_fixtures import Place, add_model
from tests.unit.effects_fixtures import Bench, open_bench, private_runtime

__all__ = ["private_runtime"]

ARCHIVE, TRASH = {"hyai:archive"}, {"hyai:trash"}


@pytest.fixture
def bench(tmp_path: Path, private_runtime: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def scored(bench: Bench, *scores: float) -> list[str]:
    """Add files with these scores of trash and return them."""
    files = [bench.add(number) for number in range(len(scores))]
    add_model(Place(bench.workspace, bench.pictures, {}), dict(zip(files, scores, strict=True)))
    return files


def write_tags(bench: Bench, **options: Any) -> dict[str, Any]:
    return tag.run(JobContext(bench.workspace, options))


def use_prefix(bench: Bench, prefix: str) -> None:
    settings = bench.workspace.settings
    bench.workspace = Workspace(bench.workspace.root, replace(settings, tag=replace(settings.tag, prefix=prefix)))


@pytest.mark.parametrize("before", [set(), ARCHIVE])
def test_undo_of_a_decision_whose_tag_the_job_wrote_first_restores_what_was_there(
    bench: Bench, before: set[str]
) -> None:
    (file,) = scored(bench, 0.5)
    bench.library.inner.change_tags([TagChange(file, frozenset(before))])
    bench.library.down = True
    bench.decider().decide(file, "trash")
    bench.drain()
    bench.library.down = False
    assert write_tags(bench)["written"] == 1
    assert bench.tags(file) == TRASH
    bench.runner.retry()
    bench.drain()
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == before


def test_a_dry_run_that_goes_by_searches_says_what_one_says_that_reads_each_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = scored(bench, 0.9, 0.1, 0.5, 0.9, 0.9)
    write_tags(bench)
    bench.library.inner.change_tags(
        [
            TagChange(files[0], remove=frozenset(TRASH)),
            TagChange(files[2], frozenset(ARCHIVE)),
            TagChange(files[3], frozenset(ARCHIVE), frozenset(TRASH)),
        ]
    )
    bench.label(files[1], "trash")
    bench.add(9)
    read = write_tags(bench, dry_run=True)

    def carrying(library: FolderLibrary, tag: str) -> Iterator[str]:
        return library.search_candidates((tag,))

    def refuse(library: FolderLibrary, files: list[str]) -> None:
        raise AssertionError("a dry run read files")

    monkeypatch.setattr(FolderLibrary, "carrying", carrying, raising=False)
    monkeypatch.setattr(FolderLibrary, "lookup", refuse)
    assert write_tags(bench, dry_run=True) == read
    assert read["differences"] > 0


def test_undo_is_enough_where_only_the_job_wrote_the_decisions_tag(bench: Bench) -> None:
    (file,) = scored(bench, 0.5)
    bench.decider().decide(file, "trash")
    write_tags(bench)
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == set()


def test_the_model_may_tag_a_file_again_whose_decision_was_undone(bench: Bench) -> None:
    (file,) = scored(bench, 0.9)
    bench.label(file, "trash")
    assert write_tags(bench)["decided"] == 1
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == set()
    done = write_tags(bench)
    assert (done["written"], done["held"], bench.tags(file)) == (1, 0, TRASH)


def test_clearing_takes_off_what_decisions_wrote_under_an_older_prefix(bench: Bench) -> None:
    (file,) = scored(bench, 0.9)
    bench.label(file, "archive")
    use_prefix(bench, "other:")
    assert write_tags(bench)["written"] == 1
    assert bench.tags(file) == {"other:archive"}
    use_prefix(bench, "third:")
    assert untag.run(JobContext(bench.workspace))["cleared"] == 1
    assert bench.tags(file) == set()


def test_a_clearing_that_was_cut_short_is_not_taken_for_the_users_own_removal(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = scored(bench, 0.9, 0.9, 0.1)
    bench.label(files[2], "archive")
    settings = bench.workspace.settings
    bench.workspace = Workspace(bench.workspace.root, replace(settings, tag=replace(settings.tag, batch_size=1)))
    write_tags(bench)
    change, cleared = FolderLibrary.change_tags, []

    def and_die(library: FolderLibrary, changes: list[TagChange]) -> None:
        change(library, changes)
        cleared.extend(changes)
        if len(cleared) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FolderLibrary, "change_tags", and_die)
        with pytest.raises(KeyboardInterrupt):
            untag.run(JobContext(bench.workspace))
    assert [bench.tags(file) for file in files] == [set(), set(), set()]
    done = write_tags(bench)
    assert (done["written"], done["held"]) == (3, 0)
    assert [bench.tags(file) for file in files] == [TRASH, TRASH, ARCHIVE]


def test_a_library_that_goes_away_while_clearing_leaves_nothing_held(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = scored(bench, 0.9, 0.9)
    write_tags(bench)

    def go_away(library: FolderLibrary, changes: list[TagChange]) -> None:
        raise LibraryDown("The library does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(FolderLibrary, "change_tags", go_away)
        patch.setattr("hyai_tui.tagging.patience.MOST_SECONDS", 0.0)
        with pytest.raises(LibraryDown):
            untag.run(JobContext(bench.workspace))
    done = write_tags(bench)
    assert (done["written"], done["held"]) == (0, 0)
    assert [bench.tags(file) for file in files] == [TRASH, TRASH]


def test_an_undo_that_comes_after_the_model_has_tagged_the_file_again_finds_nothing_to_complain_of(
    bench: Bench,
) -> None:
    (file,) = scored(bench, 0.1)
    bench.label(file, "trash")
    bench.library.down = True
    bench.journal.undo()
    bench.drain()
    bench.library.down = False
    assert write_tags(bench)["written"] == 1
    bench.runner.retry()
    bench.drain()
    assert bench.tags(file) == ARCHIVE
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_an_undo_after_a_clearing_finds_nothing_to_complain_of(bench: Bench) -> None:
    one, two = scored(bench, 0.5, 0.5)
    bench.label(one, "archive")
    bench.label(one, "trash")
    bench.label(two, "trash")
    untag.run(JobContext(bench.workspace))
    bench.journal.undo(2)
    bench.drain()
    assert (bench.tags(one), bench.tags(two)) == (ARCHIVE, set())
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_a_prefix_that_is_changed_there_and_back_leaves_nothing_held(bench: Bench) -> None:
    (file,) = scored(bench, 0.9)
    bench.label(file, "archive")
    write_tags(bench)
    use_prefix(bench, "other:")
    bench.label(file, "trash")
    bench.label(file, "archive")
    assert bench.tags(file) == {"other:archive"}
    use_prefix(bench, "hyai:")
    done = write_tags(bench)
    assert (done["written"], done["held"], bench.tags(file)) == (1, 0, ARCHIVE)


@pytest.mark.parametrize("where", ["intend", "verify"])
def test_a_disk_that_is_full_for_a_while_is_waited_for_and_every_file_is_tagged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    files = scored(bench, 0.9, 0.1, 0.9)
    note = getattr(Ledger, where)
    failures: list[str] = []

    def full(ledger: Ledger, rows: Iterable[tuple[str, str]], model: str) -> None:
        if len(failures) < 3:
            failures.append(where)
            raise DiskFull("The disk is full: ledger.db could not be written", "Free some space, then do it again")
        note(ledger, rows, model)

    monkeypatch.setattr(Ledger, where, full)
    monkeypatch.setattr("hyai_tui.tagging.patience.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(Patience, "_sleep_in_parts", lambda *_: None)
    write_tags(bench)
    assert len(failures) == 3
    assert [bench.tags(file) for file in files] == [TRASH, ARCHIVE, TRASH]
    again = write_tags(bench)
    assert (again["differences"], again["held"]) == (0, 0)
