"""`hyai cache`: the features that models learn from and score with."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.engine_options import engine_of, engine_options
from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import WrongUse
from hyai_tui.installing import how_to_add
from hyai_tui.text import count, megabytes, short_hash, visible
from hyai_tui.workspace import Workspace, open_workspace

_NAMED = 20


@click.group("cache")
def cache() -> None:
    """Features of pictures: encode what is missing, and look after what is there. Deleting them costs time, never work."""


@cache.command("build")
@click.option("--limit", type=click.IntRange(min=0), help="Encode at most so many pictures now.")
@click.option("--sample", type=click.IntRange(min=0), help="Take so many of all pictures.")
@click.option("--fraction", "--frac", type=click.FloatRange(0, 1), help="Take this share of all pictures.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed takes the same sample.")
@click.option(
    "--source", type=click.Choice(["file", "thumbnail"]), help="What is encoded, this once; default features.source."
)
@click.option("--snapshot", type=int, help="Only files of this snapshot; see 'hyai snapshots list'.")
@click.option("--force", "--no-cache", "force", is_flag=True, help="Encode anew what has features already.")
@click.option("--refresh-tags", is_flag=True, help="Read states and tags of every file again, and encode nothing.")
@click.option("--retry", is_flag=True, help="Try again the pictures that could not be encoded before.")
@click.option(
    "--accept-removals", is_flag=True, help="Accept that many samples were removed from the training folders."
)
@click.option("--download-weights", is_flag=True, help="Fetch the network's weights first; asks before it does.")
@click.option("--yes", is_flag=True, help="Answer yes to the download.")
@engine_options
@json_option
def build(download_weights: bool, yes: bool, refresh_tags: bool, as_json: bool, **options: Any) -> None:
    """Encode every picture of the library and every sample that has no features yet.

    Pictures that cannot be used are named with the reason and counted. A build that was stopped goes on where it was.
    """
    workspace = open_workspace()
    options |= engine_of(options)
    if download_weights:
        _download(workspace.settings.features.encoder, yes)
    if refresh_tags:
        _refresh_tags(workspace, as_json, options)
        return
    result = run_job(workspace, "cache", options)
    emit(result, as_json, lambda: _built(result))


def _refresh_tags(workspace: Workspace, as_json: bool, options: Mapping[str, Any]) -> None:
    """Read the library whole, and say how many features there are; none is made.

    Raises:
        WrongUse: together with an option that asks to encode anew.
    """
    if options["force"] or options["retry"]:
        raise WrongUse("--refresh-tags encodes nothing", "Leave --force, --no-cache and --retry out")
    scanned = run_job(workspace, "scan", {"full": True})
    result = {**run_job(workspace, "cache", {**options, "limit": 0}), "tags_of": scanned["files"]}

    def lines() -> Iterable[str]:
        yield f"Tags of {count(scanned['files'], 'file')} read again"
        yield from _built(result)

    emit(result, as_json, lines)


def _built(result: Mapping[str, Any]) -> Iterable[str]:
    yield (
        f"{count(result['total'], 'picture')}: {result['encoded']:,} encoded, {result['reused']:,} reused,"
        f" {len(result['skipped']):,} skipped{_left(result['left'])} ({result['encoder']})"
    )
    reasons = Counter(one["reason"] for one in result["skipped"])
    for one in result["skipped"]:
        # Long lists are for --json; what is rare enough to be looked at is named here.
        if reasons[one["reason"]] <= _NAMED:
            yield f"  {one['file']}  {one['reason']}"
    for reason, number in reasons.items():
        if number > _NAMED:
            yield f"  {count(number, 'file')}: {reason} (--json names them)"
    if "needs-astropy" in reasons:
        yield f"FITS pictures can be encoded after {how_to_add('hyai-tui[fits]')}; then 'hyai cache build --retry'"


def _left(number: int) -> str:
    return f", {number:,} left for later" if number else ""


@cache.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say which encoder is used, how many features there are, and how many are missing."""
    data = _status(open_workspace())

    def lines() -> Iterable[str]:
        yield f"encoder   {data['encoder']}, from each {data['source']}"
        yield f"features  {count(data['vectors'], 'vector')}, {megabytes(data['bytes'])}, {data['missing']:,} missing"
        yield f"problems  {count(data['problems'], 'picture')} cannot be encoded"
        yield f"similar   {_searched(data)}"
        if data["dead"]:
            yield f"unused    {count(data['dead'], 'row')}: 'hyai cache compact' frees them"
        if data["notice"]:
            yield str(data["notice"])

    emit(data, as_json, lines)


def _searched(data: Mapping[str, Any]) -> str:
    """Return how files like one are found: exactly, or by an index that finds so much."""
    from hyai_tui.features.inverted import LEAST_ROWS

    if data["index"] is not None:
        return f"by an index: {data['index']['about']}"
    hint = ": 'hyai cache index' makes an index, which is much faster" if data["vectors"] >= LEAST_ROWS else ""
    return f"all vectors are compared, exactly{hint}"


def _status(workspace: Workspace) -> dict[str, Any]:
    from hyai_tui.features import inverted
    from hyai_tui.features.choosing import choose, features_directory
    from hyai_tui.features.plan import make_plan, picture_samples
    from hyai_tui.features.store import FeatureStore

    choice = choose(workspace)
    source = workspace.settings.features.source
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        plan = make_plan(catalog, source, picture_samples(journal, workspace.data), workspace.data)
    data: dict[str, Any] = {
        "encoder": choice.version.id,
        "source": source,
        "total": plan.total,
        "vectors": 0,
        "missing": len(plan.items),
        "problems": 0,
        "dead": 0,
        "bytes": 0,
        "index": None,
        "notice": choice.notice,
    }
    directory = features_directory(workspace, choice)
    if directory.is_dir():
        with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
            size = store.size()
            index = inverted.opened(store)
            without = set(store.missing(list(plan.contents().values()))) - set(store.problems())
        unknown = sum(item.content is None for item in plan.items)
        data |= {
            "vectors": size.vectors,
            "missing": unknown + sum(item.content in without for item in plan.items),
            "problems": size.problems,
            "dead": size.dead,
            "bytes": size.bytes,
        }
        if index is not None:
            record = index.record
            data["index"] = {"vectors": record.rows, "recall": record.recall, "about": record.line}
    return data


@cache.command("encoders")
@json_option
def encoders(as_json: bool) -> None:
    """List the encoders: which can be used, which one is, and whose features are stored here."""
    from hyai_tui.features.encoders.listing import listed, stored

    workspace = open_workspace()
    data = {"encoders": listed(workspace), "stores": stored(workspace)}

    def lines() -> Iterable[str]:
        for one in data["encoders"]:
            mark = "*" if one["chosen"] else " "
            yield f"{mark} {one['name']:15} {one['dimension'] or '?':>5}  {one['detail']}"
        for one in data["stores"]:
            used = ", in use" if one["chosen"] else ""
            yield f"  {one['id']}: {count(one['vectors'], 'vector')}, {megabytes(one['bytes'])}{used}"

    emit(data, as_json, lines)


@cache.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export(file: Path, as_json: bool) -> None:
    """Write the features of the encoder in use into FILE, a Parquet file, for other programs."""
    from hyai_tui.features.choosing import choose, features_directory
    from hyai_tui.features.export import export_parquet
    from hyai_tui.features.store import FeatureStore

    workspace = open_workspace()
    version = choose(workspace).version
    directory = features_directory(workspace, choose(workspace))
    with FeatureStore.open(directory, version.dimension, version=version, read_only=True) as store:
        rows = export_parquet(store, version, file)
    emit({"file": str(file), "rows": rows}, as_json, lambda: [f"{count(rows, 'vector')} in {file}"])


@cache.command("index")
@click.option("--anyway", is_flag=True, help="Make it of a store that is small enough to do without, too.")
@json_option
def index(anyway: bool, as_json: bool) -> None:
    """Make the index by which files like one are found in a store of over a million vectors, and say how much it finds.

    A build makes it itself where faiss is installed and a tenth of the store has changed.
    """
    result = run_job(open_workspace(), "cache", {"action": "index", "anyway": anyway})

    def lines() -> Iterable[str]:
        found = f"{result['recall']:.1%} of the {result['neighbours']} nearest are found"
        yield f"{count(result['vectors'], 'vector')} in {count(result['lists'], 'list')}: {found}"
        if not result["used"]:
            yield "Too little: all vectors are compared as before"

    emit(result, as_json, lines)


@cache.command("tags")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@json_option
def tags(files: tuple[str, ...], as_json: bool) -> None:
    """Print the tags that the ONNX file of your config.toml names on each FILE, the likeliest first. Nothing is written."""
    from hyai_tui.effects.naming import named_file

    workspace = open_workspace()
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        named = list(dict.fromkeys(named_file(one, journal, catalog, workspace) for one in files))
    result = run_job(workspace, "cache", {"action": "tags", "files": named})["files"]

    def lines() -> Iterable[str]:
        for one in result:
            yield f"{short_hash(one['file'])}  {one['reason'] or count(len(one['tags']), 'tag')}"
            yield from (f"  {tag['probability']:.2f}  {visible(tag['tag'])}" for tag in one["tags"])

    emit(result, as_json, lines)


@cache.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Check every stored feature against its checksum, and forget what is damaged; the next build makes it again."""
    result = run_job(open_workspace(), "cache", {"action": "verify"})

    def lines() -> Iterable[str]:
        yield from result["findings"]
        yield f"{count(result['vectors'], 'good vector')}, {result['lost']:,} damaged, {result['missing']:,} missing"

    emit(result, as_json, lines)


@cache.command("compact")
@json_option
def compact(as_json: bool) -> None:
    """Drop the features of files that are gone, and give the space back."""
    result = run_job(open_workspace(), "cache", {"action": "compact"})
    freed = megabytes(max(0, result["bytes_before"] - result["bytes_after"]))
    emit(result, as_json, lambda: [f"{count(result['dropped'], 'vector')} dropped, {freed} freed"])


@cache.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset(yes: bool, as_json: bool) -> None:
    """Remove all features; the next build encodes everything anew, with the encoder that is chosen then."""
    workspace = open_workspace()
    if not yes:
        _ask("All features are removed, and the next build encodes every picture again", "--yes")
    result = run_job(workspace, "cache", {"action": "reset"})
    emit(result, as_json, lambda: [f"{megabytes(result['bytes_freed'])} freed"])


def _ask(text: str, flag: str) -> None:
    """Ask for a yes in a terminal; without one the flag is needed."""
    if not sys.stdin.isatty():
        raise WrongUse(f"{text}: that needs a yes, and nobody can be asked here", f"Add {flag}")
    narrate(text)
    if not click.confirm("Go on?", err=True):
        raise click.Abort


def _download(encoder: str, yes: bool) -> None:
    """Fetch the weights after an explicit yes. Files that are there already are not looked up."""
    from hyai_tui.features.encoders.networks import MOBILENETV2, NETWORKS
    from hyai_tui.features.weights import DOWNLOAD_ABOUT, download, imagenet_path

    network = NETWORKS.get(encoder, MOBILENETV2)
    target = imagenet_path(network)
    if target.exists():
        narrate(f"{target} is there already; nothing is downloaded")
        return
    narrate(
        f"{network.title} {DOWNLOAD_ABOUT}: about {megabytes(network.size)} from {network.url}, into {target.parent}"
    )
    if not yes:
        _ask("The file is fetched from the network", "--yes")
    said = -1

    def progress(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // max(total or network.size, 1)
        if tenth > said:
            said = tenth
            narrate(f"  {megabytes(done)} of {megabytes(total or network.size)}")

    path, digest = download(network=network, progress=progress)
    narrate(f"{path.name}: SHA-256 {digest}")
