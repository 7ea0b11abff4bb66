"""Effects bring samples, tags and states to what the newest decision asks for, whatever happens in between."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from hyai_tui.effects.opening import settle_due
from hyai_tui.effects.runner import EffectRunner
from hyai_tui.effects.tagging import NOT_FOUND
from hyai_tui.effects.waiting import READ_ONLY
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import TagChange
from hyai_tui.samples.lock import runner_lock
from tests.unit.effects_fixtures import Bench, bench, open_bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]

SETTLED = {"due": 0, "staged": 0, "failed": 0}


def tag(bench: Bench, file: str, *add: str, remove: tuple[str, ...] = ()) -> None:
    """Change tags as somebody else would."""
    bench.library.inner.change_tags([TagChange(file, frozenset(add), frozenset(remove))])


def test_a_decision_puts_the_sample_and_the_tag_and_leaves_the_file(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    assert bench.samples() == {f"{file}.png": "trash"}
    assert bench.tags(file) == {"hyai:trash"}
    assert bench.state(file) == "inbox"
    assert bench.journal.effect_counts() == SETTLED


def test_our_tag_is_replaced_and_other_tags_stay(bench: Bench) -> None:
    file = bench.add(1)
    tag(bench, file, "hyai:archive", "creator:me", "hyai:something of mine")
    bench.label(file, "trash")
    assert bench.tags(file) == {"hyai:trash", "creator:me", "hyai:something of mine"}
    known = bench.catalog.file(file)
    assert known is not None
    assert known.tags == bench.tags(file)


def test_unsure_files_carry_no_tag_of_ours_and_no_sample(bench: Bench) -> None:
    file = bench.add(1)
    tag(bench, file, "hyai:trash")
    bench.decider().decide(file, kind="unsure")
    bench.drain()
    assert bench.tags(file) == set()
    assert bench.samples() == {}


def test_undo_brings_back_the_tags_from_before_the_first_act(bench: Bench) -> None:
    file = bench.add(1)
    tag(bench, file, "hyai:archive", "creator:me")
    bench.label(file, "trash")
    bench.label(file, "archive")
    bench.label(file, "trash")
    bench.journal.undo(3)
    bench.drain()
    assert bench.tags(file) == {"hyai:archive", "creator:me"}
    assert bench.samples() == {}
    assert bench.journal.trace(file, "tag") is None


def test_undo_says_so_and_changes_nothing_if_somebody_else_has_changed_the_tag(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    tag(bench, file, "hyai:archive", remove=("hyai:trash",))
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == {"hyai:archive"}
    (effect,) = bench.journal.effects("failed")
    assert (effect.target, effect.reason) == ("tag", "Somebody has changed it meanwhile, so nothing was changed")


def test_a_new_decision_wins_over_what_somebody_else_has_changed(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    tag(bench, file, "hyai:archive", remove=("hyai:trash",))
    bench.label(file, "trash")
    assert bench.tags(file) == {"hyai:trash"}


def test_undo_after_a_decision_that_won_restores_what_somebody_else_had_left(bench: Bench) -> None:
    file = bench.add(1)
    tag(bench, file, "hyai:trash")
    bench.label(file, "archive")
    tag(bench, file, remove=("hyai:archive",))
    bench.label(file, "archive")
    bench.journal.undo(2)
    bench.drain()
    assert bench.tags(file) == set()
    assert bench.journal.effect_counts() == SETTLED


def test_a_decision_made_and_undone_before_its_effects_ran_writes_nothing(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    bench.journal.undo()
    bench.drain()
    assert bench.library.writes == []
    assert bench.samples() == {}
    assert bench.journal.effect_counts() == SETTLED


def test_only_the_newest_of_several_decisions_is_carried_out(bench: Bench) -> None:
    file = bench.add(1)
    for label in ("trash", "archive", "trash", "archive"):
        bench.decider().decide(file, label)
    bench.drain()
    assert bench.library.writes == [TagChange(file, frozenset({"hyai:archive"}), frozenset())]
    assert bench.samples() == {f"{file}.png": "archive"}


def test_repeating_a_decision_writes_nothing_again(bench: Bench) -> None:
    file = bench.add(1)
    bench.label(file, "trash")
    bench.library.writes.clear()
    bench.label(file, "trash")
    assert bench.library.writes == []
    assert bench.journal.effect_counts() == SETTLED


def test_a_library_that_is_down_loses_nothing_and_fails_nothing(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.down = True
    bench.decider().decide(file, "trash")
    report = bench.drain()
    assert (report.done, report.failed, report.left) == (0, 0, 2)
    assert report.waiting == "The library does not answer"
    assert bench.journal.effects("due")[0].reason == "The library does not answer"
    bench.library.down = False
    bench.runner.retry()
    bench.drain()
    assert bench.tags(file) == {"hyai:trash"}
    assert bench.samples() == {f"{file}.png": "trash"}


def test_waiting_grows_and_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bench.add(1)
    bench.library.down = True
    bench.decider().decide(file, "trash")
    clock = [3e9]
    monkeypatch.setattr("time.time", lambda: clock[-1])
    for _ in range(12):
        bench.drain()
        clock.append(bench.journal.effects("due")[0].not_before)
    waits = [later - earlier for earlier, later in pairwise(clock)]
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 300


def test_without_a_library_samples_still_move(bench: Bench) -> None:
    file, other = bench.add(1), bench.add(2)
    bench.label(file, "trash")
    bench.decider().decide(other, "trash")
    bench.decider().decide(file, "archive")
    report = EffectRunner(bench.workspace, bench.journal, bench.catalog, None).drain(5)
    assert bench.samples() == {f"{file}.png": "archive"}
    assert (report.done, report.waiting) == (1, "The library is not open")


def test_a_refused_file_fails_with_a_reason_and_holds_up_nobody(bench: Bench) -> None:
    files = [bench.add(number) for number in range(5)]
    bench.library.refuse = {files[2]}
    bench.decider().decide_many([NewDecision(file, label="trash") for file in files])
    bench.drain()
    assert [bench.tags(file) for file in files] == [{"hyai:trash"}] * 2 + [set()] + [{"hyai:trash"}] * 2
    (effect,) = bench.journal.effects("failed")
    assert effect.file == files[2]
    assert effect.reason.startswith("The library refuses one of these files")


def test_read_only_makes_no_write_request(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path, "read_only = true\n") as bench:
        file, trashed = bench.add(1), bench.add(2, "trash")
        assert bench.label(file, "trash") == "learned trash · tag hyai:trash waits: read-only · file untouched"
        line = bench.label(trashed, "archive")
        assert line.endswith("still in trash, cannot undelete: read-only")
        bench.runner.commit()
        report = bench.drain()
        assert bench.library.writes == []
        assert bench.samples() == {f"{file}.png": "trash", f"{trashed}.png": "archive"}
        assert report.waiting == READ_ONLY
        assert {one.target for one in bench.journal.effects("due")} == {"tag", "state"}


def test_a_change_the_library_swallows_is_tried_again_and_then_said(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.change_tags = lambda changes: None  # type: ignore[method-assign]
    bench.decider().decide(file, "trash")
    for _ in range(4):
        bench.drain()
        with bench.journal.transaction() as connection:
            connection.execute("UPDATE effects SET not_before = 0")
    (effect,) = bench.journal.effects("failed")
    assert effect.reason == "The library accepted the change and does not show it"


def test_a_file_that_left_the_library_fails_and_its_neighbours_do_not(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    bench.decider().decide_many([NewDecision(one, label="trash"), NewDecision(two, label="trash")])
    (bench.pictures / "picture 1.png").unlink()
    bench.drain()
    assert {one.reason for one in bench.journal.effects("due")} == {NOT_FOUND}
    assert bench.samples() == {f"{two}.png": "trash"}
    bench.scan()
    bench.runner.retry()
    bench.drain()
    assert {(effect.file, effect.target) for effect in bench.journal.effects("failed")} == {
        (one, "sample"),
        (one, "tag"),
    }
    assert bench.samples() == {f"{two}.png": "trash"}
    assert bench.tags(two) == {"hyai:trash"}


def test_a_library_folder_that_is_away_is_not_a_missing_file(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    bench.pictures.rename(bench.pictures.with_name("unmounted"))
    bench.drain()
    assert bench.journal.effect_counts() == {"due": 2, "staged": 0, "failed": 0}
    bench.pictures.with_name("unmounted").rename(bench.pictures)
    bench.runner.retry()
    bench.drain()
    assert bench.samples() == {f"{file}.png": "trash"}


def test_a_file_exchanged_since_the_scan_is_not_taken_for_the_old_one(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    (bench.pictures / "picture 1.png").write_bytes(png(2))
    bench.drain()
    assert bench.samples() == {}
    bench.scan()
    bench.runner.retry()
    bench.drain()
    assert bench.samples() == {}
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 2}


def test_a_file_moved_by_hand_in_the_library_is_waited_for_until_a_scan_finds_it(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    (bench.pictures / "picture 1.png").rename(bench.pictures / "elsewhere.png")
    assert (bench.drain().left, bench.samples()) == (2, {})
    bench.scan()
    bench.runner.retry()
    bench.drain()
    assert bench.samples() == {f"{file}.png": "trash"}
    assert bench.tags(file) == {"hyai:trash"}


def test_a_file_that_is_no_picture_has_no_sample(bench: Bench) -> None:
    (bench.pictures / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42 not a picture")
    bench.scan()
    file = sha(b"\0\0\0\x18ftypmp42 not a picture")
    if bench.catalog.file(file) is None:
        pytest.skip("the folder library lists no video")
    bench.label(file, "trash")
    assert bench.samples() == {}
    (effect,) = bench.journal.effects("failed")
    assert effect.reason == "The file is no picture, so it has no sample"


def test_one_runner_at_a_time(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    with runner_lock(bench.workspace.runtime, 1):
        report = bench.runner.drain(0.05)
    assert (report.done, report.left, report.waiting) == (0, 2, "Another hyai is at it")
    assert bench.drain().done == 2


def test_a_drain_without_time_leaves_the_rest_due(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    report = bench.runner.drain(0)
    assert (report.done, report.left) == (0, 2)


def test_a_drain_stops_in_time_and_the_rest_is_done_by_the_next(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [bench.add(number) for number in range(6)]
    bench.decider().decide_many([NewDecision(file, label="trash") for file in files])
    ticks = iter(range(10_000))
    with monkeypatch.context() as patch:
        patch.setattr("hyai_tui.effects.runner.time.monotonic", lambda: float(next(ticks)))
        report = bench.runner.drain(4)
    assert 0 < report.done < 12
    assert report.done + report.left == 12
    bench.drain()
    assert len(bench.samples()) == 6


def test_a_runner_killed_after_the_write_finds_it_done(bench: Bench) -> None:
    file = bench.add(1)
    tag(bench, file, "hyai:archive")
    bench.decider().decide(file, "trash")
    bench.drain()
    # The journal heard of the write, and not of its end: as if killed in between.
    with bench.journal.transaction() as connection:
        connection.execute("UPDATE effects SET status = 'due' WHERE status = 'done'")
        connection.execute("UPDATE traces SET applied = NULL")
    bench.library.writes.clear()
    bench.drain()
    assert bench.library.writes == []
    assert bench.journal.effect_counts() == SETTLED
    bench.journal.undo()
    bench.drain()
    assert bench.tags(file) == {"hyai:archive"}


def test_effects_wait_for_a_scan_where_the_catalog_was_deleted(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    empty = bench.workspace.cache / "empty.db"
    from hyai_tui.catalog.catalog import Catalog

    with Catalog.open(empty) as catalog:
        library = bench.library
        library.inner._index = catalog  # as after deleting .hyai
        EffectRunner(bench.workspace, bench.journal, catalog, library).drain(5)
        waiting = {one.target: one.reason for one in bench.journal.effects("due")}
        assert waiting["tag"] == "The library has not been scanned yet: run 'hyai scan'"


def test_starting_any_command_settles_what_is_due(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "trash")
    assert settle_due(bench.workspace).done == 2
    assert settle_due(bench.workspace).done == 0
    assert bench.tags(file) == {"hyai:trash"}


def test_a_tag_is_written_as_the_library_will_show_it(bench: Bench) -> None:
    file = bench.add(1)
    bench.decider().decide(file, "My  Cats", new_label=True)
    bench.drain()
    assert bench.tags(file) == {"hyai:my cats"}
    assert bench.journal.effect_counts() == SETTLED
