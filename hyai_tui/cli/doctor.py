"""`hyai doctor`: each thing that hyai needs, whether it is all right, and what to do where it is not.

TensorFlow is only looked for, never imported: that takes seconds, and a broken one must not end the examination.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.credentials import warning_about
from hyai_tui.errors import Exit, HyaiError
from hyai_tui.library.base import Rights
from hyai_tui.locations import bundled_themes, credentials_file, user_themes_directory
from hyai_tui.text import count, megabytes
from hyai_tui.workspace import Workspace, open_workspace

_PYTHON = ((3, 11), (3, 14))
_MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "opentsne": "openTSNE", "faiss-cpu": "faiss"}
_FEATURE_BYTES = 2_700
_SPARE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `fix` says what to do where it is not all right, and may advise where it is."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


@click.command("doctor")
@click.option("--terminal", is_flag=True, help="Look at this terminal instead: what it can draw, and how fast it is.")
@click.option(
    "--runtimes",
    is_flag=True,
    help="First measure whether LiteRT encodes faster here with the same vectors, and use it then.",
)
@json_option
def doctor(terminal: bool, runtimes: bool, as_json: bool) -> int:
    """Check what hyai needs, here and now, and say what to do about what is missing."""
    if runtimes:
        from hyai_tui.cli.progress import run_job

        run_job(open_workspace(), "runtimes", {})
    if terminal:
        from hyai_tui.cli.doctor_terminal import doctor_terminal

        return doctor_terminal(as_json=as_json)
    checks = list(_checks())
    emit({"checks": [asdict(one) for one in checks]}, as_json, lambda: _lines(checks))
    return Exit.DONE if all(one.ok for one in checks) else Exit.FAILED


def _lines(checks: Iterable[Check]) -> Iterator[str]:
    for one in checks:
        yield f"{'ok  ' if one.ok else 'FAIL'}  {one.name:<12} {one.detail}"
        if one.fix:
            yield f"{'':6}{'':<12} → {one.fix}"


def _checks() -> Iterator[Check]:
    yield _python()
    yield _packages()
    yield _extras()
    yield _guarded("credentials", _credentials)
    yield _guarded("themes", _themes)
    yield _guarded("faces", _faces)
    try:
        workspace = open_workspace()
    except HyaiError as error:
        yield Check("workspace", False, error.what, error.fix)
        return
    yield Check("workspace", True, str(workspace.root))
    about: tuple[tuple[str, Callable[[Workspace], Check]], ...] = (
        ("journal", _journal),
        ("catalog", _catalog),
        ("encoder", _encoder),
        ("device", _device),
        ("runtime", _runtime),
        ("model", _model),
        ("disk", _disk),
        ("locks", _locks),
    )
    for name, check in about:
        yield _guarded(name, lambda check=check: check(workspace))  # type: ignore[misc]
    yield from _library(workspace)


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """Make an error that says what to do into a failed check."""
    try:
        return check()
    except HyaiError as error:
        return Check(name, False, error.what, error.fix)
    except OSError as error:
        return Check(name, False, f"{error.filename}: {error.strerror}", "Check its permissions")


def _python() -> Check:
    low, high = _PYTHON
    ok = low <= sys.version_info[:2] < high
    wanted = f"Install Python {low[0]}.{low[1]} to {high[0]}.{high[1] - 1}"
    return Check("python", ok, f"{platform.python_version()} on {platform.machine()}", "" if ok else wanted)


def _packages() -> Check:
    """Compare what is installed with what the package itself requires; nothing is imported."""
    missing, present = [], []
    for name in _requirements():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if find_spec(_MODULES.get(name, name.replace("-", "_"))) is None:
            missing.append(name)
        else:
            present.append(f"{name} {version}")
    if missing:
        return Check(
            "packages", False, f"missing: {', '.join(missing)}", "Install them: python -m pip install hyai-tui"
        )
    return Check("packages", True, ", ".join(present))


def _extras() -> Check:
    """Say which of the extras are installed; none is needed."""
    here = {
        extra: all(find_spec(_MODULES.get(one, one.replace("-", "_"))) for one in names)
        for extra, names in _asked().items()
    }
    parts = [f"{extra} {'installed' if there else 'not installed'}" for extra, there in sorted(here.items())]
    missing = ",".join(sorted(extra for extra, there in here.items() if not there))
    return Check(
        "extras",
        True,
        ", ".join(parts) or "none",
        f"pip install 'hyai-tui[{missing}]' adds what is not there; nothing needs it" if missing else "",
    )


def _requirements() -> list[str]:
    return _asked(extras=False)[""] or ["click", "numpy", "pillow", "textual", "tensorflow", "scikit-learn"]


def _asked(*, extras: bool = True) -> dict[str, list[str]]:
    """Return the packages that each extra asks for; without extras, those of the program itself under an empty name."""
    import re

    try:
        lines = importlib.metadata.requires("hyai-tui") or []
    except importlib.metadata.PackageNotFoundError:
        lines = []
    found: dict[str, list[str]] = {} if extras else {"": []}
    for line in lines:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if name is not None and (extra is not None) is extras:
            found.setdefault(extra[1] if extra else "", []).append(name[0])
    return found


def _credentials() -> Check:
    path = credentials_file()
    if not path.exists():
        return Check("credentials", True, "none kept")
    found = path.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        return Check("credentials", False, f"{path} can be read by other users", f"Run 'chmod 600 {path}'")
    return Check("credentials", True, "kept for you alone")


def _themes() -> Check:
    from hyai_tui.tui.themes import load

    own = user_themes_directory()
    themes = load(bundled_themes(), *([own] if own.is_dir() else []))
    if not themes:
        return Check("themes", False, f"there are none in {bundled_themes()}", "Install hyai-tui again")
    return Check("themes", True, ", ".join(sorted(themes)))


def _faces() -> Check:
    """Load the encoder of faces that the user named, if any: groups of faces are wanted by few, so none is no fault."""
    from hyai_tui.features.plugins import user_tables
    from hyai_tui.locations import user_settings_file
    from hyai_tui.patterns.faces import named_faces

    if "faces" not in user_tables(user_settings_file(), "plugins"):
        return Check("faces", True, "no encoder of faces is named; 'hyai learn' groups by looks without one")
    found = named_faces()
    return Check("faces", True, f"{type(found.encoder).__name__} is loaded; 'hyai learn --faces' groups by it")


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


def _catalog(workspace: Workspace) -> Check:
    with workspace.open_catalog() as catalog:
        counts, scanned = catalog.counts(), catalog.last_scan()
    if scanned is None:
        return Check("catalog", True, "the library was not scanned yet", "Run 'hyai scan'")
    return Check("catalog", True, count(counts["files"], "file"))


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

    yield _guarded("library", reached)
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


def _encoder(workspace: Workspace) -> Check:
    from hyai_tui.features.choosing import choose

    choice = choose(workspace)
    weights = f", weights {choice.weights_path}" if choice.weights_path else ""
    return Check("encoder", True, f"{choice.version.id}{weights}", choice.notice)


def _device(_workspace: Workspace) -> Check:
    from hyai_tui.features.device import HINT, device

    detail, card = device()
    return Check("device", True, detail, "" if card else HINT)


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
    with workspace.open_catalog() as catalog:
        files = catalog.counts()["files"]
    free = shutil.disk_usage(workspace.root).free
    wanted = files * _FEATURE_BYTES + _SPARE_BYTES
    if free < wanted:
        return Check(
            "disk",
            False,
            f"{megabytes(free)} free; features of {count(files, 'file')} may need {megabytes(wanted)}",
            "Free some space, or move the workspace to a larger disk",
        )
    return Check("disk", True, f"{megabytes(free)} free")


def _locks(workspace: Workspace) -> Check:
    directory: Path = workspace.runtime
    found = directory.stat()
    if found.st_uid != os.getuid():
        return Check(
            "locks", False, f"{directory} belongs to another user", "Set XDG_RUNTIME_DIR to a directory of yours"
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        return Check("locks", False, f"{directory} cannot be written", "Set XDG_RUNTIME_DIR to a directory of yours")
    return Check("locks", True, str(directory))
