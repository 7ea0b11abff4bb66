"""The job that measures which runtime encodes faster here, with the same vectors, on pictures of the library.

Each runtime encodes the same pictures in turn, several times over; the best time of each counts, because what else the
machine does only ever makes a time longer.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import LibraryError, NotNow, PictureError, WrongUse
from hyai_tui.features import runtimes
from hyai_tui.features.choosing import EncoderChoice, choose
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.encoders.keras_networks import KerasEncoder
from hyai_tui.features.encoders.litert import LiteRtEncoder
from hyai_tui.features.encoders.networks import NETWORKS
from hyai_tui.installing import how_to_add
from hyai_tui.jobs.context import JobContext
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.workspace import Workspace

KIND = "runtimes"
COMPUTE = True

PICTURES = 64
LEAST = 8
_ROUNDS = 5
_BATCH = 16


def run(context: JobContext) -> dict[str, Any]:
    """Measure, and keep what was found for all encoding on this machine.

    Returns:
        `runtime` (the one that is used from now on), `tensorflow` and `litert` (pictures a second), `ratio`,
        `difference`, `pictures`.

    Raises:
        WrongUse: LiteRT is not installed, or the encoder is no network.
        NotNow: the library has too few pictures.
    """
    choice = choose(context.workspace)
    if not runtimes.is_installed():
        raise WrongUse("There is one runtime: LiteRT is not installed", how_to_add("hyai-tui[litert]"))
    if choice.weights_path is None or choice.plugin is not None or choice.name not in NETWORKS:
        raise WrongUse(f"The encoder {choice.name} has one runtime", "Runtimes are for MobileNetV2 and other networks")
    context.report.stage("pictures", "reading pictures of the library")
    pixels = _pictures(context.workspace)
    context.report.stage("network", "loading the network, and making it anew for LiteRT")
    found = measure(choice, pixels, context)
    runtimes.keep(choice.version, found)
    context.report.log(found.line)
    return {
        "runtime": found.runtime,
        "tensorflow": round(found.tensorflow, 2),
        "litert": round(found.litert, 2),
        "ratio": round(found.ratio, 3),
        "difference": found.difference,
        "pictures": found.pictures,
    }


def measure(choice: EncoderChoice, pixels: NDArray[np.uint8], context: JobContext) -> runtimes.Measured:
    """Make the network for LiteRT, and compare both runtimes on uint8[n, 224, 224, 3]."""
    assert choice.weights_path is not None
    keras = KerasEncoder(NETWORKS[choice.name], choice.weights_path, _BATCH, context.report.warning)
    content = keras.for_litert()
    path = runtimes.network_file(choice.version)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
    litert = LiteRtEncoder(choice.version, path, _BATCH, context.report.warning)
    context.report.stage("measure", "encoding the same pictures with both")
    difference = float(np.abs(keras.encode(pixels) - litert.encode(pixels)).max())
    best = {"keras": float("inf"), "litert": float("inf")}
    for round_ in range(_ROUNDS):
        context.check()
        context.report.progress(round_, _ROUNDS, "rounds")
        for name, encoder in (("keras", keras), ("litert", litert)):
            best[name] = min(best[name], _seconds(encoder, pixels))
    amount = len(pixels)
    sha256 = hashlib.sha256(content).hexdigest()
    return runtimes.Measured(amount / best["keras"], amount / best["litert"], difference, amount, sha256)


def _seconds(encoder: Encoder, pixels: NDArray[np.uint8]) -> float:
    began = time.perf_counter()
    encoder.encode(pixels)
    return time.perf_counter() - began


def _pictures(workspace: Workspace) -> NDArray[np.uint8]:
    """Return uint8[n, 224, 224, 3] of pictures spread over the library; those that cannot be read are left out."""
    found: list[NDArray[np.uint8]] = []
    with workspace.open_catalog() as catalog:
        files = [file.sha256 for file in catalog.files() if not file.motion]
    library = workspace.open_library()
    try:
        step = max(1, len(files) // (2 * PICTURES))
        for start in range(0, len(files), step):
            asked = files[start]
            if len(found) >= PICTURES:
                break
            try:
                if library.lookup([asked]):
                    found.append(encoder_pixels(library.path(asked) or library.read(asked)))
            except (PictureError, LibraryError):
                # Some pictures of every library are damaged; the others tell the same.
                continue
    finally:
        library.close()
    if len(found) < LEAST:
        raise NotNow("The library has too few pictures to compare runtimes on", "Run 'hyai scan' first")
    return np.stack(found)
