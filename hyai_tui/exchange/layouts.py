"""Labelled pictures laid out as other programs read them: a folder a class, FiftyOne, Label Studio."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

from hyai_tui.errors import PictureError, WrongUse
from hyai_tui.exchange.zips import packed_json
from hyai_tui.journal.model import TEST_FOLD
from hyai_tui.pictures.decode import open_picture
from hyai_tui.samples.training import Sample, training_samples

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

TRAIN, VALIDATION, TEST = "train", "val", "test"
_VALIDATION_FOLD = 0
# What `keras.utils.image_dataset_from_directory` takes; torchvision takes these and others.
_READ_BY_KERAS: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png"})


def write_layout(target: Path, parts: Parts, layout: str, *, splits: bool = False) -> int:
    """Copy the training samples to a new directory, and return how many.

    Args:
        target: a directory that does not exist yet, or is empty.
        parts: the workspace's opened parts.
        layout: one of `LAYOUTS`.
        splits: for `folders`: `train/`, `val/` (the first fold) and `test/` above the classes.

    Raises:
        WrongUse: something is in the directory already, or it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WrongUse(f"{target} is there already", "Name a directory that does not exist yet")
    samples = training_samples(parts.journal, parts.workspace.data)
    labels = [one.name for one in parts.journal.labels()]
    building = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        building.mkdir(mode=0o700, parents=True)
        if splits:
            _folders(building, samples, labels, parts.journal.folds())
        else:
            LAYOUTS[layout](building, samples, labels)
        if target.exists():
            target.rmdir()
        building.rename(target)
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror or error}", "Choose another place") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return len(samples)


def _name(sample: Sample) -> str:
    return f"{sample.identity}{sample.path.suffix.lower()}"


def _folders(
    target: Path, samples: Sequence[Sample], labels: Sequence[str], folds: dict[str, int] | None = None
) -> None:
    """A folder a class, as `keras.utils.image_dataset_from_directory` and torchvision's `ImageFolder` read it."""
    placed = [(one, "" if folds is None else _part(folds.get(one.identity))) for one in samples]
    # A class or a split without any picture is no class and no split to those who read them: torchvision refuses it. But every
    # split has all classes, because their numbers are counted off the folders.
    used = {one.label for one in samples}
    for part in dict.fromkeys(part for _, part in placed):
        for label in labels:
            if label in used:
                (target / part / label).mkdir(parents=True)
    for sample, part in placed:
        _copy_readable(sample, target / part / sample.label)


def _copy_readable(sample: Sample, directory: Path) -> None:
    """Copy a sample as it is, or as PNG where Keras would pass it over without a word."""
    if sample.path.suffix.lower() in _READ_BY_KERAS:
        shutil.copyfile(sample.path, directory / _name(sample))
        return
    try:
        open_picture(sample.path, first_frame=True).save(directory / f"{sample.identity}.png")
    except PictureError:
        # No worse off than before: who reads the folder says what is wrong with it.
        shutil.copyfile(sample.path, directory / _name(sample))


def _part(fold: int | None) -> str:
    if fold == TEST_FOLD:
        return TEST
    return VALIDATION if fold == _VALIDATION_FOLD else TRAIN


def _fiftyone(target: Path, samples: Sequence[Sample], labels: Sequence[str]) -> None:
    """`FiftyOneImageClassificationDataset`: `data/` and `labels.json` with an index into `classes` by file stem."""
    (target / "data").mkdir()
    for sample in samples:
        shutil.copyfile(sample.path, target / "data" / _name(sample))
    index = {label: place for place, label in enumerate(labels)}
    found = {"classes": list(labels), "labels": {one.identity: index[one.label] for one in samples}}
    (target / "labels.json").write_bytes(packed_json(found))


def _label_studio(target: Path, samples: Sequence[Sample], labels: Sequence[str]) -> None:
    """Tasks with their annotation, and the labelling interface that they belong to; pictures as local files."""
    (target / "images").mkdir()
    tasks = []
    for sample in samples:
        shutil.copyfile(sample.path, target / "images" / _name(sample))
        tasks.append(
            {
                "data": {"image": f"/data/local-files/?d=images/{_name(sample)}", "hash": sample.identity},
                "annotations": [{"result": [_choice(sample.label)]}],
            }
        )
    (target / "tasks.json").write_bytes(packed_json(tasks))
    choices = "\n".join(f"    <Choice value={quoteattr(label)}/>" for label in labels)
    (target / "interface.xml").write_text(
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <Choices name="label" toName="image" choice="single">\n{choices}\n  </Choices>\n</View>\n',
        "utf-8",
    )


def _choice(label: str) -> dict[str, Any]:
    return {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [label]}}


LAYOUTS: Final[dict[str, Callable[[Path, Sequence[Sample], Sequence[str]], None]]] = {
    "folders": _folders,
    "fiftyone": _fiftyone,
    "label-studio": _label_studio,
}
