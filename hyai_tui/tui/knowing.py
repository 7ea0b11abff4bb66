"""Reads what is known of a file in a thread of its own; what will probably be asked for next is read ahead."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, NotNow
from hyai_tui.tui import words
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.loading import PAUSE_SECONDS
from hyai_tui.tui.messages import FactsLoaded, NamesKnown, Told
from hyai_tui.tui.threads import LatestThread
from hyai_tui.tui.words import word
from hyai_tui.tui.writing import Writer

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.patterns.reading import Learnt
    from hyai_tui.workspace import Workspace

_FACTS_KEPT = 64
_NAMES_KEPT = 512
_REASONS = 2


class FactsReader:
    """Reads what is known of a file from catalog and journal."""

    def __init__(
        self,
        workspace: Workspace,
        journal: Journal,
        catalog: Catalog,
        writer: Writer,
        post: Callable[[Message], object],
    ) -> None:
        self._workspace = workspace
        self._learnt: Learnt | None = None
        self._journal = journal
        self._catalog = catalog
        self._writer = writer
        self._post = post
        self._thread = LatestThread("facts", self._tell)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], Facts] = OrderedDict()
        # No decision changes a name, so rows go on naming files whose facts are read again.
        self._names: OrderedDict[str, str] = OrderedDict()
        self._generation = 0

    def ask(self, token: int, file: str, labels: tuple[str, ...], following: Sequence[str] = ()) -> None:
        """Read the facts of a file, then of the following ones; `FactsLoaded` and `NamesKnown` answer with the token."""

        def read() -> None:
            self._post(FactsLoaded(token, self._read_and_keep(file, labels)))

        def ahead(one: str) -> None:
            if self.at_hand(one, labels) is None:
                self._read_and_keep(one, labels)

        def known() -> None:
            self._post(NamesKnown(token))

        then: list[Callable[[], None]] = [partial(ahead, one) for one in following]
        if any(self.at_hand(one, labels) is None for one in following):
            then.append(known)
        self._thread.ask(read if self.at_hand(file, labels) is None else None, then=then, pause=PAUSE_SECONDS)

    def at_hand(self, file: str, labels: tuple[str, ...]) -> Facts | None:
        """Return the facts if they have been read already and nothing has changed since, as far as this app knows."""
        with self._lock:
            return self._kept.get((file, labels))

    def name(self, file: str) -> str:
        """Return a file's name if it has been read and it has one."""
        with self._lock:
            return self._names.get(file, "")

    def forget(self, files: Iterable[str] | None = None) -> None:
        """Something changed: read these files (all of them without a list) again when they are wanted."""
        with self._lock:
            self._generation += 1
            if files is None:
                self._kept.clear()
                return
            gone = set(files)
            for key in [key for key in self._kept if key[0] in gone]:
                del self._kept[key]

    def _read_and_keep(self, file: str, labels: tuple[str, ...]) -> Facts:
        with self._lock:
            generation = self._generation
        facts = self.read(file, labels)
        with self._lock:
            if generation == self._generation:
                self._kept[(file, labels)] = facts
                self._names[file] = facts.name
                for kept, most in ((self._kept, _FACTS_KEPT), (self._names, _NAMES_KEPT)):
                    while len(kept) > most:
                        kept.popitem(last=False)
        return facts

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def read(self, file: str, labels: tuple[str, ...]) -> Facts:
        """Return the facts; every number is that of the last scan or of a write of ours since."""
        facts = read_facts(self._journal, self._catalog, self._writer, file, labels)
        return replace(facts, learnt=self._reasons(facts.tags))

    def _reasons(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return what was learnt of tags, by the version that is in use now; tags of ours were never learnt from."""
        from hyai_tui.patterns.reading import newest

        self._learnt = newest(self._workspace, self._learnt)
        if self._learnt is None:
            return ()
        try:
            return tuple(one.reason for one in self._learnt.patterns.reasons(tags, _REASONS))
        except NotNow:
            # It cannot be read: the next learning makes it anew, and the screen of patterns says so.
            return ()


def read_facts(journal: Journal, catalog: Catalog, writer: Writer, file: str, labels: tuple[str, ...]) -> Facts:
    """Return what catalog and journal know of a file, and what the keys of these labels would do to it."""
    known = catalog.file(file)
    decision = journal.effective([file]).get(file)
    you = (word(decision) or "") if decision is not None else ""
    when = words.ago(decision.at) if decision is not None else ""
    lines = {label: writer.decider.key_line(file, label) for label in labels}
    if known is None:
        return Facts(file, you=you, you_when=when, key_lines=lines, state="in no library")
    name = PurePath(known.paths[0]).name if known.paths else ""
    kind = (known.mime or "").removeprefix("image/") or PurePath(name).suffix.removeprefix(".")
    own = writer.decider.own_tags(labels)
    shown = sorted(known.display_tags or known.tags, key=lambda tag: (tag in own, tag))
    return Facts(
        file,
        name=name,
        kind=kind,
        size=known.size,
        width=known.width,
        height=known.height,
        state=known.state.value,
        you=you,
        you_when=when,
        tags=tuple(shown),
        own=own.intersection(shown),
        key_lines=lines,
        gone=known.state.value == "gone",
    )
