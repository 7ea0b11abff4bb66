"""Groups of faces, by an encoder of faces that another package brings; the program itself has none.

Which one stands in `config.toml` of the user's own configuration directory, because loading a plug-in runs its code:

    [plugins]
    faces = "NAME"

    [faces.NAME]
    distance = 0.6

A package offers, under the entry point group `hyai_tui.faces`, a callable that takes that table and returns a `FaceEncoder`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyai_tui import plugins
from hyai_tui.errors import SettingsError
from hyai_tui.locations import user_settings_file
from hyai_tui.patterns.groups import find_groups
from hyai_tui.patterns.reference import unit

GROUP: Final = "hyai_tui.faces"
FACES: Final = "face_groups.json"
_DISTANCE: Final = 0.6
_LEAST: Final = 2
_SEED: Final = 1


@runtime_checkable
class FaceEncoder(Protocol):
    """Finds faces and makes a vector of each."""

    def faces(self, picture: Image.Image) -> NDArray[np.float32]:
        """Return float32[f, d]: a vector for each face of an RGB picture; f is 0 where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Faces:
    """The encoder that the user named, and how far apart (1 - cosine) faces of one group may be."""

    encoder: FaceEncoder
    distance: float


def named_faces(file: Path | None = None) -> Faces:
    """Return the encoder of faces that the user's settings name.

    Args:
        file: the user's settings; None for the usual place.

    Raises:
        SettingsError: they name none, or it is not installed or cannot be loaded.
    """
    file = file or user_settings_file()
    name = plugins.user_table(file, "plugins").get("faces")
    if not isinstance(name, str):
        raise SettingsError(
            "Faces cannot be grouped: no encoder of faces is named",
            f'Install a package that brings one, and write faces = "NAME" below [plugins] in {file}',
        )
    fix = f"Install it, or take faces = {name!r} out of [plugins] in {file}"
    make = plugins.load(GROUP, name, "the encoder", fix)
    options = plugins.user_table(file, "faces").get(name)
    options = options if isinstance(options, dict) else {}
    try:
        encoder = make(options)
    except (ImportError, AttributeError, TypeError) as error:
        raise SettingsError(f"The encoder of faces {name!r} cannot be loaded: {error}", fix) from error
    if not isinstance(encoder, FaceEncoder):
        raise SettingsError(f"The entry point {name!r} of {GROUP} gives no encoder of faces", fix)
    distance = options.get("distance", _DISTANCE)
    return Faces(encoder, float(distance) if isinstance(distance, int | float) else _DISTANCE)


def group_faces(faces: Faces, pictures: Iterable[tuple[str, Image.Image]]) -> dict[str, Any]:
    """Return `files` (looked at), `with_faces`, and `groups` of at least two faces: `id`, `faces` and `files`.

    Args:
        faces: the encoder.
        pictures: (file, RGB picture).
    """
    owners: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    looked_at = 0
    for file, picture in pictures:
        looked_at += 1
        found = np.asarray(faces.encoder.faces(picture), np.float32)
        if len(found):
            owners += [file] * len(found)
            vectors.append(found)
    groups: list[dict[str, Any]] = []
    if vectors:
        made = find_groups(unit(np.concatenate(vectors)), faces.distance, _LEAST, _SEED)
        for number in range(len(made.centres)):
            members = [owners[row] for row in np.flatnonzero(made.of == number).tolist()]
            groups.append({"id": number + 1, "faces": len(members), "files": sorted(set(members))})
    return {"files": looked_at, "with_faces": len(set(owners)), "groups": groups}
