"""The one door for decisions: what it refuses, what it says, and that it reaches exactly the file that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.naming import named_file
from hyai_tui.errors import UnknownFile, WrongUse
from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import Rights
from tests.unit.effects_fixtures import Bench, bench, open_bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]


def test_the_line_says_what_a_key_did_in_learn_mode(bench: Bench) -> None:
    file = bench.add(1)
    assert bench.decider().key_line(file, "trash") == "learn trash"
    outcome = bench.decider().decide(file, "trash")
    assert outcome.line == "learned trash · tag hyai:trash · file untouched"
    assert (outcome.decision.file, outcome.decision.label) == (file, "trash")
    bench.drain()
    assert bench.state(file) == "inbox"


def test_the_line_says_what_a_key_did_in_staged_mode(bench: Bench) -> None:
    file = bench.add(1)
    decider = bench.decider(mode="STAGED")
    assert decider.key_line(file, "trash") == "trash (staged)"
    assert decider.decide(file, "trash").line == "staged: will move to trash"
    assert decider.decide(file, "archive").line == "staged: will move to archive"


def test_a_live_decision_is_carried_out_without_a_commit_and_undo_restores_the_state(bench: Bench) -> None:
    file = bench.add(1)
    decider = bench.decider(mode="LIVE")
    assert decider.key_line(file, "trash") == "→ trash"
    assert decider.decide(file, "trash").line == "moving to trash …"
    bench.drain()
    assert bench.state(file) == "trash"
    assert decider.key_line(file, "trash") == "stays trash"
    assert decider.key_line(file, "archive") == "→ rescue"
    assert decider.decide(file, "archive").line == "undeleting …"
    bench.drain()
    assert bench.state(file) == "archive"
    decider.undo()
    bench.drain()
    assert bench.state(file) == "trash"
    decider.undo()
    bench.drain()
    assert bench.state(file) == "inbox"
    decider.redo()
    bench.drain()
    assert bench.state(file) == "trash"


def test_a_live_decision_leaves_what_was_staged_before_for_the_commit(bench: Bench) -> None:
    staged, live = bench.add(1), bench.add(2)
    bench.decider(mode="STAGED").decide(staged, "trash")
    bench.decider(mode="LIVE").decide(live, "trash")
    bench.drain()
    assert (bench.state(staged), bench.state(live)) == ("inbox", "trash")


def test_a_key_that_cannot_move_says_so_on_its_line(bench: Bench) -> None:
    file, trashed = bench.add(1), bench.add(2, "trash")
    decider = bench.decider(mode="STAGED")
    decider.rights = Rights(True, True, False)
    assert decider.key_line(file, "trash") == "learn trash (cannot move)"
    assert decider.key_line(trashed, "archive") == "learn archive (cannot undelete)"


@pytest.mark.parametrize("mode", ["LEARN", "STAGED"])
def test_keeping_a_trashed_file_stages_an_undelete_in_every_mode(bench: Bench, mode: str) -> None:
    file = bench.add(1, "trash")
    decider = bench.decider(mode="LEARN" if mode == "LEARN" else "STAGED")
    assert decider.key_line(file, "archive") == "rescue"
    assert decider.key_line(file, "trash") == "stays trash"
    line = decider.decide(file, "archive").line
    wanted = {"LEARN": "learned archive · tag hyai:archive · staged: will undelete", "STAGED": "staged: will undelete"}
    assert line == wanted[mode]
    assert [one.wanted for one in bench.journal.effects("staged")] == ["rescue"]


def test_a_rescue_that_is_not_allowed_is_said(bench: Bench) -> None:
    file = bench.add(1, "trash")
    decider = bench.decider()
    decider.rights = Rights(True, True, False, cannot=("undelete files: the key may not",))
    line = decider.decide(file, "archive").line
    assert line.endswith("still in trash, cannot undelete: undelete files: the key may not")


def test_lines_of_the_other_kinds(bench: Bench) -> None:
    file = bench.add(1)
    decider = bench.decider()
    assert decider.decide(file, kind="skip").line == "skipped · file untouched"
    assert decider.decide(file, kind="unsure").line == "unsure · no tag · file untouched"
    assert decider.decide(file, kind="ignore").line == "ignored · no tag · file untouched"
    assert decider.decide(file, kind="clear").line == "cleared · tag as before · file untouched"


def test_a_tag_that_is_switched_off_is_not_promised(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path, "[tag]\nmark_trash = false\n") as bench:
        file = bench.add(1)
        assert bench.label(file, "trash") == "learned trash · no tag · file untouched"
        assert bench.tags(file) == set()
        assert bench.label(file, "archive") == "learned archive · tag hyai:archive · file untouched"


def test_a_file_that_nobody_knows_takes_no_decision(bench: Bench) -> None:
    known = bench.add(1)
    for unknown in (sha(png(2)), "not a hash", ""):
        with pytest.raises(UnknownFile):
            bench.decider().decide_many([NewDecision(known, label="trash"), NewDecision(unknown, label="trash")])
    assert list(bench.journal.decisions()) == []


def test_an_unknown_label_names_the_nearest_and_is_made_only_when_asked(bench: Bench) -> None:
    file = bench.add(1)
    with pytest.raises(UnknownLabel) as caught:
        bench.decider().decide(file, "archiv")
    assert "'archive'" in caught.value.fix
    assert bench.decider().decide(file, "cats", new_label=True).line.startswith("learned cats")
    bench.drain()
    assert bench.samples() == {f"{file}.png": "cats"}
    assert bench.tags(file) == {"hyai:cats"}


@pytest.mark.parametrize("label", ["../evil", "a/b", ".hidden", "x\ny", "x" * 101])
def test_a_label_that_leaves_its_folder_is_refused(bench: Bench, label: str) -> None:
    file = bench.add(1)
    with pytest.raises(WrongUse, match="cannot be a label"):
        bench.decider().decide(file, label, new_label=True)
    assert list(bench.journal.decisions()) == []


def test_a_bulk_act_on_different_labels_is_undone_whole(bench: Bench) -> None:
    files = [bench.add(number) for number in range(4)]
    decider = bench.decider()
    decider.decide_many([NewDecision(file, label="archive" if i % 2 else "trash") for i, file in enumerate(files)])
    bench.drain()
    assert sorted(bench.samples().values()) == ["archive", "archive", "trash", "trash"]
    assert decider.undo().line == "undone: 4 decisions"
    bench.drain()
    assert bench.samples() == {}
    assert decider.redo().line == "redone: 4 decisions"
    bench.drain()
    assert sorted(bench.samples().values()) == ["archive", "archive", "trash", "trash"]


def test_a_file_named_twice_is_decided_once(bench: Bench) -> None:
    file = bench.add(1)
    outcomes = bench.decider().decide_many([NewDecision(file, label="trash"), NewDecision(file, label="trash")])
    assert len(outcomes) == 1


def test_undo_takes_back_the_sessions_own_act_and_says_when_there_is_none(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    home, phone = bench.decider("home"), bench.decider("phone")
    home.decide(one, "trash")
    phone.decide(two, "trash")
    assert [decision.file for decision in home.undo().decisions] == [one]
    assert home.undo().line == "nothing to undo"
    assert [decision.file for decision in home.undo(everybody=True).decisions] == [two]


def test_the_wrong_pairing_of_kind_and_label_is_refused(bench: Bench) -> None:
    file = bench.add(1)
    with pytest.raises(WrongUse):
        bench.decider().decide(file)
    with pytest.raises(WrongUse):
        bench.decider().decide(file, "trash", kind="unsure")


def test_a_dropped_in_picture_is_named_by_hash_or_by_its_path(bench: Bench) -> None:
    bench.scan()
    (bench.workspace.data / "trash" / "mine.png").write_bytes(png(1))
    bench.sync()
    file = sha(png(1))
    for text in (file, str(bench.workspace.data / "trash" / "mine.png")):
        assert named_file(text, bench.journal, bench.catalog, bench.workspace) == file
    line = bench.label(file, "archive")
    assert line == "learned archive · not in the library · file untouched"
    assert bench.samples() == {f"{file}.png": "archive"}
    assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_a_short_hash_that_only_the_journal_knows_is_not_guessed(bench: Bench) -> None:
    (bench.workspace.data / "trash" / "mine.png").write_bytes(png(1))
    bench.sync()
    bench.add(2)
    with pytest.raises(UnknownFile):
        named_file(sha(png(1))[:8], bench.journal, bench.catalog, bench.workspace)


def test_the_beginning_of_a_hash_that_a_dropped_in_picture_has_too_is_ambiguous(bench: Bench) -> None:
    seen: dict[str, int] = {}
    one, two = next((seen[start], n) for n in range(5000) if seen.setdefault(start := sha(png(n))[:4], n) != n)
    bench.add(one)
    (bench.workspace.data / "trash" / "mine.png").write_bytes(png(two))
    bench.sync()
    with pytest.raises(UnknownFile, match="beginning of several files"):
        named_file(sha(png(one))[:4], bench.journal, bench.catalog, bench.workspace)
    for number in (one, two):
        assert named_file(sha(png(number)), bench.journal, bench.catalog, bench.workspace) == sha(png(number))


def test_the_path_of_a_sample_never_names_the_picture_that_used_to_stand_there(bench: Bench) -> None:
    bench.scan()
    path = bench.workspace.data / "trash" / "mine.png"
    path.write_bytes(png(1))
    bench.sync()
    path.write_bytes(png(2))
    with pytest.raises(UnknownFile, match="was changed"):
        named_file(str(path), bench.journal, bench.catalog, bench.workspace)
    path.unlink()
    with pytest.raises(UnknownFile):
        named_file(str(path), bench.journal, bench.catalog, bench.workspace)


def test_label_folders_become_labels_when_the_door_is_opened(bench: Bench) -> None:
    (bench.workspace.data / "maybe").mkdir()
    bench.decider()
    assert [one.name for one in bench.journal.labels()] == ["archive", "maybe", "trash"]


def test_the_door_needs_no_library(bench: Bench) -> None:
    file = bench.add(1)
    decider = Decider(bench.workspace, bench.journal, bench.catalog, None, session="x", source="command")
    assert decider.ask_rights() is None
    assert decider.decide(file, "trash").decision.label == "trash"


def test_an_older_act_is_undone_by_its_number_and_says_which_files_keep_a_newer_decision(bench: Bench) -> None:
    first, second = bench.add(1), bench.add(2)
    act = bench.decider("yesterday").decide_many(
        [NewDecision(first, label="trash"), NewDecision(second, label="trash")]
    )
    bench.decider("today").decide(second, "archive")
    bench.drain()
    today = bench.decider("today")
    reversal = today.undo_act(act[0].decision.act)
    assert reversal.line == "undone: 2 decisions · 1 file keeps a newer decision"
    bench.drain()
    assert bench.samples() == {f"{second}.png": "archive"}
    assert today.undo_act(act[0].decision.act).line == "nothing to undo"
    assert today.redo_act(act[0].decision.act).line == "redone: 2 decisions · 1 file keeps a newer decision"
    bench.drain()
    assert bench.samples() == {f"{first}.png": "trash", f"{second}.png": "archive"}
