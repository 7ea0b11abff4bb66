"""Hints: weak, balanced, bounded, nothing copied, off until somebody says yes, and never in the way of decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.jobs.hints import without_echoes
from hyai_tui.learning.fit.balance import class_weights
from hyai_tui.learning.fit.run import train
from hyai_tui.library.base import FileState
from hyai_tui.samples.hints import ORIGIN, choose, offer
from hyai_tui.samples.training import Sample
from hyai_tui.settings import Settings, TrainSettings
from tests.unit.learning_fixtures import ENCODER, Watcher, separable, sha

LABELS = ("archive", "trash")
LINEAR = TrainSettings(head="linear")


def catalog(**states: int) -> CatalogArrays:
    codes = [STATE_CODES[FileState(state)] for state, number in states.items() for _ in range(number)]
    no = np.zeros(len(codes), bool)
    names = np.array([sha(one) for one in range(len(codes))], "S64")
    return CatalogArrays(np.arange(len(codes)), names, np.array(codes, np.uint8), no, no.copy(), no.copy())


def chosen(files: CatalogArrays, decided: tuple[str, ...] = (), most: int = 2000, seed: int = 1) -> list[Sample]:
    return choose(files, decided, LABELS, most=most, seed=seed, weight=0.25)


def test_hints_are_off_until_somebody_says_yes() -> None:
    assert Settings().train.hints is False


def test_both_sides_are_of_one_size_and_no_larger_than_allowed() -> None:
    found = chosen(catalog(archive=300, trash=40, inbox=50))
    assert [one.label for one in found].count("archive") == [one.label for one in found].count("trash") == 40
    assert len(chosen(catalog(archive=300, trash=200), most=30)) == 60


def test_a_hint_has_no_copy_and_counts_less_than_a_decision() -> None:
    for one in chosen(catalog(archive=30, trash=30)):
        assert (one.origin, one.content, one.weight) == (ORIGIN, "", 0.25)


def test_decided_moving_and_contradictory_files_give_no_hint() -> None:
    files = catalog(archive=40, trash=40)
    moving, torn = files.motion.copy(), files.conflict.copy()
    moving[0], torn[1] = True, True
    names = {one.identity for one in chosen(replace(files, motion=moving, conflict=torn), decided=(sha(2),))}
    assert len(names) == 74
    assert names.isdisjoint({sha(0), sha(1), sha(2)})


def test_too_few_files_on_a_side_give_none() -> None:
    assert chosen(catalog(archive=5000, trash=19)) == []
    assert choose(catalog(archive=50, trash=50), (), ("hats", "shoes"), most=10, seed=1, weight=0.5) == []


def test_the_choice_follows_the_seed_and_is_spread_over_all_files() -> None:
    files = catalog(archive=1000, trash=30)
    assert chosen(files) == chosen(files)
    assert chosen(files) != chosen(files, seed=2)
    places = sorted(int(np.flatnonzero(files.sha256 == one.identity.encode())[0]) for one in chosen(files)[:30])
    assert places[0] < 200
    assert places[-1] > 800


def test_the_question_says_what_is_known_what_is_learned_and_how_long_it_takes() -> None:
    judged = {FileState.ARCHIVE: 812_004, FileState.TRASH: 1_310}
    found = offer("Hydrus 682", judged, most=2000, encoder="mobilenetv2", source="thumbnail")
    assert found.line == (
        "Hydrus 682 knows 812,004 archived and 1,310 in trash. Learn from 1,310 + 1,310 of them by thumbnail? about 50 s"
    )
    few = offer("Hydrus 682", {FileState.ARCHIVE: 9}, most=2000, encoder="hog", source="thumbnail")
    assert not few.enough
    assert "too little to learn from" in few.line


def test_a_hint_with_the_picture_of_a_decision_or_of_a_hint_on_the_other_side_is_left_out() -> None:
    def sample(name: str, label: str, origin: str = ORIGIN) -> Sample:
        return Sample(name, "", label, Path(), origin)

    samples = [
        sample("decided", "trash", "original"),
        sample("its echo", "archive"),
        sample("one side", "archive"),
        sample("other side", "trash"),
        sample("alone", "trash"),
        sample("not fetched", "trash"),
    ]
    kept, contents = without_echoes(samples, ["a", "a", "b", "b", "c", None])
    assert [one.identity for one in kept] == ["decided", "alone"]
    assert contents == ["a", "c"]


# In a training


def weights(hinted: NDArray[np.bool_], of_hints: float) -> NDArray[np.float32]:
    return np.where(hinted, of_hints, 1.0).astype(np.float32)


def test_a_head_is_judged_on_decisions_where_there_are_enough_and_hints_are_reported_apart() -> None:
    data = separable(n=200)
    hinted = np.arange(200) >= 100
    truth = data.truth.copy()
    truth[hinted] = np.random.default_rng(3).integers(0, 2, 100)
    bundle = train(
        replace(data, truth=truth, hinted=hinted, weights=weights(hinted, 0.1)), LINEAR, ENCODER, "file", Watcher()
    )
    assert bundle.metrics["measured_on"] == "decisions"
    assert bundle.metrics["n"] == 100
    assert bundle.metrics["macro_f1"] > 0.8 > bundle.metrics["hints"]["macro_f1"]
    assert sum(bundle.samples.values()) == 100
    assert sum(bundle.record["hints"].values()) == 100
    assert len(bundle.out_of_fold) == 200


def test_with_hints_alone_a_model_is_measured_on_them_and_says_so() -> None:
    data = replace(separable(), hinted=np.ones(120, bool))
    bundle = train(data, LINEAR, ENCODER, "file", Watcher())
    assert bundle.metrics["measured_on"] == "hints"
    assert bundle.metrics["macro_f1"] > 0.8
    assert sum(bundle.samples.values()) == 0


def test_hints_change_nothing_in_the_fingerprint_that_says_whether_a_training_is_due() -> None:
    data = separable(n=120)
    hinted = np.arange(120) >= 60
    part = replace(
        data,
        identities=list(data.identities)[:60],
        truth=data.truth[:60],
        vectors=data.vectors[:60],
        folds=data.folds[:60],
    )
    with_hints = train(replace(data, hinted=hinted), LINEAR, ENCODER, "file", Watcher())
    assert with_hints.fingerprint == train(part, LINEAR, ENCODER, "file", Watcher()).fingerprint


def test_contrary_hints_of_little_weight_do_not_turn_a_head_around() -> None:
    data = separable(n=300)
    hinted = np.arange(300) >= 100
    truth = np.where(hinted, 1 - data.truth, data.truth)
    light = train(
        replace(data, truth=truth, hinted=hinted, weights=weights(hinted, 0.05)), LINEAR, ENCODER, "file", Watcher()
    )
    heavy = train(
        replace(data, truth=truth, hinted=hinted, weights=weights(hinted, 1.0)), LINEAR, ENCODER, "file", Watcher()
    )
    decided = data.truth[:100]
    assert (light.predict(data.vectors[:100]).argmax(1) == decided).mean() > 0.8
    assert (heavy.predict(data.vectors[:100]).argmax(1) == decided).mean() < 0.5


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_class_weights_count_hints_by_their_weight(weight: float) -> None:
    truth = np.array([0, 0, 0, 1])
    rows = np.array([weight, weight, 1, 1], np.float32)
    found = class_weights(truth, 2, "auto", rows)
    assert found[0] * rows[:3].sum() == pytest.approx(found[1] * 1.0)
