"""A project's ZIP taken in: its classes, its labels as one act, its splits, and the pictures that no library here has."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from hyai_tui.errors import WrongUse
from hyai_tui.exchange.importing import carry_out, plan_import
from hyai_tui.exchange.items import ITEM_COLUMNS, TEST_SPLIT
from hyai_tui.exchange.project import CLASSES, FORMAT, IMAGES, KIND, LABELS, MODEL
from hyai_tui.exchange.tables import read_table
from hyai_tui.exchange.zips import CheckedZip
from hyai_tui.features.tuned import take_in
from hyai_tui.journal.labels import MOST_ABOUT, fault_of_name
from hyai_tui.journal.model import TEST_FOLD
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.bundle_parts import NETWORK
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.durable import write_whole
from hyai_tui.samples.formats import extension_of
from hyai_tui.samples.sync import sync

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts


@dataclass(frozen=True, slots=True)
class Taken:
    """What a project brought.

    Attributes:
        run: number of the label run; None where every file was decided so already.
        decisions: files that got a decision from the table.
        unchanged: files that were decided so already.
        pictures: samples that came with their picture, because no library here has the file.
        unknown: files that are neither known here nor in the archive.
        splits: files that got the fold that they had.
        model: id of the model that came along, or None.
        network: that model's network was tuned for it, and came along too.
        known: the model was here already.
    """

    run: int | None
    decisions: int
    unchanged: int
    pictures: int
    unknown: tuple[str, ...]
    splits: int
    model: str | None
    network: bool = False
    known: bool = False


def take_project(path: Path, parts: Parts, *, labeler: str, session: str) -> Taken:
    """Check the whole archive, then take in what it holds.

    Args:
        path: a ZIP that `write_project` wrote.
        parts: the workspace's opened parts.
        labeler: who labelled, kept with every decision.
        session: who imports.

    Raises:
        WrongUse: it is no such archive or is damaged; nothing was taken in.
        BadTable: its table cannot be used here; nothing was taken in.
        ModelError: its model or network cannot be used; nothing was taken in.
    """
    with CheckedZip(path, KIND, FORMAT, "a ZIP that 'hyai labels export' wrote") as archive:
        archive.verify()
        with tempfile.TemporaryDirectory(prefix="hyai-") as scratch:
            table = Path(scratch) / LABELS
            table.write_bytes(archive.read(LABELS))
            classes = _classes(archive)
            # Before anything is written: a table or a model with a fault leaves all as it is.
            came = _unpacked_model(archive, Path(scratch))
            network = came is not None and _take_network(parts, came)
            plan_import(table, parts, new_labels=True, allow_empty=True, allow_unknown=True, whole=True)
            _make_classes(parts, classes)
            plan = plan_import(
                table, parts, labeler=labeler, new_labels=True, allow_empty=True, allow_unknown=True, whole=True
            )
            splits = _splits(table)
            run = carry_out(plan, parts, session)
            pictures = _put_pictures(archive, parts, set(plan.unknown))
            if pictures:
                sync(parts.workspace, parts.journal, parts.catalog)
            given = _give_splits(parts, splits)
            registry = Registry(parts.workspace.models_directory)
            known = None if came is None else registry.same_as(came)
            model = known
            if came is not None and known is None:
                # With another network than the workspace's it would be of no use before that is chosen.
                model = registry.import_from(came, None, promote=False if network else None).id
    missing = tuple(file for file in plan.unknown if not parts.journal.known_files(file, 1))
    return Taken(run, len(plan.decisions), plan.unchanged, pictures, missing, given, model, network, known is not None)


def _make_classes(parts: Parts, classes: Mapping[str, str]) -> None:
    """Make the labels that are missing; what a person here has said of a label stays."""
    parts.journal.add_labels(classes)
    for one in parts.journal.labels():
        if classes.get(one.name) and not one.about:
            parts.journal.describe_label(one.name, classes[one.name])


def _classes(archive: CheckedZip) -> dict[str, str]:
    """Return the name of each label with what it stands for."""
    try:
        found: Any = json.loads(archive.read(CLASSES))
        names = {str(one["name"]): str(one.get("about") or "")[:MOST_ABOUT] for one in found}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUse(f"{archive.path.name} has no list of classes that can be read", "Export it again") from error
    for name in names:
        if fault := fault_of_name(name):
            raise WrongUse(f"{archive.path.name}: {name!r} cannot be a label: {fault}", "Rename it where it comes from")
    return names


def _splits(table: Path) -> dict[str, int]:
    """Return the fold that each file had, by its hash."""
    found: dict[str, int] = {}
    for row in read_table(table, ITEM_COLUMNS):
        split = row.cells.get("split", "")
        if split == TEST_SPLIT:
            found[row.cells.get("hash", "")] = TEST_FOLD
        elif split.isdecimal():
            found[row.cells.get("hash", "")] = int(split)
    return found


def _give_splits(parts: Parts, splits: Mapping[str, int]) -> int:
    """Give folds to the files that have none here; a fold never changes."""
    known = parts.journal.folds()
    fresh = {
        file: fold
        for file, fold in splits.items()
        if file not in known and parts.journal.known_files(file, 1) == [file]
    }
    parts.journal.assign_folds(fresh)
    return len(fresh)


def _put_pictures(archive: CheckedZip, parts: Parts, wanted: set[str]) -> int:
    """Put the pictures of files that are unknown here into the training folders, as if a person had dropped them."""
    number = 0
    for member in archive.members:
        place = PurePosixPath(member)
        if len(place.parts) != 3 or place.parts[0] != IMAGES or place.stem not in wanted:
            continue
        label = place.parts[1]
        if fault := fault_of_name(label):
            raise WrongUse(f"{archive.path.name}: {label!r} cannot be a label: {fault}", "Do not trust this archive")
        content = archive.read(member)
        extension = extension_of(content)
        if extension is None:
            continue
        folder = parts.workspace.data / label
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = archive.members[member]
        write_whole(folder / f"{place.stem}.{extension}", folder / f".{digest}.part", content, digest)
        number += 1
    return number


def _unpacked_model(archive: CheckedZip, scratch: Path) -> Path | None:
    """Return the directory of the model that came along, checked; None where none did."""
    members = [one for one in archive.members if PurePosixPath(one).parts[0] == MODEL]
    if not members:
        return None
    target = scratch / MODEL
    target.mkdir()
    for one in members:
        with (target / PurePosixPath(one).name).open("wb") as file:
            archive.copy(one, file)
    Bundle.load(target)
    return target


def _take_network(parts: Parts, model: Path) -> bool:
    """Take in the tuned network that came with a model; False where none did."""
    if not (model / NETWORK).is_file():
        return False
    take_in(parts.workspace, model / NETWORK, Bundle.load(model).encoder.id)
    return True
