"""The background writer: decisions go to disk here, one after the other, and only then does the screen say so.

It also keeps the lease, and sees what other apps and commands write. What decisions ask for is carried out elsewhere, see
`carrying`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.message import Message

from hyai_tui.errors import HyaiError
from hyai_tui.text import count
from hyai_tui.tui.bulk import MOST_AT_ONCE
from hyai_tui.tui.carrying import Carrier
from hyai_tui.tui.facts import SessionLine
from hyai_tui.tui.messages import DecidedElsewhere, LeaseHeld, NotSaved, Saved, SessionChanged, Told
from hyai_tui.tui.threads import OrderedThread
from hyai_tui.tui.today import Today
from hyai_tui.tui.words import word
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.effects.deciding import Decider, Mode
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Decision, Kind, NewDecision
    from hyai_tui.library.base import Library, Rights

_BEAT_SECONDS = 3.0
_LOOK_BACK = MOST_AT_ONCE + 200


class Writer:
    """Commits decisions and runs effects.

    Args:
        workspace: where.
        session: id of this app's session, which `undo` is limited to.
        about: what another app is told of this one, such as `pts/3 since 14:02`.
        post: sends a message to the app; safe from any thread.
    """

    def __init__(self, workspace: Workspace, session: str, about: str, post: Callable[[Message], object]) -> None:
        self.session = session
        self._workspace = workspace
        self._about = about
        self._post = post
        self._thread = OrderedThread("writer", self._tell, self._tick)
        self._carrier = Carrier(workspace, post, lambda: self._holder, lambda: self._thread.ask(self._announce))
        self._journal: Journal | None = None
        self._catalog: Catalog | None = None
        self._library: Library | None = None
        # Never restored from an earlier session: what a key does to the library begins as harmless as it can be.
        self._mode: Mode = "LEARN"
        self._decider: Decider | None = None
        self._holder = False
        self._look_only = False
        self._asked = False
        self._beat = 0.0
        self._version = -1
        self._known: dict[int, bool] = {}
        self._today: Today
        self._line: SessionLine | None = None

    def start(self, journal: Journal, catalog: Catalog) -> None:
        """Begin; decisions may be asked for at once, effects wait for the library."""
        self._journal, self._catalog = journal, catalog
        self._today = Today(journal)
        self._known = {one.id: one.undone is not None for one in journal.decisions(limit=_LOOK_BACK)}
        self._version = journal.data_version()
        self._decider = self._new_decider()
        self._thread.start()
        self._carrier.start(journal, catalog)
        self._thread.ask(self._take_lease)

    def set_library(self, library: Library, rights: Rights) -> None:
        """The library is there: decisions know its rights, effects may run."""

        def take() -> None:
            self._library = library
            self._carrier.set_library(library, rights)
            decider = self._new_decider()
            decider.rights = rights
            self._decider = decider
            self._announce()

        self._thread.ask(take)

    def set_workspace(self, workspace: Workspace) -> None:
        """The settings changed: what is decided from now on goes by the new ones."""

        def take() -> None:
            self._workspace = workspace
            self._carrier.set_workspace(workspace)
            if self._decider is not None:
                rights, self._decider = self._decider.rights, self._new_decider()
                self._decider.rights = rights

        self._thread.ask(take)

    @property
    def look_only(self) -> bool:
        """True where this app records nothing."""
        return self._look_only

    @property
    def decider(self) -> Decider:
        """The one door for decisions."""
        assert self._decider is not None
        return self._decider

    def _new_decider(self) -> Decider:
        from hyai_tui.effects.deciding import Decider

        assert self._journal is not None
        assert self._catalog is not None
        return Decider(
            self._workspace,
            self._journal,
            self._catalog,
            self._library,
            session=self.session,
            source="app",
            mode=self._mode,
        )

    # What the screen asks for

    def decide(self, file: str, kind: Kind, label: str | None, shown: Mapping[str, Any]) -> None:
        """Record one decision."""

        def task() -> None:
            try:
                outcome = self.decider.decide(file, label, kind=kind, shown=shown)
            except HyaiError as error:
                self._post(NotSaved((file,), error))
                return
            self._mine([outcome.decision])
            self._post(Saved("decide", {file: word(outcome.decision)}, outcome.line))
            self._after_write([file] if self._mode == "LIVE" else [])

        self._thread.ask(task)

    def decide_many(self, new: Sequence[NewDecision], done: str) -> None:
        """Record one act on several files, in one transaction; one undo takes it back."""

        def task() -> None:
            try:
                outcomes = self.decider.decide_many(new)
            except HyaiError as error:
                self._post(NotSaved(tuple(one.file for one in new), error))
                return
            made = [one.decision for one in outcomes]
            self._mine(made)
            line = f"done: {done} · u undoes all {len(made):,}"
            self._post(Saved("decide", {one.file: word(one) for one in made}, line))
            self._after_write([one.file for one in made] if self._mode == "LIVE" else [])

        self._thread.ask(task)

    def undo(self) -> None:
        """Undo this session's last act."""
        self._thread.ask(lambda: self._take_back("undo"))

    def redo(self) -> None:
        """Take back the last undo of this session."""
        self._thread.ask(lambda: self._take_back("redo"))

    def take_back_edit(self, number: int) -> None:
        """Take a change of tags back, by its number."""

        def task(journal: Journal) -> None:
            edit = journal.undo_edit(number)
            line = f"taking back: {edit.words} …" if edit is not None else "that change of tags is taken back already"
            self._post(Told(line))

        self.do(task)

    def change_act(self, verb: str, act: int) -> None:
        """Undo or redo one act by its number, of whatever session."""
        self._thread.ask(lambda: self._take_back(verb, act))

    def do(self, task: Callable[[Journal], None]) -> None:
        """Write something else to the journal, in its turn, and carry out what it asks for."""

        def run() -> None:
            assert self._journal is not None
            task(self._journal)
            self._after_write()

        self._thread.ask(run)

    def set_mode(self, mode: Mode) -> None:
        """Change what the next decisions ask of the library."""

        def task() -> None:
            if mode == "LIVE" and not self._holder:
                self._post(Told("another app writes to the library, so nothing can be live here · :take-over", "warn"))
                return
            self._mode = self.decider.mode = mode
            self._announce()

        self._thread.ask(task)

    def allow_writes(self, copies: Sequence[str] = ()) -> None:
        """Take it that the person has read what the key may do, and how large copies of originals will be.

        What is due is written from now on.
        """

        def task() -> None:
            self._carrier.allow_writes(copies)
            self._after_write()

        self._thread.ask(task)

    def commit_staged(self) -> None:
        """Let the staged library changes happen."""

        def task() -> None:
            number = self._carrier.commit()
            self._post(Told(f"committed: {count(number, 'library change')} to do"))
            self._after_write()

        self._thread.ask(task)

    def forget_staged(self) -> None:
        """Drop the staged library changes, and undo the decisions that asked for them."""

        def task() -> None:
            undone = self._carrier.forget()
            self._mine(undone)
            line = f"forgot {count(len(undone), 'decision')} with what they had staged · U takes that back"
            self._post(Saved("forget", self._words([one.file for one in undone]), line))
            self._after_write()

        self._thread.ask(task)

    def take_over(self) -> None:
        """Take the lease from the other app."""

        def task() -> None:
            assert self._journal is not None
            self._journal.take_lease(self.session, self._about, take_over=True)
            self._holder, self._look_only = True, False
            self._announce()

        self._thread.ask(task)

    def set_look_only(self, look_only: bool) -> None:
        """Record no decisions (the screen refuses them), or record them beside the other app."""

        def task() -> None:
            self._look_only = look_only
            self._announce()

        self._thread.ask(task)

    def save_place(self, place: Mapping[str, Any]) -> None:
        """Keep where the screen stands."""
        self._thread.ask(lambda: self._keep_place(place))

    def stop(self) -> bool:
        """Write what was asked for, give the lease back; returns False if that did not end in time."""

        def leave() -> None:
            if self._journal is None or self._look_only:
                return
            self._keep_place(self._journal.place())
            if self._holder:
                self._journal.release_lease(self.session)

        drained = self._carrier.stop()
        self._thread.ask(leave)
        return self._thread.stop(timeout=10) and drained

    # In the writer's thread

    def _keep_place(self, place: Mapping[str, Any]) -> None:
        """Keep a place and this moment: however the session ends, the next one tells what ended after it."""
        assert self._journal is not None
        self._journal.save_place({**place, "left": time.time()})

    def _take_lease(self) -> None:
        assert self._journal is not None
        lease = self._journal.take_lease(self.session, self._about)
        self._beat = time.monotonic()
        self._holder = lease.holder == self.session
        if not self._holder and not self._asked:
            self._asked = True
            self._post(LeaseHeld(lease))
        self._announce()

    def _take_back(self, act: str, number: int | None = None) -> None:
        """Undo or redo the last act of this session, or the act of a number."""
        decider = self.decider
        try:
            if number is None:
                reversal = decider.undo() if act == "undo" else decider.redo()
            else:
                reversal = decider.undo_act(number) if act == "undo" else decider.redo_act(number)
        except HyaiError:
            # It is on its way no longer; the thread tells why.
            self._post(Saved(act, {}, ""))
            raise
        changed = reversal.decisions
        if not changed:
            self._post(Saved(act, {}, ""))
            where = " in this session; :history has earlier acts" if number is None else ""
            self._post(Told(f"{reversal.line}{where}", "warn"))
            return
        self._mine(changed)
        hint = "U redoes" if act == "undo" else "u undoes"
        self._post(Saved(act, self._words([one.file for one in changed]), f"{reversal.line} · {hint}"))
        self._after_write([one.file for one in changed])

    def _tick(self) -> None:
        assert self._journal is not None
        if time.monotonic() - self._beat > _BEAT_SECONDS:
            self._beat = time.monotonic()
            if self._holder and not self._journal.renew_lease(self.session):
                self._holder = False
                if self._mode == "LIVE":
                    self._mode = self.decider.mode = "LEARN"
                self._post(Told("another app took over: it writes samples and tags now", "warn"))
                self._announce()
            elif not self._holder and not self._look_only and self._journal.lease() is None:
                self._take_lease()
        version = self._journal.data_version()
        if version != self._version:
            self._version = version
            self._see_others()
            self._announce()

    def _see_others(self) -> None:
        """Tell the screen of decisions that another app or command made, or took back."""
        assert self._journal is not None
        touched: list[str] = []
        for one in self._journal.decisions(limit=_LOOK_BACK):
            undone = one.undone is not None
            if self._known.get(one.id) != undone:
                self._known[one.id] = undone
                touched.append(one.file)
        if touched:
            self._post(DecidedElsewhere(self._words(touched)))

    def _mine(self, changed: Sequence[Decision]) -> None:
        """Remember what this session did, so that it is not taken for somebody else's."""
        assert self._journal is not None
        self._known.update({one.id: one.undone is not None for one in changed})
        for one in self._journal.decisions(limit=max(8, len(changed) * 2)):
            if one.session == self.session:
                self._known[one.id] = one.undone is not None

    def _words(self, files: Sequence[str]) -> dict[str, str | None]:
        assert self._journal is not None
        effective = self._journal.effective(files)
        return {file: word(effective[file]) if file in effective else None for file in files}

    def _after_write(self, moved: Sequence[str] = ()) -> None:
        """Tell the new counts, and carry out what is due; the moves of the files named are told when they are done."""
        assert self._journal is not None
        self._version = self._journal.data_version()
        self._announce()
        self._carrier.hurry(moved)

    def _announce(self) -> None:
        """Tell the counts of the header, if they changed."""
        from hyai_tui.effects.staged import staged

        assert self._journal is not None
        self._today.look()
        counts = self._journal.effect_counts()
        waiting = staged(self._journal)
        self._carrier.watch_rescues(waiting.rescued)
        line = SessionLine(
            mode=self._mode,
            staged=waiting.total,
            rescues=waiting.rescues_open,
            rescue_until=self._carrier.rescue_until if waiting.rescued else None,
            pending=counts.get("due", 0),
            failed=counts.get("failed", 0),
            today=self._today.number,
            settled=self._carrier.settled,
            busy=self._carrier.busy,
            holder=self._holder,
            look_only=self._look_only,
        )
        if line != self._line:
            self._line = line
            self._post(SessionChanged(line))

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))
