"""Which runtime computes a network's forward pass on this machine: TensorFlow, or LiteRT where it was measured to be faster.

Both compute in fp32 and give the same vectors, so the encoder version is the same. What was measured is kept in the user's own
cache directory with the network as LiteRT reads it: a workspace, which may come from a stranger, can name neither. Light.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.locations import networks_directory

TENSORFLOW: Final = "tensorflow"
LITERT: Final = "litert"
# Largest difference of any number of a vector at which two runtimes give the same vectors.
PARITY: Final = 1e-3
# A gain under this is not worth another runtime.
WORTH: Final = 1.05


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a network's runtimes on this machine.

    Attributes:
        tensorflow: pictures a second.
        litert: likewise.
        difference: largest difference of any number of a vector.
        pictures: how many real pictures were compared.
        sha256: of the network as LiteRT reads it.
    """

    tensorflow: float
    litert: float
    difference: float
    pictures: int
    sha256: str

    @property
    def ratio(self) -> float:
        """How many times as fast LiteRT is."""
        return self.litert / self.tensorflow if self.tensorflow > 0 else 0.0

    @property
    def runtime(self) -> str:
        """The runtime to use."""
        return LITERT if self.difference <= PARITY and self.ratio >= WORTH else TENSORFLOW

    @property
    def line(self) -> str:
        """What was found, for people."""
        said = f"LiteRT {self.ratio:.2f} × TensorFlow, vectors differ by {self.difference:.1e} at most"
        return f"{self.runtime} ({said} on {self.pictures} pictures)"


def network_file(version: EncoderVersion) -> Path:
    """Return where the network is, as LiteRT reads it."""
    return networks_directory() / f"{version.id}.tflite"


def is_installed() -> bool:
    """Return whether the extra `litert` is there; nothing is imported."""
    return find_spec("ai_edge_litert") is not None


def keep(version: EncoderVersion, measured: Measured) -> None:
    """Write down what was measured."""
    path = _record(version)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps(asdict(measured)) + "\n", "utf-8")
    new.replace(path)


def measured(version: EncoderVersion) -> Measured | None:
    """Return what was measured; None where nothing was, or where the record is damaged."""
    try:
        fields = json.loads(_record(version).read_text("utf-8"))
        return Measured(
            float(fields["tensorflow"]),
            float(fields["litert"]),
            float(fields["difference"]),
            int(fields["pictures"]),
            str(fields["sha256"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def litert_file(version: EncoderVersion) -> Path | None:
    """Return the network for LiteRT where that is the runtime to use here; None for TensorFlow.

    A file that is not the one that was measured is never used.
    """
    found = measured(version)
    if found is None or found.runtime != LITERT or not is_installed():
        return None
    path = network_file(version)
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == found.sha256
    except OSError:
        return None
    return path if same else None


def _record(version: EncoderVersion) -> Path:
    return network_file(version).with_suffix(".json")
