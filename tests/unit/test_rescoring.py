"""A batch of old files at a time: which come first, that the next run goes on, and that no other file loses anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.jobs import eval as eval_job
from hyai_tui.jobs import scan, score, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.rescoring import in_order, require_scores
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import current, draw, run, scores, workspace

__all__ = ["workspace"]


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


def numbers(workspace: Workspace) -> dict[str, int]:
    with workspace.open_catalog() as catalog:
        return {one.sha256: one.number for one in catalog.files()}


def test_the_oldest_opinion_comes_first_and_no_opinion_before_it() -> None:
    left = np.array([True, True, False, True, True, True])
    hopeless = np.array([False, False, False, False, True, False])
    opinion = np.array([3, 1, 0, 0, 0, 1])
    lot = np.array([5, 4, 0, 2, 1, 3], np.uint64)
    assert in_order("oldest", left, hopeless, opinion, lot).tolist() == [3, 1, 5, 0]
    assert in_order("random", left, hopeless, opinion, lot).tolist() == [3, 5, 1, 0]
    assert in_order("failed", left, hopeless, opinion, lot).tolist() == [4]


def test_batches_walk_from_the_oldest_opinion_to_the_newest_until_nothing_is_left(workspace: Workspace) -> None:
    run(train.run, workspace)
    run(score.run, workspace)
    draw(workspace.root / "pictures" / "new.png", "trash", 78)
    scan.run(JobContext(workspace))
    new = next(file for file, number in numbers(workspace).items() if number == 21)
    run(train.run, workspace, force_promote=True)
    # The second model scores eight: they carry the newer opinion when the third comes.
    second = run(score.run, workspace, batch=8)
    assert second["batch"][0] == new
    assert (second["new"], second["scored"], second["left"]) == (8, 8, 13)
    run(train.run, workspace, force_promote=True)
    place = numbers(workspace)
    walked = [run(score.run, workspace, batch=6) for _ in range(4)]
    assert [one["left"] for one in walked] == [15, 9, 3, 0]
    files = [file for one in walked for file in one["batch"]]
    assert files[13:] == sorted(second["batch"], key=place.__getitem__)
    assert files[:13] == sorted(set(place) - set(second["batch"]), key=place.__getitem__)
    with pytest.raises(NotNow, match="nothing was left to do"):
        run(score.run, workspace, batch=6)
    assert run(score.run, workspace)["new"] == 0


def test_a_random_batch_is_that_of_its_seed(workspace: Workspace) -> None:
    run(train.run, workspace)
    first = run(score.run, workspace, batch=5, priority="random", seed=3)["batch"]
    assert first != sorted(first, key=numbers(workspace).__getitem__)
    run(train.run, workspace, force_promote=True)
    assert run(score.run, workspace, batch=5, priority="random", seed=3)["batch"] == first
    assert not set(run(score.run, workspace, batch=5, priority="random", seed=3)["batch"]) & set(first)


def test_what_failed_is_tried_again_by_itself_and_holds_up_no_other_batch(workspace: Workspace) -> None:
    torn = workspace.root / "pictures" / "torn.png"
    torn.write_bytes(b"\x89PNG torn")
    scan.run(JobContext(workspace))
    run(train.run, workspace)
    run(score.run, workspace)
    run(train.run, workspace, force_promote=True)
    failed = next(file for file, number in numbers(workspace).items() if number == 21)
    walked = [run(score.run, workspace, batch=10, priority="oldest") for _ in range(2)]
    assert failed not in walked[0]["batch"] + walked[1]["batch"]
    assert walked[1]["left"] == 1
    again = run(score.run, workspace, batch=10, priority="failed")
    assert (again["batch"], again["new"], again["left"]) == ([failed], 0, 1)


def test_a_batch_leaves_all_other_scores_as_they_are(workspace: Workspace) -> None:
    run(train.run, workspace)
    run(score.run, workspace, batch=4)
    before = scores(workspace).probabilities.copy()
    run(score.run, workspace, batch=4, again=True)
    after = scores(workspace).probabilities
    known = ~np.isnan(before[:, 0])
    np.testing.assert_array_equal(after[known], before[known])
    assert np.count_nonzero(~np.isnan(after[:, 0])) == 8


def test_an_unknown_order_names_those_that_exist(workspace: Workspace) -> None:
    run(train.run, workspace)
    with pytest.raises(WrongUse, match="nearest"):
        run(score.run, workspace, batch=4, priority="nearest")


def test_of_a_batch_no_other_files_are_tagged(workspace: Workspace) -> None:
    run(train.run, workspace)
    made = run(eval_job.run, workspace, batch=6, again=True)
    assert made["model"] == current(workspace).id
    library = workspace.open_library()
    try:
        tagged = {file for file, one in library.lookup(list(numbers(workspace))).items() if one.tags}
    finally:
        library.close()
    assert tagged
    assert tagged <= set(made["batch"])
    assert made["written"] == len(tagged)


def test_a_batch_of_scores_is_enough_to_tag_by_whoever_else_was_decided_on(workspace: Workspace) -> None:
    run(train.run, workspace)
    with workspace.open_catalog() as catalog, pytest.raises(NotNow, match="has not scored anything yet"):
        require_scores(workspace, catalog, current(workspace))
    run(score.run, workspace, batch=1)
    with workspace.open_catalog() as catalog:
        require_scores(workspace, catalog, current(workspace))
