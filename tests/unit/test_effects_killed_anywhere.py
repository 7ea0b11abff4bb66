"""A process that dies before or after any single step of an effect leaves nothing that the next one does not mend.

Every write to the journal, the disk and the library is a step; the story below is cut at each of them in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.effects.tagging import CHANGED_BY_OTHERS
from hyai_tui.journal.database import Database
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import FileState, StateChange, TagChange
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.samples.sync import training_samples
from tests.unit.effects_fixtures import Bench, bench, open_bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]

STEPS: tuple[tuple[type, str], ...] = (
    (Journal, "decide"),
    (Journal, "undo"),
    (Journal, "commit_effects"),
    (Journal, "note_samples"),
    (Journal, "settle_effects"),
    (Journal, "keep_before"),
    (Journal, "keep_applied"),
    (Journal, "keep_attempted"),
    (Journal, "drop_traces"),
    (Path, "rename"),
    (Path, "unlink"),
    (FolderLibrary, "change_tags"),
    (FolderLibrary, "change_state"),
)


class Killed(BaseException):
    """The process is gone."""


class Scythe:
    """Counts steps, and kills before the chosen one; what comes before a step comes after the one before it."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def wrap(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            number, self.seen = self.seen, self.seen + 1
            if number == self.at:
                raise Killed
            return step(*arguments, **named)

        return wrapped


@contextmanager
def killing(scythe: Scythe) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, scythe.wrap(getattr(owner, name)))
        yield


def story(bench: Bench) -> None:
    """Decide, change one's mind, undo, move in the library and undo that: all that effects do."""
    one, two, three = (sha(png(number)) for number in range(3))
    bench.label(one, "trash")
    bench.decider().decide(one, "archive")
    bench.label(two, "trash")
    bench.journal.undo()
    bench.drain()
    bench.decider(mode="STAGED").decide(three, "trash")
    bench.runner.commit()
    bench.drain()
    bench.journal.undo()
    bench.drain()
    bench.label(two, "maybe")


def prepare(bench: Bench) -> None:
    (bench.workspace.data / "maybe").mkdir(exist_ok=True)
    for number in range(3):
        (bench.pictures / f"picture {number}.png").write_bytes(png(number))
    bench.scan()


def check(bench: Bench) -> None:
    # A library file that was moved, and whose new place was not written down any more, is found by a scan.
    bench.scan()
    bench.runner.retry()
    bench.drain()
    report = bench.sync()
    assert (report.added, report.moved, report.removed, report.contradictions) == (0, 0, 0, ())
    bench.drain()
    assert bench.journal.effect_counts()["due"] == 0
    assert bench.journal.effect_counts()["failed"] == 0
    wanted = {file: str(one.label) for file, one in bench.journal.effective().items()}
    assert {name.partition(".")[0]: label for name, label in bench.samples().items()} == wanted
    assert {one.identity: one.label for one in training_samples(bench.journal)} == wanted
    for number in range(3):
        file = sha(png(number))
        assert bench.tags(file) == ({f"hyai:{wanted[file]}"} if file in wanted else set())
    third = bench.journal.effective().get(sha(png(2)))
    committed = third is not None and not bench.journal.effect_counts()["staged"]
    assert bench.state(sha(png(2))) == ("trash" if committed else "inbox")
    assert not list(bench.workspace.data.glob("*/.*"))


def test_a_process_killed_at_any_step_is_mended_by_the_next(tmp_path: Path, private_runtime: Path) -> None:
    whole = Scythe(-1)
    with open_bench(tmp_path / "whole") as bench:
        prepare(bench)
        with killing(whole):
            story(bench)
        check(bench)
    assert whole.seen > 50
    for at in range(whole.seen):
        root = tmp_path / str(at)
        with open_bench(root) as bench:
            prepare(bench)
            with killing(Scythe(at)), pytest.raises(Killed):
                story(bench)
        with open_bench(root) as bench:
            try:
                check(bench)
            except AssertionError as error:
                raise AssertionError(f"killed at {at} of {whole.seen}: {error}") from error


def test_connections_of_a_killed_process_hold_nothing(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path) as bench:
        prepare(bench)
        bench.decider()
        with killing(Scythe(2)), pytest.raises(Killed):
            bench.label(sha(png(0)), "trash")
        other = Database(bench.journal.path)
        with other.transaction() as connection:
            assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (1,)
        other.close()


@contextmanager
def dying(step: str, *, after: bool) -> Iterator[None]:
    """Die once, just before or just after a step of the library."""
    real = getattr(FolderLibrary, step)

    def wrapped(*arguments: Any, **named: Any) -> None:
        if after:
            real(*arguments, **named)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderLibrary, step, wrapped)
        try:
            yield
        except Killed:
            return
    raise AssertionError(f"{step} was not reached")


def test_tags_that_a_killed_process_left_are_not_taken_for_somebody_elses(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.inner.change_tags([TagChange(file, frozenset({"hyai:trash"}))])
    bench.label(file, "archive")
    bench.decider().decide(file, kind="unsure")
    with dying("change_tags", after=True):
        bench.drain()
    assert bench.tags(file) == set()
    for left in ({"hyai:archive"}, {"hyai:trash"}):
        bench.journal.undo()
        for _ in range(2):
            with dying("change_tags", after=False):
                bench.drain()
        bench.drain()
        assert bench.tags(file) == left
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_a_move_that_a_killed_process_made_is_not_taken_for_somebody_elses(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    with dying("change_state", after=True):
        bench.drain()
    assert bench.state(file) == "trash"
    bench.journal.undo()
    for _ in range(2):
        with dying("change_state", after=False):
            bench.drain()
    bench.drain()
    assert bench.state(file) == "inbox"
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


@pytest.mark.parametrize("carried_out", [True, False])
def test_what_somebody_else_did_after_a_killed_process_stands_when_its_act_is_undone(
    bench: Bench, carried_out: bool
) -> None:
    file = bench.add(1)
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    with dying("change_state", after=carried_out):
        bench.drain()
    bench.scan()
    bench.library.inner.change_state([StateChange(file, FileState.ARCHIVE)], "by hand")
    bench.journal.undo()
    bench.drain()
    assert bench.state(file) == "archive"
    assert [(one.target, one.reason) for one in bench.journal.effects("failed")] == [("state", CHANGED_BY_OTHERS)]


def test_an_undone_move_is_made_although_later_decisions_came_and_went_before_it(bench: Bench) -> None:
    file = bench.add(1, "archive")
    bench.decider(mode="STAGED").decide(file, "trash")
    bench.runner.commit()
    bench.drain()
    bench.library.down = True
    bench.journal.undo()
    bench.decider().decide(file, "archive")
    bench.decider().decide(file, kind="unsure")
    bench.library.down = False
    bench.drain()
    bench.runner.retry()
    bench.drain()
    assert bench.state(file) == "archive"
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}
