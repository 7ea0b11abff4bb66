"""One run of the app on one workspace: its parts and threads, kept apart from every widget."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.message import Message

from hyai_tui import settings, settings_file
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.pictures.terminal.encoding import SLOW_LINK
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.text import count
from hyai_tui.tui.commands import Commands, Host
from hyai_tui.tui.drawing import Drawing
from hyai_tui.tui.facts import Facts, LibraryLine
from hyai_tui.tui.keymap import Keymap
from hyai_tui.tui.memory import give_back_large_blocks
from hyai_tui.tui.messages import (
    JobEnded,
    JobsChanged,
    LibraryKnown,
    Pasted,
    QueuesBuilt,
    SettingsRead,
    SettingsSaved,
    ThresholdsKnown,
    Told,
)
from hyai_tui.tui.threads import LatestThread, perform
from hyai_tui.tui.verdicts import verdict, while_away
from hyai_tui.tui.writing import Writer
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.effects.staged import Staged
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library, Rights
    from hyai_tui.tui.filtering import Filterer
    from hyai_tui.tui.following import JobWatcher
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.knowing import FactsReader
    from hyai_tui.tui.loading import PictureLoader
    from hyai_tui.tui.previewing import Previewer
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
        self.id = f"app-{os.urandom(4).hex()}"
        self.writer = Writer(workspace, self.id, _about(), post)
        self.pictures: PictureLoader | None = None
        self.tiles: TileLoader | None = None
        self.slow = False
        self.filters: Filterer | None = None
        self.previews: Previewer | None = None
        self.place: Mapping[str, Any] = {}
        self._facts: FactsReader | None = None
        self._journal: Journal | None = None
        self._catalog: Catalog | None = None
        self._library: Library | None = None
        self._rights: Rights | None = None
        self._queues = LatestThread("queues", self._tell)
        self._views = LatestThread("views", self._tell)
        self._jobs: JobWatcher | None = None
        self._verdict = ""
        # The model of the newest snapshot, and the one before it.
        self._models: tuple[str | None, str | None] = (None, None)
        self._left_at: float | None = None
        self._looked_back = False
        self._stopping = False

    def start(self) -> None:
        """Begin to open; messages follow."""
        threading.Thread(target=perform, args=(self._open, self._tell), name="opening", daemon=True).start()

    def set_slow(self, slow: bool) -> None:
        """Spare a slow line: smaller pictures of fewer bytes; or no longer."""
        self.slow = slow
        if self.pictures is not None:
            self.pictures.use(self._drawing())

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

    def forget_facts(self, files: Iterable[str] | None = None) -> None:
        """What is known of these files, or of all, has changed."""
        if self._facts is not None:
            self._facts.forget(files)

    def read(self, wish: Callable[[Journal, Catalog], None]) -> None:
        """Read journal and catalog for a view, in a thread; a newer wish takes the place of one that waits."""
        journal, catalog = self._journal, self._catalog
        if journal is not None and catalog is not None:
            self._views.ask(partial(wish, journal, catalog))

    def rebuild(self) -> None:
        """Build the queues; `QueuesBuilt` follows."""
        if self._journal is not None:
            self._queues.ask(self._build)

    def start_job(
        self, kind: str, options: Mapping[str, Any], *, said: str = "", started: Callable[[str], object] | None = None
    ) -> None:
        """Start a job in a thread; it is followed like any other. `started` is called there with its id."""

        def start() -> None:
            from hyai_tui.jobs import supervisor

            job = supervisor.start(self.workspace, kind, options, stays_warm=True)
            if started is not None:
                started(job.id)
            self._post(Told(said or f"{kind} has begun; it goes on if the app or the line goes away"))
            if self._jobs is not None:
                self._jobs.look()

        threading.Thread(target=perform, args=(start, self._tell), name="start-job", daemon=True).start()

    def cancel_job(self, job_id: str | None) -> None:
        """Ask a job to stop, in a thread."""

        def cancel() -> None:
            from hyai_tui.jobs import supervisor

            job = supervisor.cancel(self.workspace, job_id)
            self._post(Told(f"{job.kind} stops after its batch; what is finished is kept"))

        threading.Thread(target=perform, args=(cancel, self._tell), name="cancel-job", daemon=True).start()

    def read_thresholds(self, tell: Callable[[Message], object]) -> None:
        """Read the scores in a thread; `ThresholdsKnown` goes to `tell`, and again once the library has been asked."""

        def read() -> None:
            from hyai_tui.jobs.exploring import explorers
            from hyai_tui.learning.registry import Registry

            bundle = Registry(self.workspace.models_directory).require_current()
            for explorer, asked in explorers(self.workspace):
                tell(ThresholdsKnown(explorer, bundle.number, bundle.thresholds, asked))

        def failed(error: HyaiError) -> None:
            tell(ThresholdsKnown(None, trouble=str(error)))

        threading.Thread(target=perform, args=(read, failed), name="thresholds", daemon=True).start()

    def change_settings(self, values: Mapping[str, str], tell: Callable[[Message], object]) -> None:
        """Write settings in a thread and read them again; `SettingsSaved` goes to `tell`."""

        def change() -> None:
            settings_file.set_values(self.workspace.settings_file, values)
            self.read_settings()
            tell(SettingsSaved(values))

        def failed(error: HyaiError) -> None:
            tell(SettingsSaved(values, str(error)))

        threading.Thread(target=perform, args=(change, failed), name="settings", daemon=True).start()

    def read_settings(self) -> None:
        """Read the settings file again: the next job, decision and queue go by it.

        Raises:
            SettingsError: it is wrong; the settings before hold.
        """
        before = self.workspace.settings
        self.workspace = Workspace(self.workspace.root, settings.load(self.workspace.settings_file))
        self.writer.set_workspace(self.workspace)
        self._post(SettingsRead(self.workspace))
        if (before.tag, before.library.motion) != (
            self.workspace.settings.tag,
            self.workspace.settings.library.motion,
        ):
            self.rebuild()

    def open_outside(self, file: str) -> None:
        """Open the original in the user's viewer; over SSH, and where there is no path, give what can be pasted."""

        def wish() -> None:
            from hyai_tui.locations import user_settings_file
            from hyai_tui.tui.outside import open_outside, over_ssh
            from hyai_tui.tui.preferences import load

            path = self._library.path(file) if self._library is not None else None
            if path is None:
                self._post(Pasted(file, "no file of its own here; its hash is copied, for system:hash in the client"))
            elif over_ssh():
                self._post(Pasted(str(path), "over SSH no window opens; the path is copied"))
            else:
                open_outside(path, load(user_settings_file()).viewer)
                self._post(Told("opened outside"))

        threading.Thread(target=perform, args=(wish, self._tell), name="open-outside", daemon=True).start()

    def staged(self) -> Staged | None:
        """Return what a commit would touch; None before the journal is open."""
        from hyai_tui.effects.staged import staged

        return staged(self._journal) if self._journal is not None else None

    def show_in_page(self, name: str, chosen: Callable[[Journal], Sequence[str]]) -> None:
        """Show files in a page of Hydrus, in a thread, and say so."""

        def show() -> None:
            from hyai_tui.library.hydrus.library import HydrusLibrary

            if not isinstance(self._library, HydrusLibrary) or self._journal is None:
                raise WrongUse("Pages are Hydrus', and this library is none, or not open yet")
            files = chosen(self._journal)
            page = self._library.pages(to_write=True).show(name, files)
            self._post(Told(f"{count(len(files), 'file')} in Hydrus' page {page.name}"))

        threading.Thread(target=perform, args=(show, self._tell), name="page", daemon=True).start()

    def write_hashes(self) -> None:
        """Write the hashes of what is staged to a file of the workspace, in a thread, and say where."""

        def write() -> None:
            from hyai_tui.effects.staged import write_hashes

            assert self._journal is not None
            path, number = write_hashes(self.workspace, self._journal)
            self._post(Told(f"{count(number, 'hash', 'hashes')} in {path.name}: paste them into Hydrus' system:hash"))

        threading.Thread(target=perform, args=(write, self._tell), name="hashes", daemon=True).start()

    @property
    def parts(self) -> tuple[Journal, Catalog, Library, Rights] | None:
        """The open journal, catalog and library with its rights; None before the library is open."""
        if self._journal is None or self._catalog is None or self._library is None or self._rights is None:
            return None
        return self._journal, self._catalog, self._library, self._rights

    @property
    def rights(self) -> Rights | None:
        """What the library lets us do; None before it is open."""
        return self._rights

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
        for thread in (self.pictures, self.tiles, self.filters, self.previews, self._facts):
            if thread is not None:
                thread.stop()
        saved = self.writer.stop() if self._journal is not None else True
        for part in (self._library, self._catalog, self._journal):
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
        from hyai_tui.tui.knowing import FactsReader
        from hyai_tui.tui.loading import PictureLoader
        from hyai_tui.tui.previewing import Previewer
        from hyai_tui.tui.tiles import TileLoader

        self._journal = self.workspace.open_journal()
        self._catalog = self.workspace.open_catalog()
        self.place = self._journal.place()
        left = self.place.get("left")
        self._left_at = float(left) if isinstance(left, int | float) else None
        self.writer.start(self._journal, self._catalog)
        limit = self.workspace.settings.review.keep_thumbnails_mb * 1_000_000
        cache = ThumbnailCache(self.workspace.thumbnails_directory, limit)
        self.pictures = PictureLoader(self._drawing(), cache, self._post)
        self.tiles = TileLoader(self._drawing(), cache, self._catalog, self._post)
        self.previews = Previewer(self._drawing(), self._post)
        self.filters = Filterer(self._catalog, self._post)
        self._facts = FactsReader(self._journal, self._catalog, self.writer, self._post)
        self._jobs = JobWatcher(self.workspace, self._jobs_changed, self._job_ended, self._left_at)
        self._jobs.start()
        self.rebuild()
        self._open_library()

    def _drawing(self) -> Drawing:
        return Drawing(self.terminal, SLOW_LINK if self.slow else None)

    def _open_library(self) -> None:
        try:
            library = self.workspace.open_library()
            rights = library.rights()
        except HyaiError as error:
            self._post(LibraryKnown(LibraryLine(self.workspace.settings.library.kind, False, str(error))))
            return
        self._library, self._rights = library, rights
        assert self.pictures is not None
        self.pictures.set_library(library)
        for loader in (self.tiles, self.previews):
            if loader is not None:
                loader.set_library(library)
        self.writer.set_library(library, rights)
        self._post(LibraryKnown(LibraryLine(rights.name or library.kind, True)))
        self._first_scan()

    def _first_scan(self) -> None:
        """Read a library that was never read: there is nothing to look at before, and reading changes nothing."""
        assert self._catalog is not None
        if self._catalog.last_scan() is None:
            self.start_job("scan", {}, said="reading the library for the first time; pictures come when it is done")

    def _build(self) -> None:
        from hyai_tui.learning.registry import Registry
        from hyai_tui.tui.building import build_snapshot

        assert self._journal is not None
        assert self._catalog is not None
        now = Registry(self.workspace.models_directory).current_id()
        if now != self._models[1]:
            self._models = (self._models[1], now)
        self._post(QueuesBuilt(build_snapshot(self.workspace, self._journal, self._catalog, self.id, self._models[0])))

    def _jobs_changed(self, jobs: tuple[JobView, ...]) -> None:
        self._post(JobsChanged(jobs))
        if not self._looked_back and self._left_at is not None:
            line, kind = while_away(jobs, self._left_at)
            if line:
                self._post(Told(line, kind))
        self._looked_back = True

    def _job_ended(self, job: JobView) -> None:
        self._verdict = verdict(job) or self._verdict
        self._post(JobEnded(job))
        if job.info.state == "done" and job.info.kind in {"train", "score", "retrain", "eval", "scan", "queues"}:
            self.rebuild()

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def _post(self, message: Message) -> None:
        if not self._stopping:
            self.post(message)


def _about() -> str:
    """Return how another app is told of this one; a terminal's name says nothing about pictures."""
    try:
        return f"hyai on {os.ttyname(0).removeprefix('/dev/')}"
    except OSError:
        return "hyai"
