"""The encoders that there are, for people to choose from. Light: nothing is loaded."""

from __future__ import annotations

from typing import Any

from hyai_tui.errors import HyaiError
from hyai_tui.features.choosing import EncoderChoice, choose
from hyai_tui.features.encoders import hog, small
from hyai_tui.features.encoders.networks import MOBILENETV2, NETWORKS
from hyai_tui.features.index import INDEX_FILE
from hyai_tui.features.plugins import installed, named
from hyai_tui.features.store import FeatureStore, dimension_of
from hyai_tui.features.weights import IMAGENET, check_weights, weights_path
from hyai_tui.workspace import Workspace


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Return each encoder: `name`, `dimension` (None where only the plug-in knows), `ready`, `detail`, `chosen`."""
    chosen = _chosen(workspace)
    used = chosen.name if chosen is not None and chosen.plugin is None else None
    # A file that is named is one network's: that of the encoder in use, else of the one that `auto` would use.
    owner = used if used in NETWORKS else MOBILENETV2.name
    found = []
    for network in NETWORKS.values():
        setting = workspace.settings.features.weights if network.name == owner else IMAGENET
        path = weights_path(setting, workspace.root, network)
        ready, detail = False, "no weights on this machine: 'hyai cache build --download-weights'"
        if path is not None:
            try:
                check_weights(path, network)
                ready, detail = True, f"{network.title}, weights {path}"
            except HyaiError as error:
                detail = error.what
        found.append(_row(network.name, network.dimension, ready, detail, used))
    try:
        small.check_weights()
        ready, detail = True, "a small network, comes with hyai"
    except HyaiError as error:
        ready, detail = False, error.what
    found.append(_row(small.VERSION.name, small.VERSION.dimension, ready, detail, used))
    found.append(_row(hog.VERSION.name, hog.VERSION.dimension, True, "HOG and colour, needs no weights", used))
    return [*found, *_plugins(chosen)]


def stored(workspace: Workspace) -> list[dict[str, Any]]:
    """Return each encoder version whose features are stored here: `id`, `vectors`, `bytes`, `chosen`."""
    chosen = _chosen(workspace)
    found = []
    for directory in sorted(workspace.features_directory.glob(f"*/{INDEX_FILE}")):
        place = directory.parent
        with FeatureStore.open(place, dimension_of(place), read_only=True) as store:
            size = store.size()
        used = chosen is not None and chosen.version.id == place.name
        found.append({"id": place.name, "vectors": size.vectors, "bytes": size.bytes, "chosen": used})
    return found


def _plugins(chosen: EncoderChoice | None) -> list[dict[str, Any]]:
    try:
        user = named()
        wrong = ""
    except HyaiError as error:
        user, wrong = None, error.what
    rows = []
    for name in installed():
        dimension, ready, detail = None, False, wrong or "a plug-in that your config.toml does not name"
        if user is not None and user.name == name:
            try:
                version = user.plugin.version(user.options)
                dimension, ready, detail = version.dimension, True, 'your plug-in: features.encoder = "plugin"'
            except HyaiError as error:
                detail = error.what
        used = chosen.plugin.name if chosen is not None and chosen.plugin is not None else None
        rows.append(_row(name, dimension, ready, detail, used))
    return rows


def _row(name: str, dimension: int | None, ready: bool, detail: str, used: str | None) -> dict[str, Any]:
    return {"name": name, "dimension": dimension, "ready": ready, "detail": detail, "chosen": name == used}


def _chosen(workspace: Workspace) -> EncoderChoice | None:
    """Return the encoder in use; None where it cannot be used, which its own row says."""
    try:
        return choose(workspace)
    except HyaiError:
        return None
