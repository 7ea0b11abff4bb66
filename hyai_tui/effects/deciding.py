"""The one door for decisions, for commands and the app alike: checks them, records them, and says what they do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from hyai_tui.effects.owntags import is_marked, own_tags, tag_of
from hyai_tui.errors import UnknownFile, WrongUse
from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.journal.labels import fault_of_name
from hyai_tui.journal.model import Asks, Decision, Kind, NewDecision, Source
from hyai_tui.library.base import FileState, Rights
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.sync import adopt_label_folders
from hyai_tui.text import count, short_hash

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library
    from hyai_tui.workspace import Workspace

Mode = Literal["LEARN", "STAGED", "LIVE"]
"""What a decision does to the library: nothing but our tag; a staged move; a move at once."""

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recorded decision, and the line for the screen that says what it does to the library."""

    decision: Decision
    line: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """Decisions that were undone or redone, newest act first, and the line for the screen."""

    decisions: tuple[Decision, ...]
    line: str


class Decider:
    """Records what a person decides.

    Args:
        workspace, journal, catalog: the workspace and its parts.
        library: the open library, or None; decisions need none.
        session: who decides; an app's own id, so that its `undo` takes back its own acts alone.
        source: `app` or `command`.
        mode: `LEARN` leaves library files untouched; `STAGED` stages their move to archive or trash; `LIVE` asks for it
            at once, and for a rescue too.

    Attributes:
        mode: may be changed at any time.
        rights: what the library allows, once `ask_rights` has been called; says whether a rescue can be carried out.
    """

    def __init__(
        self,
        workspace: Workspace,
        journal: Journal,
        catalog: Catalog,
        library: Library | None = None,
        *,
        session: str,
        source: Source,
        mode: Mode = "LEARN",
    ) -> None:
        self._workspace = workspace
        self._journal = journal
        self._catalog = catalog
        self._library = library
        self._session = session
        self._source = source
        self.mode: Mode = mode
        self.rights: Rights | None = None
        adopt_label_folders(journal, SampleFolders(workspace.data, journal))

    def decide(
        self,
        file: str,
        label: str | None = None,
        *,
        kind: Kind | None = None,
        shown: Mapping[str, Any] | None = None,
        new_label: bool = False,
    ) -> Outcome:
        """Record one decision; see `decide_many`."""
        new = NewDecision(file, kind or "label", label, shown or {})
        return self.decide_many([new], new_label=new_label)[0]

    def decide_many(self, new: Sequence[NewDecision], *, new_label: bool = False) -> list[Outcome]:
        """Record several decisions as one act: on the disk when this returns, and undone together.

        Args:
            new: what is decided; `asks` is worked out here.
            new_label: make labels that do not exist yet.

        Raises:
            UnknownFile: if neither the library nor the journal knows one of the files; nothing is recorded.
            UnknownLabel, WrongUse: for a label that does not exist or cannot be one; nothing is recorded.
            JournalError: if it cannot be written; nothing is recorded.
        """
        chosen = list({one.file: one for one in new}.values())
        files = {one.file: self._known(one.file) for one in chosen}
        for one in chosen:
            if (one.kind == "label") != (one.label is not None):
                raise WrongUse(f"A decision of kind {one.kind} and label {one.label!r} makes no sense")
        self._check_labels({one.label for one in chosen if one.label is not None}, new_label)
        asking = [replace(one, asks=self._asks(files[one.file], one.label)) for one in chosen]
        live = self.mode == "LIVE"
        recorded = self._journal.decide(asking, session=self._session, source=self._source, at_once=live)
        return [Outcome(one, self._line(files[one.file], one)) for one in recorded]

    def undo(self, acts: int = 1, *, everybody: bool = False) -> Reversal:
        """Undo the newest acts of this session, or (commands) of everybody."""
        undone = self._journal.undo(acts, session=None if everybody else self._session)
        return Reversal(tuple(undone), _reversal_line("undone", "undo", undone))

    def redo(self, acts: int = 1, *, everybody: bool = False) -> Reversal:
        """Take back the newest undos of this session, or (commands) of everybody."""
        redone = self._journal.redo(acts, session=None if everybody else self._session)
        return Reversal(tuple(redone), _reversal_line("redone", "redo", redone))

    def undo_act(self, act: int) -> Reversal:
        """Undo one act, of whatever session and however old; newer decisions on its files stay in force."""
        undone = self._journal.undo_act(act, session=self._session)
        return Reversal(tuple(undone), _reversal_line("undone", "undo", undone) + self._outlived(undone))

    def redo_act(self, act: int) -> Reversal:
        """Take back the undo of one act, of whatever session and however old; newer decisions stay in force."""
        redone = self._journal.redo_act(act)
        return Reversal(tuple(redone), _reversal_line("redone", "redo", redone) + self._outlived(redone))

    def _outlived(self, changed: Sequence[Decision]) -> str:
        """Return how many files keep a newer decision, whatever becomes of these older ones; empty where none does."""
        in_force = self._journal.effective({one.file for one in changed})
        newest = {one.file: one.id for one in changed}
        number = sum(file in in_force and in_force[file].id > decision for file, decision in newest.items())
        return f" · {count(number, 'file')} {'keeps' if number == 1 else 'keep'} a newer decision" if number else ""

    def ask_rights(self) -> Rights | None:
        """Ask the library what it allows, off the interface's loop; None without a library. Raises `LibraryDown`."""
        if self._library is not None:
            self.rights = self._library.rights()
        return self.rights

    def own_tags(self, labels: Iterable[str]) -> frozenset[str]:
        """Return the tags that are ours, for these labels and for archive and trash."""
        return own_tags(self._workspace.settings.tag, labels)

    def key_line(self, file: str, label: str) -> str:
        """Return what the key for a label would do to this file: `learn trash`, `trash (staged)`, `→ trash`, `rescue`."""
        known = self._catalog.file(file)
        asks = self._asks(known, label)
        if asks is not None and self._obstacle():
            return f"learn {label} (cannot {'undelete' if asks == 'rescue' else 'move'})"
        if asks == "rescue":
            return "→ rescue" if self.mode == "LIVE" else "rescue"
        if asks is not None:
            return f"→ {label}" if self.mode == "LIVE" else f"{label} (staged)"
        if known is not None and known.state.value == label and (label == "trash" or self.mode != "LEARN"):
            return f"stays {label}"
        return f"learn {label}"

    def _known(self, file: str) -> CatalogFile | None:
        """Return what the catalog knows of a file that it or the journal knows."""
        known = self._catalog.file(file) if _HASH.fullmatch(file) else None
        if known is None and not (_HASH.fullmatch(file) and self._journal.known_files(file, 1)):
            raise UnknownFile(f"No file {short_hash(file)} is known", "Run 'hyai scan' if it is new in the library")
        return known

    def _check_labels(self, wanted: Collection[str], new_label: bool) -> None:
        known = [one.name for one in self._journal.labels()]
        for label in wanted:
            if label in known:
                continue
            if fault := fault_of_name(label):
                raise WrongUse(f"{label!r} cannot be a label: {fault}", "Use a plain folder name")
            if not new_label:
                raise UnknownLabel(label, known)
        self._journal.add_labels(sorted(wanted))

    def _asks(self, file: CatalogFile | None, label: str | None) -> Asks | None:
        """Return what the decision asks of the library's own state.

        The trash empties itself, so keeping a trashed file asks for its rescue in every mode.
        """
        if file is None or file.state is FileState.GONE:
            return None
        if label == "archive" and file.state is FileState.TRASH:
            return "rescue"
        if self.mode != "LEARN" and label == "archive" and file.state is not FileState.ARCHIVE:
            return "archive"
        if self.mode != "LEARN" and label == "trash" and file.state is not FileState.TRASH:
            return "trash"
        return None

    def _line(self, file: CatalogFile | None, decision: Decision) -> str:
        """Return the line after the key."""
        if decision.kind == "skip":
            return "skipped · file untouched"
        if decision.asks is not None and self.mode != "LEARN" and not self._obstacle():
            if self.mode == "LIVE":
                return "undeleting …" if decision.asks == "rescue" else f"moving to {decision.label} …"
            return "staged: will undelete" if decision.asks == "rescue" else f"staged: will move to {decision.label}"
        word = {"unsure": "unsure", "ignore": "ignored", "clear": "cleared"}.get(decision.kind)
        parts = [word or f"learned {decision.label}", self._tag_part(file, decision)]
        if decision.asks == "rescue":
            parts.append(self._rescue_part())
        elif decision.asks is not None:
            parts.append(f"cannot move it: {self._obstacle()}")
        elif self.mode != "LEARN" and file is not None and file.state.value == decision.label:
            parts.append(f"already in {decision.label}")
        else:
            parts.append("file untouched")
        return " · ".join(parts)

    def _tag_part(self, file: CatalogFile | None, decision: Decision) -> str:
        settings = self._workspace.settings
        if file is None or file.state is FileState.GONE:
            return "not in the library"
        if decision.kind == "clear":
            text = "tag as before"
        elif decision.label is None or not is_marked(settings.tag, decision.label):
            text = "no tag"
        else:
            text = f"tag {tag_of(settings.tag, decision.label)}"
        return f"{text} waits: read-only" if settings.read_only else text

    def _rescue_part(self) -> str:
        obstacle = self._obstacle()
        return f"still in trash, cannot undelete: {obstacle}" if obstacle else "staged: will undelete"

    def _obstacle(self) -> str:
        """Return why states cannot be changed here, as far as is known; empty if nothing is in the way."""
        if self._workspace.settings.read_only:
            return "read-only"
        if self.rights is not None and not self.rights.change_state:
            return self.rights.cannot[0] if self.rights.cannot else "the library does not allow it"
        return ""


def _reversal_line(word: str, verb: str, decisions: Sequence[Decision]) -> str:
    if not decisions:
        return f"nothing to {verb}"
    if len(decisions) > 1:
        return f"{word}: {count(len(decisions), 'decision')}"
    one = decisions[0]
    return f"{word}: {one.label or one.kind} · {short_hash(one.file)}"
