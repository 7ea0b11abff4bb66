"""A folder of pictures taken in as samples of one label: library files are labelled, others are copied in by hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyai_tui.effects.deciding import Decider
from hyai_tui.errors import PictureError, WrongUse
from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.journal.labels import fault_of_name
from hyai_tui.journal.model import NewDecision
from hyai_tui.pictures.decode import read_content
from hyai_tui.samples.durable import write_whole
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.formats import extension_of, is_sample_name
from hyai_tui.samples.sync import adopt_label_folders, sync
from hyai_tui.text import visible

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts


@dataclass(frozen=True, slots=True)
class TakenFolder:
    """What a folder brought.

    Attributes:
        labelled: files of the library that got the label.
        copied: pictures that no library here has, copied into the training folder.
        unchanged: pictures that were samples of this label already, copies of one picture included.
        skipped: name and reason of what is no picture that can be a sample.
    """

    labelled: int
    copied: int
    unchanged: int
    skipped: tuple[tuple[str, str], ...]


def take_folder(directory: Path, label: str, parts: Parts, *, session: str, new_label: bool = False) -> TakenFolder:
    """Take every picture below a directory in as a sample of a label; the directory is only read.

    Hidden files and folders, and links to folders, are left out.

    Raises:
        UnknownLabel: there is no such label, and none is to be made.
        WrongUse: the name cannot be a label, or the directory is part of the workspace.
    """
    root = directory.resolve()
    if root.is_relative_to(parts.workspace.root) or parts.workspace.root.is_relative_to(root):
        raise WrongUse(f"{directory} and the workspace are in one another", "Name a directory elsewhere")
    if fault := fault_of_name(label):
        raise WrongUse(f"{label!r} cannot be a label: {fault}", "Use a plain folder name")
    adopt_label_folders(parts.journal, SampleFolders(parts.workspace.data, parts.journal))
    names = [one.name for one in parts.journal.labels()]
    if label not in names and not new_label:
        raise UnknownLabel(label, names)
    parts.journal.add_labels([label])
    folder = parts.workspace.data / label
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    in_force = parts.journal.effective()
    known: list[str] = []
    seen: set[str] = set()
    copied = unchanged = 0
    skipped: list[tuple[str, str]] = []
    for path in _files(root):
        name = visible(str(path.relative_to(root)))
        try:
            content = read_content(path)
        except PictureError as error:
            skipped.append((name, error.what))
            continue
        extension = extension_of(content)
        if extension is None or not is_sample_name(f"x.{extension}"):
            skipped.append((name, "not a picture in a format that can be a sample"))
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        decision = in_force.get(sha256)
        if sha256 in seen or (decision is not None and decision.label == label):
            unchanged += 1
        elif parts.catalog.file(sha256) is not None or parts.journal.known_files(sha256, 1):
            known.append(sha256)
        else:
            write_whole(folder / f"{sha256}.{extension}", folder / f".{sha256}.part", content, sha256)
            copied += 1
        seen.add(sha256)
    if known:
        decider = Decider(
            parts.workspace, parts.journal, parts.catalog, parts.library, session=session, source="command"
        )
        decider.decide_many([NewDecision(file, "label", label, {"folder": root.name}) for file in known])
    if copied:
        sync(parts.workspace, parts.journal, parts.catalog)
    return TakenFolder(len(known), copied, unchanged, tuple(skipped))


def _files(root: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(directory) / name
