"""MobileNetV2: real weights where a developer has them, its bookkeeping everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.features.encoders.keras_networks import KerasEncoder
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.memory import Steps

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT.parent / "shared" / "weights" / "mobilenet_v2_1.0_224_no_top.weights.h5"


class OutOfMemory(Exception):
    """Stands for TensorFlow's ResourceExhaustedError."""


def small_machine(fits: int) -> tuple[KerasEncoder, list[str], list[int]]:
    """An encoder whose network fails above so many pictures a step; (encoder, warnings, sizes of the steps that worked)."""
    warnings: list[str] = []
    steps: list[int] = []

    def forward(batch: NDArray[np.uint8]) -> Any:
        if len(batch) > fits:
            raise OutOfMemory
        steps.append(len(batch))
        rows = np.zeros((len(batch), 1280), np.float32)
        rows[:, 0] = batch[:, 0, 0, 0]
        return SimpleNamespace(numpy=lambda: rows)

    encoder = KerasEncoder.__new__(KerasEncoder)
    encoder._version = MOBILENETV2.version("0" * 64)
    encoder._steps = Steps(16, warnings.append, (OutOfMemory,))
    encoder._tf = SimpleNamespace(constant=lambda batch: batch)
    encoder._forward = forward
    return encoder, warnings, steps


def numbered(count: int) -> NDArray[np.uint8]:
    pixels = np.zeros((count, 224, 224, 3), np.uint8)
    pixels[:, 0, 0, 0] = np.arange(count)
    return pixels


def test_steps_are_halved_with_a_visible_warning_when_memory_is_short() -> None:
    encoder, warnings, steps = small_machine(fits=5)
    rows = encoder.encode(numbered(30))
    np.testing.assert_array_equal(rows[:, 0], np.arange(30))
    assert steps[0] == 4
    assert len(warnings) == 2
    assert "4 pictures" in warnings[-1]
    encoder.encode(numbered(10))
    assert len(warnings) == 2


def test_too_little_memory_for_one_picture_is_an_error_with_the_way_out() -> None:
    encoder, _, _ = small_machine(fits=0)
    with pytest.raises(ModelError, match="not enough memory") as caught:
        encoder.encode(numbered(2))
    assert "small encoder" in caught.value.fix


PROGRAM = """
import sys, numpy as np
from pathlib import Path
from hyai_tui.errors import ModelError
from hyai_tui.features.encoders.keras_networks import KerasEncoder
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.memory import Steps
wrong = Path(sys.argv[2])
try:
    KerasEncoder(MOBILENETV2, wrong, 16, print)
except ModelError as error:
    assert "does not hold" in error.what, error
else:
    raise SystemExit("random or foreign weights were accepted")
encoder = KerasEncoder(MOBILENETV2, Path(sys.argv[1]), 16, print)
pixels = np.random.default_rng(0).integers(0, 256, (18, 224, 224, 3), dtype=np.uint8)
rows = encoder.encode(pixels)
assert rows.shape == (18, 1280) and rows.dtype == np.float32 and encoder.version.dimension == 1280
alone = encoder.encode(pixels[17:])
assert np.abs(rows[17] - alone[0]).max() < 1e-3, np.abs(rows[17] - alone[0]).max()
assert np.abs(rows[0] - rows[1]).max() > 0.01
"""


@pytest.mark.heavy
@pytest.mark.shared
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="development weights are not here")
def test_real_weights_encode_and_foreign_ones_are_refused_without_a_word_on_the_terminal(tmp_path: Path) -> None:
    import h5py

    wrong = tmp_path / "wrong.h5"
    with h5py.File(wrong, "w") as file:
        file["numbers"] = np.zeros(500_000, np.float32)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(WEIGHTS), str(wrong)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


BUILDING = """
import keras
from hyai_tui.features.encoder import INPUT_SIZE
from hyai_tui.features.encoders.networks import NETWORKS
for network in NETWORKS.values():
    build = getattr(keras.applications, network.title)
    model = build(weights=None, include_top=False, pooling="avg", input_shape=(INPUT_SIZE, INPUT_SIZE, 3))
    assert model.output_shape == (None, network.dimension), (network.name, model.output_shape)
    print(network.name)
"""


@pytest.mark.heavy
@pytest.mark.shared
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="development weights are not here")
def test_each_backbone_builds_without_weights_and_gives_vectors_of_its_length() -> None:
    command = [sys.executable, "-c", BUILDING]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["mobilenetv2", "efficientnetb0", "resnet50"]
