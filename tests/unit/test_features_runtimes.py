"""Which runtime encodes: only what was measured here, with the same vectors, and only the network that was measured."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, NotNow, WrongUse
from hyai_tui.features import runtimes
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders import loading
from hyai_tui.features.encoders.litert import LiteRtEncoder
from hyai_tui.features.encoders.networks import MOBILENETV2
from hyai_tui.features.runtimes import LITERT, TENSORFLOW, Measured
from hyai_tui.jobs import runtimes as job
from hyai_tui.jobs.context import JobContext

WEIGHTS = b"\x89HDF\r\n\x1a\n" + b"w" * 2_000_000
NETWORK = b"a network"


class Interpreter:
    """Stands in for LiteRT's: the first number of a vector is the first number of its picture."""

    def __init__(self, model_path: str, num_threads: int | None) -> None:
        if Path(model_path).read_bytes() != NETWORK:
            raise ValueError("not a network")
        self.rows: list[int] = []

    def get_input_details(self) -> list[dict[str, int]]:
        return [{"index": 0}]

    def get_output_details(self) -> list[dict[str, int]]:
        return [{"index": 1}]

    def resize_tensor_input(self, _index: int, shape: list[int]) -> None:
        self.rows.append(shape[0])

    def allocate_tensors(self) -> None: ...

    def set_tensor(self, _index: int, pixels: NDArray[np.uint8]) -> None:
        assert len(pixels) == self.rows[-1]
        self.vectors = np.zeros((len(pixels), 1280), np.float32)
        self.vectors[:, 0] = pixels[:, 0, 0, 0]

    def invoke(self) -> None: ...

    def get_tensor(self, _index: int) -> NDArray[np.float32]:
        return self.vectors


@pytest.fixture(autouse=True)
def _litert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = ModuleType("ai_edge_litert"), ModuleType("ai_edge_litert.interpreter")
    module.Interpreter = Interpreter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ai_edge_litert", package)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    monkeypatch.setattr(runtimes, "is_installed", lambda: True)
    monkeypatch.setattr(runtimes, "networks_directory", lambda: tmp_path / "networks")
    monkeypatch.setattr(loading, "_kept", loading._Kept())


@pytest.fixture
def choice(tmp_path: Path) -> EncoderChoice:
    weights = tmp_path / "weights.h5"
    weights.write_bytes(WEIGHTS)
    return EncoderChoice("mobilenetv2", weights, "", MOBILENETV2.version(hashlib.sha256(WEIGHTS).hexdigest()))


def found(ratio: float = 1.4, difference: float = 2e-5, sha256: str = hashlib.sha256(NETWORK).hexdigest()) -> Measured:
    return Measured(100.0, 100.0 * ratio, difference, 64, sha256)


def put(choice: EncoderChoice, measured: Measured, content: bytes = NETWORK) -> None:
    runtimes.keep(choice.version, measured)
    runtimes.network_file(choice.version).write_bytes(content)


def test_the_faster_runtime_is_used_only_where_its_vectors_are_the_same() -> None:
    assert found().runtime == LITERT
    assert found(difference=1e-3).runtime == LITERT
    assert found(difference=1.1e-3).runtime == TENSORFLOW
    assert found(ratio=1.04).runtime == TENSORFLOW
    assert found(ratio=float("inf"), difference=float("nan")).runtime == TENSORFLOW
    assert found().line == "litert (LiteRT 1.40 × TensorFlow, vectors differ by 2.0e-05 at most on 64 pictures)"


def test_pictures_are_encoded_by_what_was_measured(choice: EncoderChoice) -> None:
    put(choice, found())
    encoder = loading.load(choice, batch_size=4)
    assert isinstance(encoder, LiteRtEncoder)
    assert encoder.version == choice.version
    pixels = np.zeros((10, 224, 224, 3), np.uint8)
    pixels[:, 0, 0, 0] = np.arange(10)
    assert encoder.encode(pixels)[:, 0].tolist() == list(range(10))
    # Room is made anew only where a step has another size: 4, 4, then the last 2.
    assert encoder._interpreter.rows == [4, 2]
    with pytest.raises(ValueError, match="uint8"):
        encoder.encode(pixels.astype(np.float32))


@pytest.mark.parametrize(
    ("measured", "content"),
    [(found(), b"another network"), (found(ratio=0.9), NETWORK), (found(difference=0.5), NETWORK)],
)
def test_a_network_that_was_not_measured_or_is_no_better_is_never_used(
    choice: EncoderChoice, measured: Measured, content: bytes
) -> None:
    put(choice, measured, content)
    assert runtimes.litert_file(choice.version) is None


def test_nothing_measured_a_damaged_record_and_a_missing_package_mean_tensorflow(
    choice: EncoderChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtimes.measured(choice.version) is None
    put(choice, found())
    assert runtimes.litert_file(choice.version) is not None
    monkeypatch.setattr(runtimes, "is_installed", lambda: False)
    assert runtimes.litert_file(choice.version) is None
    runtimes.network_file(choice.version).with_suffix(".json").write_text("{}")
    assert runtimes.measured(choice.version) is None


def test_a_file_that_litert_cannot_read_says_how_it_is_made_again(choice: EncoderChoice, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tflite"
    wrong.write_bytes(b"?")
    with pytest.raises(ModelError, match="cannot read") as raised:
        LiteRtEncoder(choice.version, wrong, 16, lambda text: None)
    assert "--runtimes" in raised.value.fix


class Keras:
    """Stands in for the network in TensorFlow; each vector is a little off."""

    off = 1e-4

    def __init__(self, *_arguments: object) -> None: ...

    def for_litert(self) -> bytes:
        return NETWORK

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        rows = np.zeros((len(pixels), 1280), np.float32)
        rows[:, 0] = pixels[:, 0, 0, 0] + self.off
        return rows


def test_measuring_makes_the_network_compares_vectors_and_is_kept(
    choice: EncoderChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "KerasEncoder", Keras)
    took = iter([0.4, 0.2, 0.3, 0.3, 0.5, 0.9, 0.6, 0.9, 0.7, 0.9])
    monkeypatch.setattr(job, "_seconds", lambda _encoder, _pixels: next(took))
    monkeypatch.setattr(job, "choose", lambda _workspace: choice)
    monkeypatch.setattr(job, "_pictures", lambda _workspace: np.zeros((12, 224, 224, 3), np.uint8))
    result = job.run(JobContext(workspace=None))  # type: ignore[arg-type]
    # The best time of each counts.
    assert (result["tensorflow"], result["litert"], result["ratio"]) == (40, 60, 1.5)
    assert (result["runtime"], result["pictures"]) == (LITERT, 12)
    assert result["difference"] == pytest.approx(1e-4)
    assert isinstance(loading.load(choice), LiteRtEncoder)


def _not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "is_installed", lambda: False)


def _hog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "choose", lambda _workspace: EncoderChoice("hog", None, "", MOBILENETV2.version("0" * 64)))


@pytest.mark.parametrize(("make", "said"), [(_not_installed, "not installed"), (_hog, "has one runtime")])
def test_what_cannot_be_measured_says_why(
    make: Callable[[pytest.MonkeyPatch], None], said: str, choice: EncoderChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "choose", lambda _workspace: choice)
    make(monkeypatch)
    with pytest.raises(WrongUse, match=said):
        job.run(JobContext(workspace=None))  # type: ignore[arg-type]


def test_too_few_pictures_to_compare_on_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.jobs_fixtures import make_workspace

    made = make_workspace(tmp_path, monkeypatch, '[library]\npath = "pictures"\n')
    (made.root / "pictures").mkdir()
    with pytest.raises(NotNow, match="too few pictures"):
        job._pictures(made)
