"""Networks by LiteRT (extra `litert`): the same numbers as TensorFlow's in fp32, faster on a processor, and there in a second.

The network is made from TensorFlow's own graph, once (`jobs/runtimes.py`). Heavy: only jobs import this.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.features.encoder import INPUT_SIZE, EncoderVersion, check_pixels
from hyai_tui.features.memory import Steps
from hyai_tui.installing import how_to_add


class LiteRtEncoder:
    """Forward passes in fp32 by LiteRT on the processor.

    Args:
        version: of the network's vectors.
        file: the network.
        batch_size: pictures a step; halved, with a warning, when memory does not suffice.
        warn: shows a sentence to the user.

    Raises:
        ModelError: LiteRT is not installed, or cannot read the file.
    """

    def __init__(self, version: EncoderVersion, file: Path, batch_size: int, warn: Callable[[str], None]) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ModelError("LiteRT is not installed", how_to_add("hyai-tui[litert]")) from error
        self._version = version
        self._steps = Steps(batch_size, warn)
        try:
            self._interpreter = Interpreter(model_path=str(file), num_threads=os.cpu_count())
            self._input = int(self._interpreter.get_input_details()[0]["index"])
            self._output = int(self._interpreter.get_output_details()[0]["index"])
        except (ValueError, RuntimeError, IndexError) as error:
            raise ModelError(f"LiteRT cannot read {file}", "'hyai doctor --runtimes' makes it again") from error
        self._rows = 0

    @property
    def version(self) -> EncoderVersion:
        """What the vectors may be compared with."""
        return self._version

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[n, version.dimension] for uint8[n, 224, 224, 3].

        Raises:
            ModelError: if not even one picture fits into memory.
        """
        check_pixels(pixels)
        return self._steps.run(pixels, self._version.dimension, self._forward)

    def _forward(self, step: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(step) != self._rows:
            self._interpreter.resize_tensor_input(self._input, [len(step), INPUT_SIZE, INPUT_SIZE, 3])
            self._interpreter.allocate_tensors()
            self._rows = len(step)
        self._interpreter.set_tensor(self._input, step)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output), np.float32)
