"""A project as one ZIP: labels of every file, classes, a manifest, and on request the pictures and the model."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hyai_tui import __version__
from hyai_tui.exchange.items import ITEM_COLUMNS, items
from hyai_tui.exchange.tables import table_text
from hyai_tui.exchange.zips import Members, packed_json, whole_zip
from hyai_tui.features.tuned import network_of
from hyai_tui.learning.bundle_parts import NETWORK
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.training import training_samples

if TYPE_CHECKING:
    from hyai_tui.effects.opening import Parts

KIND: Final = "hyai-project"
FORMAT: Final = 1
LABELS: Final = "labels.csv"
CLASSES: Final = "classes.json"
IMAGES: Final = "images"
MODEL: Final = "model"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: rows of the table, rows with a label, pictures."""

    items: int
    labelled: int
    images: int


def write_project(target: Path, parts: Parts, *, images: bool = False, model: bool = False) -> Exported:
    """Write the project; the file appears whole or not at all.

    Args:
        target: the ZIP file; replaced if it is there.
        parts: the workspace's opened parts.
        images: with the pictures of the training folders, under `images/<label>/`.
        model: with the model in use, under `model/`, and the network that was tuned for it, if one was.

    Raises:
        WrongUse: the file cannot be written.
    """
    registry = Registry(parts.workspace.models_directory)
    bundle = registry.current()
    rows = list(items(parts.workspace, parts.catalog, parts.journal))
    with whole_zip(target) as archive:
        members = Members(archive)
        members.add(LABELS, table_text(rows, ITEM_COLUMNS).encode("utf-8-sig"))
        members.add(CLASSES, packed_json(_classes(parts)))
        pictures = 0
        if images:
            for sample in training_samples(parts.journal, parts.workspace.data):
                name = f"{IMAGES}/{sample.label}/{sample.identity}{sample.path.suffix.lower()}"
                members.add(name, sample.path.read_bytes(), stored=True)
                pictures += 1
        if model and bundle is not None:
            with tempfile.TemporaryDirectory(prefix="hyai-") as scratch:
                bundle.save(Path(scratch) / MODEL)
                for path in sorted((Path(scratch) / MODEL).iterdir()):
                    members.add(f"{MODEL}/{path.name}", path.read_bytes())
            # Weights of a network that was tuned here are on no other machine.
            if (network := network_of(parts.workspace, bundle.encoder.id)) is not None:
                members.add_file(f"{MODEL}/{NETWORK}", network)
        labelled = sum(row["label"] is not None for row in rows)
        facts = {
            "kind": KIND,
            "format": FORMAT,
            "program": {"name": "hyai-tui", "version": __version__},
            "exported_at": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
            "items": len(rows),
            "labelled": labelled,
            "images": pictures,
            "source": parts.workspace.settings.features.source,
            "encoder": None
            if bundle is None
            else {"id": bundle.encoder.id, "name": bundle.encoder.name, "dimension": bundle.encoder.dimension},
            "model": None
            if bundle is None
            else {
                "id": bundle.id,
                "labels": list(bundle.labels),
                "calibration": asdict(bundle.calibration),
                "metrics": {name: bundle.metrics.get(name) for name in ("macro_f1", "accuracy", "auc", "ece")},
                "fingerprint": bundle.fingerprint,
            },
        }
        members.finish(facts)
    return Exported(len(rows), labelled, pictures)


def _classes(parts: Parts) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "digit": one.digit, "colour": one.colour, "about": one.about}
        for one in parts.journal.labels()
    ]
