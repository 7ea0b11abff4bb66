"""A bundle on disk: `bundle.json` (what it is) and `arrays.npz` (its numbers). No pickle, nothing to execute.

A bundle may come from a stranger, so everything is checked before it is used: sizes before arrays are read, shapes
against each other, each number for being one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.learning import bundle_parts, calibration
from hyai_tui.learning.bundle import SOURCES, Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.bundle_parts import broken
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.labels import FIRST, LAST, usable_label

if TYPE_CHECKING:
    from collections.abc import Iterator

# A bundle without a kernel part is of version 1, so that older programs read it; with one, of version 2.
VERSION = 2
FORM = "hyai-model"
# What names labels.
_NAMING = ("labels", "thresholds", "metrics", "samples")
_END_OF_TIME = 1e11  # seconds; later dates cannot be shown


def write(bundle: Bundle, directory: Path) -> None:
    """Write the bundle beside its place, then rename it into place."""
    bundle_parts.write(directory, facts(bundle), _arrays(bundle))


def write_thresholds(directory: Path, thresholds: Mapping[str, float]) -> None:
    """Replace the thresholds of a bundle that stands there: the one thing in it that may be chosen again later.

    Raises:
        ModelError: it is damaged, or the thresholds do not fit its labels.
    """
    bundle = replace(read(directory), thresholds=dict(thresholds))
    for fault in _faults(bundle):
        raise broken(directory, fault)
    bundle_parts.replace_facts(directory, {**read_facts(directory), "thresholds": dict(thresholds)})


def rename_label(directory: Path, old: str, new: str) -> bool:
    """Rename a label of the bundle that stands there, wherever its facts name it; False if it does not know it."""
    found = read_facts(directory)
    if old not in found.get("labels", []):
        return False
    bundle_parts.replace_facts(
        directory, {**found, **{key: _renamed(found[key], old, new) for key in _NAMING if key in found}}
    )
    return True


def _renamed(value: Any, old: str, new: str) -> Any:
    """Return the value with a label's name exchanged, as a key, as a text, and in whatever it holds."""
    if isinstance(value, dict):
        return {new if key == old else key: _renamed(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, old, new) for one in value]
    return new if value == old else value


def facts(bundle: Bundle) -> dict[str, Any]:
    """Return what `bundle.json` says, but for the digest of the arrays."""
    return {
        "format": FORM,
        "version": 1 if bundle.head.kernel is None else VERSION,
        "id": bundle.id,
        "created": bundle.created,
        "labels": list(bundle.labels),
        "encoder": asdict(bundle.encoder),
        "source": bundle.source,
        "head": bundle_parts.head_facts(bundle.head),
        "calibration": asdict(bundle.calibration),
        "thresholds": None if bundle.thresholds is None else dict(bundle.thresholds),
        "metrics": dict(bundle.metrics),
        "fingerprint": bundle.fingerprint,
        "samples": dict(bundle.samples),
        "record": dict(bundle.record),
    }


def _arrays(bundle: Bundle) -> dict[str, NDArray[Any]]:
    seen = bundle.out_of_fold
    arrays = {
        **bundle_parts.head_arrays(bundle.head),
        "sample_identities": bundle_parts.bytes_of(seen.identities),
        "sample_probabilities": seen.probabilities,
        "sample_labels": seen.truth.astype(np.int64),
        "sample_folds": seen.folds.astype(np.int64),
    }
    if not np.isnan(seen.disagreement).all():
        arrays["sample_disagreement"] = seen.disagreement
    if seen.aware.any():
        arrays["sample_aware"] = seen.aware
    return arrays


def read_facts(directory: Path) -> dict[str, Any]:
    """Return what `bundle.json` says, checked for being a bundle of a version that this program reads."""
    return bundle_parts.read_facts(directory, FORM, VERSION)


def read(directory: Path) -> Bundle:
    """Read and check the bundle in a directory."""
    found = read_facts(directory)
    arrays = bundle_parts.read_arrays(directory, found)
    try:
        bundle = _assembled(found, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise broken(directory, f"{type(error).__name__} on {error}") from error
    for fault in _faults(bundle):
        raise broken(directory, fault)
    return bundle


def _assembled(found: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Bundle:
    encoder, fitted, thresholds = found["encoder"], found["calibration"], found["thresholds"]
    identities = bundle_parts.identities_of(arrays["sample_identities"])
    return Bundle(
        head=bundle_parts.head_of(found["head"], arrays),
        labels=tuple(str(label) for label in found["labels"]),
        encoder=EncoderStamp(str(encoder["id"]), str(encoder["name"]), int(encoder["dimension"])),
        source=str(found["source"]),
        calibration=Calibration(str(fitted["kind"]), float(fitted["slope"]), float(fitted["offset"])),
        thresholds=None if thresholds is None else {str(k): float(v) for k, v in thresholds.items()},
        metrics=dict(found["metrics"]),
        fingerprint=str(found["fingerprint"]),
        samples={str(label): int(n) for label, n in found["samples"].items()},
        out_of_fold=OutOfFold(
            identities,
            arrays["sample_probabilities"],
            arrays["sample_labels"],
            arrays["sample_folds"],
            # A bundle of an older program has none.
            arrays.get("sample_disagreement", np.full(len(identities), np.nan, np.float32)),
            # Most networks were never tuned.
            arrays.get("sample_aware", np.zeros(len(identities), bool)),
        ),
        record=dict(found["record"]),
        created=float(found["created"]),
        id=str(found["id"]),
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
    if seen.aware.shape != (n,) or seen.aware.dtype != np.bool_:
        yield "its samples and what its network knows of them differ in number"
    if seen.disagreement.shape != (n,) or seen.disagreement.dtype != np.float32:
        yield "its samples and what their neighbours say differ in number"
    if n > 1 and not (seen.identities[1:] > seen.identities[:-1]).all():
        yield "its samples are not in order"
