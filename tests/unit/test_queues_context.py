"""What queues are made of, read from a real journal, catalog, model and score table."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from hyai_tui import settings
from hyai_tui.journal.model import NewDecision, SampleRecord
from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.queues.arrays import LABELLED, UNDECIDED, QueueContext
from hyai_tui.queues.context import load_context
from hyai_tui.queues.registry import QUEUES
from hyai_tui.samples.sync import sync
from hyai_tui.workspace import Workspace
from tests.unit.jobs_fixtures import make_workspace


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Five files: a and b kept, c and d thrown away, e a video."""
    made = make_workspace(tmp_path, monkeypatch)
    scan(made, "abcde")
    return made


def scan(workspace: Workspace, names: Iterable[str]) -> None:
    states = {"a": FileState.ARCHIVE, "b": FileState.ARCHIVE, "c": FileState.TRASH, "d": FileState.TRASH}
    with workspace.open_catalog() as catalog:
        number = catalog.begin_scan()
        catalog.put([MediaFile(sha(one), states.get(one, FileState.INBOX), motion=one == "e") for one in names], number)
        catalog.finish_scan(number, accept_gone=True)


def add_model(workspace: Workspace, scores: dict[str, float], out_of_fold: dict[str, float]) -> Bundle:
    rows = np.array([[1 - score, score] for score in out_of_fold.values()], np.float32).reshape(-1, 2)
    truth = np.zeros(len(rows), np.int64)
    bundle = Registry(workspace.models_directory).add(
        Bundle(
            Head("linear", (Layer(np.zeros((4, 1), np.float32), np.zeros(1, np.float32)),)),
            ("archive", "trash"),
            EncoderStamp("e", "hog", 4),
            "file",
            out_of_fold=OutOfFold.of([sha(one) for one in out_of_fold], rows, truth, truth),
        ),
        promote=True,
    )
    with workspace.open_catalog() as catalog:
        numbers = {one.sha256: one.number for one in catalog.files()}
        table = np.full((max(numbers.values()) + 1, 2), np.nan, np.float32)
        for name, score in scores.items():
            table[numbers[sha(name)]] = (1 - score, score)
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.identity)
    return bundle


def score_of(context: QueueContext, name: str) -> float | None:
    return context.score(int(context.positions.of([sha(name)])[0]))


def files_of(context: QueueContext, queue: str) -> list[str]:
    names = {sha(one): one for one in "abcdefgh"}
    return [names[row.file] for row in QUEUES[queue].build(context).rows()]


def test_a_sample_has_its_out_of_fold_score_and_others_that_of_the_table(workspace: Workspace) -> None:
    bundle = add_model(workspace, {"a": 0.1, "b": 0.9, "c": 0.2}, {"a": 0.8})
    context = load_context(workspace)
    assert context.model_id == bundle.id
    assert score_of(context, "a") == pytest.approx(0.8)
    assert score_of(context, "b") == pytest.approx(0.9)
    assert score_of(context, "d") is None
    assert files_of(context, "mistakes") == ["b", "a", "c"]


def test_scores_of_another_catalog_are_never_read_with_the_numbers_of_this_one(workspace: Workspace) -> None:
    add_model(workspace, {"a": 0.1, "b": 0.9}, {})
    (workspace.cache / "catalog.db").unlink()
    for left in workspace.cache.glob("catalog.db-*"):
        left.unlink()
    scan(workspace, "edcba")
    context = load_context(workspace)
    assert not context.scored.any()
    assert sorted(files_of(context, "unscored")) == ["a", "b", "c", "d"]


def test_scores_are_not_read_with_a_catalog_that_was_put_back_from_a_back_up(workspace: Workspace) -> None:
    """The old catalog gives the number of a file that it has forgotten to the next one that comes."""
    bundle = add_model(workspace, {}, {})
    backup = workspace.root / "backup.db"
    shutil.copyfile(workspace.cache / "catalog.db", backup)
    scan(workspace, "abcdef")
    with workspace.open_catalog() as catalog:
        numbers = {one.sha256: one.number for one in catalog.files()}
        table = np.full((max(numbers.values()) + 1, 2), np.nan, np.float32)
        table[numbers[sha("f")]] = (0.05, 0.95)
        for _ in range(3):
            mark = catalog.mark_numbers(bundle.id)
        ScoreTable.write(workspace.scores_directory, bundle, table, mark)
    assert score_of(load_context(workspace), "f") == pytest.approx(0.95)
    shutil.copyfile(backup, workspace.cache / "catalog.db")
    scan(workspace, "abcdgh")
    context = load_context(workspace)
    with workspace.open_catalog() as catalog:
        assert numbers[sha("f")] in {one.number for one in catalog.files()}
    assert not context.scored.any()


def test_a_table_stays_readable_until_the_next_one_has_taken_its_place(workspace: Workspace) -> None:
    bundle = add_model(workspace, {}, {})
    with workspace.open_catalog() as catalog:
        number = {one.sha256: one.number for one in catalog.files()}[sha("a")]
        table = np.full((number + 1, 2), np.nan, np.float32)
        table[number] = (0.05, 0.95)
        ScoreTable.write(workspace.scores_directory, bundle, table, catalog.mark_numbers(bundle.id))
        catalog.mark_numbers(bundle.id)
        assert score_of(load_context(workspace), "a") == pytest.approx(0.95)


def test_a_decision_takes_a_file_out_and_its_undo_brings_it_back(workspace: Workspace) -> None:
    add_model(workspace, {"a": 0.9, "c": 0.1}, {})
    with workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
        assert files_of(load_context(workspace, journal=journal), "mistakes") == ["a", "c"]
        journal.decide([NewDecision(sha("c"), "label", "trash")], session="s", source="app")
        journal.decide([NewDecision(sha("a"), "unsure")], session="s", source="app")
        context = load_context(workspace, journal=journal)
        assert files_of(context, "mistakes") == []
        assert files_of(context, "unsure") == ["a"]
        journal.undo(2)
        assert files_of(load_context(workspace, journal=journal), "mistakes") == ["a", "c"]


def test_a_folder_sample_that_no_library_knows_can_be_a_mistake_until_a_person_decides(workspace: Workspace) -> None:
    add_model(workspace, {}, {"g": 0.95, "h": 0.9})
    with workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
        for name in "gh":
            path = f"archive/{name}.png"
            journal.note_samples([SampleRecord(path, sha(name), sha(name), "archive", "dropped")])
            journal.decide([NewDecision(sha(name), "label", "archive")], session="folder", source="folder", effects=())
        context = load_context(workspace, journal=journal)
        assert files_of(context, "mistakes") == ["g", "h"]
        row = QUEUES["mistakes"].build(context).row(0)
        assert (row.current, row.suggested, row.kind) == ("archive", "trash", "sample")
        assert "g" not in files_of(context, "all")
        journal.decide([NewDecision(sha("g"), "label", "archive")], session="s", source="app", effects=())
        assert files_of(load_context(workspace, journal=journal), "mistakes") == ["h"]


def test_a_file_in_two_label_folders_is_a_contradiction_unless_a_decision_names_one(workspace: Workspace) -> None:
    with workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
        for label in ("archive", "trash"):
            journal.note_samples([SampleRecord(f"{label}/a.png", sha("a"), sha("a"), label)])
        assert files_of(load_context(workspace, journal=journal), "contradictions") == ["a"]
        journal.decide([NewDecision(sha("a"), "label", "trash")], session="s", source="app", effects=())
        context = load_context(workspace, journal=journal)
        assert files_of(context, "contradictions") == []
        position = int(context.positions.of([sha("a")])[0])
        assert context.current_name(position) == "trash"
        assert context.decision[position] == LABELLED


def test_only_this_sessions_skips_move_a_file_and_only_in_that_queue(workspace: Workspace) -> None:
    add_model(workspace, {"c": 0.1, "d": 0.2}, {})
    with workspace.open_journal() as journal:
        shown = {"queue": "mistakes"}
        journal.decide([NewDecision(sha("c"), "skip", shown=shown)], session="mine", source="app")
        assert files_of(load_context(workspace, journal=journal, session="mine"), "mistakes") == ["d", "c"]
        assert files_of(load_context(workspace, journal=journal, session="yours"), "mistakes") == ["c", "d"]
        assert files_of(load_context(workspace, journal=journal), "mistakes") == ["c", "d"]
        assert load_context(workspace, journal=journal).decision.max() == UNDECIDED


def test_video_is_in_no_queue_unless_it_is_shown_by_its_thumbnail(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "e" not in files_of(load_context(workspace), "all")
    workspace.settings_file.write_text('[library]\nmotion = "thumbnail"\n')
    shown = Workspace(workspace.root, settings.load(workspace.settings_file, {}))
    assert "e" in files_of(load_context(shown), "all")


def test_an_empty_workspace_has_empty_queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = load_context(make_workspace(tmp_path, monkeypatch))
    assert {name: len(kind.build(context)) for name, kind in QUEUES.items()} == dict.fromkeys(QUEUES, 0)


def test_a_picture_dropped_into_two_label_folders_is_a_contradiction_until_one_is_taken_out(
    workspace: Workspace,
) -> None:
    own, known = b"of no library", b"a"
    for label in ("archive", "trash"):
        folder = workspace.data / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dropped.png").write_bytes(own)
        (folder / f"{sha('a')}.png").write_bytes(known)
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        sync(workspace, journal, catalog)
    found = QUEUES["contradictions"].build(load_context(workspace)).only("folders")
    assert {row.file for row in found.rows()} == {hashlib.sha256(own).hexdigest(), sha("a")}
    (workspace.data / "trash" / "dropped.png").unlink()
    (workspace.data / "archive" / f"{sha('a')}.png").unlink()
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        sync(workspace, journal, catalog)
    context = load_context(workspace)
    assert not len(QUEUES["contradictions"].build(context).only("folders"))
    assert {row.file: row.current for row in QUEUES["all"].build(context).rows()}[sha("a")] == "trash"


def test_a_damaged_list_of_such_pictures_counts_as_none(workspace: Workspace) -> None:
    workspace.cache.mkdir(parents=True, exist_ok=True)
    (workspace.cache / "two-folders.json").write_text('[["not"')
    assert not len(QUEUES["contradictions"].build(load_context(workspace)))
