"""What is done about findings besides decisions, in the writer's thread: ignoring them, and changing tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.checks.book import Pile
from hyai_tui.effects.editing import parse_change
from hyai_tui.errors import HyaiError
from hyai_tui.text import count
from hyai_tui.tui.finding_desk import Deed, Done
from hyai_tui.tui.messages import Told

if TYPE_CHECKING:
    from hyai_tui.checks.base import Finding
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session


@dataclass
class Mended(Message):
    """Something was done about findings, and is on disk.

    Attributes:
        done: what can be taken back; None where this took something back.
        keys: of the findings.
        pile: where they lie now.
        line: what to tell.
        file: whose tags are on their way to the library; empty for none.
    """

    done: Done | None
    keys: tuple[str, ...]
    pile: Pile
    line: str
    file: str = ""


class Mender:
    """Does it for one screen.

    Args:
        session: whose writer commits.
        tell: takes `Mended`, and `Told` where something could not be done.
    """

    def __init__(self, session: Session, tell: Callable[[Message], object]) -> None:
        self._session = session
        self._tell = tell

    def ignore(self, keys: Sequence[str]) -> None:
        """Ignore a finding from now on, with those of other checks that say the same."""
        self._set_ignored(keys, ignored=True, undoing=False)

    def watch(self, keys: Sequence[str], *, undoing: bool = False) -> None:
        """Take back that findings are ignored."""
        self._set_ignored(keys, ignored=False, undoing=undoing)

    def ignore_again(self, keys: Sequence[str]) -> None:
        """Ignore what was watched again a moment ago."""
        self._set_ignored(keys, ignored=True, undoing=True)

    def edit(self, finding: Finding, file: str, line: str) -> None:
        """Change the tags of a finding's file as a typed line says."""

        def task(journal: Journal) -> None:
            names = [one.name for one in journal.labels()]
            add, remove = parse_change(line, self._session.workspace.settings.tag, names)
            edit = journal.edit_tags(file, add, remove, session=self._session.id, finding=finding.key)
            said = f"saved: tags {edit.words} …"
            self._tell(Mended(Done("edit", (finding.key,), edit.id), (finding.key,), "fixed", said, file))

        self._do(task)

    def take_back(self, number: int, key: str) -> None:
        """Take back a change of tags."""

        def task(journal: Journal) -> None:
            edit = journal.undo_edit(number)
            if edit is None:
                self._tell(Told("that change of tags is taken back already", "warn"))
            else:
                self._tell(Mended(None, (key,), "open", f"taking back: {edit.words} …", edit.file))

        self._do(task)

    def _set_ignored(self, keys: Sequence[str], *, ignored: bool, undoing: bool) -> None:
        def task(journal: Journal) -> None:
            (journal.ignore_findings if ignored else journal.watch_findings)(keys)
            deed: Deed = "ignore" if ignored else "watch"
            done = None if undoing else Done(deed, tuple(keys))
            also = f", of {count(len(keys), 'check')}" if len(keys) > 1 else ""
            line = f"ignored: 1 finding{also} · u watches again" if ignored else f"watched again: 1 finding{also}"
            self._tell(Mended(done, tuple(keys), "ignored" if ignored else "open", line))

        self._do(task)

    def _do(self, task: Callable[[Journal], None]) -> None:
        def told(journal: Journal) -> None:
            try:
                task(journal)
            except HyaiError as error:
                self._tell(Told(str(error), "error"))

        self._session.writer.do(told)
