"""Scoring by several workers: the same numbers as by one machine, in one table that is written once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.errors import Cancelled, ModelError, WrongUse
from hyai_tui.features.keys import packed
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import score, train
from hyai_tui.jobs.cluster import scoring as shared
from hyai_tui.jobs.cluster.scoring import SharedScoring
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.engines import engines
from hyai_tui.jobs.scoring import LocalScoring
from hyai_tui.workspace import Workspace
from tests.unit.cluster_fixtures import InProcess, engines_of
from tests.unit.learning_fixtures import sha, small_bundle
from tests.unit.training_fixtures import _runtime, run, scores, workspace

__all__ = ["_runtime", "workspace"]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """70 vectors in shards of 16, of which some were removed."""
    vectors = np.random.default_rng(3).normal(size=(70, 6)).astype(np.float32)
    with FeatureStore.open(tmp_path / "store", 6, shard_rows=16) as opened:
        opened.append([sha(number) for number in range(70)], vectors)
        opened.remove([sha(number) for number in (3, 4, 20, 69)])
        yield opened


def table(engine: Any, store: FeatureStore) -> np.ndarray[Any, Any]:
    """Score every second content, from the last on, and some that have no vector."""
    contents = packed([sha(number) for number in range(90, -1, -2)])
    found = np.full((len(contents), 2), np.nan, np.float32)
    engine.score(store, contents, small_bundle(), found, lambda rows: None)
    return found


def test_workers_give_the_same_numbers_as_one_machine(store: FeatureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "BLOCK", 5)
    monkeypatch.setattr("hyai_tui.jobs.scoring.BLOCK", 5)
    alone = table(LocalScoring(), store)
    assert np.isfinite(alone[:, 0]).sum() == 33
    np.testing.assert_array_equal(table(SharedScoring(InProcess(3, lost=frozenset({1}))), store), alone)


def test_a_worker_that_does_not_see_the_shards_says_so(store: FeatureStore) -> None:
    for shard in store.places.shards():
        store.files.path(shard).unlink()
    with pytest.raises(ModelError, match="does not see the features") as caught:
        table(SharedScoring(InProcess()), store)
    assert "every machine sees" in caught.value.fix


def test_nothing_to_score_asks_no_worker(store: FeatureStore) -> None:
    executor = InProcess()
    found = np.full((1, 2), np.nan, np.float32)
    SharedScoring(executor).score(store, packed([sha(500)]), small_bundle(), found, lambda rows: None)
    assert executor.ended == 0


def test_the_job_writes_one_table_by_workers_and_by_one_machine(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(train.run, workspace)
    alone = run(score.run, workspace)
    expected = scores(workspace).probabilities.copy()
    monkeypatch.setattr(score, "engines", lambda context: engines_of(InProcess(), context))
    together = run(score.run, workspace, again=True)
    assert together["scored"] == alone["scored"] == 20
    np.testing.assert_array_equal(scores(workspace).probabilities, expected)
    # Asked to stop between two results: the old table stays.
    with pytest.raises(Cancelled):
        score.run(JobContext(workspace, {"again": True}, cancelled=lambda: True))
    np.testing.assert_array_equal(scores(workspace).probabilities, expected)


def test_an_engine_that_is_not_there_is_named_with_what_to_install(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.jobs.engines.find_spec", lambda name: None)
    with (
        pytest.raises(WrongUse, match="needs Ray, which is not installed") as caught,
        engines(JobContext(workspace, {"engine": "ray"})),
    ):
        pass
    assert "install 'hyai-tui[ray]'" in caught.value.fix
    with pytest.raises(WrongUse, match="no engine 'spark'"), engines(JobContext(workspace, {"engine": "spark"})):
        pass
