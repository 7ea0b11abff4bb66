"""What `hyai doctor` looks at in a workspace: what is kept there, what computes, and what the library allows."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from hyai_tui.cli.doctor_check import Check, guarded
from hyai_tui.credentials import warning_about
from hyai_tui.errors import HyaiError, without_tensorflow
from hyai_tui.library.base import Rights
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import Workspace

_FEATURE_BYTES = 2_700
_SPARE_BYTES = 200_000_000
_CLOCK_SECONDS = 300.0


def of_workspace(workspace: Workspace) -> Iterator[Check]:
    """Look at each part: the disk first, because without room others fail too; the library last, because it may be far away."""
    yield _place(workspace.root)
    about: tuple[tuple[str, Callable[[Workspace], Check]], ...] = (
        ("disk", _disk),
        ("journal", _journal),
        ("clock", _clock),
        ("catalog", _catalog),
        ("encoder", _encoder),
        ("features", _features),
        ("device", _device),
        ("runtime", _runtime),
        ("model", _model),
        ("locks", _locks),
        ("running", _running),
    )
    for name, check in about:
        yield guarded(name, lambda check=check: check(workspace))  # type: ignore[misc]
    yield from _library(workspace)


def _place(root: Path) -> Check:
    """See whether the workspace can be written: on a file system that is mounted read-only nobody may."""
    if os.access(root, os.W_OK | os.X_OK):
        return Check("workspace", True, str(root))
    fix = "Give yourself write permission there, mount its file system for writing, or copy the workspace elsewhere"
    return Check("workspace", False, f"{root} cannot be written", fix)


def _journal(workspace: Workspace) -> Check:
    with workspace.open_journal() as journal:
        names = {one.name for one in journal.labels()}
        labels = ", ".join(f"{one.name} {one.digit or ''}".strip() for one in journal.labels())
        effects = journal.effect_counts()
    failed = effects.get("failed", 0)
    detail = f"labels: {labels or 'none yet'}"
    if failed:
        return Check("journal", True, f"{detail}; {count(failed, 'failed effect')}", "See 'hyai effects list'")
    return Check("journal", True, detail, _about_no_label(workspace, names))


def _about_no_label(workspace: Workspace, names: set[str]) -> str:
    """Return what the settings say of labels that there are not: a name that is written wrong changes nothing."""
    tag = workspace.settings.tag
    tables = {"tag.names": tag.names, "tag.thresholds": tag.thresholds, "tag.marks": tag.marks}
    unknown = [f"{key}.{label}" for key, table in tables.items() for label in table if label not in names]
    return f"hyai.toml speaks of labels that there are not: {', '.join(unknown)}" if unknown else ""


def _clock(workspace: Workspace) -> Check:
    """Compare this machine's clock with the newest decision: a clock that was set back makes what is new look old."""
    with workspace.open_journal() as journal:
        newest = next(journal.decisions(limit=1), None)
    ahead = 0.0 if newest is None else newest.at - time.time()
    if ahead > _CLOCK_SECONDS:
        return Check(
            "clock",
            False,
            f"the newest decision is dated {_duration(ahead)} from now: the clock is behind, or was ahead then",
            "Let this machine keep network time; decisions count in the order in which they were made, whatever their dates",
        )
    return Check("clock", True, time.strftime("%Y-%m-%d %H:%M"))


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:,.0f} h" if seconds >= 7200 else f"{seconds / 60:.0f} min"


def _catalog(workspace: Workspace) -> Check:
    with workspace.open_catalog() as catalog:
        counts, scanned = catalog.counts(), catalog.last_scan()
    if scanned is None:
        return Check("catalog", True, "the library was not scanned yet", "Run 'hyai scan'")
    return Check("catalog", True, count(counts["files"], "file"))


def _encoder(workspace: Workspace) -> Check:
    from hyai_tui.features.choosing import choose

    choice = choose(workspace)
    weights = f", weights {choice.weights_path}" if choice.weights_path else ""
    return Check("encoder", True, f"{choice.version.id}{weights}", choice.notice)


def _features(workspace: Workspace) -> Check:
    """Look whether the vectors are there, without reading them: every shard has the rows that the index knows of."""
    from hyai_tui.features.choosing import choose, features_directory
    from hyai_tui.features.index import INDEX_FILE
    from hyai_tui.features.store import FeatureStore
    from hyai_tui.features.upkeep import incomplete

    choice = choose(workspace)
    directory = features_directory(workspace, choice)
    if not (directory / INDEX_FILE).exists():
        return Check("features", True, "none yet", "Make them with 'hyai cache build'; 'hyai train' does it too")
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        size = store.size()
        damaged = incomplete(store)
    if damaged:
        return Check(
            "features",
            False,
            f"{count(len(damaged), 'shard file')} of {size.shards} damaged or gone",
            "'hyai cache verify' forgets what is lost, and 'hyai cache build' makes it again",
        )
    unusable = f", {count(size.problems, 'picture')} cannot be encoded" if size.problems else ""
    return Check("features", True, f"{count(size.vectors, 'vector')}, {megabytes(size.bytes)}{unusable}")


def _device(_workspace: Workspace) -> Check:
    from hyai_tui.features.device import device, hint

    detail, card = device()
    return Check("device", True, detail, "" if card else hint())


def _runtime(workspace: Workspace) -> Check:
    """Say what computes the encoder's network here, and whether that was measured."""
    from hyai_tui.features import runtimes
    from hyai_tui.features.choosing import choose

    choice = choose(workspace)
    if choice.weights_path is None or choice.plugin is not None:
        return Check("runtime", True, f"the encoder {choice.name} has one of its own")
    found = runtimes.measured(choice.version)
    if found is not None and runtimes.is_installed():
        if found.runtime == runtimes.LITERT and runtimes.litert_file(choice.version) is None:
            return Check(
                "runtime",
                True,
                "tensorflow",
                "The network for LiteRT is not what was measured: 'hyai doctor --runtimes'",
            )
        return Check("runtime", True, found.line)
    if find_spec("tensorflow") is None:
        raise without_tensorflow(f"The encoder {choice.name}", "'hyai config set features.encoder small'")
    advice = "'hyai doctor --runtimes' measures whether LiteRT is faster here" if runtimes.is_installed() else ""
    return Check("runtime", True, "tensorflow", advice)


def _model(workspace: Workspace) -> Check:
    from hyai_tui.features.choosing import choice_of, choose
    from hyai_tui.learning.registry import Registry

    bundle = Registry(workspace.models_directory).current()
    if bundle is None:
        return Check("model", True, "none yet", "Train one with 'hyai train' when there are samples of two labels")
    choice = choose(workspace)
    if bundle.encoder.id != choice.version.id and choice_of(workspace, bundle.encoder.id) is not None:
        fix = f"Train one of {choice.name} with 'hyai train'; until then this one goes on working"
        return Check("model", True, f"{bundle.id}, of the encoder {bundle.encoder.name}", fix)
    bundle.require(choice.version.id, workspace.settings.features.source)
    return Check("model", True, f"{bundle.id}: {', '.join(bundle.labels)}")


def _disk(workspace: Workspace) -> Check:
    """Compare what is free with what the features of the library take, as far as it is known."""
    free = shutil.disk_usage(workspace.root).free
    files = 0
    with contextlib.suppress(HyaiError), workspace.open_catalog() as catalog:  # its own row tells what is wrong with it
        files = catalog.counts()["files"]
    wanted = files * _FEATURE_BYTES + _SPARE_BYTES
    with_features = f", with the features of {count(files, 'file')}" if files else ""
    if free < wanted:
        return Check(
            "disk",
            False,
            f"{megabytes(free)} free; {megabytes(wanted)} may be needed{with_features}",
            "Free some space, or move the workspace to a larger disk",
        )
    return Check("disk", True, f"{megabytes(free)} free")


def _locks(workspace: Workspace) -> Check:
    fix = "Set XDG_RUNTIME_DIR to a directory of yours"
    try:
        directory: Path = workspace.runtime
        found = directory.stat()
    except OSError as error:
        return Check("locks", False, f"{error.filename}: {error.strerror}", fix)
    if found.st_uid != os.getuid():
        return Check("locks", False, f"{directory} belongs to another user", fix)
    if not os.access(directory, os.W_OK | os.X_OK):
        return Check("locks", False, f"{directory} cannot be written", fix)
    return Check("locks", True, str(directory))


def _running(workspace: Workspace) -> Check:
    """Say who works here now: a second app may only look, and a second job waits."""
    from hyai_tui.jobs import supervisor

    with workspace.open_journal() as journal:
        lease = journal.lease()
    jobs = [info for info in supervisor.jobs(workspace) if info.state == "running"]
    parts = [] if lease is None else [f"an app is open{f' ({lease.about})' if lease.about else ''}"]
    parts += [f"the job {info.id} runs" for info in jobs]
    advice = [] if lease is None else ["a second app asks whether it shall take over, only look, or both decide"]
    advice += ["'hyai jobs attach' follows the job, 'hyai jobs cancel' ends it"] if jobs else []
    return Check("running", True, "; ".join(parts) or "no app and no job", "; ".join(advice))


def _library(workspace: Workspace) -> Iterator[Check]:
    """Look at what the library allows: reading is needed for all, tags are what hyai is for, moving is a choice."""
    rights: list[Rights] = []

    def reached() -> Check:
        library = workspace.open_library()
        try:
            found = library.rights()
        finally:
            library.close()
        rights.append(found)
        advice = [] if not found.read else [one for one in found.cannot if not _about_tags(one)]
        if workspace.settings.library.kind == "hydrus":
            advice.append(warning_about(workspace.settings.library.url))
        advice += found.notices
        fix = "; ".join(filter(None, advice if found.read else [*found.cannot, *advice]))
        return Check("library", found.read, f"{found.name}: may {_may(found)}", fix)

    yield guarded("library", reached)
    for one in rights:
        if one.read:
            yield _tags(one, workspace.settings.read_only)


def _tags(rights: Rights, read_only: bool) -> Check:
    if rights.tag:
        return Check("tags", True, "may be written")
    if read_only:
        return Check("tags", True, "none are written: read-only", "Unset read_only and HYAI_READ_ONLY to write them")
    return Check("tags", False, "may not be written", "; ".join(filter(_about_tags, rights.cannot)))


def _about_tags(sentence: str) -> bool:
    return sentence.startswith("write tags")


def _may(rights: Rights) -> str:
    all_of_them = {
        "read": rights.read,
        "tag": rights.tag,
        "move between inbox, archive and trash": rights.change_state,
    }
    return ", ".join(word for word, allowed in all_of_them.items() if allowed) or "nothing"
