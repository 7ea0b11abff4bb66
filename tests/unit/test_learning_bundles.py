"""Bundles, the registry and score tables: what is kept of a model, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.errors import ModelError
from hyai_tui.learning import bundle_parts
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.labels import label_order, usable_label
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from tests.unit.learning_fixtures import ENCODER, sha, small_bundle

THREE = ("archive", "later", "trash")


@pytest.mark.parametrize("labels", [("archive", "trash"), THREE])
def test_a_saved_bundle_predicts_the_same_and_rows_sum_to_one(tmp_path: Path, labels: tuple[str, ...]) -> None:
    bundle = small_bundle(labels)
    vectors = np.random.default_rng(1).normal(size=(9000, 6)).astype(np.float32)
    bundle.save(tmp_path / "model")
    loaded = Bundle.load(tmp_path / "model")
    predicted = loaded.predict(vectors)
    assert predicted.shape == (9000, len(labels))
    np.testing.assert_array_equal(predicted, bundle.predict(vectors))
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-6)
    assert (loaded.labels, loaded.encoder, loaded.thresholds) == (labels, ENCODER, dict.fromkeys(labels, 0.6))
    assert {one: row.tolist() for one, row in loaded.out_of_fold.items()} == {
        one: row.tolist() for one, row in bundle.out_of_fold.items()
    }


def test_the_forward_pass_is_what_its_layers_say() -> None:
    head = small_bundle().head
    x = np.random.default_rng(2).normal(size=(3, 6))
    assert head.centre is not None
    assert head.scale is not None
    hidden = np.maximum((x - head.centre) / head.scale @ head.layers[0].kernel + head.layers[0].bias, 0)
    np.testing.assert_allclose(
        head.logits(x), hidden @ head.layers[1].kernel + head.layers[1].bias, rtol=1e-4, atol=1e-5
    )


def test_the_head_of_the_original_has_its_numbers_of_parameters() -> None:
    wide = Layer(np.zeros((1280, 1024), np.float32), np.zeros(1024, np.float32), "relu")
    last = Layer(np.zeros((1024, 1), np.float32), np.zeros(1, np.float32))
    assert Head("mlp", (wide, last)).parameters == [("1280→1024", 1_311_744), ("1024→1", 1025)]


def test_nothing_in_a_bundle_is_pickled(tmp_path: Path) -> None:
    small_bundle().save(tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["arrays.npz", "bundle.json"]
    with np.load(tmp_path / "model" / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def _facts(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        path = directory / bundle_parts.FACTS
        facts = json.loads(path.read_text())
        change(facts)
        path.write_text(json.dumps(facts))

    return damage


def _bytes(directory: Path) -> None:
    path = directory / bundle_parts.ARRAYS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda directory: (directory / "arrays.npz").unlink(), "arrays.npz is missing"),
        (lambda directory: (directory / "bundle.json").unlink(), "there is no bundle.json"),
        (lambda directory: (directory / "bundle.json").write_text("{"), "not JSON"),
        (lambda directory: (directory / "bundle.json").write_text("[]"), "does not describe a model"),
        (_bytes, "not the file that bundle.json describes"),
        (_facts(lambda facts: facts.update(version=99)), "format version 99"),
        (_facts(lambda facts: facts.update(labels=["archive", "archive"])), "labels are archive, archive"),
        (_facts(lambda facts: facts.update(labels=["../up", "trash"])), "cannot be a label"),
        (_facts(lambda facts: facts.update(labels=["a", "b", "c"])), "tells 2 labels apart and it names 3"),
        (_facts(lambda facts: facts.update(labels=["trash", "archive"])), "score would be that of archive"),
        (_facts(lambda facts: facts["encoder"].update(dimension=7)), "takes 6 features and its encoder gives 7"),
        (_facts(lambda facts: facts["calibration"].update(slope=-1)), "calibration"),
        (_facts(lambda facts: facts["head"].update(kind="forest")), "unknown kind"),
        (_facts(lambda facts: facts["head"]["layers"][0].update(activation="exp")), "unknown activation"),
        (_facts(lambda facts: facts.update(thresholds={"trash": 2})), "threshold for 'trash' is 2"),
        (_facts(lambda facts: facts["head"]["layers"][0].update(outputs=9)), "layer 0"),
        (_facts(lambda facts: facts.update(created=float("inf"))), "was made at"),
        (_facts(lambda facts: facts.pop("head")), "KeyError"),
    ],
)
def test_a_damaged_bundle_is_refused_by_name(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    small_bundle().save(tmp_path / "model")
    damage(tmp_path / "model")
    with pytest.raises(ModelError, match="model") as caught:
        Bundle.load(tmp_path / "model")
    assert said in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    "kernel",
    [np.full((6, 1), np.nan, np.float32), np.zeros((6, 1)), np.zeros((5, 1), np.float32)],
)
def test_weights_that_are_no_usable_numbers_are_refused(tmp_path: Path, kernel: np.ndarray[Any, np.dtype[Any]]) -> None:
    head = Head("linear", (Layer(kernel, np.zeros(1, np.float32)),))
    Bundle(head, ("archive", "trash"), ENCODER, "file").save(tmp_path / "model")
    with pytest.raises(ModelError):
        Bundle.load(tmp_path / "model")


def test_vectors_of_another_length_and_another_encoder_are_refused() -> None:
    bundle = small_bundle()
    with pytest.raises(ModelError, match="vectors of 6 numbers"):
        bundle.predict(np.zeros((2, 7), np.float32))
    bundle.require(ENCODER.id, "file")
    with pytest.raises(ModelError, match="mobilenetv2-1"):
        bundle.require("mobilenetv2-1", "file")
    with pytest.raises(ModelError, match="thumbnail"):
        bundle.require(ENCODER.id, "thumbnail")


def test_models_are_numbered_and_the_current_one_is_the_promoted_one(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    assert (registry.current(), list(registry.list())) == (None, [])
    with pytest.raises(ModelError, match="no model yet"):
        registry.require_current()
    first = registry.add(small_bundle(), promote=True)
    second = registry.add(small_bundle(seed=1), promote=False)
    assert (first.number, second.number) == (1, 2)
    assert [info.current for info in registry.list()] == [True, False]
    assert registry.promote("#2") == second.id
    assert registry.require_current().id == second.id
    assert registry.resolve(second.id[:8]) == second.id
    for wrong in ("m000", "7", "../m0001", ""):
        with pytest.raises(ModelError):
            registry.resolve(wrong)


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.add(small_bundle(), promote=False)
    with pytest.raises(ModelError, match="No model is in use") as caught:
        registry.require_current()
    assert "hyai models use m0001" in caught.value.fix
    last = registry.add(small_bundle(seed=1), promote=True)
    registry.remove("1")
    assert registry.add(small_bundle(seed=2), promote=False).number == 3
    with pytest.raises(ModelError, match="in use"):
        registry.remove(last.id)
    registry.remove("3")
    assert registry.add(small_bundle(seed=3), promote=False).number == 4


def test_models_that_come_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    bundles = [small_bundle(seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(len(bundles)) as pool:
        kept = list(pool.map(lambda bundle: Registry(tmp_path).add(bundle, promote=True), bundles))
    assert sorted(one.number for one in kept) == list(range(1, 9))
    assert Registry(tmp_path).current_id() in {one.id for one in kept}


def test_the_ten_thousandth_model_is_called_by_all_of_its_number(tmp_path: Path) -> None:
    (tmp_path / "last").write_text("9999\n")
    assert Registry(tmp_path).add(small_bundle(), promote=True).number == 10_000


def test_pruning_spares_the_model_in_use(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    ids = [registry.add(small_bundle(seed=seed), promote=seed == 0).id for seed in range(6)]
    assert registry.prune(2, keep={ids[1]}) == tuple(ids[2:4])
    assert [info.id for info in registry.list()] == [ids[0], ids[1], *ids[4:]]


def test_a_damaged_model_is_listed_as_such_and_cannot_be_promoted(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    good = registry.add(small_bundle(), promote=True)
    bad = registry.add(small_bundle(seed=1), promote=False)
    (tmp_path / bad.id / "bundle.json").write_text("{")
    assert [info.damaged is None for info in registry.list()] == [True, False]
    with pytest.raises(ModelError):
        registry.promote(bad.id)
    assert registry.current_id() == good.id


def test_a_pointer_to_nowhere_counts_as_no_model(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    kept = registry.add(small_bundle(), promote=True)
    shutil.rmtree(tmp_path / kept.id)
    assert registry.current() is None
    (tmp_path / "current").write_text("../../etc")
    assert registry.current_id() is None


def test_a_model_goes_from_one_workspace_to_another(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "a")
    kept = registry.add(small_bundle(THREE), promote=True)
    registry.export(kept.id, tmp_path / "out")
    with pytest.raises(ModelError, match="there already"):
        registry.export(kept.id, tmp_path / "out")
    other = Registry(tmp_path / "b")
    with pytest.raises(ModelError, match="encoder"):
        other.import_from(tmp_path / "out", "mobilenetv2-1")
    assert other.current() is None
    taken = other.import_from(tmp_path / "out", ENCODER.id)
    assert (taken.number, taken.labels, other.current_id()) == (1, THREE, taken.id)


def test_scores_of_files_that_came_later_are_missing(tmp_path: Path) -> None:
    bundle = small_bundle().renamed("m0001-00000000")
    assert ScoreTable.open(tmp_path, bundle, "catalog").scored == 0
    rows = np.array([[np.nan, np.nan], [0.25, 0.75]], np.float32)
    ScoreTable.write(tmp_path, bundle, rows, "catalog")
    table = ScoreTable.open(tmp_path, bundle, "catalog")
    assert table.scored == 1
    np.testing.assert_array_equal(table.at(np.array([1, 0, 5, -1])), [[0.25, 0.75], *[[np.nan, np.nan]] * 3])


def test_scores_by_the_numbers_of_an_earlier_catalog_count_as_none(tmp_path: Path) -> None:
    bundle = small_bundle().renamed("m0001-00000000")
    ScoreTable.write(tmp_path, bundle, np.full((3, 2), 0.5), "one catalog")
    assert ScoreTable.open(tmp_path, bundle, "one catalog").scored == 3
    assert ScoreTable.open(tmp_path, bundle, "another").scored == 0


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00"])
def test_a_damaged_score_table_counts_as_none(tmp_path: Path, content: bytes) -> None:
    bundle = small_bundle().renamed("m0001-00000000")
    ScoreTable.path(tmp_path, bundle.id).write_bytes(content)
    assert ScoreTable.open(tmp_path, bundle, "catalog").scored == 0


def test_a_table_of_other_labels_counts_as_none(tmp_path: Path) -> None:
    bundle = small_bundle().renamed("m0001-00000000")
    ScoreTable.write(tmp_path, bundle, np.full((3, 3), 1 / 3), "catalog")
    assert ScoreTable.open(tmp_path, bundle, "catalog").scored == 0


def test_trash_is_the_last_label_whatever_the_other_is_called() -> None:
    assert label_order(["trash", "zebra", "archive", "later"]) == ("archive", "later", "zebra", "trash")
    assert label_order(["zoo", "trash"]) == ("zoo", "trash")


@pytest.mark.parametrize(
    ("name", "good"), [("später", True), ("a b", True), ("", False), ("a/b", False), (".x", False), ("a\x1b", False)]
)
def test_labels_that_cannot_be_folders_are_refused(name: str, good: bool) -> None:
    assert usable_label(name) is good


def test_out_of_fold_items_are_found_by_identity() -> None:
    seen = small_bundle().out_of_fold
    assert seen.places([sha(3), sha(99), sha(0)]).tolist() == [list(seen).index(sha(3)), -1, list(seen).index(sha(0))]
    assert sha(99) not in seen
    assert len(seen) == 12


def test_a_calibration_for_two_labels_does_not_fit_three(tmp_path: Path) -> None:
    one = small_bundle(THREE)
    Bundle(one.head, THREE, ENCODER, "file", Calibration("platt", 1.0, 0.5)).save(tmp_path / "model")
    with pytest.raises(ModelError):
        Bundle.load(tmp_path / "model")
