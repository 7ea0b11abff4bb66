"""Changed copies of samples: the same each time, learned from with their originals' folds, never judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.features.augment import PRESETS, changed, key
from hyai_tui.features.copies import copies_directory
from hyai_tui.jobs import evaluate, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.fit.data import TrainingData
from hyai_tui.learning.fit.out_of_fold import HeldOut, Part, Trained, cross_fit
from hyai_tui.learning.fit.run import train as fit
from hyai_tui.learning.runs import read_samples as read_run
from hyai_tui.settings import TrainSettings
from hyai_tui.workspace import Workspace
from tests.unit.learning_fixtures import ENCODER, Watcher, separable, sha, small_bundle
from tests.unit.training_fixtures import Listener, _runtime, current, run, workspace

__all__ = ["_runtime", "workspace"]


@pytest.mark.parametrize("preset", PRESETS[1:])
def test_a_copy_is_the_same_each_time_and_another_than_its_original(preset: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    copies = [changed(pixels, preset, sha(1), number) for number in range(3)]
    again = changed(pixels, preset, sha(1), 1)
    assert {one.shape for one in copies} == {(224, 224, 3)}
    np.testing.assert_array_equal(copies[1], again)
    assert not any((one == pixels).all() for one in copies)
    assert not (copies[0] == copies[1]).all()
    assert len({key(sha(one), preset, number) for one in (1, 2) for number in range(3)}) == 6


def test_quarter_turns_keep_every_pixel_and_small_moves_keep_the_middle() -> None:
    ramp = np.repeat(np.linspace(0, 255, 224).astype(np.uint8)[None, :, None], 224, axis=0).repeat(3, axis=2)
    turned = changed(ramp, "flip-rotate", sha(1), 0)
    np.testing.assert_array_equal(np.sort(turned, axis=None), np.sort(ramp, axis=None))
    flat = np.zeros((224, 224, 3), np.uint8)
    flat[62:162, 62:162] = 200
    for number in range(6):
        moved = changed(flat, "no-flip", sha(2), number)
        assert moved[92:132, 92:132].min() > 100
        assert moved[:20, :20].max() < 40
    # Without a flip the dark side stays on the left.
    sides = [changed(ramp, "no-flip", sha(3), number) for number in range(6)]
    assert all(one[:, :60].mean() < one[:, -60:].mean() for one in sides)


@dataclass
class Spy:
    """Remembers what each head would be trained and judged on."""

    parts: list[Part] = field(default_factory=list)

    def train(self, parts: Sequence[Part], everything: Part) -> Trained:
        """Train nothing."""
        self.parts = [*parts, everything]
        held = [HeldOut(np.zeros((1, len(part.held), 1), np.float32), np.zeros(1)) for part in parts]
        return Trained(held, small_bundle().head, "", finished=True, history=[{}])

    def about_step(self, step: int) -> dict[str, Any]:
        """Know nothing of steps."""
        return {}


def with_lies(data: TrainingData) -> TrainingData:
    """Return the data with a copy of each sample under the wrong label, which any measure on copies would show."""
    return replace(
        data,
        identities=[*data.identities, *data.identities],
        truth=np.concatenate([data.truth, 1 - data.truth]),
        vectors=np.concatenate([data.vectors, data.vectors]),
        folds=np.concatenate([data.folds, data.folds]),
        copies=np.arange(2 * len(data.truth)) >= len(data.truth),
    )


def test_copies_are_held_back_with_their_originals_and_never_held_out() -> None:
    data, spy = with_lies(separable()), Spy()
    crossed = cross_fit(spy, data, 1)
    samples = len(data.truth) // 2
    assert crossed.rows.tolist() == list(range(samples))
    *parts, everything = spy.parts
    assert len(parts) == 5
    for part in parts:
        assert part.held.max() < samples
        assert set(part.train.tolist()) == set(range(2 * samples)) - {
            row + copy for row in part.held.tolist() for copy in (0, samples)
        }
    assert everything.train.tolist() == list(range(2 * samples))


def test_nothing_is_counted_or_measured_on_copies() -> None:
    data = separable()
    settings = TrainSettings(hidden=16, epochs=3)
    plain, lied_to = (fit(one, settings, ENCODER, "file", Watcher()) for one in (data, with_lies(data)))
    assert (lied_to.metrics["n"], lied_to.samples, lied_to.fingerprint) == (120, plain.samples, plain.fingerprint)
    assert sorted(lied_to.out_of_fold) == sorted(plain.out_of_fold)


def _measured(bundle: Bundle) -> str:
    return json.dumps(dict(bundle.metrics), sort_keys=True)


def test_a_training_with_copies_is_recorded_repeated_and_measured_to_the_last_bit(workspace: Workspace) -> None:
    report = Listener()
    options = {"augment": "no-flip", "copies": 2}
    made = train.run(JobContext(workspace, options, report))
    assert "2 changed copies (no-flip) of 16 samples" in report.logs
    assert made["samples"] == {"archive": 8, "trash": 8}
    first, samples = _measured(current(workspace)), read_run(workspace.runs_directory, made["run"])
    assert len(samples.identities) == 16
    evaluated = [run(evaluate.run, workspace) for _ in range(2)]
    assert evaluated[0] == evaluated[1]
    again = Listener()
    train.run(JobContext(workspace, options, again))
    # They were made once, and the same samples give the same numbers.
    assert "augment" in report.stages
    assert "augment" not in again.stages
    assert _measured(current(workspace)) == first
    repeated = run(train.run, workspace, repeat=made["run"])
    assert repeated["repeated"]["same"] is True
    record = json.loads((workspace.runs_directory / "0001" / "run.json").read_text())
    assert (record["settings"]["augment"], record["settings"]["copies"]) == ("no-flip", 2)
    assert "no-flip" in record["augmentation"]
    assert _stores(workspace) == _stores(workspace, copies_directory(workspace))


def _stores(workspace: Workspace, directory: Path | None = None) -> list[str]:
    """Return the names of the encoder versions that have a store."""
    return sorted(one.parent.name for one in (directory or workspace.features_directory).glob("*/index.db"))
