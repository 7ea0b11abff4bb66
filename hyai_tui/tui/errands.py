"""What is done once, in a thread of its own, because somebody asked for it; a message tells what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.message import Message

from hyai_tui import settings_file
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.text import count
from hyai_tui.tui.listing import Entry, title
from hyai_tui.tui.messages import NoWindow, SearchesChanged, SettingsSaved, ThresholdsKnown, Told
from hyai_tui.tui.threads import perform

if TYPE_CHECKING:
    from hyai_tui.effects.staged import Staged
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session


class Errands:
    """Runs them for one session.

    Args:
        session: whose workspace, journal and library they are about.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    # Jobs

    def start_job(
        self, kind: str, options: Mapping[str, Any], *, said: str = "", started: Callable[[str], object] | None = None
    ) -> None:
        """Start a job; it is followed like any other. `started` is called in the thread with its id."""

        def start() -> None:
            from hyai_tui.jobs import supervisor

            job = supervisor.start(self._session.workspace, kind, options, stays_warm=True)
            if started is not None:
                started(job.id)
            self._session.send(Told(said or f"{kind} has begun; it goes on if the app or the line goes away"))
            self._session.look_at_jobs()

        self._run("start-job", start)

    def cancel_job(self, job_id: str | None) -> None:
        """Ask a job to stop."""

        def cancel() -> None:
            from hyai_tui.jobs import supervisor

            job = supervisor.cancel(self._session.workspace, job_id)
            self._session.send(Told(f"{job.kind} stops after its batch; what is finished is kept"))

        self._run("cancel-job", cancel)

    # Probes

    def pin_probe(self, file: str) -> None:
        """Pin a file as a probe, or unpin it, and say so."""

        def pin() -> None:
            journal = self._session.journal
            if journal is None:
                raise WrongUse("The workspace is not open yet", "Try again in a moment")
            if journal.unpin_probe(file):
                line = f"unpinned: {count(len(journal.probes()), 'probe')} left"
            else:
                journal.pin_probe(file)
                line = f"pinned: {count(len(journal.probes()), 'probe')} · :changes compares them after each training"
            self._session.send(Told(line))

        self._run("probe", pin)

    # Settings

    def read_thresholds(self, tell: Callable[[Message], object]) -> None:
        """Read the scores; `ThresholdsKnown` goes to `tell`, and again once the library has been asked."""

        def read() -> None:
            from hyai_tui.jobs.exploring import explorers
            from hyai_tui.learning.registry import Registry

            bundle = Registry(self._session.workspace.models_directory).require_current()
            for explorer, known, asked in explorers(self._session.workspace):
                tell(ThresholdsKnown(explorer, known, bundle.number, bundle.thresholds, asked))

        def failed(error: HyaiError) -> None:
            tell(ThresholdsKnown(None, None, trouble=str(error)))

        self._run("thresholds", read, failed)

    def change_settings(self, values: Mapping[str, str], tell: Callable[[Message], object]) -> None:
        """Write settings and read them again; `SettingsSaved` goes to `tell`."""

        def change() -> None:
            settings_file.set_values(self._session.workspace.settings_file, values)
            self._session.read_settings()
            tell(SettingsSaved(values))

        def failed(error: HyaiError) -> None:
            tell(SettingsSaved(values, str(error)))

        self._run("settings", change, failed)

    # Searches

    def save_search(self, name: str, entry: Entry, query: str) -> None:
        """Keep what a filter left of a list; `SearchesChanged` follows. Of a saved search its conditions come along.

        Args:
            name: for it.
            entry: the filtered list.
            query: conditions and order, as they were typed.
        """

        def save() -> None:
            from hyai_tui.journal.searches import SavedSearch
            from hyai_tui.queues.plugins import available
            from hyai_tui.queues.saved import checked, named

            journal = self._session.journal
            assert journal is not None
            of = named(entry.key, journal.searches())
            whole = (
                SavedSearch(name, entry.key, query)
                if of is None
                else SavedSearch(name, of.queue, f"{of.query} {query}")
            )
            search = checked(whole, available())
            again = journal.save_search(search)
            self._session.send(
                SearchesChanged(name, replace(entry, key=name, title=title(name), about=search.about, indent=0))
            )
            self._session.send(
                Told(f"{'changed' if again else 'saved'}: :queue {name} opens it, :drop {name} drops it")
            )

        self._run("save-search", save)

    def drop_search(self, name: str) -> None:
        """Drop a saved search; `SearchesChanged` follows."""

        def drop() -> None:
            journal = self._session.journal
            assert journal is not None
            if not journal.drop_search(name):
                names = ", ".join(one.name for one in journal.searches()) or "none"
                raise WrongUse(f"There is no saved search {name!r}", f"There are: {names}")
            self._session.send(SearchesChanged(name))
            self._session.send(Told(f"dropped {name}"))

        self._run("drop-search", drop)

    # Files, outside

    def open_outside(self, file: str) -> None:
        """Open the original in the user's viewer; `NoWindow` follows over SSH, and where it has no path here."""

        def wish() -> None:
            from hyai_tui.library.hydrus.library import HydrusLibrary
            from hyai_tui.locations import user_settings_file
            from hyai_tui.tui.outside import open_outside, over_ssh
            from hyai_tui.tui.preferences import load

            library = self._session.library
            path = library.path(file) if library is not None else None
            if path is None or over_ssh():
                pages = isinstance(library, HydrusLibrary)
                self._session.send(NoWindow(file, str(path) if path is not None else "", pages))
            else:
                open_outside(path, load(user_settings_file()).viewer)
                self._session.send(Told("opened outside"))

        self._run("open-outside", wish)

    def staged(self) -> Staged | None:
        """Return what a commit would touch; None before the journal is open. Not in a thread: it is a count."""
        from hyai_tui.effects.staged import staged

        journal = self._session.journal
        return staged(journal) if journal is not None else None

    def show_in_page(self, name: str, chosen: Callable[[Journal], Sequence[str]]) -> None:
        """Show files in a page of Hydrus, and say so."""

        def show() -> None:
            from hyai_tui.library.hydrus.library import HydrusLibrary

            library, journal = self._session.library, self._session.journal
            if not isinstance(library, HydrusLibrary) or journal is None:
                raise WrongUse("Pages are Hydrus', and this library is none, or not open yet")
            files = chosen(journal)
            page = library.pages(to_write=True).show(name, files)
            self._session.send(Told(f"{count(len(files), 'file')} in Hydrus' page {page.name}"))

        self._run("page", show)

    def write_hashes(self) -> None:
        """Write the hashes of what is staged to a file of the workspace, and say where."""

        def write() -> None:
            from hyai_tui.effects.staged import write_hashes

            assert self._session.journal is not None
            path, number = write_hashes(self._session.workspace, self._session.journal)
            line = f"{count(number, 'hash', 'hashes')} in {path.name}: paste them into Hydrus' system:hash"
            self._session.send(Told(line))

        self._run("hashes", write)

    def _run(self, name: str, wish: Callable[[], None], failed: Callable[[HyaiError], None] | None = None) -> None:
        told = failed or self._session.fail
        threading.Thread(target=perform, args=(wish, told), name=name, daemon=True).start()
