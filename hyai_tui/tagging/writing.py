"""Bringing our tags to their targets, batch by batch: read, compare, write the differences, read again.

The truth is what the library says in the moment before a write, and what it says after. A batch that the library
refuses is halved until the file that spoils it is found, named and skipped. Between batches the job may be cancelled or
killed: the ledger knows what was sent, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import LibraryError, PermissionMissing
from hyai_tui.library.base import Library, MediaFile, TagChange
from hyai_tui.tagging.ledger import DECISION, Ledger
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.tally import Tally
from hyai_tui.tagging.targets import Decided, Rules, Target

BATCH = 256
_ROUNDS = 3
_MOST_REFUSALS = 16


class Decision(Decided, Protocol):
    """A decision as far as it matters here."""

    @property
    def at(self) -> float:
        """Seconds since the epoch."""
        ...


class Knowledge(Protocol):
    """What the writer asks of the rooms below; asked anew for each batch."""

    def probabilities(self, files: Sequence[str]) -> NDArray[np.float32]:
        """Return float32[m, K]; NaN for files without a score."""
        ...

    def decisions(self, files: Sequence[str]) -> Mapping[str, Decision]:
        """Return the decisions in force now."""
        ...

    def applied(self, file: str) -> frozenset[str]:
        """Return the tags that a decision's own effect is known to have put on the file."""
        ...

    def before(self, tags: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]) -> None:
        """Keep, for an undo, the tags of ours that files carry and those that they are about to carry.

        It matters for files with a decision, and for those on which a decision that was undone has left something.
        """
        ...

    def after(self, tags: Mapping[str, frozenset[str]]) -> None:
        """Keep the tags of ours that decided files are known to carry now."""
        ...

    def tagged(self, files: Sequence[str]) -> None:
        """Forget what decisions had left on files that nobody has decided on any more: the model has its say there."""
        ...

    def record(self, files: Sequence[MediaFile]) -> None:
        """Keep what the library says after a write."""
        ...


@dataclass(frozen=True)
class TagWriter:
    """Writes tags for one model.

    Attributes:
        library: where the tags go.
        ledger: what we wrote before.
        knowledge: scores and decisions.
        rules: how they become tags.
        ours: all tags that are ours to change.
        model: id of the model, for the ledger.
        patience: how a busy library is asked.
        dry: only compare.
        again: put back tags that the user took away.
        look: how to learn what files carry, where it is not by looking them up in the library.
    """

    library: Library
    ledger: Ledger
    knowledge: Knowledge
    rules: Rules
    ours: frozenset[str]
    model: str
    patience: Patience
    dry: bool = False
    again: bool = False
    look: Callable[[Sequence[str]], Mapping[str, MediaFile]] | None = None

    def write(self, files: Sequence[str], tally: Tally) -> None:
        """Bring one batch (at most 256 files, unless it is a dry run) to its targets; `tally` counts what was found and done.

        Raises:
            LibraryDown: the library did not answer, however often it was asked; what was written is in the ledger.
            PermissionMissing: tags may not be written.
        """
        decisions = self.knowledge.decisions(files)
        targets = dict(zip(files, self._targets(files, decisions), strict=True))
        look = self.look or self.library.lookup
        found = self.patience.ask(lambda: look(files))
        here = [file for file in files if file in found]
        tally.skipped["gone"] += len(files) - len(here)
        tally.count([targets[file] for file in here])
        wanted = self._without_held(here, targets, found, decisions, tally)
        changes = [change for file in wanted if (change := self._change(found[file], targets[file]))]
        tally.compare(changes)
        if self.dry:
            return
        if changes:
            tally.written += self._bring(changes, targets, found, tally)
        self.knowledge.tagged([file for file in wanted if not (targets[file].decided or targets[file].leaves_alone)])
        self._adopt([file for file in here if targets[file].tag in found[file].tags], targets)

    def _targets(self, files: Sequence[str], decisions: Mapping[str, Decided]) -> list[Target]:
        return self.rules.targets(files, self.knowledge.probabilities(files), decisions)

    def _change(self, file: MediaFile, target: Target) -> TagChange | None:
        """Return what differs, or None."""
        if target.leaves_alone:
            return None
        wanted = target.wanted(file.tags)
        add, remove = wanted - file.tags, (file.tags & self.ours) - wanted
        return TagChange(file.sha256, add, remove) if add or remove else None

    def _without_held(
        self,
        files: Sequence[str],
        targets: Mapping[str, Target],
        found: Mapping[str, MediaFile],
        decisions: Mapping[str, Decision],
        tally: Tally,
    ) -> list[str]:
        """Return the files without those whose tag the user took away; they are left as the user has them."""
        states = self.ledger.states(files)
        of_decisions = self.ledger.of_decisions(files)
        kept: list[str] = []
        removed: list[tuple[str, str]] = []
        settled: list[tuple[str, str]] = []
        for file in files:
            tags, target = found[file].tags, targets[file]
            missing = [tag for tag, state in states.get(file, {}).items() if state == "verified" and tag not in tags]
            mine = [tag for tag in missing if self._by_the_user(file, tag, target, of_decisions)]
            removed += [(file, tag) for tag in mine]
            settled += [(file, tag) for tag in missing if tag not in mine]
            if (
                not self.again
                and target.tag is not None
                and target.tag not in tags
                and (target.tag not in missing or target.tag in mine)
                and self._taken(file, target.tag, states.get(file, {}), decisions.get(file))
            ):
                tally.held += 1
            else:
                kept.append(file)
        if not self.dry:
            self.ledger.remove(removed, self.model)
            self.ledger.forget(settled)
        return kept

    def _by_the_user(self, file: str, tag: str, target: Target, of_decisions: Collection[tuple[str, str]]) -> bool:
        """Return whether it was the user who took away a tag that we had verified."""
        if not target.decided:
            # A decision's tag goes with the decision that was undone.
            return (file, tag) not in of_decisions
        # A decision replaces another tag of ours, and its own effect may have written it under another prefix since.
        applied = self.knowledge.applied(file)
        return tag == target.tag and (not applied or tag in applied)

    def _taken(self, file: str, tag: str, states: Mapping[str, str], decision: Decision | None) -> bool:
        """Return whether the tag was there by our doing and was taken away."""
        if tag in states:
            return states[tag] != "intended"
        # A decision's own effect writes its tag without the ledger; clearing all our tags is no act of the user's.
        return decision is not None and decision.at > self.ledger.cleared_at() and tag in self.knowledge.applied(file)

    def _bring(
        self, changes: Sequence[TagChange], targets: dict[str, Target], found: Mapping[str, MediaFile], tally: Tally
    ) -> int:
        """Write the changes and make sure; returns the number of files that were changed.

        A person may decide on a file while its batch is on the way. So decisions are read again after the write, and
        a file whose target has changed is brought to the new one.
        """
        written: set[str] = set()
        for _round in range(_ROUNDS):
            sent = self._send_and_verify(changes, targets, found, tally)
            written.update(sent)
            files = [change.sha256 for change in changes]
            newer = self._targets(files, self.knowledge.decisions(files))
            late = [file for file, target in zip(files, newer, strict=True) if target.tag != targets[file].tag]
            if not late:
                break
            targets.update({file: target for file, target in zip(files, newer, strict=True) if file in late})
            found = self.patience.ask(lambda late=late: self.library.lookup(late))  # type: ignore[misc]
            changes = [change for file in found if (change := self._change(found[file], targets[file]))]
            if not changes:
                break
        return len(written)

    def _send_and_verify(
        self,
        changes: Sequence[TagChange],
        targets: Mapping[str, Target],
        found: Mapping[str, MediaFile],
        tally: Tally,
    ) -> list[str]:
        files = [change.sha256 for change in changes]
        self.knowledge.before(
            {file: found[file].tags & self.ours for file in files},
            {file: targets[file].wanted(found[file].tags) for file in files},
        )
        # Those that go, too: if we are killed now, it is not the user who took them away.
        rows = [(change.sha256, tag) for change in changes for tag in change.add | change.remove]
        self._note(self.ledger.intend, rows, targets)
        refused = dict(self._send(changes))
        if len(refused) == len(changes) >= _MOST_REFUSALS:
            # Not one file that spoils a batch, but a library that refuses all.
            raise LibraryError(next(iter(refused.values())), "'hyai doctor' checks what the library allows")
        after = self.patience.ask(lambda: self.library.lookup(files))
        self.knowledge.record(list(after.values()))
        done: list[str] = []
        for file in files:
            if file not in after:
                tally.name(file, "gone", "it left the library meanwhile")
            elif self._change(after[file], targets[file]) is None:
                done.append(file)
            elif file in refused:
                tally.name(file, "refused", refused[file])
            else:
                tally.name(file, "not-accepted", "the library took the request and did not change the tags")
        settled = set(done)
        self._note(
            self.ledger.verify, [(c.sha256, tag) for c in changes if c.sha256 in settled for tag in c.add], targets
        )
        self.knowledge.after({file: after[file].tags & self.ours for file in done if targets[file].decided})
        self.ledger.forget((c.sha256, tag) for c in changes if c.sha256 in settled for tag in c.remove)
        return done

    def _send(self, changes: Sequence[TagChange]) -> Iterator[tuple[str, str]]:
        """Send the changes, halved where they are refused; yields (file, reason) of those refused alone."""
        try:
            self.patience.ask(lambda: self.library.change_tags(changes))
        except PermissionMissing:
            raise
        except LibraryError as error:
            if len(changes) == 1:
                yield changes[0].sha256, error.what
                return
            middle = len(changes) // 2
            yield from self._send(changes[:middle])
            yield from self._send(changes[middle:])

    def _adopt(self, files: Sequence[str], targets: Mapping[str, Target]) -> None:
        """Enter tags that are where they belong but that the ledger does not have, such as a decision's own."""
        states = self.ledger.states(files)
        rows = [(file, tag) for file in files if (tag := targets[file].tag) is not None]
        self._note(
            self.ledger.verify, [row for row in rows if states.get(row[0], {}).get(row[1]) != "verified"], targets
        )

    def _note(
        self,
        write: Callable[[Iterable[tuple[str, str]], str], None],
        rows: Sequence[tuple[str, str]],
        targets: Mapping[str, Target],
    ) -> None:
        """Enter (file, tag) rows into the ledger with whom they come from: the model, or a decision."""
        for decided, author in ((False, self.model), (True, DECISION)):
            write([row for row in rows if targets[row[0]].decided is decided], author)
