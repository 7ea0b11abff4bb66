"""What a build or a training will take, told as soon as its first pictures have shown their pace."""

from __future__ import annotations

from hyai_tui.features import pace
from hyai_tui.features.build import Foretold
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.pace import Pace
from hyai_tui.learning.fit.learner import COMPONENTS
from hyai_tui.settings import TrainSettings
from hyai_tui.text import count
from hyai_tui.workspace import Workspace

# Of a pace that a training measured, so much is there before the first sample.
_START = 0.8
# Kept of each training of an mlp: the variables of each network and two moments of each, as float32.
_STATE_BYTES = 12
_LANDMARKS = 2048


def to_encode(version: EncoderVersion, began: float) -> Foretold:
    """Return what says what encoding some pictures takes, asked for at `began`; nothing where there are none."""

    def said(pictures: int, left: float, _each: float) -> str:
        if not pictures:
            return ""
        size = pace.vector_bytes(pictures, version.dimension)
        return pace.sentence(began, left, size, f"{count(pictures, 'picture')} to encode")

    return said


def to_train(workspace: Workspace, version: EncoderVersion, samples: int, began: float) -> Foretold:
    """Return what says what training on so many samples takes when some pictures are to be encoded first."""
    settings = workspace.settings.train
    training = pace.known(workspace, f"train {settings.head}")
    copies = samples * settings.copies if settings.augment != "none" else 0

    def said(pictures: int, left: float, each: float) -> str:
        encoding = left + copies * (each or pace.known(workspace, f"encode {version.name}").each)
        seconds = encoding + training.seconds(samples + copies, pace.slowness())
        size = pace.vector_bytes(pictures + copies, version.dimension)
        size += _model_bytes(settings, version.dimension, samples)
        what = f"{count(samples, 'sample')} to train on, {count(pictures + copies, 'picture')} to encode first"
        return pace.sentence(began, seconds, size, what)

    return said


def note_training(workspace: Workspace, seconds: float, samples: int) -> None:
    """Remember how long a training took that has just ended, and how slow the machine is."""
    if samples >= pace.LEAST_ITEMS:
        slowness = pace.slowness()
        start = min(_START * slowness, seconds)
        pace.note(
            workspace, f"train {workspace.settings.train.head}", Pace(start, (seconds - start) / samples, slowness)
        )


def _model_bytes(settings: TrainSettings, dimension: int, samples: int) -> int:
    """Return what a model and the end of its training take on disk, about."""
    if settings.head == "linear":
        return 20 * dimension + 150 * samples
    layers = 4 * dimension * settings.hidden
    kernel = 2 * dimension * min(samples, _LANDMARKS) if settings.kernel else 0
    state = _STATE_BYTES * (settings.folds + 1) * min(dimension, COMPONENTS) * settings.hidden
    return layers + kernel + state + 150 * samples
