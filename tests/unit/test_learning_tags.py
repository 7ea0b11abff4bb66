"""Tag models: their figures, their training, their bundles, and when a new one is used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.learning import tag_metrics, tag_promotion
from hyai_tui.learning.bundle_parts import ARRAYS, FACTS
from hyai_tui.learning.fit.multilabel import Others, TagData, train_tags
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.learning.tag_registry import TagRegistry, clean_namespace, namespace_of
from hyai_tui.settings import TrainSettings
from tests.unit.learning_fixtures import ENCODER, Watcher, sha

SETTINGS = TrainSettings(hidden=16, epochs=40, patience=8, batch_size=16, learning_rate=0.01, dropout=0.1)


def tagged(n: int = 120, seed: int = 0) -> TagData:
    """Return vectors whose first three features say which of three tags a file has, any number of them."""
    random = np.random.default_rng(seed)
    truth = random.random((n, 3)) < [0.5, 0.4, 0.3]
    truth[~truth.any(axis=1), 0] = True
    vectors = random.normal(0, 0.4, (n, 6)).astype(np.float32)
    vectors[:, :3] += 2 * truth
    names = tuple(f"series:{letter}" for letter in "abc")
    return TagData([sha(number) for number in range(n)], "series", names, truth, vectors, np.arange(n) % 5)


@pytest.fixture(scope="module")
def bundle() -> TagBundle:
    return train_tags(tagged(), SETTINGS, ENCODER, "file", Watcher())


def test_average_precision_is_that_of_a_hand_count() -> None:
    truth = np.array([True, False, True, False])
    assert tag_metrics.average_precision(truth, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    # Of a tie nobody knows which came first.
    assert tag_metrics.average_precision(truth[:2], np.array([0.5, 0.5])) == 0.5
    assert tag_metrics.average_precision(np.zeros(3, bool), np.arange(3.0)) is None


def test_a_threshold_lies_between_those_who_have_the_tag_and_the_next() -> None:
    truth = np.array([True, True, False, False])
    assert tag_metrics.best_threshold(truth, np.array([0.9, 0.6, 0.4, 0.1])) == pytest.approx(0.5)
    # Equal probabilities get the tag together, so the second and third cannot be told apart.
    assert tag_metrics.best_threshold(truth, np.array([0.9, 0.6, 0.6, 0.1])) == pytest.approx(0.35)
    assert tag_metrics.best_threshold(np.zeros(4, bool), np.full(4, 0.2)) == 0.5


def test_an_item_is_judged_by_thresholds_of_the_other_folds() -> None:
    truth = np.array([[True], [False], [True], [False]])
    chances = np.array([[0.9], [0.5], [0.4], [0.1]])
    folds = np.array([0, 0, 1, 1])
    # The second fold alone would choose .25, by which the second item of the first gets the tag; and the other way round.
    assert tag_metrics.given_out_of_fold(truth, chances, folds).tolist() == [[True], [True], [False], [False]]


def test_the_report_counts_each_tag_and_all_of_them() -> None:
    truth = np.array([[True, False], [True, True], [False, True], [False, False]])
    given = np.array([[True, False], [True, False], [True, True], [False, False]])
    report = tag_metrics.report(truth, given * 0.8 + 0.1, given, [0.5, 0.5], ("series:a", "series:b"))
    one, two = report["per_label"].values()
    assert (one["precision"], one["recall"], one["f1"], one["support"]) == (0.666667, 1.0, 0.8, 2)
    assert (two["precision"], two["recall"], two["f1"], two["support"]) == (1.0, 0.5, 0.666667, 2)
    assert (report["macro_f1"], report["micro_f1"], report["exact"]) == (0.733333, 0.75, 0.5)


def test_each_tag_is_learned_by_itself(bundle: TagBundle) -> None:
    metrics = bundle.metrics
    assert metrics["macro_f1"] > 0.9
    assert metrics["exact"] > 0.8
    assert [one["support"] for one in metrics["per_label"].values()] == tagged().truth.sum(axis=0).tolist()
    fresh = tagged(60, seed=9)
    right = (bundle.predict(fresh.vectors) >= bundle.thresholds) == fresh.truth
    assert right.mean() > 0.9


def test_the_same_seed_gives_the_same_model(bundle: TagBundle) -> None:
    again = train_tags(tagged(), SETTINGS, ENCODER, "file", Watcher())
    assert again.head.digest() == bundle.head.digest()
    assert again.metrics == bundle.metrics


def test_the_test_split_is_never_trained_on() -> None:
    data = tagged()
    folds = np.where(np.arange(120) < 20, -1, data.folds)
    spoilt = data.truth.copy()
    spoilt[:20] = ~spoilt[:20]
    heads = [
        train_tags(replace(data, folds=folds, truth=truth), SETTINGS, ENCODER, "file", Watcher())
        for truth in (data.truth, spoilt)
    ]
    assert heads[0].head.digest() == heads[1].head.digest()
    assert [one.metrics["test"]["n"] for one in heads] == [20, 20]
    assert heads[0].metrics["test"]["macro_f1"] > 0.9 > heads[1].metrics["test"]["macro_f1"]


def test_files_of_another_sort_are_not_of_the_namespace() -> None:
    data, random = tagged(), np.random.default_rng(4)
    alike, unlike = tagged(40, seed=5).vectors, random.normal(0, 0.4, (80, 6)).astype(np.float32)
    unlike[:, 5] += 4
    others = Others(
        [sha(number) for number in range(1000, 1100)], np.concatenate([alike[:20], unlike]), np.arange(100) % 5
    )
    domain = train_tags(replace(data, others=others), SETTINGS, ENCODER, "file", Watcher()).domain
    assert domain is not None
    chances = np.array([domain.of(file) or 0.0 for file in others.identities])
    # Files that look as those with a tag do may lack one; files of another sort are none of it.
    assert chances[:20].mean() > 0.7
    assert chances[20:].mean() < 0.1
    assert domain.predict(alike[20:]).mean() > 0.7
    assert domain.of(sha(5)) is None


def test_a_bundle_comes_back_from_disk_as_it_was(tmp_path: Path, bundle: TagBundle) -> None:
    kept = TagRegistry(tmp_path).add(bundle, promote=True)
    read = TagRegistry(tmp_path).require("series")
    assert (read.id, read.namespace, read.tags, read.thresholds) == (kept.id, "series", bundle.tags, bundle.thresholds)
    vectors = tagged(10, seed=2).vectors
    assert np.array_equal(read.predict(vectors), bundle.predict(vectors))
    assert np.array_equal(read.seen.truth, bundle.seen.truth)
    assert read.metrics == bundle.metrics
    with pytest.raises(ModelError, match="takes vectors of 6"):
        read.predict(np.zeros((1, 5), np.float32))


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("tags", ["series:a", "series:a", "series:c"], "some of them twice"),
        ("tags", ["series:a", "other:b", "series:c"], "not of the namespace"),
        ("thresholds", [0.5, 2.0, 0.5], "no probability"),
        ("thresholds", [0.5], "differ in number"),
        ("format", "hyai-model", "does not describe a model"),
        ("source", "memory", "its source"),
    ],
)
def test_a_damaged_bundle_is_named_and_not_used(
    tmp_path: Path, bundle: TagBundle, key: str, value: object, fault: str
) -> None:
    bundle.save(tmp_path / "t0001-00000000")
    facts = tmp_path / "t0001-00000000" / FACTS
    facts.write_text(json.dumps({**json.loads(facts.read_text()), key: value}))
    with pytest.raises(ModelError, match=fault):
        TagBundle.load(tmp_path / "t0001-00000000")


def test_arrays_of_another_bundle_are_refused(tmp_path: Path, bundle: TagBundle) -> None:
    bundle.save(tmp_path / "one")
    (tmp_path / "one" / ARRAYS).write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the file"):
        TagBundle.load(tmp_path / "one")


def test_namespaces_have_pointers_of_their_own(tmp_path: Path, bundle: TagBundle) -> None:
    registry = TagRegistry(tmp_path)
    first = registry.add(bundle, promote=True)
    second = registry.add(bundle, promote=False)
    other = replace(bundle, namespace="person", tags=tuple(tag.replace("series", "person") for tag in bundle.tags))
    registry.add(other, promote=True)
    assert (first.number, second.number) == (1, 2)
    assert [(namespace_of(one), one.id[:5], one.current) for one in registry.list()] == [
        ("person", "t0001", True),
        ("series", "t0001", True),
        ("series", "t0002", False),
    ]
    assert [one.namespace for one in registry.all_current()] == ["person", "series"]
    with pytest.raises(ModelError, match="no model of the tags creator") as refused:
        registry.require("creator")
    assert "hyai train --namespace creator" in refused.value.fix


def test_a_worse_model_of_tags_is_not_used(bundle: TagBundle) -> None:
    noise = replace(bundle.seen, probabilities=bundle.seen.probabilities[::-1].copy())
    worse = tag_promotion.compare(bundle, replace(bundle, seen=noise))
    assert worse is not None
    assert not worse.promote
    assert worse.new < worse.previous
    same = tag_promotion.compare(bundle, bundle)
    assert same is not None
    assert (same.promote, same.items, same.tags) == (True, 120, 3)


def test_models_without_a_common_tag_cannot_be_compared(bundle: TagBundle) -> None:
    other = replace(bundle, tags=("series:x", "series:y", "series:z"))
    assert tag_promotion.compare(bundle, other) is None


@pytest.mark.parametrize(("text", "namespace"), [("series", "series"), (" Series: ", "series"), ("a  b", "a b")])
def test_a_namespace_is_written_as_tags_have_it(text: str, namespace: str) -> None:
    assert clean_namespace(text) == namespace


@pytest.mark.parametrize("text", ["", ":", "series:x", "a\x07b"])
def test_what_can_be_no_namespace_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="no namespace"):
        clean_namespace(text)
