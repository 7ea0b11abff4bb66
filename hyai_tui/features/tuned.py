"""Networks that were tuned to a workspace's labels: where they are, and which samples each has learned from.

A tuned network is a weights file like any other, so its encoder version is its own: no vector, model or score of another network
is ever taken for one of it. What it learned from stands in the file itself and goes with it: whoever judges by those samples
would only find what the network was told.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hyai_tui.errors import ModelError
from hyai_tui.features.encoders.networks import NETWORKS, Network
from hyai_tui.features.weights import check_weights
from hyai_tui.workspace import Workspace

DIRECTORY: Final = "tuned"
SUFFIX: Final = ".weights.h5"
_GROUP: Final = "hyai-tuned"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a network was tuned on.

    Attributes:
        samples: identities of the samples that it learned from, or by which its epoch was chosen.
        folds: the sticky folds that they are of, out of `of`.
        of: how many folds there were.
        about: how it was tuned, for the record.
    """

    samples: frozenset[str]
    folds: frozenset[int]
    of: int
    about: Mapping[str, Any]

    def knows(self, identity: str, fold: int | None) -> bool:
        """True if the network may know the answer: it learned from the sample, or from others of its fold, as its near duplicates are."""
        return identity in self.samples or (fold is not None and fold >= 0 and fold % self.of in self.folds)


def tuned_directory(workspace: Workspace) -> Path:
    """Return where the tuned networks of a workspace are."""
    return workspace.cache / DIRECTORY


def tuned_files(workspace: Workspace, network: Network) -> list[Path]:
    """Return the weights files of a network that was tuned here."""
    return sorted(tuned_directory(workspace).glob(f"{network.name}-*{SUFFIX}"))


def network_of(workspace: Workspace, encoder_id: str) -> Path | None:
    """Return the weights file of the network that was tuned here and gives an encoder version's vectors; None without one."""
    for network in NETWORKS.values():
        for path in tuned_files(workspace, network):
            try:
                version = network.version(check_weights(path, network))
            except ModelError:
                # A damaged one is not the one that is looked for.
                continue
            if version.id == encoder_id:
                return path
    return None


def take_in(workspace: Workspace, path: Path, encoder_id: str) -> Path:
    """Copy a network that was tuned elsewhere to those of this workspace, and return where it is.

    Args:
        workspace: that it is for.
        path: its weights file.
        encoder_id: the encoder version that it must give.

    Raises:
        ModelError: it is no such network, or does not say what it was tuned on.
    """
    network = next((one for one in NETWORKS.values() if encoder_id.startswith(f"{one.name}-")), None)
    if network is None or network.version(check_weights(path, network)).id != encoder_id:
        raise ModelError(
            f"{path.name} is not the network that the model was trained on ({encoder_id})",
            "Export the model again: 'hyai models export'",
        )
    if read_lesson(path) is None:
        raise ModelError(f"{path.name} was not tuned, so it has no place here", "Export the model again")
    kept = _place(workspace, network, path)
    temporary = kept.with_name(f".{kept.name}.new")
    shutil.copyfile(path, temporary)
    temporary.replace(kept)
    return kept


def keep(workspace: Workspace, network: Network, path: Path, lesson: Lesson) -> Path:
    """Take in a tuned network's weights file, and return where it is: under the network's name and a digest of its content."""
    import h5py

    facts = {"folds": sorted(lesson.folds), "of": lesson.of, "about": dict(lesson.about)}
    with h5py.File(path, "a") as file:
        group = file.create_group(_GROUP)
        group.attrs["facts"] = json.dumps(facts)
        group["samples"] = np.array(sorted(lesson.samples), "S64")
    kept = _place(workspace, network, path)
    path.replace(kept)
    return kept


def _place(workspace: Workspace, network: Network, path: Path) -> Path:
    """Return where a weights file goes, in a directory that is there."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    kept = tuned_directory(workspace) / f"{network.name}-{digest[:12]}{SUFFIX}"
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return kept


def read_lesson(path: Path | None) -> Lesson | None:
    """Return what a weights file was tuned on; None for one that was not tuned, and for no file.

    Raises:
        ModelError: what stands there cannot be read.
    """
    if path is None:
        return None
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if _GROUP not in file:
                return None
            group = file[_GROUP]
            facts = json.loads(str(group.attrs["facts"]))
            samples = frozenset(one.decode("ascii") for one in np.asarray(group["samples"], "S64").tolist())
        return Lesson(samples, frozenset(int(one) for one in facts["folds"]), int(facts["of"]), dict(facts["about"]))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path} does not say what it was tuned on ({type(error).__name__})",
            "Tune anew with 'hyai train --unfreeze-last-k', or use the network as it came: features.weights = imagenet",
        ) from error
