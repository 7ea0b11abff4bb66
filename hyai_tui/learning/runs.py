"""What a training was made of, kept beside its record: `.hyai/runs/<number>/`, from which it can be repeated.

`samples.npz` holds which samples trained, under which label, in which fold, with which weight; `run.json` the whole record
with the settings, versions, metrics and every epoch; `state.npz` how an mlp's training ended. No picture, path or tag; nothing is executed when it is read.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.errors import WrongUse
from hyai_tui.learning import predictions

SAMPLES, RECORD, STATE = "samples.npz", "run.json", "state.npz"
KEPT, KEPT_STATES = 200, 3
_NAME = re.compile(r"\d{4,}")


@dataclass(frozen=True, eq=False)
class RunSamples:
    """What a training learned from.

    Attributes:
        identities: S64[n], sorted.
        labels: K names in the model's order.
        truth: int64[n], index into `labels`.
        folds: int64[n]; -1 is the test split.
        weights: float32[n].
        hinted: bool[n], True for hints.
        seen: label of every sample that there was, those that did not train too: what the next training is compared with.
        aware: bool[n], True for those that the network was tuned on; None where there were none.
    """

    identities: NDArray[np.bytes_]
    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    folds: NDArray[np.int64]
    weights: NDArray[np.float32]
    hinted: NDArray[np.bool_]
    seen: Mapping[str, str]
    aware: NDArray[np.bool_] | None = None


def folder(runs: Path, number: int) -> Path:
    """Return where a run's files stand."""
    return runs / f"{number:04d}"


def write(runs: Path, number: int, record: Mapping[str, Any], samples: RunSamples | None = None) -> None:
    """Keep a run's files, and forget those of the oldest runs beyond `KEPT`."""
    place = folder(runs, number)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if samples is not None:
        _write_samples(place, samples)
    (place / RECORD).write_text(json.dumps({"run": number, **record}, indent=1, sort_keys=True) + "\n", "utf-8")
    kept = sorted((one for one in runs.iterdir() if _NAME.fullmatch(one.name)), key=lambda one: int(one.name))
    for old in kept[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _write_samples(place: Path, samples: RunSamples) -> None:
    names = sorted(set(samples.seen.values()))
    tuned = {} if samples.aware is None else {"aware": samples.aware}
    with (place / SAMPLES).open("wb") as file:
        np.savez_compressed(
            file,
            identities=_bytes(samples.identities),
            truth=samples.truth.astype(np.int16),
            folds=samples.folds.astype(np.int16),
            weights=samples.weights.astype(np.float32),
            hinted=samples.hinted,
            labels=np.array(samples.labels, np.str_),
            seen=_bytes(np.array(list(samples.seen), "S64")),
            seen_labels=np.array([names.index(one) for one in samples.seen.values()], np.int16),
            seen_names=np.array(names, np.str_),
            allow_pickle=False,
            **tuned,
        )


def state_file(runs: Path, number: int) -> Path:
    """Return where it is kept how a run's training ended."""
    return folder(runs, number) / STATE


def write_state(runs: Path, number: int, save: Callable[[Path], None]) -> None:
    """Keep how a training ended, and forget that of all but the newest `KEPT_STATES`: it is as large as several models."""
    save(state_file(runs, number))
    kept = sorted(runs.glob(f"*/{STATE}"), key=lambda one: int(one.parent.name))
    for old in kept[:-KEPT_STATES]:
        old.unlink(missing_ok=True)


def read_samples(runs: Path, number: int) -> RunSamples:
    """Return what a run learned from.

    Raises:
        WrongUse: there is no such run, or its files are gone or damaged.
    """
    try:
        with (folder(runs, number) / SAMPLES).open("rb") as file, packed_arrays(file) as packed:
            found = {name: packed[name] for name in packed.files}
        names = found["seen_names"].tolist()
        seen = [one.decode("ascii") for one in _texts(found["seen"]).tolist()]
        return RunSamples(
            _texts(found["identities"]),
            tuple(found["labels"].tolist()),
            found["truth"].astype(np.int64),
            found["folds"].astype(np.int64),
            found["weights"].astype(np.float32),
            found["hinted"].astype(bool),
            {identity: names[place] for identity, place in zip(seen, found["seen_labels"].tolist(), strict=True)},
            found.get("aware"),
        )
    except FileNotFoundError:
        raise WrongUse(f"The samples of run {number} are not kept", "'hyai runs list' shows those that are") from None
    except (ValueError, KeyError, OSError, EOFError, IndexError, BadZipFile) as error:
        raise WrongUse(
            f"The samples of run {number} cannot be read: {error}", "Train anew with 'hyai train'"
        ) from error


def rename_label(runs: Path, old: str, new: str) -> None:
    """Rename a label in the samples of all runs, so that a rename does not look like something to learn."""
    if not runs.is_dir():
        return
    for name, naming in ((SAMPLES, ("labels", "seen_names")), (predictions.FILE, ("labels",))):
        for path in sorted(runs.glob(f"*/{name}")):
            with path.open("rb") as kept, packed_arrays(kept) as packed:
                found = {key: packed[key] for key in packed.files}
            for key in naming:
                found[key] = np.array([new if one == old else one for one in found[key].tolist()], np.str_)
            fresh = path.with_name(f".{name}.new")
            with fresh.open("wb") as file:
                np.savez_compressed(file, **found)
            fresh.replace(path)


def _bytes(texts: NDArray[np.bytes_]) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = np.ascontiguousarray(texts, "S64").view(np.uint8).reshape(len(texts), 64)
    return found


def _texts(packed: NDArray[Any]) -> NDArray[np.bytes_]:
    found: NDArray[np.bytes_] = np.ascontiguousarray(packed, np.uint8).reshape(len(packed), 64).view("S64").reshape(-1)
    return found


def of_texts(identities: Sequence[str]) -> NDArray[np.bytes_]:
    """Return identities as an array."""
    return np.array(identities, "S64")
