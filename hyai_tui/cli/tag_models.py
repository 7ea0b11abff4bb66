"""`hyai models tags`: the models of namespaces."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.text import table, visible
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.learning.shelf import ModelInfo

_COLUMNS = ("", "namespace", "model", "made", "encoder", "tags", "files", "F1")


@click.command("tags")
@click.option("--namespace", metavar="NAME", help="Only those of this namespace.")
@click.option("--use", "used", metavar="MODEL", help="Use this model for its namespace from now on.")
@click.option("--remove", "removed", metavar="MODEL", help="Delete this model; never one in use.")
@json_option
def tag_models(namespace: str | None, used: str | None, removed: str | None, as_json: bool) -> None:
    """List the models of tags, those in use marked: one for each namespace that 'hyai train --namespace' learned."""
    from hyai_tui.learning.tag_registry import TagRegistry, clean_namespace, namespace_of

    registry = TagRegistry.of(open_workspace())
    wanted = None if namespace is None else clean_namespace(namespace)
    if used or removed:
        found = _named(registry.list(), wanted, used or removed or "")
        shelf = registry.shelf(namespace_of(found))
        if used:
            shelf.point_to(shelf.get(found.id).id)
        if removed:
            shelf.remove(found.id)
    rows = [_row(one) for one in registry.list() if wanted in (None, namespace_of(one))]
    emit(rows, as_json, lambda: table([_shown(one) for one in rows], _COLUMNS) if rows else ["No tags are learned yet"])


def _named(models: Any, namespace: str | None, name: str) -> ModelInfo:
    from hyai_tui.errors import ModelError
    from hyai_tui.learning.tag_registry import namespace_of

    found: list[ModelInfo] = [
        one for one in models if one.id.startswith(name) and (of := namespace_of(one)) and namespace in (None, of)
    ]
    if len(found) != 1:
        what = f"{name!r} names several models of tags" if found else f"There is no model of tags {name!r}"
        raise ModelError(what, "'hyai models tags' lists them; --namespace says which is meant")
    return found[0]


def _row(info: ModelInfo) -> dict[str, Any]:
    facts = info.facts
    metrics = facts.get("metrics") or {}
    return {
        "namespace": str(facts.get("namespace", "")),
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
