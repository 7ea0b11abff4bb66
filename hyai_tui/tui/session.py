"""One run of the app on one workspace: its parts and threads, kept apart from every widget."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.message import Message

from hyai_tui import settings
from hyai_tui.errors import HyaiError
from hyai_tui.pictures.terminal.encoding import SLOW_LINK
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.commands import Commands, Host
from hyai_tui.tui.drawing import Drawing
from hyai_tui.tui.errands import Errands
from hyai_tui.tui.facts import Facts, LibraryLine
from hyai_tui.tui.keymap import Keymap
from hyai_tui.tui.labelling import Labelling
from hyai_tui.tui.memory import give_back_large_blocks
from hyai_tui.tui.messages import (
    ChecksDue,
    JobEnded,
    JobsChanged,
    LibraryKnown,
    QueuesBuilt,
    SettingsRead,
    Told,
)
from hyai_tui.tui.standing import StandingWatcher
from hyai_tui.tui.threads import LatestThread, OrderedThread, perform
from hyai_tui.tui.verdicts import verdict, while_away
from hyai_tui.tui.writing import Writer
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library, Rights
    from hyai_tui.tui.filtering import Filterer
    from hyai_tui.tui.following import JobWatcher
    from hyai_tui.tui.gathering import Gatherer
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.knowing import FactsReader
    from hyai_tui.tui.loading import PictureLoader
    from hyai_tui.tui.previewing import Previewer
    from hyai_tui.tui.reranking import Reranker
    from hyai_tui.tui.tiles import TileLoader


# Cells that a picture may take on a slow line.
_SLOW_BOX = (48, 18)


class Session:
    """Opens the workspace's parts off the loop, and closes them in order.

    Args:
        workspace: what is reviewed.
        terminal: what can be drawn.
        keymap: the live keymap.
        host: what commands act on.
        post: sends a message to the app from any thread.
        write_terminal: writes through the app's driver, on the loop.
    """

    def __init__(
        self,
        workspace: Workspace,
        terminal: Terminal,
        keymap: Keymap,
        host: Host,
        post: Callable[[Message], object],
        write_terminal: Callable[[str], None],
    ) -> None:
        self.workspace = workspace
        self.terminal = terminal
        self.keymap = keymap
        self.post = post
        self.write_terminal = write_terminal
        self.commands = Commands(host)
        self.errands = Errands(self)
        self.standing = StandingWatcher(self)
        self.labelling = Labelling(self)
        self.id = f"app-{os.urandom(4).hex()}"
        self.writer = Writer(workspace, self.id, _about(), post)
        self.pictures: PictureLoader | None = None
        self.tiles: TileLoader | None = None
        self.slow = False
        self.filters: Filterer | None = None
        self.previews: Previewer | None = None
        self.reranker: Reranker | None = None
        self.gatherer: Gatherer | None = None
        self.place: Mapping[str, Any] = {}
        self._facts: FactsReader | None = None
        self.journal: Journal | None = None
        self.catalog: Catalog | None = None
        self.library: Library | None = None
        self.rights: Rights | None = None
        self._queues = LatestThread("queues", self.fail)
        self._views = LatestThread("views", self.fail)
        self._work: OrderedThread | None = None
        self._jobs: JobWatcher | None = None
        self._verdict = ""
        self.patterns: int | None = None
        # The model of the newest snapshot, and the one before it.
        self._models: tuple[str | None, str | None] = (None, None)
        self._left_at: float | None = None
        self._looked_back = False
        self._stopping = False

    def start(self) -> None:
        """Begin to open; messages follow."""
        threading.Thread(target=perform, args=(self._open, self.fail), name="opening", daemon=True).start()

    def set_slow(self, slow: bool) -> None:
        """Spare a slow line: smaller pictures of fewer bytes; or no longer."""
        self.slow = slow
        self.use(self.terminal)

    def use(self, terminal: Terminal) -> None:
        """Draw for this terminal from now on."""
        self.terminal = terminal
        for loader in (self.pictures, self.tiles, self.previews):
            if loader is not None:
                loader.use(self._drawing())

    def picture_box(self, columns: int, rows: int) -> tuple[int, int]:
        """Return the cells that a picture may take of so many."""
        return (min(columns, _SLOW_BOX[0]), min(rows, _SLOW_BOX[1])) if self.slow else (columns, rows)

    def ask_facts(self, token: int, file: str, labels: tuple[str, ...], following: Sequence[str] = ()) -> Facts | None:
        """Return what is known of a file if it is at hand; if not, `FactsLoaded` follows. Then reads the following."""
        if self._facts is None:
            return None
        found = self._facts.at_hand(file, labels)
        self._facts.ask(token, file, labels, following)
        return found

    def name_of(self, file: str) -> str:
        """Return a file's name if it is at hand; empty where it is not, or the file has none."""
        return self._facts.name(file) if self._facts is not None else ""

    def forget_facts(self, files: Iterable[str] | None = None) -> None:
        """What is known of these files, or of all, has changed."""
        if self._facts is not None:
            self._facts.forget(files)

    def read(self, wish: Callable[[Journal, Catalog], None]) -> None:
        """Read journal and catalog for a view, in a thread; a newer wish takes the place of one that waits."""
        journal, catalog = self.journal, self.catalog
        if journal is not None and catalog is not None:
            self._views.ask(partial(wish, journal, catalog))

    def work(self, task: Callable[[Journal, Catalog], None]) -> None:
        """Read journal and catalog in a thread, in order: nothing that is asked for here is dropped."""
        journal, catalog = self.journal, self.catalog
        if journal is None or catalog is None:
            return
        if self._work is None:
            self._work = OrderedThread("work", self.fail, lambda: None, every=60)
            self._work.start()
        self._work.ask(partial(task, journal, catalog))

    def rebuild(self) -> None:
        """Build the queues; `QueuesBuilt` follows."""
        if self.journal is not None:
            self._queues.ask(self._build)

    def read_settings(self) -> None:
        """Read the settings file again: the next job, decision and queue go by it.

        Raises:
            SettingsError: it is wrong; the settings before hold.
        """
        before = self.workspace.settings
        self.workspace = Workspace(self.workspace.root, settings.load(self.workspace.settings_file))
        self.writer.set_workspace(self.workspace)
        self.send(SettingsRead(self.workspace))
        if (before.tag, before.library.motion) != (
            self.workspace.settings.tag,
            self.workspace.settings.library.motion,
        ):
            self.rebuild()

    @property
    def parts(self) -> tuple[Journal, Catalog, Library, Rights] | None:
        """The open journal, catalog and library with its rights; None before the library is open."""
        if self.journal is None or self.catalog is None or self.library is None or self.rights is None:
            return None
        return self.journal, self.catalog, self.library, self.rights

    @property
    def has_verdict(self) -> bool:
        """True while the newest model has something to say of itself."""
        return bool(self._verdict)

    def take_verdict(self) -> str:
        """Return what the newest model said of itself, once."""
        said, self._verdict = self._verdict, ""
        return said

    def stop(self) -> bool:
        """Save what is on its way and close everything; jobs go on. Returns False if saving did not end in time."""
        self._stopping = True
        if self._jobs is not None:
            self._jobs.stop()
        self._queues.stop()
        self._views.stop()
        if self._work is not None:
            self._work.stop(timeout=5)
        loaders = (self.pictures, self.tiles, self.previews, self._facts)
        for thread in (*loaders, self.filters, self.reranker, self.gatherer):
            if thread is not None:
                thread.stop()
        saved = self.writer.stop() if self.journal is not None else True
        for part in (self.library, self.catalog, self.journal):
            if part is not None:
                with contextlib.suppress(HyaiError):
                    part.close()
        return saved

    # In threads

    def _open(self) -> None:
        give_back_large_blocks()
        from hyai_tui.pictures.thumbnails import ThumbnailCache
        from hyai_tui.tui.filtering import Filterer
        from hyai_tui.tui.following import JobWatcher
        from hyai_tui.tui.gathering import Gatherer
        from hyai_tui.tui.knowing import FactsReader
        from hyai_tui.tui.loading import PictureLoader
        from hyai_tui.tui.previewing import Previewer
        from hyai_tui.tui.reranking import Reranker
        from hyai_tui.tui.tiles import TileLoader

        self.journal = self.workspace.open_journal()
        self.catalog = self.workspace.open_catalog()
        self.place = self.journal.place()
        left = self.place.get("left")
        self._left_at = float(left) if isinstance(left, int | float) else None
        self.writer.start(self.journal, self.catalog)
        limit = self.workspace.settings.review.keep_thumbnails_mb * 1_000_000
        cache = ThumbnailCache(self.workspace.thumbnails_directory, limit)
        self.pictures = PictureLoader(self._drawing(), cache, self.send)
        self.tiles = TileLoader(self._drawing(), cache, self.catalog, self.send)
        self.previews = Previewer(self._drawing(), self.send)
        self.filters = Filterer(self.catalog, lambda: self.workspace, self.send)
        self.gatherer = Gatherer(self.workspace, self.journal, self.catalog, self.send)
        self.reranker = Reranker(self.workspace, self.journal, self.catalog, self.send)
        self._look_at_patterns()
        self._facts = FactsReader(self.workspace, self.journal, self.catalog, self.writer, self.send)
        self._jobs = JobWatcher(self.workspace, self._jobs_changed, self._job_ended, self._left_at)
        self._jobs.start()
        self.rebuild()
        self.standing.begin()
        self._open_library()
        self.work(self._look_at_checks)

    def _drawing(self) -> Drawing:
        return Drawing(self.terminal, SLOW_LINK if self.slow else None)

    def _open_library(self) -> None:
        try:
            library = self.workspace.open_library()
            rights = library.rights()
        except HyaiError as error:
            self.send(LibraryKnown(LibraryLine(self.workspace.settings.library.kind, False, str(error))))
            return
        self.library, self.rights = library, rights
        assert self.pictures is not None
        self.pictures.set_library(library)
        for loader in (self.tiles, self.previews):
            if loader is not None:
                loader.set_library(library)
        self.writer.set_library(library, rights)
        self.send(LibraryKnown(LibraryLine(rights.name or library.kind, True)))
        self._first_scan()

    def _look_at_checks(self, journal: Journal, catalog: Catalog) -> None:
        """Say when enough has changed since the checks ran to run them again."""
        from hyai_tui.checks import again, registry

        since = again.changed(self.workspace, catalog, journal, registry.names())
        if since.due and since.at is not None and since.line:
            self.send(ChecksDue(f"{since.line} · :checks runs them again"))

    def _first_scan(self) -> None:
        """Read a library that was never read: there is nothing to look at before, and reading changes nothing."""
        assert self.catalog is not None
        if self.catalog.last_scan() is None:
            self.errands.start_job(
                "scan", {"gently": True}, said="reading the library for the first time; pictures come while it is read"
            )

    def _build(self) -> None:
        from hyai_tui.learning.registry import Registry
        from hyai_tui.tui.building import build_snapshot

        assert self.journal is not None
        assert self.catalog is not None
        now = Registry(self.workspace.models_directory).current_id()
        if now != self._models[1]:
            self._models = (self._models[1], now)
        self.send(QueuesBuilt(build_snapshot(self.workspace, self.journal, self.catalog, self.id, self._models[0])))

    def _jobs_changed(self, jobs: tuple[JobView, ...]) -> None:
        self.send(JobsChanged(jobs))
        if not self._looked_back and self._left_at is not None:
            line, kind = while_away(jobs, self._left_at)
            if line:
                self.send(Told(line, kind))
        self._looked_back = True

    def _look_at_patterns(self) -> None:
        """Learn which version of the patterns is in use; what was read with an older one is read again."""
        from hyai_tui.patterns.store import PatternStore

        self.patterns = PatternStore(self.workspace.patterns_directory).current()
        if self._facts is not None:
            self._facts.forget()

    def _job_ended(self, job: JobView) -> None:
        self._verdict = verdict(job) or self._verdict
        if job.info.kind == "learn":
            self._look_at_patterns()
        self.send(JobEnded(job))
        if job.info.state == "done" and job.info.kind in {"train", "score", "retrain", "eval", "scan", "queues"}:
            self.rebuild()
            self.standing.look()

    def look_at_jobs(self) -> None:
        """Look at once what the jobs do, for instance because one was started."""
        if self._jobs is not None:
            self._jobs.look()

    def fail(self, error: HyaiError) -> None:
        """Tell of an error, from any thread."""
        self.send(Told(str(error), "error"))

    def send(self, message: Message) -> None:
        """Send a message to the app, from any thread, unless it is leaving."""
        if not self._stopping:
            self.post(message)


def _about() -> str:
    """Return how another app is told of this one; a terminal's name says nothing about pictures."""
    try:
        return f"hyai on {os.ttyname(0).removeprefix('/dev/')}"
    except OSError:
        return "hyai"
