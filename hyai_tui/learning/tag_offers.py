"""What the models of namespaces say of one file: tags of theirs that it may lack, and those that it does not look like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hyai_tui.learning.tag_opinions import opinions
from hyai_tui.learning.tag_registry import TagRegistry

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.learning.tag_bundle import TagBundle
    from hyai_tui.workspace import Workspace


def of_namespaces(workspace: Workspace, catalog: Catalog, file: str) -> list[dict[str, Any]]:
    """Return what each model of a namespace says of one file.

    Returns:
        `namespace`, `model`, `of_namespace` (chance of the file to be of it), `probabilities` (tag to chance; empty
        without features), `offered` and `doubted` (`tag`, `probability`, `reason`): tags that the file lacks and the model
        would give, the likeliest first, and tags that it has and the model would not.
    """
    known = catalog.file(file)
    shown = (known.display_tags or known.tags) if known is not None else frozenset()
    found = []
    for bundle in TagRegistry.of(workspace).all_current():
        said = opinions(workspace, catalog, bundle, [file])
        chances: list[float | None] = [None if math.isnan(one) else one for one in said.probabilities[0].tolist()]
        found.append(_of_one(bundle, shown, chances, float(said.of_namespace[0])))
    return found


def _of_one(
    bundle: TagBundle, shown: frozenset[str], chances: list[float | None], of_namespace: float
) -> dict[str, Any]:
    has = any(tag.startswith(f"{bundle.namespace}:") for tag in shown)
    share = 1.0 if has else of_namespace
    offered: list[dict[str, Any]] = []
    doubted: list[dict[str, Any]] = []
    for tag, chance, threshold in zip(bundle.tags, chances, bundle.thresholds, strict=True):
        if chance is None:
            continue
        if tag not in shown and chance * share >= threshold:
            reason = f"pictures that look like it have it ({bundle.namespace} #{bundle.number})"
            offered.append({"tag": tag, "probability": round(chance * share, 6), "reason": reason})
        elif tag in shown and chance < threshold:
            reason = f"it has {tag}, and does not look like it: {1 - chance:.0%} ({bundle.namespace} #{bundle.number})"
            doubted.append({"tag": tag, "probability": round(chance, 6), "reason": reason})
    return {
        "namespace": bundle.namespace,
        "model": bundle.id,
        "of_namespace": round(share, 6),
        "probabilities": {tag: round(one, 6) for tag, one in zip(bundle.tags, chances, strict=True) if one is not None},
        "offered": sorted(offered, key=_chance, reverse=True),
        "doubted": doubted,
    }


def _chance(one: dict[str, Any]) -> float:
    return float(one["probability"])
