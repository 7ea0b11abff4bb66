"""A bundle on disk: `bundle.json` (what it is) and `arrays.npz` (its numbers). No pickle, nothing to execute.

A bundle may come from a stranger, so everything is checked before it is used: sizes before arrays are read, shapes
against each other, each number for being one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.learning import calibration
from hyai_tui.learning.bundle import SOURCES, Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.kernel import KernelPart
from hyai_tui.learning.labels import FIRST, LAST, usable_label

if TYPE_CHECKING:
    from collections.abc import Iterator

# A bundle without a kernel part is of version 1, so that older programs read it; with one, of version 2.
VERSION = 2
FACTS = "bundle.json"
ARRAYS = "arrays.npz"
MOST_BYTES = 2_000_000_000
_MOST_FACTS = 10_000_000
# What names labels.
_NAMING = ("labels", "thresholds", "metrics", "samples")
_END_OF_TIME = 1e11  # seconds; later dates cannot be shown


def write(bundle: Bundle, directory: Path) -> None:
    """Write the bundle beside its place, then rename it into place."""
    arrays = _packed(bundle)
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=directory.parent))
    try:
        _write_file(new / ARRAYS, arrays)
        _write_file(new / FACTS, json.dumps(facts(bundle, arrays), indent=1, sort_keys=True).encode() + b"\n")
        # Renaming onto an empty directory is allowed, onto a full one it fails: a bundle is never overwritten.
        new.replace(directory)
        _sync_directory(directory.parent)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def write_thresholds(directory: Path, thresholds: Mapping[str, float]) -> None:
    """Replace the thresholds of a bundle that stands there: the one thing in it that may be chosen again later.

    Raises:
        ModelError: it is damaged, or the thresholds do not fit its labels.
    """
    bundle = replace(read(directory), thresholds=dict(thresholds))
    for fault in _faults(bundle):
        raise _broken(directory, fault)
    _replace_facts(directory, {**read_facts(directory), "thresholds": dict(thresholds)})


def rename_label(directory: Path, old: str, new: str) -> bool:
    """Rename a label of the bundle that stands there, wherever its facts name it; False if it does not know it."""
    found = read_facts(directory)
    if old not in found.get("labels", []):
        return False
    _replace_facts(directory, {**found, **{key: _renamed(found[key], old, new) for key in _NAMING if key in found}})
    return True


def _renamed(value: Any, old: str, new: str) -> Any:
    """Return the value with a label's name exchanged, as a key, as a text, and in whatever it holds."""
    if isinstance(value, dict):
        return {new if key == old else key: _renamed(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, old, new) for one in value]
    return new if value == old else value


def _replace_facts(directory: Path, found: Mapping[str, Any]) -> None:
    new = directory / f".{FACTS}.new"
    _write_file(new, json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")
    new.replace(directory / FACTS)
    _sync_directory(directory)


def facts(bundle: Bundle, arrays: bytes) -> dict[str, Any]:
    """Return what `bundle.json` says."""
    return {
        "format": "hyai-model",
        "version": 1 if bundle.head.kernel is None else VERSION,
        "id": bundle.id,
        "created": bundle.created,
        "labels": list(bundle.labels),
        "encoder": asdict(bundle.encoder),
        "source": bundle.source,
        "head": {
            "kind": bundle.head.kind,
            "layers": [
                {"inputs": layer.kernel.shape[0], "outputs": layer.kernel.shape[1], "activation": layer.activation}
                for layer in bundle.head.layers
            ],
            "standardised": bundle.head.centre is not None,
            **_kernel_facts(bundle.head.kernel),
        },
        "calibration": asdict(bundle.calibration),
        "thresholds": None if bundle.thresholds is None else dict(bundle.thresholds),
        "metrics": dict(bundle.metrics),
        "fingerprint": bundle.fingerprint,
        "samples": dict(bundle.samples),
        "record": dict(bundle.record),
        "arrays_sha256": hashlib.sha256(arrays).hexdigest(),
    }


def _kernel_facts(kernel: KernelPart | None) -> dict[str, Any]:
    if kernel is None:
        return {}
    return {"kernel": {"landmarks": len(kernel.landmarks), "width": kernel.width, "mix": list(kernel.mix)}}


def _packed(bundle: Bundle) -> bytes:
    arrays: dict[str, NDArray[Any]] = {}
    for number, layer in enumerate(bundle.head.layers):
        arrays[f"kernel_{number}"], arrays[f"bias_{number}"] = layer.kernel, layer.bias
    if bundle.head.centre is not None and bundle.head.scale is not None:
        arrays["centre"], arrays["scale"] = bundle.head.centre, bundle.head.scale
    if (kernel := bundle.head.kernel) is not None:
        arrays |= {
            "likeness_centre": kernel.centre,
            "likeness_landmarks": kernel.landmarks,
            "likeness_weights": kernel.weights,
            "likeness_bias": kernel.bias,
        }
    seen = bundle.out_of_fold
    arrays["sample_identities"] = seen.identities.astype("S64").view(np.uint8).reshape(len(seen), 64)
    arrays["sample_probabilities"] = seen.probabilities
    arrays["sample_labels"] = seen.truth.astype(np.int64)
    arrays["sample_folds"] = seen.folds.astype(np.int64)
    if not np.isnan(seen.disagreement).all():
        arrays["sample_disagreement"] = seen.disagreement
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def read_facts(directory: Path) -> dict[str, Any]:
    """Return what `bundle.json` says, checked for being a bundle of a version that this program reads."""
    path = directory / FACTS
    try:
        if path.stat().st_size > _MOST_FACTS:
            raise _broken(directory, f"{FACTS} is {path.stat().st_size:,} bytes long")
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(
            f"{directory} is no model: there is no {FACTS} in it", "Name a directory that 'hyai models export' wrote"
        ) from None
    except (ValueError, RecursionError):
        raise _broken(directory, f"{FACTS} is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != "hyai-model":
        raise _broken(directory, f"{FACTS} does not describe a model")
    if found.get("version") not in range(1, VERSION + 1):
        raise ModelError(
            f"{directory.name} is a model of format version {found.get('version')!r}, and this hyai reads 1 to {VERSION}",
            "Update hyai, or train a new model with 'hyai train'",
        )
    return found


def read(directory: Path) -> Bundle:
    """Read and check the bundle in a directory."""
    found = read_facts(directory)
    arrays = _read_arrays(directory, found)
    try:
        bundle = _assembled(found, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(directory, f"{type(error).__name__} on {error}") from error
    for fault in _faults(bundle):
        raise _broken(directory, fault)
    return bundle


def _read_arrays(directory: Path, found: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    path = directory / ARRAYS
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _broken(directory, f"{ARRAYS} is missing") from None
    if hashlib.sha256(content).hexdigest() != found.get("arrays_sha256"):
        raise _broken(directory, f"{ARRAYS} is not the file that {FACTS} describes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
                raise _broken(directory, f"{ARRAYS} unpacks to more than {MOST_BYTES:,} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _broken(directory, f"{ARRAYS} cannot be read: {error}") from error


def _assembled(found: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Bundle:
    described = found["head"]
    layers = tuple(
        Layer(arrays[f"kernel_{number}"], arrays[f"bias_{number}"], str(one["activation"]))
        for number, one in enumerate(described["layers"])
    )
    for number, (layer, one) in enumerate(zip(layers, described["layers"], strict=True)):
        if layer.kernel.shape != (one["inputs"], one["outputs"]):
            raise ValueError(f"layer {number}, which is not of the shape that it says")
    head = Head(
        str(described["kind"]),
        layers,
        arrays["centre"] if described["standardised"] else None,
        arrays["scale"] if described["standardised"] else None,
        _kernel(described["kernel"], arrays) if "kernel" in described else None,
    )
    encoder, fitted, thresholds = found["encoder"], found["calibration"], found["thresholds"]
    identities = np.ascontiguousarray(arrays["sample_identities"], np.uint8)
    return Bundle(
        head=head,
        labels=tuple(str(label) for label in found["labels"]),
        encoder=EncoderStamp(str(encoder["id"]), str(encoder["name"]), int(encoder["dimension"])),
        source=str(found["source"]),
        calibration=Calibration(str(fitted["kind"]), float(fitted["slope"]), float(fitted["offset"])),
        thresholds=None if thresholds is None else {str(k): float(v) for k, v in thresholds.items()},
        metrics=dict(found["metrics"]),
        fingerprint=str(found["fingerprint"]),
        samples={str(label): int(n) for label, n in found["samples"].items()},
        out_of_fold=OutOfFold(
            identities.reshape(len(identities), 64).view("S64").reshape(-1),
            arrays["sample_probabilities"],
            arrays["sample_labels"],
            arrays["sample_folds"],
            # A bundle of an older program has none.
            arrays.get("sample_disagreement", np.full(len(identities), np.nan, np.float32)),
        ),
        record=dict(found["record"]),
        created=float(found["created"]),
        id=str(found["id"]),
    )


def _kernel(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> KernelPart:
    own, scores = described["mix"]
    return KernelPart(
        arrays["likeness_centre"].astype(np.float32),
        arrays["likeness_landmarks"].astype(np.float16),
        arrays["likeness_weights"].astype(np.float32),
        arrays["likeness_bias"].astype(np.float32),
        float(described["width"]),
        (float(own), float(scores)),
    )


def _faults(bundle: Bundle) -> Iterator[str]:
    """Yield what does not fit together; nothing for a sound bundle."""
    yield from bundle.head.faults()
    if len(bundle.labels) < 2 or len(set(bundle.labels)) != len(bundle.labels):
        yield f"its labels are {', '.join(bundle.labels) or 'none'}"
    if len(bundle.labels) == 2 and (bundle.labels[0] == LAST or bundle.labels[1] == FIRST):
        yield f"its score would be that of {bundle.labels[1]} and not of {bundle.labels[0]}"
    for label in bundle.labels:
        if not usable_label(label):
            yield f"{label!r} cannot be a label"
    if bundle.head.classes != len(bundle.labels):
        yield f"its head tells {bundle.head.classes} labels apart and it names {len(bundle.labels)}"
    if bundle.head.dimension != bundle.encoder.dimension:
        yield f"its head takes {bundle.head.dimension} features and its encoder gives {bundle.encoder.dimension}"
    if not 0 <= bundle.created < _END_OF_TIME:
        yield f"it was made at {bundle.created} seconds"
    if bundle.source not in SOURCES:
        yield f"its source is {bundle.source!r}"
    fitted = bundle.calibration
    if fitted.kind not in calibration.KINDS or not np.isfinite([fitted.slope, fitted.offset]).all():
        yield "its calibration is not usable"
    if (bundle.head.classes > 2 and fitted.kind == "platt") or fitted.slope <= 0:
        yield "its calibration does not fit its labels"
    for label, value in (bundle.thresholds or {}).items():
        if label not in bundle.labels or not 0 <= value <= 1:
            yield f"its threshold for {label!r} is {value}"
    yield from _sample_faults(bundle)


def _sample_faults(bundle: Bundle) -> Iterator[str]:
    seen = bundle.out_of_fold
    n, classes = len(seen.identities), len(bundle.labels)
    if seen.probabilities.shape != (n, classes) or seen.probabilities.dtype != np.float32:
        yield f"its out-of-fold probabilities have shape {seen.probabilities.shape} for {n} samples"
    elif not (np.isfinite(seen.probabilities).all() and (seen.probabilities >= 0).all()):
        yield "its out-of-fold probabilities hold numbers that are none"
    if seen.truth.shape != (n,) or seen.truth.dtype != np.int64 or seen.folds.shape != (n,):
        yield "its samples, labels and folds differ in number"
    elif n and not (seen.truth.min() >= 0 and seen.truth.max() < classes):
        yield "a sample has a label that it does not name"
    if seen.disagreement.shape != (n,) or seen.disagreement.dtype != np.float32:
        yield "its samples and what their neighbours say differ in number"
    if n > 1 and not (seen.identities[1:] > seen.identities[:-1]).all():
        yield "its samples are not in order"


def _broken(directory: Path, fault: str) -> ModelError:
    return ModelError(
        f"The model in {directory.name} cannot be used: {fault}",
        "Use another one with 'hyai models use', or train a new one with 'hyai train'",
    )


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
