"""How a package is added to the very environment that this program runs in."""

from __future__ import annotations

import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def how_to_add(requirement: str) -> str:
    """Return the command to paste, which works from any directory.

    `pip` alone is often that of another Python, which would install where nobody looks, or refuse. An extra of a program that is
    installed already is read from what is installed: nothing of that name is fetched.

    Args:
        requirement: as pip takes it, such as `hyai-tui[serve]` or `tensorflow`.
    """
    wanted = f"'{requirement}'" if "[" in requirement else requirement
    python, place = Path(sys.executable), Path(sys.prefix)
    if (place / "pipx_metadata.json").is_file():
        return f"pipx runpip {shlex.quote(place.name)} install {wanted}"
    if find_spec("pip") is None:  # uv makes environments without it
        return f"uv pip install --python {shlex.quote(str(python))} {wanted}"
    found = shutil.which("pip")
    if found is not None and Path(found).parent == python.parent:
        return f"pip install {wanted}"
    return f"{shlex.quote(str(python))} -m pip install {wanted}"
