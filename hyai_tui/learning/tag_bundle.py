"""The tag model: features to one probability for each tag of a namespace, any number of which may be true together.

It stands beside the model of labels and has nothing to do with it: other files, other truth, a shelf of its own. Like that
one it is written once, names its encoder version, and holds what was predicted of each of its files by heads that had never
seen it. On disk it is `bundle.json` and `arrays.npz`, see `bundle_parts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError
from hyai_tui.learning import bundle_parts, calibration
from hyai_tui.learning.bundle import SOURCES, EncoderStamp
from hyai_tui.learning.bundle_parts import broken
from hyai_tui.learning.calibration import Calibration
from hyai_tui.learning.head import Head
from hyai_tui.learning.tag_domain import Domain

FORM = "hyai-tag-model"
VERSION = 1
_DOMAIN = "domain_"
_DAMAGED = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, eq=False)
class Seen:
    """The files of a tag model, and what heads that never saw them say of each.

    Attributes:
        identities: S64[n], sorted.
        probabilities: float32[n, K], calibrated without the item's own fold.
        truth: bool[n, K], the tags at the time of training.
        folds: int64[n]; -1 is the test split, scored by the shipped head, which never trains on it.
    """

    identities: NDArray[np.bytes_]
    probabilities: NDArray[np.float32]
    truth: NDArray[np.bool_]
    folds: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        identities: Sequence[str],
        probabilities: NDArray[np.float32],
        truth: NDArray[np.bool_],
        folds: NDArray[np.int64],
    ) -> Seen:
        """Return the arrays sorted by identity."""
        names = np.array(identities, "S64")
        order = np.argsort(names, kind="stable")
        return cls(names[order], probabilities[order], truth[order], folds[order])

    @cached_property
    def place(self) -> dict[str, int]:
        """Row of each identity."""
        return {one.decode("ascii"): row for row, one in enumerate(self.identities.tolist())}

    def __len__(self) -> int:
        return len(self.identities)


@dataclass(frozen=True, eq=False)
class TagBundle:
    """A trained tag model.

    Attributes:
        namespace: `series` for tags such as `series:x`.
        tags: K whole tags, in the order of the columns.
        head: dense layers; its outputs are a logit for each tag.
        encoder: the encoder version whose vectors it takes.
        source: `file` or `thumbnail`: what the pictures of those vectors were.
        calibrations: from logit to probability, one a tag.
        thresholds: the probability from which on a tag is given, one a tag.
        metrics: `tag_metrics.report` over the files, out of fold; `test` for the test split if there is one.
        seen: see `Seen`.
        domain: which files the namespace is about; None where (nearly) all files have a tag of it.
        record: how it was made: seed, settings, versions, epochs, reason of the stop.
        created: seconds since the epoch.
        id: `t0002-1f2e3d4c`, given by the registry; empty before.
    """

    namespace: str
    tags: tuple[str, ...]
    head: Head
    encoder: EncoderStamp
    source: str
    calibrations: tuple[Calibration, ...]
    thresholds: tuple[float, ...]
    metrics: Mapping[str, Any]
    seen: Seen
    domain: Domain | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    id: str = ""

    @property
    def number(self) -> int:
        """The number that people see; 0 for a bundle that no registry holds."""
        digits = self.id[1:].partition("-")[0]
        return int(digits) if digits.isdecimal() else 0

    def predict(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32[n, K], columns in the order of `tags`.

        Raises:
            ModelError: if the vectors do not have the encoder's dimension.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.head.dimension:
            raise ModelError(
                f"The model takes vectors of {self.head.dimension} numbers, not of shape {vectors.shape}",
                f"It was trained on the encoder {self.encoder.name} ({self.encoder.id})",
            )
        return calibrated(self.head.logits(vectors), self.calibrations)

    def renamed(self, bundle_id: str) -> TagBundle:
        """Return the same model under another id."""
        return replace(self, id=bundle_id)

    def save(self, directory: Path) -> None:
        """Write it; the directory appears whole or not at all."""
        facts = {
            "format": FORM,
            "version": VERSION,
            "kind": "multi-label",
            "id": self.id,
            "created": self.created,
            "namespace": self.namespace,
            "tags": list(self.tags),
            "encoder": asdict(self.encoder),
            "source": self.source,
            "head": bundle_parts.head_facts(self.head),
            "calibrations": [asdict(one) for one in self.calibrations],
            "thresholds": list(self.thresholds),
            "metrics": dict(self.metrics),
            "domain": None if self.domain is None else _domain_facts(self.domain),
            "record": dict(self.record),
        }
        arrays = {
            **bundle_parts.head_arrays(self.head),
            "file_identities": bundle_parts.bytes_of(self.seen.identities),
            "file_probabilities": self.seen.probabilities,
            "file_tags": np.packbits(self.seen.truth, axis=1),
            "file_folds": self.seen.folds,
        }
        if self.domain is not None:
            arrays |= {
                **bundle_parts.head_arrays(self.domain.head, _DOMAIN),
                f"{_DOMAIN}identities": bundle_parts.bytes_of(self.domain.identities),
                f"{_DOMAIN}chances": self.domain.chances,
            }
        bundle_parts.write(directory, facts, arrays)

    @classmethod
    def load(cls, directory: Path) -> TagBundle:
        """Read and check a tag model. Nothing in it is executed.

        Raises:
            ModelError: for a missing file, an unknown version, a wrong shape, or weights that are not numbers.
        """
        found = cls.facts_in(directory)
        arrays = bundle_parts.read_arrays(directory, found)
        try:
            bundle = _assembled(found, arrays)
        except _DAMAGED as error:
            raise broken(directory, f"{type(error).__name__} on {error}") from error
        for fault in _faults(bundle):
            raise broken(directory, fault)
        return bundle

    @classmethod
    def facts_in(cls, directory: Path) -> dict[str, Any]:
        """Return what `bundle.json` says, checked for its format and version.

        Raises:
            ModelError: there is none, it is damaged, or of another format or version.
        """
        return bundle_parts.read_facts(directory, FORM, VERSION)


def calibrated(logits: NDArray[np.floating[Any]], calibrations: Sequence[Calibration]) -> NDArray[np.float32]:
    """Return float32[n, K]: the probability of each tag, each logit calibrated by its own."""
    found = np.empty(logits.shape, np.float32)
    for tag, one in enumerate(calibrations):
        found[:, tag] = one.probabilities(logits[:, tag : tag + 1])[:, 1]
    return found


def _domain_facts(domain: Domain) -> dict[str, Any]:
    return {
        "head": bundle_parts.head_facts(domain.head),
        "calibration": asdict(domain.calibration),
        "usual": domain.usual,
    }


def _domain(found: Mapping[str, Any] | None, arrays: Mapping[str, NDArray[Any]]) -> Domain | None:
    if found is None:
        return None
    return Domain(
        bundle_parts.head_of(found["head"], arrays, _DOMAIN),
        _calibration(found["calibration"]),
        float(found["usual"]),
        bundle_parts.identities_of(arrays[f"{_DOMAIN}identities"]),
        arrays[f"{_DOMAIN}chances"].astype(np.float32),
    )


def _calibration(found: Mapping[str, Any]) -> Calibration:
    return Calibration(str(found["kind"]), float(found["slope"]), float(found["offset"]))


def _assembled(found: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TagBundle:
    encoder = found["encoder"]
    tags = tuple(str(tag) for tag in found["tags"])
    truth = np.unpackbits(arrays["file_tags"].astype(np.uint8), axis=1, count=len(tags)).astype(bool)
    return TagBundle(
        namespace=str(found["namespace"]),
        tags=tags,
        head=bundle_parts.head_of(found["head"], arrays),
        encoder=EncoderStamp(str(encoder["id"]), str(encoder["name"]), int(encoder["dimension"])),
        source=str(found["source"]),
        calibrations=tuple(map(_calibration, found["calibrations"])),
        thresholds=tuple(float(one) for one in found["thresholds"]),
        metrics=dict(found["metrics"]),
        seen=Seen(
            bundle_parts.identities_of(arrays["file_identities"]),
            arrays["file_probabilities"].astype(np.float32),
            truth,
            arrays["file_folds"].astype(np.int64),
        ),
        domain=_domain(found["domain"], arrays),
        record=dict(found["record"]),
        created=float(found["created"]),
        id=str(found["id"]),
    )


def _faults(bundle: TagBundle) -> Iterator[str]:
    """Yield what does not fit together; nothing for a sound bundle."""
    yield from bundle.head.faults()
    if bundle.domain is not None:
        yield from bundle.domain.faults()
        if bundle.domain.head.dimension != bundle.encoder.dimension:
            yield f"its head of the namespace takes {bundle.domain.head.dimension} features"
    tags = len(bundle.tags)
    if not tags or len(set(bundle.tags)) != tags:
        yield f"it names {tags} tags, some of them twice"
    if any(not tag.startswith(f"{bundle.namespace}:") for tag in bundle.tags):
        yield f"a tag of it is not of the namespace {bundle.namespace!r}"
    if bundle.head.layers[-1].kernel.shape[1] != tags:
        yield f"its head gives {bundle.head.layers[-1].kernel.shape[1]} numbers and it names {tags} tags"
    if bundle.head.dimension != bundle.encoder.dimension:
        yield f"its head takes {bundle.head.dimension} features and its encoder gives {bundle.encoder.dimension}"
    if bundle.source not in SOURCES:
        yield f"its source is {bundle.source!r}"
    if len(bundle.calibrations) != tags or len(bundle.thresholds) != tags:
        yield "its tags, calibrations and thresholds differ in number"
    for one in bundle.calibrations:
        if one.kind not in calibration.KINDS or not np.isfinite([one.slope, one.offset]).all() or one.slope <= 0:
            yield "its calibration is not usable"
    if any(not 0 <= one <= 1 for one in bundle.thresholds):
        yield "a threshold of it is no probability"
    seen = bundle.seen
    if seen.probabilities.shape != (len(seen), tags) or seen.truth.shape != (len(seen), tags):
        yield "its files and what was said of them differ in number"
    elif not (np.isfinite(seen.probabilities).all() and (seen.probabilities >= 0).all()):
        yield "its out-of-fold probabilities hold numbers that are none"
    if seen.folds.shape != (len(seen),):
        yield "its files and folds differ in number"
    if len(seen) > 1 and not (seen.identities[1:] > seen.identities[:-1]).all():
        yield "its files are not in order"
