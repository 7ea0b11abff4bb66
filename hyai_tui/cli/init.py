"""`hyai init`: make a workspace on a folder of pictures or a Hydrus client, or take over an old HyAI's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui import credentials
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.credentials import AccessKey
from hyai_tui.errors import WorkspaceError, WrongUse
from hyai_tui.locations import example_model as example_model_directory
from hyai_tui.old_settings import Taken, read_old_settings
from hyai_tui.settings import SETTINGS_FILE
from hyai_tui.workspace import DATA_DIRECTORY, Workspace, create_workspace

if TYPE_CHECKING:
    from hyai_tui.cli.setting_up import Answers

_LABELS = ("archive", "trash")
# What --hydrus holds without an address.
_ASK = "ask"
_USUAL_ADDRESS = "http://127.0.0.1:45869"


@dataclass(slots=True)
class _Wish:
    """What the workspace is to be: tables of settings, an access key for its address, and lines to print."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    key: AccessKey | None = None
    taken: list[Taken] = field(default_factory=list)

    @property
    def url(self) -> str:
        return str(self.tables.get("library", {}).get("url", ""))


@click.command("init")
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--library", type=click.Path(path_type=Path), help="Folder of pictures; without it, DIRECTORY itself.")
@click.option(
    "--hydrus",
    metavar="[URL]",
    is_flag=False,
    flag_value=_ASK,
    help="Beside a Hydrus client; in a terminal it asks step by step. URL is such as http://127.0.0.1:45869.",
)
@click.option(
    "--from-hyai", metavar="SETTINGS.PY", type=click.Path(path_type=Path), help="Take over an old HyAI's settings."
)
@click.option("--example-model", is_flag=True, help="Begin with the model that comes with hyai.")
@click.option("--app-follows", is_flag=True, hidden=True, help="The app opens by itself afterwards, so do not say how.")
@json_option
def init(
    directory: Path | None,
    library: Path | None,
    hydrus: str | None,
    from_hyai: Path | None,
    example_model: bool,
    app_follows: bool,
    as_json: bool,
) -> None:
    """Make a workspace in DIRECTORY (default: here). Doing it twice changes nothing."""
    if library and hydrus:
        raise WrongUse("A workspace has one library: --library or --hydrus", "Leave one out")
    root = (directory or Path(os.environ.get("HYAI_HOME") or ".")).expanduser().absolute()
    existed = (root / SETTINGS_FILE).exists()
    guided = None
    if hydrus and not existed and not from_hyai and not as_json and _in_terminal():
        guided = _guided("" if hydrus == _ASK else hydrus)
        hydrus = guided.url
    wish = _wish(root, library, _USUAL_ADDRESS if hydrus == _ASK else hydrus, from_hyai)
    if guided is not None:
        _take(wish, guided)
    workspace = _create(root, wish)
    if existed:
        _refuse_other(workspace, wish)
    _begin_journal(workspace)
    _keep_key(workspace, wish, ask=guided is None)
    model = _take_example(workspace) if example_model else None
    data = {
        "workspace": str(workspace.root),
        "created": not existed,
        "taken_over": [{"old": one.old, "new": one.new or None, "note": one.note} for one in wish.taken],
        "model": model,
    }
    emit(data, as_json, lambda: _lines(workspace, wish, model, existed=existed, app_follows=app_follows))


def _wish(root: Path, library: Path | None, hydrus: str | None, from_hyai: Path | None) -> _Wish:
    wish = _Wish()
    if from_hyai:
        old = read_old_settings(from_hyai)
        wish = _Wish(old.tables, old.key, old.taken)
    table = wish.tables.setdefault("library", {})
    if hydrus:
        credentials.bound_address(hydrus)
        if wish.key and wish.url and credentials.bound_address(wish.url) != credentials.bound_address(hydrus):
            raise WrongUse(
                "The old settings hold a key for another address than --hydrus", "Leave --hydrus out, or give it alone"
            )
        table.update(kind="hydrus", url=hydrus.strip().rstrip("/"))
    elif library or "kind" not in table:
        table.update(kind="folder", path=_library_path(root, library or root))
        table.pop("url", None)
    return wish


def _library_path(root: Path, library: Path) -> str:
    """Return the library's root as it is written down: relative inside the workspace, which may be moved."""
    chosen = library.expanduser().absolute()
    if chosen.resolve() != root.resolve() and not chosen.is_dir():
        raise WrongUse(f"There is no folder {chosen}", "Name the folder that holds your pictures")
    training = (root / DATA_DIRECTORY).resolve()
    if chosen.resolve() == training or training in chosen.resolve().parents:
        raise WrongUse("data/ holds the training samples and cannot be the library", "Name the folder of your pictures")
    real = chosen.resolve()
    inside = real.is_relative_to(root.resolve())
    text = str(real.relative_to(root.resolve())) if inside else str(real)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise WrongUse(
            "The library folder's name has bytes that are no text, and a settings file cannot hold it",
            "Rename it, or make the workspace inside it",
        ) from None
    return text


def _create(root: Path, wish: _Wish) -> Workspace:
    if root.exists() and not root.is_dir():
        raise WorkspaceError(f"{root} is a file", "Name a directory for the workspace")
    return create_workspace(root, _settings_text(wish.tables))


def _settings_text(tables: dict[str, dict[str, Any]]) -> str:
    """Return the new settings file: only what differs from the defaults stands in it."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("Settings of this hyai workspace. 'hyai config show' lists all of them."))
    document.add(tomlkit.comment("Access keys are not kept here: they are in your own configuration directory."))
    for section, values in tables.items():
        if values:
            document.add(tomlkit.nl())
            table = tomlkit.table()
            for key, value in values.items():
                table.add(key, value)
            document.add(section, table)
    return tomlkit.dumps(document)


def _refuse_other(workspace: Workspace, wish: _Wish) -> None:
    """A second init may repeat the first; a different wish is not silently dropped."""
    have = workspace.settings
    for section, values in wish.tables.items():
        for key, value in values.items():
            present = getattr(getattr(have, section), key)
            same = (tuple(value) if isinstance(value, list) else value) == present
            if section == "library" and key == "path" and value == ".":
                same = True  # no library was named: whatever the workspace has is right
            if section == "library" and key == "kind" and wish.tables["library"].get("path") == ".":
                same = True
            if not same:
                raise WrongUse(
                    f"{workspace.root} is a workspace already, with {section}.{key} = {present}; nothing was changed",
                    f"Change it with 'hyai config set {section}.{key} {value}'",
                )


def _begin_journal(workspace: Workspace) -> None:
    with workspace.open_journal() as journal:
        folders = (
            sorted(one.name for one in workspace.data.iterdir() if one.is_dir()) if workspace.data.is_dir() else []
        )
        if not journal.labels():
            journal.add_labels([one for one in folders if not one.startswith(".")] or _LABELS)


def _in_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _guided(url: str) -> Answers:
    from hyai_tui.cli.setting_up import TerminalAsker, guide

    if url:
        credentials.bound_address(url)
    return guide(TerminalAsker(), url)


def _take(wish: _Wish, answers: Answers) -> None:
    """Put the answers of the guided set-up among the settings."""
    wish.key = answers.key
    if answers.tag_service:
        wish.tables["library"]["tag_service"] = answers.tag_service
    if answers.sample_pixels is not None:
        wish.tables["library"]["sample_pixels"] = answers.sample_pixels
    if answers.criteria is not None:
        wish.tables.setdefault("tag", {})["criteria"] = list(answers.criteria)


def _keep_key(workspace: Workspace, wish: _Wish, *, ask: bool) -> None:
    """Keep the key for the address; in a terminal ask for one where none is known and nobody has asked yet."""
    url = wish.url
    if workspace.settings.library.kind != "hydrus" or not url:
        return
    credentials.remember_address(url)
    if wish.key:
        credentials.save_key(url, wish.key)
    elif ask and credentials.source_of(url) == "none" and _in_terminal():
        text = click.prompt("Access key (not shown; empty to give it later)", default="", hide_input=True, err=True)
        if text.strip():
            credentials.save_key(url, AccessKey(text))
    if ask and (warning := credentials.warning_about(url)):
        narrate(f"warning: {warning}")


def _take_example(workspace: Workspace) -> str:
    """Import the example model, unless it is there already, and say if the workspace's encoder is not its own."""
    from hyai_tui.features.choosing import choose
    from hyai_tui.learning.bundle import Bundle
    from hyai_tui.learning.registry import Registry

    registry = Registry(workspace.models_directory)
    example = Bundle.load(example_model_directory())
    same = (example.fingerprint, example.created)
    there = [one.id for one in registry.list() if (one.facts.get("fingerprint"), one.facts.get("created")) == same]
    model = there[0] if there else registry.import_from(example_model_directory(), None).id
    if example.encoder.id != choose(workspace).version.id:
        narrate(f"The example model is for the encoder {example.encoder.name}, and this workspace uses another one;")
        narrate(f"to begin with it: 'hyai config set features.encoder {example.encoder.name}'")
    return model


def _lines(workspace: Workspace, wish: _Wish, model: str | None, *, existed: bool, app_follows: bool) -> Iterator[str]:
    yield from (str(one) for one in wish.taken)
    library = workspace.settings.library
    where = library.url if library.kind == "hydrus" else workspace.library_root
    yield f"{workspace.root} {'is a workspace already' if existed else 'is a workspace now'}; its library is {where}"
    if model:
        yield f"model {model}"
    if library.kind == "hydrus" and credentials.source_of(library.url) == "none":
        yield "No access key yet: run 'hyai config key', or set HYAI_HYDRUS_KEY"
    elif app_follows:
        yield "Later, 'hyai' here opens it again"
    elif not existed:
        yield f"Next: 'hyai' in {workspace.root} opens the app, which reads the library by itself; 'hyai doctor' checks it"
