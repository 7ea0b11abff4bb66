"""Which encoder a workspace uses: by its settings, what is on this machine, and what was recorded at the first build.

Light: no TensorFlow here, so that commands and the app can say which encoder is in use and which vectors count. What was
recorded stands until `hyai config set features.encoder` names another: weights that appear or vanish must not silently turn
every vector and model stale.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from hyai_tui.errors import HyaiError, ModelError
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.encoders import hog, small
from hyai_tui.features.encoders.networks import MOBILENETV2, NETWORKS, Network
from hyai_tui.features.plugins import NamedPlugin, named
from hyai_tui.features.recipe import Recipe
from hyai_tui.features.store import store_directory
from hyai_tui.features.tuned import tuned_files
from hyai_tui.features.weights import IMAGENET, check_weights, imagenet_path, weights_path
from hyai_tui.locations import user_settings_file
from hyai_tui.workspace import Workspace

RECORD_FILE: Final = "encoder.json"

_FETCH: Final = "'hyai cache build --download-weights' fetches them; features.weights names a file"
NO_WEIGHTS: Final = (
    "No MobileNetV2 weights on this machine: using the small encoder that comes with hyai, which learns photographs less"
    f" well. {_FETCH}"
)
NO_ENCODER: Final = (
    "No MobileNetV2 weights on this machine, and the small encoder's did not come with this installation: using the fallback"
    f" encoder (HOG + colour), which learns photographs much less well. {_FETCH}"
)

# Encoders that need nothing but the program.
_OURS: Final = {one.name: one for one in (small.VERSION, hog.VERSION)}


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """The encoder to use.

    Attributes:
        name: of a network such as `mobilenetv2`, `small`, `hog`, or what a plug-in calls its encoder.
        weights_path: a network's weights file; None for others, also for the small encoder, whose file is never another one.
        notice: something the user must be told, or empty.
        version: what the vectors may be compared with.
        recipe: how pictures become its pixels.
        plugin: the plug-in that gives it; None for those that come with the program.
    """

    name: str
    weights_path: Path | None
    notice: str
    version: EncoderVersion
    recipe: Recipe = field(default_factory=Recipe)
    plugin: NamedPlugin | None = None


def choose(workspace: Workspace) -> EncoderChoice:
    """Return the encoder that the workspace uses now. Changes nothing; `record` fixes it.

    Raises:
        ModelError: if the encoder that the settings or the record ask for cannot be used, with what to do.
        SettingsError: if a plug-in is asked for and the user's settings do not name one that works.
    """
    wanted = workspace.settings.features.encoder
    if wanted in _OURS:
        return _own(_OURS[wanted], "")
    if wanted in NETWORKS:
        return _network(workspace, NETWORKS[wanted], None)
    if wanted == "plugin":
        return _plugin(None)
    recorded = recorded_version(workspace)
    if recorded is None:
        return _first_choice(workspace)
    if recorded.name in NETWORKS:
        return _network(workspace, NETWORKS[recorded.name], recorded)
    ours = _OURS.get(recorded.name)
    return _plugin(recorded) if ours is None else _own(ours, _later_notice(workspace, ours))


def choice_of(workspace: Workspace, encoder_id: str) -> EncoderChoice | None:
    """Return an encoder of this machine that gives a version's vectors, whatever the settings say now; None without one.

    A model goes on working with the encoder that it was trained on until there is a model of the new one.
    """
    ways: list[Callable[[], EncoderChoice]] = [
        lambda: choose(workspace),
        *(partial(_own, one, "") for one in _OURS.values()),
    ]
    for network in NETWORKS.values():
        setting_of = (workspace.settings.features.weights, IMAGENET)
        paths = [weights_path(setting, workspace.root, network) for setting in setting_of]
        ways += [partial(_with_weights, network, path) for path in (*paths, *tuned_files(workspace, network))]
    ways.append(lambda: _plugin(None))
    for way in ways:
        try:
            found = way()
        except HyaiError:
            # An encoder that cannot be used here is not the one that is looked for.
            continue
        if found.version.id == encoder_id:
            return found
    return None


def _with_weights(network: Network, path: Path | None) -> EncoderChoice:
    if path is None:
        raise ModelError(f"There are no {network.title} weights here", "Run 'hyai cache build --download-weights'")
    return EncoderChoice(network.name, path, "", network.version(check_weights(path, network)))


def as_settings(workspace: Workspace, choice: EncoderChoice) -> dict[str, str]:
    """Return the settings that make an encoder the workspace's, as `config set` takes them."""
    network, path = NETWORKS.get(choice.name), choice.weights_path
    if network is None or path is None:
        return {"features.encoder": "plugin" if choice.plugin is not None else choice.name}
    inside = path.is_relative_to(workspace.root)
    weights = str(path.relative_to(workspace.root) if inside else path)
    return {
        "features.encoder": network.name,
        "features.weights": IMAGENET if path == imagenet_path(network) else weights,
    }


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
    """Choose before anything was built: MobileNetV2 where there are weights, else the small encoder. A file that was named must be usable."""
    path = weights_path(workspace.settings.features.weights, workspace.root)
    if path is None:
        return _own(small.VERSION, NO_WEIGHTS) if small.WEIGHTS.is_file() else _own(hog.VERSION, NO_ENCODER)
    return EncoderChoice(MOBILENETV2.name, path, "", MOBILENETV2.version(check_weights(path)))


def _network(workspace: Workspace, network: Network, recorded: EncoderVersion | None) -> EncoderChoice:
    path = weights_path(workspace.settings.features.weights, workspace.root, network)
    if path is None:
        raise ModelError(
            f"There are no {network.title} weights here: {imagenet_path(network)} does not exist",
            "Run 'hyai cache build --download-weights', set features.weights to a file,"
            " or work without: 'hyai config set features.encoder small'",
        )
    version = network.version(check_weights(path, network))
    if recorded is not None and recorded.weights_sha256 != version.weights_sha256:
        raise ModelError(
            f"{path} is not the weights file that this workspace's features were made with",
            f"Put that one back, or encode everything anew with this one: 'hyai config set features.encoder {network.name}'",
        )
    return EncoderChoice(network.name, path, "", version)


def _plugin(recorded: EncoderVersion | None) -> EncoderChoice:
    """Choose the user's plug-in; where the features were made with one, it must still be that one."""
    found = named()
    if found is None:
        raise ModelError(
            f"The features are those of the encoder {recorded.name}, which is no encoder of hyai"
            if recorded
            else "features.encoder asks for your plug-in, and you have named none",
            f'Write encoder = "…" below [plugins] in {user_settings_file()}, or choose another: '
            "'hyai config set features.encoder small'",
        )
    version = found.plugin.version(found.options)
    if recorded is not None and recorded != version:
        raise ModelError(
            f"The plug-in {found.name} gives other vectors now than those that this workspace's features are",
            "Put its files back, or encode everything anew: 'hyai config set features.encoder plugin'",
        )
    return EncoderChoice(version.name, None, "", version, found.plugin.recipe(found.options), found)


def _own(version: EncoderVersion, notice: str) -> EncoderChoice:
    if version is small.VERSION:
        small.check_weights()
    return EncoderChoice(version.name, None, notice, version)


def _later_notice(workspace: Workspace, used: EncoderVersion) -> str:
    """Say that a better encoder has come since one that needs no download was recorded."""
    setting = workspace.settings.features.weights
    path = weights_path(setting, workspace.root)
    if path is not None and path.exists():
        better, said = MOBILENETV2.name, "MobileNetV2 weights are here now"
    elif used.name == hog.VERSION.name and small.WEIGHTS.is_file():
        better, said = small.VERSION.name, "A small encoder that learns photographs better comes with hyai now"
    else:
        return NO_WEIGHTS if setting == IMAGENET and used.name == small.VERSION.name else ""
    return (
        f"{said}; this workspace still uses the encoder {used.name}."
        f" 'hyai config set features.encoder {better}' changes that, and everything is encoded anew"
    )
