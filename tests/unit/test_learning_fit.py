"""Training: out-of-fold predictions, the linear head, the mlp head, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hyai_tui.errors import Cancelled, WrongUse
from hyai_tui.learning import metrics, subset
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.enough import require_enough
from hyai_tui.learning.fit.balance import balance, class_weights
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.dense import losses_of
from hyai_tui.learning.fit.learner import COMPONENTS, reduce_features
from hyai_tui.learning.fit.run import train
from hyai_tui.settings import TrainSettings
from tests.unit.learning_fixtures import ENCODER, Watcher, separable, sha

LINEAR = TrainSettings(head="linear")


def _train(data: TrainingData, settings: TrainSettings = LINEAR, watch: Watcher | None = None) -> Bundle:
    return train(data, settings, ENCODER, "file", watch or Watcher())


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_a_linear_head_learns_any_number_of_labels(classes: int) -> None:
    data = separable(classes)
    bundle = _train(data)
    assert bundle.labels == data.labels
    assert bundle.metrics["macro_f1"] > 0.85
    probabilities = bundle.predict(data.vectors)
    assert probabilities.shape == (120, classes)
    assert metrics.accuracy(data.truth, metrics.predicted_labels(probabilities)) > 0.9
    assert np.array(bundle.metrics["confusion"]["rows"]).shape == (classes, classes)


def test_the_score_of_two_labels_is_that_of_trash() -> None:
    data = separable()
    assert data.labels == ("archive", "trash")
    trash = _train(data).predict(data.vectors)[:, 1]
    assert trash[data.truth == 1].mean() > 0.8 > 0.2 > trash[data.truth == 0].mean()


def test_a_wrong_label_is_seen_out_of_fold() -> None:
    data = separable(noise=0.3)
    truth = data.truth.copy()
    truth[7] = 1 - truth[7]
    bundle = _train(replace(data, truth=truth))
    assert bundle.out_of_fold[sha(7)][truth[7]] < 0.3


def test_random_labels_look_random_out_of_fold_and_never_learnt_by_heart() -> None:
    data = replace(separable(n=200), truth=np.random.default_rng(5).integers(0, 2, 200))
    assert 0.3 < _train(data).metrics["auc"] < 0.7


def test_the_same_training_gives_the_same_bundle() -> None:
    one, other = _train(separable()), _train(separable())
    assert one.metrics == other.metrics
    np.testing.assert_array_equal(one.head.layers[0].kernel, other.head.layers[0].kernel)
    assert one.fingerprint == other.fingerprint


def test_the_record_repeats_the_run() -> None:
    record = _train(separable()).record
    assert {"seed", "settings", "strength", "stop", "status", "versions", "seconds"} <= set(record)
    assert record["settings"]["head"] == "linear"
    assert {"hyai", "python", "numpy", "scikit-learn"} == set(record["versions"])


def test_the_test_split_is_never_trained_on_and_reported_apart() -> None:
    data = separable()
    folds = data.folds.copy()
    folds[:24] = -1
    wrong = data.truth.copy()
    wrong[:24] = 1 - wrong[:24]
    with_lies = _train(replace(data, folds=folds, truth=wrong))
    honest = _train(replace(data, folds=folds))
    np.testing.assert_array_equal(with_lies.head.layers[0].kernel, honest.head.layers[0].kernel)
    assert honest.metrics["n"] == 96
    assert honest.metrics["test"]["n"] == 24
    assert with_lies.metrics["test"]["accuracy"] < 0.2


def test_a_label_that_one_training_part_lacks_is_no_obstacle() -> None:
    data = separable(3, n=30)
    # All samples of the second label are in fold 0: the heads of that fold never see it.
    folds = np.where(data.truth == 1, 0, 1 + np.arange(30) % 4)
    bundle = _train(replace(data, folds=folds))
    assert all(bundle.out_of_fold[sha(int(row))][1] < 0.01 for row in np.flatnonzero(data.truth == 1))
    only_trash_elsewhere = replace(separable(2, n=20), folds=np.where(np.arange(20) % 2 == 0, 0, 1 + np.arange(20) % 3))
    assert np.isfinite(_train(only_trash_elsewhere).out_of_fold.probabilities).all()


def test_few_samples_keep_the_default_thresholds_whatever_precision_is_wanted() -> None:
    few, many = (train(separable(n=n), LINEAR, ENCODER, "file", Watcher(), precision=0.9) for n in (90, 120))
    assert few.thresholds is None
    assert few.calibration.kind == "none"
    assert many.thresholds is not None
    assert set(many.thresholds) == {"archive", "trash"}


@given(
    st.integers(1, 60),
    st.lists(st.sampled_from(["archive", "later", "trash"]), min_size=1, max_size=60),
    st.integers(0, 2**31),
)
def test_a_part_of_the_samples_is_the_same_for_the_same_seed(amount: int, names: list[str], seed: int) -> None:
    labels = {sha(number): name for number, name in enumerate(names)}
    chosen = subset.choose(labels, str(amount), seed)
    backwards = dict(reversed(labels.items()))
    assert chosen == subset.choose(backwards, str(amount), seed)
    assert chosen <= subset.choose(labels, str(amount + 5), seed)
    # The same share of each label, rounded up, so a label never vanishes.
    assert min(amount, len(labels)) <= len(chosen) < amount + 3
    assert {labels[one] for one in chosen} == set(names)
    assert subset.choose(labels, "100%", seed) == set(labels)


@pytest.mark.parametrize("wanted", ["0", "0%", "101%", "-5", "half", "1.5", "", "%"])
def test_a_part_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(WrongUse, match="no part"):
        subset.choose({sha(1): "trash"}, wanted, 0)


def test_copies_of_one_picture_cannot_be_trained_on() -> None:
    data = separable(n=20)
    with pytest.raises(WrongUse, match="copies of one picture"):
        _train(replace(data, folds=np.zeros(20, np.int64)))


def test_a_training_stops_between_steps_when_asked() -> None:
    asked = iter([False, False, False, True])
    with pytest.raises(Cancelled):
        _train(separable(), watch=Watcher(stop=lambda: next(asked)))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "no samples"),
        ({"archive": 30}, "needs two labels"),
        ({"archive": 30, "trash": 1}, "only 1 sample of trash"),
        ({"archive": 4, "trash": 5}, "too few"),
    ],
)
def test_too_little_to_learn_from_says_what_to_add(counts: dict[str, int], said: str) -> None:
    labels = {f"{label}{number}": label for label, count in counts.items() for number in range(count)}
    with pytest.raises(WrongUse) as caught:
        require_enough(labels)
    assert said in caught.value.what
    assert "abel" in caught.value.fix


def test_ten_samples_with_two_of_each_label_are_enough() -> None:
    require_enough({str(number): "trash" if number < 2 else "archive" for number in range(10)})


def test_rare_labels_weigh_more() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    assert class_weights(truth, 2, "auto").tolist() == [0.625, 2.5]
    assert class_weights(truth, 2, "none").tolist() == [1, 1]
    assert class_weights(truth, 3, "auto").tolist() == [0.625, 2.5, 0]


_QUICK = TrainSettings(hidden=32, epochs=15, patience=4, learning_rate=0.01, batch_size=16)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_mlp_head_learns_and_the_same_seed_gives_the_same_head(classes: int) -> None:
    data, watch = separable(classes), Watcher()
    one, other = (train(data, _QUICK, ENCODER, "file", watch) for _ in range(2))
    assert one.metrics == other.metrics
    for mine, theirs in zip(one.head.layers, other.head.layers, strict=True):
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)
    assert one.metrics["macro_f1"] > 0.85, one.metrics
    assert [shape for shape, _ in one.head.parameters] == ["6→32", f"32→{1 if classes == 2 else 3}"]
    assert (one.predict(data.vectors).argmax(axis=1) == data.truth).mean() > 0.9
    assert {name for name, *_ in watch.report.metrics} == {"loss", "val_loss", "accuracy", "macro_f1"}
    assert 1 <= one.record["epochs"] <= 15
    assert {"numpy", "scipy"} <= set(one.record["versions"])
    focal = train(data, replace(_QUICK, loss="focal", dropout=0.0), ENCODER, "file", watch)
    assert focal.metrics["macro_f1"] > 0.85


def test_features_far_from_their_mean_and_blown_up_give_nearly_the_same_head() -> None:
    data = separable(2)
    moved = replace(data, vectors=40 * data.vectors + 1000)
    there, here = (train(one, _QUICK, ENCODER, "file", Watcher()).metrics["macro_f1"] for one in (moved, data))
    assert abs(there - here) < 0.05


def test_a_training_that_is_stopped_in_its_fourth_epoch_is_one_of_three_epochs() -> None:
    data, watch = separable(3), Watcher()
    watch.stop = lambda: sum(name == "loss" for name, *_ in watch.report.metrics) >= 3
    stopped = train(data, _QUICK, ENCODER, "file", watch)
    three = train(data, replace(_QUICK, epochs=3), ENCODER, "file", Watcher())
    assert (stopped.record["status"], three.record["status"]) == ("stopped", "finished")
    assert stopped.record["stop"] == "stopped by the user after 3 of 15 epochs"
    assert stopped.metrics == three.metrics
    assert stopped.metrics["n"] == len(data.truth)
    np.testing.assert_array_equal(stopped.out_of_fold.probabilities, three.out_of_fold.probabilities)
    for mine, theirs in zip(stopped.head.layers, three.head.layers, strict=True):
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)


def test_of_a_training_that_is_stopped_in_its_first_epoch_nothing_is_kept() -> None:
    asked = count()
    with pytest.raises(Cancelled):
        train(separable(3), _QUICK, ENCODER, "file", Watcher(stop=lambda: next(asked) >= 2))


def test_training_an_mlp_starts_no_framework() -> None:
    code = (
        "import sys\n"
        "from hyai_tui.learning.fit.run import train\n"
        "from hyai_tui.settings import TrainSettings\n"
        "from tests.unit.learning_fixtures import ENCODER, Watcher, separable\n"
        "train(separable(2), TrainSettings(hidden=4, epochs=1), ENCODER, 'file', Watcher())\n"
        "print([one for one in ('tensorflow', 'keras', 'sklearn') if one in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr[-3000:]


def test_a_head_learnt_on_components_takes_features_as_they_are_stored() -> None:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(80, 400)).astype(np.float32) * np.linspace(2, 0.01, 400, dtype=np.float32)
    with ThreadPoolExecutor(1) as pool:
        reduced = reduce_features(vectors, np.arange(60), pool)
    assert reduced.features.shape == (80, COMPONENTS)
    np.testing.assert_allclose(reduced.basis.T @ reduced.basis, np.eye(COMPONENTS), atol=1e-4)
    again = (vectors - reduced.centre) / reduced.scale @ reduced.basis
    np.testing.assert_allclose(reduced.features, again, atol=1e-5)
    # 60 rows span 59 directions: none of theirs is lost, and the first components are the widest.
    back = reduced.features[:60] @ reduced.basis.T * reduced.scale + reduced.centre
    np.testing.assert_allclose(back, vectors[:60], atol=1e-3)
    spread = reduced.features[:60].var(axis=0)
    assert (np.diff(spread[:50]) <= 1e-6).all()


@pytest.mark.parametrize(("outputs", "focal"), [(1, False), (1, True), (3, False), (3, True)])
def test_the_gradient_of_a_loss_is_its_slope(outputs: int, focal: bool) -> None:
    logits = np.random.default_rng(1).normal(size=(7, outputs)).astype(np.float32)
    truth = np.arange(7, dtype=np.int64) % max(2, outputs)
    _, gradient = losses_of(logits, truth, focal=focal)
    for column in range(outputs):
        step = np.zeros(outputs, np.float32)
        step[column] = 1e-2
        above, below = (losses_of(logits + np.float32(side) * step, truth, focal=focal)[0] for side in (1, -1))
        np.testing.assert_allclose(gradient[:, column], (above - below) / 2e-2, atol=2e-3)


def test_labels_of_different_size_are_balanced_with_a_stated_reason() -> None:
    settings, said = balance(TrainSettings(), {"archive": 50, "trash": 50})
    assert (settings.loss, "count alike" in said) == ("cross-entropy", True)
    settings, said = balance(TrainSettings(), {"archive": 100, "trash": 50})
    assert (settings.loss, said.startswith("labels weighed by their rarity")) == ("cross-entropy", True)
    settings, said = balance(TrainSettings(), {"archive": 2000, "trash": 100})
    assert (settings.loss, "focal loss" in said) == ("focal", True)
    settings, said = balance(TrainSettings(class_weights="weighted"), {"archive": 2000, "trash": 100})
    assert (settings.loss, "as asked for" in said) == ("cross-entropy", True)
    assert balance(TrainSettings(class_weights="focal"), {"archive": 50, "trash": 50})[0].loss == "focal"
    assert balance(TrainSettings(class_weights="focal", head="linear"), {"archive": 9, "trash": 5})[0].loss != "focal"
    assert balance(TrainSettings(class_weights="none"), {"archive": 2000, "trash": 10})[0].loss == "cross-entropy"
    truth = np.repeat([0, 1], [2000, 10])
    assert class_weights(truth, 2, "auto").tolist() == pytest.approx([0.5025, 10.0])


def rare(seed: int, rarest: int, ratio: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return (vectors, truth) of two labels that overlap, of which trash is so many times rarer."""
    random = np.random.default_rng(seed)
    truth = (np.arange(rarest * (ratio + 1)) % (ratio + 1) == 0).astype(np.int64)
    vectors = random.normal(size=(len(truth), 16))
    vectors[:, 0] += 2 * truth
    vectors[:, 1] += 2 * truth * np.sign(random.normal(size=len(truth)))
    return vectors.astype(np.float32), truth


def test_of_twenty_to_one_labels_the_rare_one_is_found_more_often_than_without_balance() -> None:
    quick = TrainSettings(hidden=64, epochs=40, learning_rate=0.003, kernel=False)
    found: dict[str, list[float]] = {"none": [], "weighted": [], "auto": []}
    for kind, recalls in found.items():
        for seed in range(3):
            vectors, truth = rare(seed, 25, 20)
            names, folds = [sha(row) for row in range(len(truth))], np.arange(len(truth)) // 21 % 5
            data = TrainingData(names, ("archive", "trash"), truth, vectors, folds)
            bundle = _train(data, replace(quick, class_weights=kind, seed=seed))
            assert ("with focal loss" in bundle.record["balance"]) is (kind == "auto")
            new, of = rare(100 + seed, 200, 5)
            guessed = bundle.predict(new).argmax(axis=1)
            recalls.append(float((guessed[of == 1] == 1).mean()))
            # Nobody would have a rare label found at the price of most others.
            assert (guessed[of == 0] == 0).mean() > 0.97
    means = {kind: np.mean(recalls) for kind, recalls in found.items()}
    assert means["none"] + 0.05 < means["weighted"] < means["auto"], found


@pytest.mark.parametrize("cores", [2, 3, 4])
def test_any_number_of_cores_gives_the_same_model(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data, settings = separable(2, 90), TrainSettings(hidden=8, epochs=6, patience=2, kernel=False)
    monkeypatch.setattr("hyai_tui.learning.fit.epochs.os.cpu_count", lambda: 1)
    monkeypatch.setattr("hyai_tui.learning.fit.dense._NUMBERS", 7)
    alone = _train(data, settings)
    monkeypatch.undo()
    monkeypatch.setattr("hyai_tui.learning.fit.epochs.os.cpu_count", lambda: cores)
    found = _train(data, settings)
    for one, other in zip(alone.head.layers, found.head.layers, strict=True):
        np.testing.assert_array_equal(one.kernel, other.kernel)
        np.testing.assert_array_equal(one.bias, other.bias)
    np.testing.assert_array_equal(alone.out_of_fold.probabilities, found.out_of_fold.probabilities)
    assert alone.record["epochs"] == found.record["epochs"]
