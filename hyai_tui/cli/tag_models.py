"""`hyai models tags`, and what the models of namespaces say of one file."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.text import table, visible
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.learning.tag_bundle import TagBundle
    from hyai_tui.learning.tag_registry import TagModelInfo

_COLUMNS = ("", "namespace", "model", "made", "encoder", "tags", "files", "F1")


@click.command("tags")
@click.option("--namespace", metavar="NAME", help="Only those of this namespace.")
@click.option("--use", "used", metavar="MODEL", help="Use this model for its namespace from now on.")
@click.option("--remove", "removed", metavar="MODEL", help="Delete this model; never one in use.")
@json_option
def tag_models(namespace: str | None, used: str | None, removed: str | None, as_json: bool) -> None:
    """List the models of tags, those in use marked: one for each namespace that 'hyai train --namespace' learned."""
    from hyai_tui.learning.tag_bundle import TagBundle
    from hyai_tui.learning.tag_registry import TagRegistry, clean_namespace

    registry = TagRegistry.of(open_workspace())
    wanted = None if namespace is None else clean_namespace(namespace)
    if used or removed:
        found = _named(registry.list(), wanted, used or removed or "")
        shelf = registry.shelf(found.namespace)
        if used:
            TagBundle.load(shelf.directory / found.id)
            shelf.point_to(found.id)
        if removed:
            shelf.remove(found.id)
    rows = [_row(one) for one in registry.list() if wanted in (None, one.namespace)]
    emit(rows, as_json, lambda: table([_shown(one) for one in rows], _COLUMNS) if rows else ["No tags are learned yet"])


def _named(models: Any, namespace: str | None, name: str) -> TagModelInfo:
    from hyai_tui.errors import ModelError

    found: list[TagModelInfo] = [
        one for one in models if one.id.startswith(name) and namespace in (None, one.namespace) and one.namespace
    ]
    if len(found) != 1:
        what = f"{name!r} names several models of tags" if found else f"There is no model of tags {name!r}"
        raise ModelError(what, "'hyai models tags' lists them; --namespace says which is meant")
    return found[0]


def of_namespaces(workspace: Workspace, catalog: Catalog, file: str) -> list[dict[str, Any]]:
    """Return what each model of a namespace says of one file.

    Returns:
        `namespace`, `model`, `of_namespace` (chance of the file to be of it), `probabilities` (tag to chance; empty
        without features), `offered` and `doubted` (`tag`, `probability`, `reason`): tags that the file lacks and the model
        would give, the likeliest first, and tags that it has and the model would not.
    """
    from hyai_tui.learning.tag_opinions import opinions
    from hyai_tui.learning.tag_registry import TagRegistry

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


def _row(info: TagModelInfo) -> dict[str, Any]:
    facts = info.facts
    metrics = facts.get("metrics") or {}
    return {
        "namespace": info.namespace,
        "model": info.id,
        "current": info.current,
        "created": facts.get("created"),
        "encoder": (facts.get("encoder") or {}).get("name"),
        "tags": facts.get("tags", []),
        "files": metrics.get("n"),
        "macro_f1": metrics.get("macro_f1"),
        "damaged": info.damaged,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    if row["damaged"] is not None:
        return {"": "!", "model": row["model"], "made": row["damaged"]}
    return {
        "": "▸" if row["current"] else "",
        "namespace": visible(row["namespace"]),
        "model": row["model"],
        "made": time.strftime("%Y-%m-%d %H:%M", time.localtime(row["created"])),
        "encoder": row["encoder"],
        "tags": f"{len(row['tags']):,}",
        "files": f"{row['files']:,}",
        "F1": f"{row['macro_f1']:.3f}",
    }
