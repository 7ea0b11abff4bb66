"""What `hyai doctor` looks at in any directory: Python, packages, extras, and what the user keeps for all workspaces.

Packages are only looked for, never imported: TensorFlow takes seconds, and a broken one must not end the examination.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import stat
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from hyai_tui.cli.doctor_check import Check, guarded
from hyai_tui.installing import how_to_add
from hyai_tui.locations import bundled_themes, credentials_file, user_themes_directory

_PYTHON = ((3, 11), (3, 14))
_MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "opentsne": "openTSNE", "faiss-cpu": "faiss"}
# Nothing imports it before a network encodes; whether the one in use needs it, the row of its runtime says.
_NETWORKS_ONLY = "tensorflow"


def of_machine() -> Iterator[Check]:
    """Look at what does not belong to a workspace."""
    yield python()
    yield packages()
    yield extras()
    yield guarded("credentials", credentials)
    yield guarded("themes", themes)
    yield guarded("faces", faces)


def python() -> Check:
    """Compare the version of Python with those that hyai was tried with."""
    low, high = _PYTHON
    ok = low <= sys.version_info[:2] < high
    wanted = f"Install Python {low[0]}.{low[1]} to {high[0]}.{high[1] - 1}"
    return Check("python", ok, f"{platform.python_version()} on {platform.machine()}", "" if ok else wanted)


def packages() -> Check:
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
    needed = [name for name in missing if name != _NETWORKS_ONLY]
    if needed:
        return Check(
            "packages", False, f"missing: {', '.join(missing)}", f"Install them: {how_to_add(' '.join(missing))}"
        )
    advice = f"{_NETWORKS_ONLY} is not there: {how_to_add(_NETWORKS_ONLY)} lets MobileNetV2 encode; the small encoder needs none"
    return Check("packages", True, ", ".join(present), advice if missing else "")


def extras() -> Check:
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
        f"{how_to_add(f'hyai-tui[{missing}]')} adds what is not there; nothing needs it" if missing else "",
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


def credentials() -> Check:
    """See that nobody else can read the access keys."""
    path = credentials_file()
    if not path.exists():
        return Check("credentials", True, "none kept")
    found = path.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        return Check("credentials", False, f"{path} can be read by other users", f"Run 'chmod 600 {path}'")
    return Check("credentials", True, "kept for you alone")


def themes() -> Check:
    """Read every theme, the user's own too."""
    from hyai_tui.tui.themes import load

    own = user_themes_directory()
    themes = load(bundled_themes(), *([own] if own.is_dir() else []))
    if not themes:
        return Check("themes", False, f"there are none in {bundled_themes()}", "Install hyai-tui again")
    return Check("themes", True, ", ".join(sorted(themes)))


def faces() -> Check:
    """Load the encoder of faces that the user named, if any: groups of faces are wanted by few, so none is no fault."""
    from hyai_tui.locations import user_settings_file
    from hyai_tui.patterns.faces import named_faces
    from hyai_tui.plugins import user_table

    if "faces" not in user_table(user_settings_file(), "plugins"):
        return Check("faces", True, "no encoder of faces is named; 'hyai learn' groups by looks without one")
    found = named_faces()
    return Check("faces", True, f"{type(found.encoder).__name__} is loaded; 'hyai learn --faces' groups by it")
