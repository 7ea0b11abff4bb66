"""Encoders that other packages bring, by entry point, and the one for ONNX files; only what the user has named.

Loading a plug-in runs its code, so a workspace, which may come from a stranger, can only say that it wants the user's
(`features.encoder = "plugin"`). Which one that is stands in `config.toml` of the user's own configuration directory:

    [plugins]
    encoder = "onnx"

    [encoders.onnx]
    file = "~/models/joytag/model.onnx"

A package offers an `EncoderPlugin` under the entry point group `hyai_tui.encoders`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hyai_tui import plugins
from hyai_tui.errors import SettingsError
from hyai_tui.features.encoder import Encoder, EncoderVersion
from hyai_tui.features.recipe import Recipe
from hyai_tui.locations import user_settings_file

GROUP: Final = "hyai_tui.encoders"


@runtime_checkable
class EncoderPlugin(Protocol):
    """What a package offers. Options are the table `[encoders.<name>]` of the user's settings."""

    def version(self, options: Mapping[str, Any]) -> EncoderVersion:
        """Return what the vectors may be compared with, quickly: nothing heavy is imported. Raises HyaiError."""
        ...

    def recipe(self, options: Mapping[str, Any]) -> Recipe:
        """Return how pictures become its pixels; whatever changes them belongs in the version. Raises HyaiError."""
        ...

    def load(self, options: Mapping[str, Any], batch_size: int, warn: Callable[[str], None]) -> Encoder:
        """Return the encoder, ready to encode; only jobs call it. Raises HyaiError."""
        ...


@runtime_checkable
class NamesTags(Protocol):
    """What an encoder plug-in has besides, if its network can name tags too."""

    def tags(
        self, options: Mapping[str, Any], pixels: NDArray[np.uint8], warn: Callable[[str], None]
    ) -> Sequence[Sequence[tuple[str, float]]]:
        """Return for each picture of uint8[n, h, w, 3] its tags with their chances 0 … 1, the likeliest first. Raises HyaiError."""
        ...


@dataclass(frozen=True, slots=True)
class NamedPlugin:
    """The plug-in that the user named, with its options."""

    name: str
    plugin: EncoderPlugin
    options: Mapping[str, Any]

    def load(self, batch_size: int, warn: Callable[[str], None]) -> Encoder:
        """Return the encoder, ready to encode."""
        return self.plugin.load(self.options, batch_size, warn)


def named(file: Path | None = None) -> NamedPlugin | None:
    """Return the encoder plug-in that the user's settings name; None where they name none.

    Args:
        file: the user's settings; None for the usual place.

    Raises:
        SettingsError: the settings are wrong, or the plug-in is not installed or cannot be loaded.
    """
    file = file or user_settings_file()
    name = plugins.user_table(file, "plugins").get("encoder")
    if name is None:
        return None
    if not isinstance(name, str):
        raise SettingsError(f"{file}: plugins.encoder is a name", 'Write encoder = "…" below [plugins]')
    options = plugins.user_table(file, "encoders").get(name, {})
    return NamedPlugin(name, _loaded(file, name), options if isinstance(options, dict) else {})


def installed() -> list[str]:
    """Return the names of the encoder plug-ins that could be named, without loading one."""
    return sorted({"onnx", *plugins.offered(GROUP)})


def _loaded(file: Path, name: str) -> EncoderPlugin:
    fix = f"Take encoder = {name!r} out of [plugins] in {file}, or mend the plug-in"
    if name == "onnx":
        from hyai_tui.features.encoders.onnx_files import OnnxPlugin

        return OnnxPlugin()
    plugin = plugins.load(GROUP, name, "the encoder", fix)
    if not isinstance(plugin, EncoderPlugin):
        raise SettingsError(f"The entry point {name!r} of {GROUP} gives no encoder plug-in", fix)
    return plugin
