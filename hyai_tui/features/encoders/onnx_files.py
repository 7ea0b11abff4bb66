"""ONNX files as encoders, such as JoyTag's, by ONNX Runtime (the optional extra `onnx`).

Beside `model.onnx` stands `model.toml`, which says what the file itself does not:

    dimension = 768             # numbers in a vector
    output = "embedding"        # the output that holds it; the first one without
    size = 448                  # pixels a side; default 224
    fit = "pad"                 # or "stretch" (default)
    filter = "bicubic"          # or "bilinear" (default)
    mean = [0.481, 0.458, 0.408]  # taken off pixels 0..1, and divided by
    std = [0.269, 0.261, 0.276]   # default: 0 and 1
    layout = "nchw"             # or "nhwc"

An output of more than two dimensions is averaged over those in between. A table `[tags]` makes its tags readable too, see
`onnx_tags.py`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, SettingsError
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.encoders.onnx_tags import TagOutput, tag_output
from hyai_tui.features.memory import Steps, pictures_a_step
from hyai_tui.features.recipe import FILTERS, FITS, Recipe
from hyai_tui.installing import how_to_add
from hyai_tui.pictures.decode import PREPROCESSING

_LAYOUTS: Final = ("nchw", "nhwc")


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """An ONNX file and what is written beside it; the fields are those of the module's example, `about` the text of those."""

    path: Path
    about: str
    dimension: int
    output: str | None
    recipe: Recipe
    mean: tuple[float, ...]
    std: tuple[float, ...]
    layout: str
    tags: TagOutput | None = None


class OnnxPlugin:
    """The encoder plug-in `onnx`; option `file` names the ONNX file."""

    def version(self, options: Mapping[str, Any]) -> EncoderVersion:
        """Return what the vectors may be compared with: it changes with the file and with what is written beside it."""
        file = described(options)
        try:
            with file.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256")
        except OSError as error:
            raise ModelError(
                f"The ONNX file {file.path} cannot be read: {error.strerror}", "Mend [encoders.onnx] file"
            ) from error
        digest.update(file.about.encode("utf-8"))
        preprocessing = f"{PREPROCESSING}{file.recipe.id}+onnx"
        return EncoderVersion("onnx", digest.hexdigest(), preprocessing, "fp32", file.dimension)

    def recipe(self, options: Mapping[str, Any]) -> Recipe:
        """Return how pictures become its pixels."""
        return described(options).recipe

    def tags(
        self, options: Mapping[str, Any], pixels: NDArray[np.uint8], warn: Callable[[str], None]
    ) -> list[list[tuple[str, float]]]:
        """Return the tags that the network names on pictures uint8[n, size, size, 3].

        Raises:
            SettingsError: the description says nothing of tags.
            ModelError: as `OnnxEncoder`, or the output is another.
        """
        file = described(options)
        if file.tags is None:
            raise SettingsError(
                f"{beside(file.path)} does not say where its tags are",
                'Write [tags] with output = "…" and names = "….txt"',
            )
        return OnnxEncoder(file, self.version(options), pictures_a_step(0), warn).tags(pixels, file.tags)

    def load(self, options: Mapping[str, Any], batch_size: int, warn: Callable[[str], None]) -> OnnxEncoder:
        """Return the encoder, ready to encode."""
        return OnnxEncoder(described(options), self.version(options), batch_size, warn)


class OnnxEncoder:
    """Forward passes by ONNX Runtime on the processor, in fp32.

    Args:
        file: what to run.
        version: of its vectors.
        batch_size: pictures a step.
        warn: shows a sentence to the user.

    Raises:
        ModelError: ONNX Runtime is not installed, or cannot read the file.
    """

    def __init__(self, file: OnnxFile, version: EncoderVersion, batch_size: int, warn: Callable[[str], None]) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError("ONNX Runtime is not installed", how_to_add("hyai-tui[onnx]")) from error
        self._file = file
        self._version = version
        self._steps = Steps(batch_size, warn)
        # Everything that the runtime raises is a direct child of Exception with a message of many lines.
        self._errors: tuple[type[BaseException], ...] = (RuntimeError, ValueError, *_runtime_errors(onnxruntime))
        try:
            self._session = onnxruntime.InferenceSession(str(file.path), providers=["CPUExecutionProvider"])
        except self._errors as error:
            raise ModelError(f"ONNX Runtime cannot read {file.path}", "Check that it is an ONNX file") from error
        self._input = self._session.get_inputs()[0].name
        self._scale = np.array(255 * np.array(file.std), np.float32)
        self._offset = np.array(np.array(file.mean) / np.array(file.std), np.float32)

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return self._version

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, dimension] for uint8[n, size, size, 3].

        Raises:
            ModelError: the file does not take such pixels, or gives something else than it should.
        """
        return self._steps.run(pixels, self._file.dimension, self._forward)

    def tags(self, pixels: NDArray[np.uint8], about: TagOutput) -> list[list[tuple[str, float]]]:
        """Return for each picture its tags with their chances. Raises ModelError as `encode` does."""
        return about.named(self._steps.run(pixels, len(about.names), lambda step: self._run(step, about.output)))

    def _forward(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        vectors = self._run(pixels, self._file.output)
        if vectors.ndim > 2:
            vectors = vectors.mean(axis=tuple(range(1, vectors.ndim - 1)))
        if vectors.shape != (len(pixels), self._file.dimension):
            raise ModelError(
                f"{self._file.path} gives vectors of shape {vectors.shape}, not ({len(pixels)}, {self._file.dimension})",
                f"Check dimension and output in {beside(self._file.path)}",
            )
        return vectors

    def _run(self, pixels: NDArray[np.uint8], output: str | None) -> NDArray[np.float32]:
        """Return an output of the network, the first one for None."""
        values = pixels.astype(np.float32) / self._scale - self._offset
        if self._file.layout == "nchw":
            values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
        try:
            found = self._session.run([output] if output else None, {self._input: values})[0]
        except self._errors as error:
            raise ModelError(
                f"{self._file.path} does not take pictures of {self._file.recipe.size} pixels a side",
                f"Check size, layout and output in {beside(self._file.path)}",
            ) from error
        return np.asarray(found, np.float32)


def beside(path: Path) -> Path:
    """Return the description that belongs to an ONNX file."""
    return path.with_suffix(".toml")


def described(options: Mapping[str, Any]) -> OnnxFile:
    """Return the ONNX file that the options name, with its description.

    Raises:
        SettingsError: there is no file named, no description, or a wrong value in it.
    """
    name = options.get("file")
    if not isinstance(name, str):
        raise SettingsError(
            "No ONNX file is named", 'Write file = "…" below [encoders.onnx] in the user\'s config.toml'
        )
    path = Path(name).expanduser()
    about = beside(path)
    try:
        fields = tomllib.loads(about.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"There is no {about}, which says how {path.name} is used", "Write it") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{about} cannot be read: {error}", "Mend it") from error
    recipe = Recipe(
        _whole(about, fields, "size", 224), _word(about, fields, "fit", FITS), _word(about, fields, "filter", FILTERS)
    )
    output = fields.get("output")
    return OnnxFile(
        path,
        # What changes a vector, and nothing else: tags and comments do not.
        json.dumps({key: value for key, value in fields.items() if key != "tags"}, sort_keys=True, default=str),
        _whole(about, fields, "dimension", None),
        None if output is None else str(output),
        recipe,
        _three(about, fields, "mean", 0.0),
        _three(about, fields, "std", 1.0),
        _word(about, fields, "layout", _LAYOUTS),
        tag_output(about, fields),
    )


def _whole(about: Path, fields: Mapping[str, Any], key: str, default: int | None) -> int:
    found = fields.get(key, default)
    if not isinstance(found, int) or not 1 <= found <= 65_536:
        raise SettingsError(f"{about}: {key} is a whole number from 1 to 65,536, not {found!r}", "Mend it")
    return found


def _word(about: Path, fields: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
    found = fields.get(key, words[0])
    if found not in words:
        raise SettingsError(f"{about}: {key} is one of {', '.join(words)}, not {found!r}", "Mend it")
    return str(found)


def _three(about: Path, fields: Mapping[str, Any], key: str, default: float) -> tuple[float, ...]:
    found = fields.get(key, [default] * 3)
    if (
        not isinstance(found, list)
        or len(found) != 3
        or not all(isinstance(one, int | float) for one in found)
        or (key == "std" and not all(one > 0 for one in found))
    ):
        raise SettingsError(f"{about}: {key} is three numbers, for red, green and blue", "Mend it")
    return tuple(float(one) for one in found)


def _runtime_errors(runtime: Any) -> tuple[type[BaseException], ...]:
    """Return the runtime's own exceptions; they have no common base but Exception."""
    state = runtime.capi.onnxruntime_pybind11_state
    found = (
        getattr(state, name, None)
        for name in ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile")
    )
    return tuple(one for one in found if one is not None)
