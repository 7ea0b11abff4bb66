"""`hyai models`: the models of the workspace; look, choose, take in, give out."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.comparing import compare_models
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.tag_models import tag_models
from hyai_tui.errors import NotNow
from hyai_tui.learning.report_lines import headline
from hyai_tui.text import table
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.learning.registry import Registry
    from hyai_tui.learning.shelf import ModelInfo


@click.group("models", invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """Trained models: list, show, use, import, export, remove; 'tags' lists those of namespaces."""
    if context.invoked_subcommand is None:
        context.invoke(list_models, as_json=False)


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the models, oldest first; the one in use is marked.

    A best_model.topless.keras or best_model.keras of the original classifier that lies in the workspace, or in .hyai/models,
    is taken in first, as 'hyai models import' does.
    """
    from hyai_tui.learning.old_models import take_in_dropped

    workspace = open_workspace()
    for one in take_in_dropped(workspace, narrate):
        if one.error is None:
            narrate(f"{one.path.name}: taken in as {one.model}")
        else:
            narrate(f"{one.path.name} was not taken in: {one.error.what}")
            narrate(f"  {one.error.fix}")
    found = _registry(workspace).list()
    data = [_row(info) for info in found]

    def lines() -> Iterable[str]:
        if not data:
            return ["No models yet: 'hyai train' makes one"]
        return table([_shown(row) for row in data], ["", "model", "made", "head", "encoder", "labels", "samples", "F1"])

    emit(data, as_json, lines)


@models.command("show")
@click.argument("model", required=False)
@json_option
def show_model(model: str | None, as_json: bool) -> None:
    """Show the model in use, or MODEL (an id, the beginning of one, or a number)."""
    registry = _registry(open_workspace())
    bundle = registry.get(model) if model else registry.require_current()
    data = {**_described(bundle), "current": bundle.id == registry.current_id()}
    emit(data, as_json, lambda: _lines_of(data))


@models.command("use")
@click.argument("model")
@click.option("--encoder", is_flag=True, help="Use the encoder that it was trained on from now on, too.")
@json_option
def use_model(model: str, encoder: bool, as_json: bool) -> None:
    """Make MODEL the one in use. Files keep their scores; 'hyai score' brings those of this model up to date.

    With --encoder the workspace changes to the model's encoder, such as a network that was tuned here: what it has not seen is
    encoded anew by the next 'hyai score' or 'hyai cache build'.
    """
    workspace = open_workspace()
    registry = _registry(workspace)
    bundle = registry.get(model)
    changed = _take_encoder(workspace, bundle) if encoder else {}
    if not changed:
        _check_fits(workspace, bundle)
    registry.promote(bundle.id)
    said = "".join(f"; {name} = {value}" for name, value in changed.items())
    emit({"model": bundle.id, "settings": changed}, as_json, lambda: [f"{bundle.id} is in use{said}"])


models.add_command(use_model, "promote")
models.add_command(compare_models)
models.add_command(tag_models)


@models.command("rollback")
@json_option
def rollback(as_json: bool) -> None:
    """Make the model that was in use before the one in use again."""
    workspace = open_workspace()
    registry = _registry(workspace)
    previous = registry.previous_id()
    if previous is None:
        raise NotNow("No other model was in use before", "'hyai models use MODEL' uses any")
    _check_fits(workspace, registry.get(previous))
    registry.rollback()
    emit({"model": previous}, as_json, lambda: [f"{previous} is in use again"])


@models.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--use", is_flag=True, help="Use it at once; by default only where there is no model yet.")
@json_option
def import_model(path: Path, use: bool, as_json: bool) -> None:
    """Take in a model: a ZIP file or directory from 'hyai models export', or a Keras file of the original classifier.

    Keras files (best_model.topless.keras, best_model.keras) are read in Keras' safe mode in a process of their own, and
    only the weights of the head are kept. A network that was tuned for the model comes along; --use uses both.
    """
    workspace = open_workspace()
    registry = _registry(workspace)
    known, tuned = _known_file(workspace, registry, path), False
    if known is None:
        with tempfile.TemporaryDirectory(prefix="hyai-import-") as room:
            source = path if path.is_dir() else _taken_out(workspace, path, Path(room) / "model")
            tuned = _take_network(workspace, source)
            known = registry.same_as(source)
            bundle = registry.get(known) if known is not None else _joined(workspace, registry, source, tuned, use)
    else:
        bundle = registry.get(known)
    if known is not None and use and not tuned:
        _check_fits(workspace, bundle)
        registry.promote(known)
    changed: dict[str, str] = {}
    if tuned and use:
        changed = _take_encoder(workspace, bundle)
        registry.promote(bundle.id)
    current = bundle.id == registry.current_id()
    data = {"model": bundle.id, "current": current, "labels": list(bundle.labels), "encoder": bundle.encoder.id}
    data |= {"network": tuned, "settings": changed, "known": known is not None}
    both = f"kept with the network that was tuned for it; 'hyai models use {bundle.id} --encoder' uses both"
    state = "in use" if current else both if tuned else f"kept; 'hyai models use {bundle.id}' uses it"
    here = "here already, nothing was added; " if known is not None else ""
    emit(data, as_json, lambda: [f"{bundle.id} ({', '.join(bundle.labels)}): {here}{state}"])


@models.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("model", required=False)
@json_option
def export_model(path: Path, model: str | None, as_json: bool) -> None:
    """Copy the model in use, or MODEL, to PATH for another machine: a ZIP file if it ends in .zip, else a new directory.

    It holds the hashes and labels of the samples that it was trained on, and features of some; no picture, path or tag. A network
    that was tuned for it goes along.
    """
    from hyai_tui.features.tuned import network_of

    workspace = open_workspace()
    registry = _registry(workspace)
    chosen = registry.get(model) if model else registry.require_current()
    network = network_of(workspace, chosen.encoder.id)
    bundle = registry.export(chosen.id, path.absolute(), network)
    data = {"model": bundle.id, "path": str(path.absolute()), "network": network is not None}
    emit(data, as_json, lambda: [f"{bundle.id}{' and its network' if network else ''} → {path}"])


@models.command("remove")
@click.argument("model")
@json_option
def remove_model(model: str, as_json: bool) -> None:
    """Delete MODEL and its scores; never the one in use."""
    from hyai_tui.learning.scores import ScoreTable

    workspace = open_workspace()
    removed = _registry(workspace).remove(model)
    ScoreTable.remove(workspace.scores_directory, removed)
    emit({"removed": removed}, as_json, lambda: [f"{removed} removed"])


def _joined(workspace: Workspace, registry: Registry, source: Path, tuned: bool, use: bool) -> Bundle:
    """Add a model that is not here yet; one with a network of its own is not put to use before that is."""
    if tuned:
        return registry.import_from(source, None, promote=False)
    return registry.import_from(source, _encoder_in_use(workspace), True if use else None)


def _known_file(workspace: Workspace, registry: Registry, path: Path) -> str | None:
    """Return the model that was made of this very Keras file for the encoder in use, so that it need not be read again."""
    if path.suffix != ".keras" or not path.is_file():
        return None
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return registry.imported_as(digest, _encoder_in_use(workspace))


def _taken_out(workspace: Workspace, file: Path, target: Path) -> Path:
    """Return the bundle in a ZIP file, or the one made of a Keras file."""
    from hyai_tui.learning.archive import unpack

    if file.suffix.lower() == ".zip":
        return unpack(file, target)
    from hyai_tui.learning.old_models import convert

    narrate(f"Reading {file.name} in Keras' safe mode")
    return convert(workspace, file, target)


def _take_network(workspace: Workspace, source: Path) -> bool:
    """Take in the tuned network that came with a model; False where none did."""
    from hyai_tui.features.tuned import take_in
    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.learning.bundle_parts import NETWORK

    if not (source / NETWORK).is_file():
        return False
    take_in(workspace, source / NETWORK, Bundle.load(source).encoder.id)
    return True


def _registry(workspace: Workspace) -> Registry:
    from hyai_tui.learning.registry import Registry

    return Registry(workspace.models_directory)


def _encoder_in_use(workspace: Workspace) -> str:
    from hyai_tui.features.choosing import choose

    return choose(workspace).version.id


def _check_fits(workspace: Workspace, bundle: Bundle) -> None:
    bundle.require(_encoder_in_use(workspace), workspace.settings.features.source)


def _take_encoder(workspace: Workspace, bundle: Bundle) -> dict[str, str]:
    """Write a model's encoder into the settings and return what was written; nothing where it is the workspace's already."""
    from hyai_tui import settings_file
    from hyai_tui.errors import ModelError
    from hyai_tui.features.choosing import as_settings, choice_of, choose

    try:
        if choose(workspace).version.id == bundle.encoder.id:
            return {}
    except ModelError:
        # What the settings name cannot be used: the model's may be here all the same.
        pass
    found = choice_of(workspace, bundle.encoder.id)
    if found is None:
        raise ModelError(
            f"The encoder of {bundle.id}, {bundle.encoder.name} ({bundle.encoder.id}), is not here",
            "Put its weights file back, or train a model on the encoder in use with 'hyai train'",
        )
    bundle.require(found.version.id, workspace.settings.features.source)
    values = as_settings(workspace, found)
    settings_file.set_values(workspace.settings_file, values)
    return values


def _row(info: ModelInfo) -> dict[str, Any]:
    facts = info.facts
    head, encoder = facts.get("head") or {}, facts.get("encoder") or {}
    return {
        "model": info.id,
        "number": info.number,
        "current": info.current,
        "created": facts.get("created"),
        "head": head.get("kind"),
        "encoder": encoder.get("name"),
        "labels": facts.get("labels", []),
        "samples": facts.get("samples", {}),
        "macro_f1": (facts.get("metrics") or {}).get("macro_f1"),
        "imported": (facts.get("record") or {}).get("imported"),
        "damaged": info.damaged,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    if row["damaged"] is not None:
        return {"": "!", "model": row["model"], "made": row["damaged"]}
    score = row["macro_f1"]
    return {
        "": "▸" if row["current"] else "",
        "model": row["model"],
        "made": time.strftime("%Y-%m-%d %H:%M", time.localtime(row["created"])),
        "head": row["head"],
        "encoder": row["encoder"],
        "labels": " ".join(row["labels"]),
        "samples": f"{sum(row['samples'].values()):,}",
        "F1": f"from {row['imported']}" if row["imported"] else "" if score is None else f"{score:.3f}",
    }


def _described(bundle: Bundle) -> dict[str, Any]:
    kernel = bundle.head.kernel
    return {
        "model": bundle.id,
        "created": bundle.created,
        "labels": list(bundle.labels),
        "head": {
            "kind": bundle.head.kind,
            "layers": [{"shape": shape, "parameters": number} for shape, number in bundle.head.parameters],
            "parameters": sum(number for _, number in bundle.head.parameters),
            "kernel": None if kernel is None else {"landmarks": len(kernel.landmarks), "mix": list(kernel.mix)},
        },
        "encoder": {"id": bundle.encoder.id, "name": bundle.encoder.name, "dimension": bundle.encoder.dimension},
        "source": bundle.source,
        "calibration": {
            "kind": bundle.calibration.kind,
            "slope": bundle.calibration.slope,
            "offset": bundle.calibration.offset,
        },
        "thresholds": None if bundle.thresholds is None else dict(bundle.thresholds),
        "samples": dict(bundle.samples),
        "metrics": dict(bundle.metrics),
        "fingerprint": bundle.fingerprint,
        "record": dict(bundle.record),
    }


def _lines_of(data: dict[str, Any]) -> Iterator[str]:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(data["created"]))
    yield f"{data['model']}, made {made}" + (", in use" if data["current"] else "")
    yield f"labels       {', '.join(data['labels'])}; the score is that of {data['labels'][-1]}"
    encoder = data["encoder"]
    yield f"encoder      {encoder['name']} ({encoder['id']}), {encoder['dimension']:,} features, from {data['source']}"
    layers = "; ".join(f"{one['shape']}: {one['parameters']:,}" for one in data["head"]["layers"])
    yield f"head         {data['head']['kind']}, {layers}; {data['head']['parameters']:,} trainable parameters"
    if kernel := data["head"]["kernel"]:
        yield f"             and a kernel part of {kernel['landmarks']:,} samples, mixed {kernel['mix'][0]:.2f} : {kernel['mix'][1]:.2f}"
    calibration = data["calibration"]
    yield f"calibration  {calibration['kind']}, slope {calibration['slope']:.3f}, offset {calibration['offset']:.3f}"
    thresholds = data["thresholds"] or {}
    stated = ", ".join(f"{label} {value:.3f}" for label, value in thresholds.items())
    yield f"thresholds   {stated or 'the defaults'}"
    samples = ", ".join(f"{number:,} {label}" for label, number in data["samples"].items())
    yield f"samples      {samples or 'unknown'}"
    if data["metrics"]:
        yield f"out of fold  {headline(data['metrics'])}"
    record = data["record"]
    if "stop" in record:
        length = f"{record['epochs']} epochs" if "epochs" in record else f"strength {record.get('strength')}"
        round_ = f", round {record['round']} of a training until stopped" if "round" in record else ""
        yield f"training     seed {record.get('seed')}, {length}{round_}; {record['stop']}"
    if "imported" in record:
        backbone = f"; its network: {record['backbone']}" if record.get("backbone") else ""
        yield f"imported     from {record['imported']}{backbone}"
