"""A demo's directory: is it one, what was drawn there, is it complete; and its training folders.

`demo.json` is written before anything else, so that a directory in which the making of a demo was interrupted is known
and can be gone on with, and a directory that holds anything else is never touched.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hyai_tui.errors import WorkspaceError, WrongUse

MARKER = "demo.json"
PICTURES = "pictures"
SETTINGS = f"""\
# A workspace to try hyai on, with drawn pictures. Delete the directory when you are done with it.

[library]
kind = "folder"
path = "{PICTURES}"

[features]
encoder = "small"   # comes with hyai, so that the demo is the same on every machine
"""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A directory that is, or is to become, a demo.

    Attributes:
        root: the directory, the demo's workspace.
        seed, files: what is drawn.
        complete: True once a first model has scored the library.
    """

    root: Path
    seed: int
    files: int
    complete: bool = False

    @property
    def pictures(self) -> Path:
        """Root of the drawn library."""
        return self.root / PICTURES


def claim(root: Path, seed: int | None, files: int | None, defaults: tuple[int, int]) -> DemoPlace:
    """Return the demo in a directory, or mark a new or empty directory as one.

    Args:
        root: the directory.
        seed: what is asked for; None takes what is there, else the default.
        files: likewise.
        defaults: seed and files of a new demo.

    Raises:
        WorkspaceError: if the directory holds something else, or belongs to another user.
        WrongUse: if it is a demo with another seed or number of files than asked for.
    """
    found = _read(root)
    if found is None:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise WorkspaceError(
                f"{root} holds something else than a demo", "Name a directory that does not exist yet: hyai demo DIR"
            )
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = DemoPlace(root, defaults[0] if seed is None else seed, defaults[1] if files is None else files)
        _write(place)
        return place
    if (seed is not None and seed != found.seed) or (files is not None and files != found.files):
        raise WrongUse(
            f"The demo in {root} has {found.files} pictures of seed {found.seed}",
            "Leave --seed and --files out to reopen it, or name another directory",
        )
    return found


def mark_complete(place: DemoPlace) -> DemoPlace:
    """Note that nothing of the demo is missing any more."""
    done = replace(place, complete=True)
    _write(done)
    return done


def put_samples(place: DemoPlace, data: Path, samples: Mapping[str, str]) -> None:
    """Copy the samples into the training folders, as a person would who sorts pictures by hand.

    Args:
        place: the demo, with its pictures drawn.
        data: the training folders.
        samples: path relative to the pictures, to label.
    """
    for path, label in samples.items():
        content = (place.pictures / path).read_bytes()
        name = f"{hashlib.sha256(content).hexdigest()}{Path(path).suffix}"
        if not (data / label / name).exists():
            _write_whole(data / label / name, content)


def _read(root: Path) -> DemoPlace | None:
    path = root / MARKER
    if not path.is_file():
        return None
    if path.stat().st_uid != os.getuid():
        raise WorkspaceError(f"{path} belongs to another user", "Make a demo in a directory of your own: hyai demo DIR")
    try:
        fields = json.loads(path.read_text("utf-8"))
        return DemoPlace(root, int(fields["seed"]), int(fields["files"]), bool(fields["complete"]))
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(
            f"{path} cannot be read", "Name a directory that does not exist yet: hyai demo DIR"
        ) from error


def _write(place: DemoPlace) -> None:
    fields = {"version": 1, "seed": place.seed, "files": place.files, "complete": place.complete}
    _write_whole(place.root / MARKER, json.dumps(fields, indent=1).encode() + b"\n")


def _write_whole(target: Path, content: bytes) -> None:
    """Write a file whole or not at all; what a killed process leaves is hidden and no picture by its suffix."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    temporary.write_bytes(content)
    temporary.replace(target)
