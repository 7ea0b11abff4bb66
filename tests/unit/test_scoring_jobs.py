"""The score job in this process: only what is new, nobody shifted, and the old scores stay until there are new ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hyai_tui.errors import Cancelled, ModelError
from hyai_tui.features.choosing import recorded_version
from hyai_tui.jobs import scan, score, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace
from tests.unit.training_fixtures import Listener, _runtime, draw, run, scores, workspace

__all__ = ["_runtime", "workspace"]


def test_scoring_with_a_model_of_another_encoder_is_refused(workspace: Workspace) -> None:
    run(train.run, workspace)
    registry = Registry(workspace.models_directory)
    bundle = registry.require_current()
    registry.add(replace(bundle, encoder=replace(bundle.encoder, id="mobilenetv2-0")), promote=True)
    with pytest.raises(ModelError, match="mobilenetv2-0"):
        run(score.run, workspace)


def test_a_file_that_cannot_be_read_has_no_score_and_shifts_nobody(workspace: Workspace) -> None:
    run(train.run, workspace)
    run(score.run, workspace)
    with workspace.open_catalog() as catalog:
        alone = {one.sha256: scores(workspace).at(np.array([one.number]))[0].tolist() for one in catalog.files()}
    for name in ("a", "b"):
        (workspace.root / "pictures" / f"{name}.png").write_bytes(b"\x89PNG" + name.encode())
    scan.run(JobContext(workspace))
    assert run(score.run, workspace)["scored"] == 20
    with workspace.open_catalog() as catalog:
        for one in catalog.files():
            found = scores(workspace).at(np.array([one.number]))[0]
            assert found.tolist() == alone[one.sha256] if one.sha256 in alone else np.isnan(found).all()


def test_only_files_that_may_yet_be_encoded_are_looked_for(workspace: Workspace) -> None:
    (workspace.root / "pictures" / "torn.png").write_bytes(b"\x89PNG torn")
    scan.run(JobContext(workspace))
    run(train.run, workspace)
    first, again, new = Listener(), Listener(), Listener()
    assert score.run(JobContext(workspace, {}, first))["scored"] == 20
    assert first.stages[: first.stages.index("queues")] == ["score", "list", "load", "encode", "score"]
    assert score.run(JobContext(workspace, {}, again))["scored"] == 20
    assert again.stages[: again.stages.index("queues")] == ["score"]
    before = scores(workspace).probabilities.copy()
    draw(workspace.root / "pictures" / "new.png", "trash", 78)
    scan.run(JobContext(workspace))
    assert score.run(JobContext(workspace, {}, new))["scored"] == 21
    assert new.stages[: new.stages.index("queues")] == ["score", "list", "load", "encode", "score"]
    np.testing.assert_array_equal(scores(workspace).probabilities[: len(before)], before)


def test_only_what_is_new_is_scored_again_unless_all_is_asked_for(workspace: Workspace) -> None:
    run(train.run, workspace)
    assert run(score.run, workspace)["new"] == 20
    before = scores(workspace).probabilities.copy()
    draw(workspace.root / "pictures" / "new.png", "trash", 78)
    scan.run(JobContext(workspace))
    found = run(score.run, workspace)
    assert (found["scored"], found["new"]) == (21, 1)
    np.testing.assert_array_equal(scores(workspace).probabilities[: len(before)], before)
    after = scores(workspace).probabilities.copy()
    assert run(score.run, workspace)["new"] == 0
    assert run(score.run, workspace, again=True)["new"] == 21
    np.testing.assert_allclose(scores(workspace).probabilities, after, atol=1e-6)
    run(train.run, workspace, force_promote=True)
    assert run(score.run, workspace)["new"] == 21


def test_a_model_of_the_encoder_before_goes_on_working_until_there_is_a_new_one(workspace: Workspace) -> None:
    run(train.run, workspace)
    run(score.run, workspace)
    (workspace.root / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(2_000_000))
    features = replace(workspace.settings.features, encoder="mobilenetv2", weights="weights.h5")
    changed = replace(workspace, settings=replace(workspace.settings, features=features))
    draw(workspace.root / "pictures" / "new.png", "trash", 78)
    scan.run(JobContext(changed))
    report = Listener()
    found = score.run(JobContext(changed, {}, report))
    assert (found["scored"], found["new"]) == (21, 1)
    assert any("goes on with it" in text for text in report.warnings)
    # The encoder before stays the recorded one until something is built with the new one.
    recorded = recorded_version(changed)
    assert recorded is not None
    assert recorded.name == "hog"


def test_a_cancelled_scoring_leaves_the_old_scores(workspace: Workspace) -> None:
    run(train.run, workspace)
    run(score.run, workspace)
    before = scores(workspace).probabilities.copy()
    (workspace.root / "pictures" / "trash-1.png").unlink()
    scan.run(
        JobContext(workspace),
    )
    with pytest.raises(Cancelled):
        score.run(JobContext(workspace, {}, Listener(), lambda: True))
    np.testing.assert_array_equal(scores(workspace).probabilities, before)
    assert [path.suffix for path in workspace.scores_directory.iterdir()] == [".npy"]


def test_no_cache_scores_only_what_has_features(workspace: Workspace) -> None:
    run(train.run, workspace)
    found = run(score.run, workspace, no_cache=True)
    assert (found["scored"], found["files"]) == (16, 20)
