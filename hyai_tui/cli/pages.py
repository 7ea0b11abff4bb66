"""`hyai pages`: pages of a Hydrus client as file sets, and files shown in a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.text import count, short_hash, table, visible
from hyai_tui.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from hyai_tui.library.hydrus.library import HydrusLibrary
    from hyai_tui.library.hydrus.pages import Page
    from hyai_tui.library.page_sets import PageSet

_set = click.option("--set", "name", help="Name of an imported set; without it, the newest.")


@click.group("pages")
def pages() -> None:
    """Pages of a Hydrus client: as sets of files, and to show files in."""


@pages.command("tree")
@json_option
def tree(as_json: bool) -> None:
    """List the pages that are open in the client now."""
    with _client(open_workspace()) as library:
        top = library.pages().top()
    rows = [{"page": list(path), "category": path[0]} for path, _ in top.walk()]
    emit(rows, as_json, lambda: _tree(top))


@pages.command("import")
@click.argument("page", default="")
@json_option
def import_pages(page: str, as_json: bool) -> None:
    """Read PAGE and all pages in it as a set of files: names separated by commas, such as 'dataset, keep'. Default: all."""
    from hyai_tui.library import page_sets
    from hyai_tui.library.hydrus.pages import path_of

    workspace = open_workspace()
    with _client(workspace) as library:
        reader, names = library.pages(), path_of(page)
        root = reader.find(names)
        chosen = [((root.name,), root)] if root.media else list(root.walk())
        read: dict[tuple[str, ...], list[str]] = {}
        for path, one in chosen:
            narrate(f"reading {visible(' / '.join(path))}")
            read.setdefault(path, []).extend(reader.files(one))
    found = page_sets.made(names, workspace.settings.library.url, read)
    page_sets.save(workspace.root / page_sets.FILE, found)
    emit(_summary(found), as_json, lambda: _pages(found))


@pages.command("list")
@_set
@json_option
def list_pages(name: str | None, as_json: bool) -> None:
    """List the pages of an imported set: category, page, how many files."""
    found = _load(name)
    emit(_summary(found), as_json, lambda: _pages(found))


@pages.command("files")
@_set
@json_option
def files(name: str | None, as_json: bool) -> None:
    """List the files of an imported set, each once."""
    unique = _load(name).unique
    emit(unique, as_json, lambda: unique)


@pages.command("duplicates")
@_set
@json_option
def duplicates(name: str | None, as_json: bool) -> None:
    """List the files that are on several pages of an imported set, with these pages."""
    found = _load(name).duplicates()
    rows = [{"file": file, "pages": [list(path) for path in paths]} for file, paths in found.items()]
    emit(rows, as_json, lambda: _twice(found))


@pages.command("export")
@click.argument("directory", default="mappings", type=click.Path(file_okay=False, path_type=Path))
@_set
@json_option
def export(directory: Path, name: str | None, as_json: bool) -> None:
    """Write an imported set to DIRECTORY (default: mappings): a mapping in JSON, and a list of its hashes."""
    found = _load(name)
    stamp = datetime.fromtimestamp(found.at, UTC).strftime("%Y%m%d_%H%M%S")
    mapping = directory / f"dataset_mapping_{stamp}.json"
    hashes = directory / f"dataset_hashes_{stamp}.txt"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        mapping.write_text(json.dumps(found.mapping(), indent=2, ensure_ascii=False) + "\n", "utf-8")
        hashes.write_text("".join(f"{one}\n" for one in found.unique), "ascii")
    except OSError as error:
        raise HyaiError(f"{directory} cannot be written: {error.strerror}", "Name another directory") from error
    data = {"mapping": str(mapping), "hashes": str(hashes), "unique_files": len(found.unique)}
    emit(data, as_json, lambda: [f"{mapping}", f"{hashes}: {count(len(found.unique), 'file')}"])


@pages.command("show")
@click.argument("wanted", nargs=-1, metavar="[FILE]...")
@click.option("--queue", "queue_name", metavar="NAME", help="Show the files of this queue.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="Most files of a queue.")
@click.option("--page", default="hyai", show_default=True, help="Name of the page; opened where there is none.")
@json_option
def show(wanted: tuple[str, ...], queue_name: str | None, limit: int, page: str, as_json: bool) -> None:
    """Show FILE..., or the files of a queue, in a page of the client. No file is changed, nor its ratings or notes."""
    if bool(wanted) is bool(queue_name):
        raise WrongUse("Say what to show: files, or --queue NAME", "One of the two")
    workspace = open_workspace()
    chosen = _of_queue(workspace, queue_name, limit) if queue_name else _named(workspace, wanted)
    with _client(workspace) as library:
        shown = library.pages(to_write=True).show(page, chosen)
    data = {"page": shown.name, "files": len(chosen)}
    emit(data, as_json, lambda: [f"{count(len(chosen), 'file')} in the page {visible(shown.name)}"])


def _named(workspace: Workspace, wanted: Iterable[str]) -> list[str]:
    from hyai_tui.effects.naming import named_file

    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        return [named_file(one, journal, catalog, workspace) for one in wanted]


def _of_queue(workspace: Workspace, name: str, limit: int) -> list[str]:
    from hyai_tui.queues.context import load_context
    from hyai_tui.queues.plugins import available
    from hyai_tui.queues.registry import queue_kind

    built = queue_kind(name, available()).build(load_context(workspace))
    return [row.file for row in built.rows(0, limit)]


def _load(name: str | None) -> PageSet:
    from hyai_tui.library import page_sets

    return page_sets.load(open_workspace().root / page_sets.FILE, name)


@contextmanager
def _client(workspace: Workspace) -> Iterator[HydrusLibrary]:
    if workspace.settings.library.kind != "hydrus":
        raise WrongUse("The library is a folder, and pages are Hydrus'", "Use a workspace beside a Hydrus client")
    from hyai_tui.library.hydrus.library import HydrusLibrary
    from hyai_tui.library.write_log import sign

    library = workspace.open_library()
    assert isinstance(library, HydrusLibrary)
    sign(library, "pages")
    try:
        yield library
    finally:
        library.close()


def _summary(found: PageSet) -> dict[str, Any]:
    return {
        "set": found.name,
        "pages": [
            {"category": page.category, "page": list(page.path), "files": len(page.files)} for page in found.pages
        ],
        "total_files": found.total,
        "unique_files": len(found.unique),
        "duplicates": len(found.duplicates()),
    }


def _pages(found: PageSet) -> Iterable[str]:
    rows = [
        {"category": visible(page.category), "page": visible(" / ".join(page.path)), "files": f"{len(page.files):,}"}
        for page in found.pages
    ]
    yield from table(rows, ("category", "page", "files")) if rows else ["no page of files"]
    twice = len(found.duplicates())
    yield f"{found.name}: {found.total:,} on {count(len(found.pages), 'page')}, {len(found.unique):,} different, {twice:,} on several"


def _tree(page: Page, depth: int = 0) -> Iterator[str]:
    for one in page.pages:
        yield f"{'  ' * depth}{visible(one.name)}{'' if one.media else ' /'}"
        yield from _tree(one, depth + 1)


def _twice(found: dict[str, list[tuple[str, ...]]]) -> Iterator[str]:
    for file, paths in found.items():
        yield f"{short_hash(file)}  {visible(', '.join(' / '.join(path) for path in paths))}"
    if not found:
        yield "No file is on several pages"
