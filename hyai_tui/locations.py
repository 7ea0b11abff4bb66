"""Every directory outside a workspace, in one place (XDG base directories)."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_log_path

from hyai_tui.errors import HyaiError


def config_directory() -> Path:
    """Return the user's own configuration directory: access keys, keymap, themes, plug-in choices."""
    return user_config_path("hyai", appauthor=False)


def credentials_file() -> Path:
    """Return the file of access keys by URL (mode 600)."""
    return config_directory() / "credentials.toml"


def keymap_file() -> Path:
    """Return the user's keymap."""
    return config_directory() / "keymap.toml"


def user_settings_file() -> Path:
    """Return the user's own settings (theme, keys preset), which apply to every workspace."""
    return config_directory() / "config.toml"


def user_themes_directory() -> Path:
    """Return the directory of the user's own theme files."""
    return config_directory() / "themes"


def networks_directory() -> Path:
    """Return where networks are kept as other runtimes read them, with what was measured of those here."""
    return user_cache_path("hyai", appauthor=False) / "networks"


def log_file() -> Path:
    """Return the rotating log file; it holds no key, no path of a picture and no tag."""
    return user_log_path("hyai", appauthor=False) / "hyai.log"


def crashes_directory() -> Path:
    """Return where reports of crashes are kept, beside the log."""
    return log_file().parent / "crashes"


def runtime_directory(workspace_root: Path) -> Path:
    """Return the directory of locks and sockets for one workspace, made on first use with mode 700.

    Keyed by the real path: a copied workspace has locks of its own.

    Raises:
        HyaiError: if the directory belongs to somebody else.
    """
    key = hashlib.sha256(os.fsencode(workspace_root.resolve())).hexdigest()[:16]
    # cron and some SSH set-ups leave the variable out; they must find the locks of a login session all the same.
    base = os.environ.get("XDG_RUNTIME_DIR") or _login_session()
    # Where there is no login session at all, a directory of our own that nobody else can have made does as well.
    parent = Path(base) / "hyai" if base else Path(tempfile.gettempdir()) / f"hyai-{os.getuid()}"
    for directory in (parent, parent / key):
        _make_private(directory)
    return parent / key


def _login_session() -> str | None:
    usual = Path(f"/run/user/{os.getuid()}")
    return str(usual) if usual.is_dir() and os.access(usual, os.W_OK) else None


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise HyaiError(
            f"{directory}, where locks are kept, belongs to somebody else",
            "Set XDG_RUNTIME_DIR to a directory of your own",
        )
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def _bundled(name: str) -> Path:
    """Return a directory that stands at the top of the source tree, or in the package once installed as a wheel."""
    package = Path(__file__).parent
    in_wheel = package / "data" / name
    return in_wheel if in_wheel.is_dir() else package.parent / name


def bundled_themes() -> Path:
    """Return the directory of the themes that come with the program."""
    return _bundled("themes")


def example_model() -> Path:
    """Return the directory of the example model bundle."""
    return _bundled("example-model")
