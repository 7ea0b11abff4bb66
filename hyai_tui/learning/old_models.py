"""Models of the original classifier: a Keras file is turned into a bundle by a process of its own, and found where it is dropped.

The original kept its model as `best_model.topless.keras` (or `best_model.keras`, with the network before it) at its root. Such
a file in a workspace, or in its folder of models, is taken in when the models are listed: once for each content, and what
cannot be taken in is remembered with the reason, so that nobody waits for Keras twice.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hyai_tui.errors import Exit, ModelError
from hyai_tui.features.choosing import choose
from hyai_tui.learning.registry import Registry
from hyai_tui.workspace import Workspace

NAMES: Final = ("best_model.topless.keras", "best_model.keras")
_TAKES: Final = (
    "Name a ZIP file or directory from 'hyai models export', or a Keras file such as best_model.topless.keras"
)
_REFUSED: Final = "refused.json"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lies where models are looked for.

    Attributes:
        path: of the file.
        model: id of the model that was made of it; None where it was refused.
        error: why it was refused; None where it was taken in.
    """

    path: Path
    model: str | None
    error: ModelError | None


def convert(workspace: Workspace, file: Path, target: Path) -> Path:
    """Return the bundle made of a Keras file, by a process of its own: Keras never comes into this one.

    Raises:
        ModelError: with what that process found.
    """
    if file.suffix != ".keras":
        raise ModelError(
            f"{file.name} is no model that hyai can take in",
            _TAKES,
        )
    if not zipfile.is_zipfile(file):
        raise ModelError(f"{file.name} is not a file that Keras saved, or damaged", _TAKES)
    choice = choose(workspace)
    version = choice.version
    command = [sys.executable, "-P", "-m", "hyai_tui.learning.fit.legacy", str(file.absolute()), str(target)]
    arguments = [version.id, version.name, str(version.dimension), workspace.settings.features.source]
    weights = "" if choice.weights_path is None else str(choice.weights_path)
    done = subprocess.run([*command, *arguments, weights], capture_output=True, text=True, check=False)
    if done.returncode != Exit.DONE:
        what, _, fix = (done.stdout.strip().splitlines() or [""])[-1].partition("\t")
        raise ModelError(what or f"{file.name} cannot be read", fix or "It is not a file that Keras saved, or damaged")
    return target


def take_in_dropped(workspace: Workspace, narrate: Callable[[str], None] = lambda text: None) -> list[Found]:
    """Take in the files of the original's names that lie in the workspace or its folder of models; the one in use stays.

    Only where there is no model yet, one that is taken in is used. Those that were taken in before are not named.

    Args:
        workspace: where to look.
        narrate: told before a file is read, which takes some seconds.
    """
    registry = Registry(workspace.models_directory)
    known = {str((info.facts.get("record") or {}).get("imported_sha256", "")) for info in registry.list()}
    found = []
    for place in (workspace.root, workspace.models_directory):
        for path in (place / name for name in NAMES):
            if not path.is_file() or path.is_symlink():
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest not in known:
                known.add(digest)
                found.append(_take_in(workspace, registry, path, digest, narrate))
    return found


def _take_in(
    workspace: Workspace, registry: Registry, path: Path, digest: str, narrate: Callable[[str], None]
) -> Found:
    encoder = choose(workspace).version.id
    refused = _refused(workspace)
    # What another encoder cannot take may fit this one.
    key = f"{digest} {encoder}"
    if key in refused:
        return Found(path, None, ModelError(refused[key]["what"], refused[key]["fix"]))
    narrate(f"Reading {path.name} in Keras' safe mode")
    try:
        with tempfile.TemporaryDirectory(prefix="hyai-import-") as room:
            made = convert(workspace, path, Path(room) / "model")
            return Found(path, registry.import_from(made, encoder).id, None)
    except ModelError as error:
        refused[key] = {"what": error.what, "fix": error.fix}
        workspace.models_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (workspace.models_directory / _REFUSED).write_text(json.dumps(refused), "utf-8")
        return Found(path, None, error)


def _refused(workspace: Workspace) -> dict[str, Any]:
    try:
        found = json.loads((workspace.models_directory / _REFUSED).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # it can be made again
    return found if isinstance(found, dict) else {}
