"""Models side by side, back to the one before, and as a ZIP file."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import ModelError
from hyai_tui.learning.comparing import compare
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from tests.unit.learning_fixtures import sha, small_bundle


def test_two_models_side_by_side_name_what_is_fixed_broken_and_flipped() -> None:
    first = small_bundle(items=40)
    truth = first.out_of_fold.truth
    right = np.eye(2, dtype=np.float32)[truth]
    was, now = right.copy(), right.copy()
    was[:6] = was[:6, ::-1]
    now[4:7] = now[4:7, ::-1]
    before = replace(first, id="m0001-00000000", out_of_fold=replace(first.out_of_fold, probabilities=was))
    after = replace(first, id="m0002-00000000", out_of_fold=replace(first.out_of_fold, probabilities=now))
    numbers = np.arange(4)
    rows = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [np.nan, np.nan]], np.float32)
    moved = np.array([[0.1, 0.9], [0.7, 0.3], [0.2, 0.8], [0.5, 0.5]], np.float32)
    tables = ScoreTable(before.id, rows), ScoreTable(after.id, moved)
    files = np.array([sha(one) for one in range(4)], "S64")

    found = compare(before, after, tables, (numbers, files))

    names = [one.decode() for one in first.out_of_fold.identities.tolist()]
    assert {one.identity for one in found.fixed} == set(names[:4])
    assert {one.identity for one in found.broken} == {names[6]}
    assert found.comparison is not None
    assert found.comparison.items == 40
    assert found.comparison.difference > 0
    assert found.files == 3
    assert [(one.identity, one.before, one.after) for one in found.flipped] == [(sha(0), "archive", "trash")]
    assert [one.identity for one in found.farthest] == [sha(0), sha(1)]
    with pytest.raises(ModelError, match="same labels"):
        compare(before, small_bundle(("archive", "later", "trash")))


def test_a_rollback_goes_back_one_step_at_a_time(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    ids = [registry.add(small_bundle(seed=seed), promote=True).id for seed in range(3)]
    assert [registry.rollback() for _ in range(3)] == [ids[1], ids[0], None]
    assert registry.current_id() == ids[0]
    registry.promote(ids[2])
    registry.promote(ids[0])
    assert registry.previous_id() == ids[2]
    registry.remove(ids[2])
    assert registry.rollback() is None


def test_a_model_travels_as_a_zip_file(tmp_path: Path) -> None:
    from hyai_tui.learning.archive import unpack

    registry = Registry(tmp_path / "models")
    kept = registry.add(small_bundle(), promote=True)
    registry.export(kept.id, tmp_path / "model.zip")
    with pytest.raises(ModelError, match="there already"):
        registry.export(kept.id, tmp_path / "model.zip")
    taken = registry.import_from(unpack(tmp_path / "model.zip", tmp_path / "out"), None)
    vectors = np.ones((2, 6), np.float32)
    np.testing.assert_array_equal(taken.predict(vectors), kept.predict(vectors))


@pytest.mark.parametrize(
    "name", ["../bundle.json", "/bundle.json", "m/../../bundle.json", "m/x/bundle.json", "m/run.sh"]
)
def test_a_zip_file_that_names_another_place_is_refused_whole(tmp_path: Path, name: str) -> None:
    from hyai_tui.learning.archive import unpack

    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as packed:
        packed.writestr("m/bundle.json", "{}")
        packed.writestr("m/arrays.npz", "")
        packed.writestr(name, "x")
    with pytest.raises(ModelError, match="no part of a model"):
        unpack(tmp_path / "bad.zip", tmp_path / "out" / "deep")
    assert not (tmp_path / "out").exists()


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    from hyai_tui.learning.archive import unpack

    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(ModelError, match="cannot be unpacked"):
        unpack(tmp_path / "no.zip", tmp_path / "out")
