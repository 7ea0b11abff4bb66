"""A workspace: find it, make it, open it, and hand out its parts.

A workspace is a directory with `hyai.toml`, `journal.db`, `ledger.db` and the training folders `data/<label>/`, and
`.hyai/` for all that can be made again. It may be moved or copied: paths inside are stored relative to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hyai_tui import settings as settings_module
from hyai_tui.errors import SettingsError, WorkspaceError
from hyai_tui.locations import runtime_directory
from hyai_tui.settings import SETTINGS_FILE, Settings

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library
    from hyai_tui.tagging.ledger import Ledger

CACHE_DIRECTORY = ".hyai"
DATA_DIRECTORY = "data"
_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# All in this directory can be made again by hyai.\n"


@dataclass(frozen=True)
class Workspace:
    """An opened workspace and where its parts stand.

    Attributes:
        root: absolute path of the workspace.
        settings: resolved settings.
    """

    root: Path
    settings: Settings

    @property
    def settings_file(self) -> Path:
        """The workspace's settings file."""
        return self.root / SETTINGS_FILE

    @property
    def data(self) -> Path:
        """The training folders, one subfolder a label."""
        return self.root / DATA_DIRECTORY

    @property
    def cache(self) -> Path:
        """All that can be made again."""
        return self.root / CACHE_DIRECTORY

    @property
    def features_directory(self) -> Path:
        """Vectors, one subfolder an encoder version."""
        return self.cache / "features"

    @property
    def scores_directory(self) -> Path:
        """Scores, one file a model."""
        return self.cache / "scores"

    @property
    def queues_directory(self) -> Path:
        """What jobs worked out for the queues, one file an order."""
        return self.cache / "queues"

    @property
    def patterns_directory(self) -> Path:
        """What was learnt from tags and notes, one subfolder a version."""
        return self.cache / "patterns"

    @property
    def models_directory(self) -> Path:
        """Model bundles, one subfolder a model."""
        return self.cache / "models"

    @property
    def tag_models_directory(self) -> Path:
        """Bundles of tag models, one subfolder a namespace."""
        return self.cache / "tag-models"

    @property
    def runs_directory(self) -> Path:
        """What each training was made of, one subfolder a run."""
        return self.cache / "runs"

    @property
    def jobs_directory(self) -> Path:
        """Specifications and events, one subfolder a job."""
        return self.cache / "jobs"

    @property
    def thumbnails_directory(self) -> Path:
        """The bounded thumbnail cache."""
        return self.cache / "thumbs"

    @cached_property
    def runtime(self) -> Path:
        """Locks and sockets of this workspace, outside it."""
        return runtime_directory(self.root)

    def open_journal(self) -> Journal:
        """Open `journal.db`, made or migrated where needed."""
        from hyai_tui.journal.journal import Journal

        return Journal.open(self.root / "journal.db")

    def open_ledger(self) -> Ledger:
        """Open `ledger.db`: every tag that we wrote, so that a restart never repeats and never misses."""
        from hyai_tui.tagging.ledger import Ledger

        library = self.settings.library
        # By the service alone: a client that moves to another address keeps its tags.
        service = library.tag_service.strip().lower() if library.kind == "hydrus" else library.kind
        return Ledger.open(self.root / "ledger.db", service)

    def open_catalog(self) -> Catalog:
        """Open `.hyai/catalog.db`, made where needed."""
        from hyai_tui.catalog.catalog import Catalog

        self.prepare_cache()
        return Catalog.open(self.cache / "catalog.db")

    def open_library(self) -> Library:
        """Connect to the library that the settings name."""
        from hyai_tui.library.opening import open_library

        return open_library(self)

    @property
    def library_root(self) -> Path:
        """Root of a folder library, absolute. Raises `SettingsError` for a path that can be none."""
        path = self.settings.library.path
        try:
            return (self.root / Path(path).expanduser()).resolve()
        except (RuntimeError, ValueError, OSError) as error:  # nobody's home, a null byte, a name that is too long
            raise SettingsError(
                f"library.path cannot be {path!r}: {error}", "Set it with 'hyai config set library.path PATH'"
            ) from error

    def prepare_cache(self) -> None:
        """Make `.hyai/` with the marks that keep back-ups and galleries out of it."""
        with _writing(self.cache):
            self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag = self.cache / "CACHEDIR.TAG"
            if not tag.exists():
                tag.write_text(_CACHEDIR_TAG, "ascii")
                (self.cache / ".nomedia").touch()


def find_root(start: Path | None = None) -> Path | None:
    """Return the workspace that HYAI_HOME names, or the nearest one upward from `start`, or None."""
    if home := os.environ.get("HYAI_HOME"):
        root = Path(home).expanduser().absolute()
        if not (root / SETTINGS_FILE).is_file():
            raise WorkspaceError(
                f"HYAI_HOME is {home}, and there is no {SETTINGS_FILE} in it",
                "Run 'hyai init' there, or unset HYAI_HOME",
            )
        return root
    here = (start or Path.cwd()).absolute()
    return next((one for one in (here, *here.parents) if (one / SETTINGS_FILE).is_file()), None)


def open_workspace(start: Path | None = None) -> Workspace:
    """Open the workspace found upward from `start` (default: the current directory).

    Raises:
        WorkspaceError: if there is none, or it belongs to another user.
        SettingsError: if its settings file is wrong.
    """
    root = find_root(start)
    if root is None:
        raise WorkspaceError(
            "There is no workspace here", "Run 'hyai init' to make one, or 'hyai demo' to try it on drawn pictures"
        )
    _refuse_strangers(root)
    return Workspace(root.resolve(), settings_module.load(root / SETTINGS_FILE))


def create_workspace(root: Path, settings_text: str) -> Workspace:
    """Make a workspace, or open the one that is there; the second time changes nothing.

    Args:
        root: directory of the workspace, made where needed.
        settings_text: TOML for a new `hyai.toml`.
    """
    root = root.expanduser().absolute()
    target = root / SETTINGS_FILE
    with _writing(root):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_strangers(root)
        if not target.exists():
            # The settings file makes it a workspace: it comes last, so that a half-made one is made anew.
            _make_training_folders(root / DATA_DIRECTORY)
            _write_new(target, settings_text)
    workspace = Workspace(root.resolve(), settings_module.load(target))
    workspace.prepare_cache()
    return workspace


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Say which place cannot be written, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{place} cannot be made or written: {error.strerror}", "Choose a directory in which you may write"
        ) from error


def _write_new(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _make_training_folders(data: Path) -> None:
    """Make `archive` and `trash`, unless the user already has label folders of their own there."""
    if data.is_dir() and any(one.is_dir() for one in data.iterdir()):
        return
    for label in ("archive", "trash"):
        (data / label).mkdir(mode=0o700, parents=True, exist_ok=True)


def _refuse_strangers(root: Path) -> None:
    """Refuse a workspace of another owner: its settings and pictures are not ours to open."""
    for path in (root, root / SETTINGS_FILE):
        if path.exists() and path.stat().st_uid != os.getuid():
            raise WorkspaceError(
                f"{path} belongs to another user", "Open it as that user, or copy it to a directory of your own"
            )
