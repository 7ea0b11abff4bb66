"""Which encoder a workspace uses: by its settings, what is on this machine, and what was recorded at the first build.

Light: no TensorFlow here, so that commands and the app can say which encoder is in use and which vectors count. What was
recorded stands until `hyai config set features.encoder` names another: weights that appear or vanish must not silently turn
every vector and model stale.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hyai_tui.errors import ModelError
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.encoders import hog
from hyai_tui.features.store import store_directory
from hyai_tui.features.weights import IMAGENET, check_weights, imagenet_path, weights_path
from hyai_tui.pictures.decode import PREPROCESSING
from hyai_tui.workspace import Workspace

RECORD_FILE: Final = "encoder.json"
MOBILENETV2_DIMENSION: Final = 1280

NO_WEIGHTS: Final = (
    "No MobileNetV2 weights on this machine: using the fallback encoder (HOG + colour), which learns photographs less well."
    " 'hyai cache build --download-weights' fetches them; features.weights names a file"
)


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """The encoder to use.

    Attributes:
        name: `mobilenetv2` or `hog`.
        weights_path: its weights file; None for hog.
        notice: something the user must be told, or empty.
        version: what the vectors may be compared with.
    """

    name: str
    weights_path: Path | None
    notice: str
    version: EncoderVersion


def mobilenetv2_version(weights_sha256: str) -> EncoderVersion:
    """Return the version of MobileNetV2 (alpha 1, no top, average pooling, input x / 127.5 - 1) with these weights."""
    return EncoderVersion("mobilenetv2", weights_sha256, f"{PREPROCESSING}+tf", "fp32", MOBILENETV2_DIMENSION)


def choose(workspace: Workspace) -> EncoderChoice:
    """Return the encoder that the workspace uses now. Changes nothing; `record` fixes it.

    Raises:
        ModelError: if the encoder that the settings or the record ask for cannot be used, with what to do.
    """
    wanted = workspace.settings.features.encoder
    if wanted == "hog":
        return _hog("")
    if wanted == "mobilenetv2":
        return _mobilenetv2(workspace, None)
    recorded = recorded_version(workspace)
    if recorded is None:
        return _first_choice(workspace)
    if recorded.name == "mobilenetv2":
        return _mobilenetv2(workspace, recorded)
    return _hog(_later_notice(workspace))


def record(workspace: Workspace, version: EncoderVersion) -> None:
    """Write down the encoder of the first build, or the one that the settings name now; once written it stays."""
    if recorded_version(workspace) == version:
        return
    workspace.prepare_cache()
    workspace.features_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = workspace.features_directory / RECORD_FILE
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(version.as_dict(), indent=1) + "\n", "utf-8")
    temporary.replace(path)


def recorded_version(workspace: Workspace) -> EncoderVersion | None:
    """Return the encoder of the last build; None before the first, or where the record is damaged."""
    try:
        fields = json.loads((workspace.features_directory / RECORD_FILE).read_text("utf-8"))
        return EncoderVersion.from_dict(fields)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def features_directory(workspace: Workspace, choice: EncoderChoice) -> Path:
    """Return where the vectors of the chosen encoder are."""
    return store_directory(workspace.features_directory, choice.version)


def _first_choice(workspace: Workspace) -> EncoderChoice:
    """Choose before anything was built: MobileNetV2 where there are weights. A file that was named must be usable."""
    path = weights_path(workspace.settings.features.weights, workspace.root)
    if path is None:
        return _hog(NO_WEIGHTS)
    return EncoderChoice("mobilenetv2", path, "", mobilenetv2_version(check_weights(path)))


def _mobilenetv2(workspace: Workspace, recorded: EncoderVersion | None) -> EncoderChoice:
    path = weights_path(workspace.settings.features.weights, workspace.root)
    if path is None:
        raise ModelError(
            f"There are no MobileNetV2 weights here: {imagenet_path()} does not exist",
            "Run 'hyai cache build --download-weights', set features.weights to a file,"
            " or work without: 'hyai config set features.encoder hog'",
        )
    version = mobilenetv2_version(check_weights(path))
    if recorded is not None and recorded.weights_sha256 != version.weights_sha256:
        raise ModelError(
            f"{path} is not the weights file that this workspace's features were made with",
            "Put that one back, or encode everything anew with this one: 'hyai config set features.encoder mobilenetv2'",
        )
    return EncoderChoice("mobilenetv2", path, "", version)


def _hog(notice: str) -> EncoderChoice:
    return EncoderChoice("hog", None, notice, hog.VERSION)


def _later_notice(workspace: Workspace) -> str:
    """Say that weights have come since the fallback encoder was recorded."""
    setting = workspace.settings.features.weights
    path = weights_path(setting, workspace.root)
    if path is None or not path.exists():
        return NO_WEIGHTS if setting == IMAGENET else ""
    return (
        "MobileNetV2 weights are here now; this workspace still uses the fallback encoder."
        " 'hyai config set features.encoder mobilenetv2' changes that, and everything is encoded anew"
    )
