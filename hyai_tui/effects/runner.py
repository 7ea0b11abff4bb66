"""The one runner that brings files to what the newest decisions ask for.

Samples first, because a file's bytes must be safe before it is moved; then tags; then states. One process at a time;
what does not get done in the time given stays due and visible.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hyai_tui.effects import first_copy, first_write
from hyai_tui.effects.editing import reconcile_edits
from hyai_tui.effects.moving import reconcile_states
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.sampling import reconcile_sample
from hyai_tui.effects.tagging import reconcile_tags
from hyai_tui.effects.waiting import READ_ONLY
from hyai_tui.errors import HyaiError, LibraryDown, NotNow
from hyai_tui.journal.errors import JournalError
from hyai_tui.journal.model import Decision, Effect, Target
from hyai_tui.library.base import FileState
from hyai_tui.library.write_log import sign
from hyai_tui.samples.folder import SampleFolders
from hyai_tui.samples.lock import runner_lock

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library
    from hyai_tui.workspace import Workspace

_SAMPLES_A_BATCH = 32


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What a drain came to.

    Attributes:
        done, failed: effects settled by this drain.
        left: effects that are still due.
        waiting: why some of them wait (library down, read-only, another runner); empty if nothing stands in the way.
        library_down: why the library could not be asked; empty if it could.
        failures: the effects that failed, each with its reason.
    """

    done: int = 0
    failed: int = 0
    left: int = 0
    waiting: str = ""
    library_down: str = ""
    failures: tuple[Effect, ...] = ()


class EffectRunner:
    """Runs the outbox of a workspace.

    Args:
        workspace, journal, catalog: the workspace and its parts.
        library: None where it cannot be opened now; then only what needs no library is done.
    """

    def __init__(self, workspace: Workspace, journal: Journal, catalog: Catalog, library: Library | None) -> None:
        self._workspace = workspace
        self._journal = journal
        self._catalog = catalog
        self._library = library
        self._folders = SampleFolders(workspace.data, journal)
        self._done = 0
        self._failures: list[Effect] = []
        self._waiting = self._down = ""
        self._only_rescued = False

    def drain(self, seconds: float = 1.0) -> DrainReport:
        """Do what is due, for at most about `seconds`; a request that is under way is finished.

        Raises:
            JournalError: if the journal cannot be written; what was done so far is verified again next time.
        """
        self._done = 0
        self._failures = []
        self._waiting = self._down = ""
        if not self._journal.effect_counts()["due"]:
            return DrainReport()
        deadline = time.monotonic() + seconds
        with runner_lock(self._workspace.runtime, seconds) as held:
            if held:
                # What others decide while we work is taken along.
                while self._pass(deadline) and time.monotonic() < deadline:
                    continue
            else:
                self._waiting = "Another hyai is at it"
        left = self._journal.effect_counts()["due"]
        waiting, down = (self._waiting, self._down) if left else ("", "")
        return DrainReport(self._done, len(self._failures), left, waiting, down, tuple(self._failures))

    def commit(self, ids: Collection[int] | None = None) -> int:
        """Make staged effects due: all, or those named. Returns how many; `drain` does them."""
        return self._journal.commit_effects(ids)

    def forget(self, ids: Collection[int] | None = None) -> list[Decision]:
        """Undo the decisions behind staged effects, as one undo that one redo takes back."""
        return self._journal.forget_effects(ids)

    def retry(self, ids: Collection[int] | None = None) -> int:
        """Make failed and waiting effects due now. Returns how many."""
        return self._journal.retry_effects(ids)

    def _pass(self, deadline: float) -> bool:
        """Try everything that is due once; True if something was settled."""
        before = self._done + len(self._failures)
        settings = self._workspace.settings
        self._only_rescued = first_copy.is_first(settings, self._journal)
        self._run("sample", deadline, _SAMPLES_A_BATCH, self._samples)
        if self._library is None:
            self._waiting = self._waiting or "The library is not open"
        elif settings.read_only:
            self._waiting = self._waiting or READ_ONLY
        elif first_write.is_first(settings, self._journal):
            self._waiting = self._waiting or first_write.WAITING
        else:
            size = settings.tag.batch_size
            if self._run("tag", deadline, size, self._tags) and self._run("edit", deadline, size, self._edits):
                self._run("state", deadline, size, self._states)
        if self._only_rescued and self._journal.due_effects("sample", 1):
            self._waiting = self._waiting or first_copy.WAITING
        return self._done + len(self._failures) > before

    def _run(
        self, target: Target, deadline: float, size: int, do: Callable[[Sequence[Effect], float], BatchResult]
    ) -> bool:
        """Do the due effects of one target batch by batch; False if the library went away."""
        after = 0
        while time.monotonic() < deadline and (batch := self._journal.due_effects(target, size, after)):
            result = do(batch, deadline)
            with self._journal.transaction():
                result.write(self._journal)
            self._done += sum(status == "done" for _, status, _ in result.settled)
            asked = {one.id: one for one in batch}
            self._failures += [
                replace(asked[one], status=status, reason=reason)
                for one, status, reason in result.settled
                if status == "failed"
            ]
            if result.library_down:
                self._waiting = self._down = result.library_down
                return False
            if result.waiting:
                self._waiting = result.waiting[-1][1]
            after = batch[-1].id
        return True

    def _samples(self, effects: Sequence[Effect], deadline: float) -> BatchResult:
        result = BatchResult()
        pixels = self._workspace.settings.library.sample_pixels or 0
        for effect in effects:
            if self._only_rescued and not self._in_trash(effect.file):
                continue  # as due as before, until somebody has said how large samples may be
            one = reconcile_sample(effect, self._journal, self._catalog, self._library, self._folders, pixels)
            result.settled += one.settled
            result.waiting += one.waiting
            result.library_down = result.library_down or one.library_down
            if time.monotonic() >= deadline:
                break
        return result

    def _in_trash(self, file: str) -> bool:
        known = self._catalog.file(file)
        return known is not None and known.state is FileState.TRASH

    def _tags(self, effects: Sequence[Effect], deadline: float) -> BatchResult:
        library = self._library
        assert library is not None
        settings = self._workspace.settings.tag
        return self._asking(effects, lambda some: reconcile_tags(some, self._journal, self._catalog, library, settings))

    def _edits(self, effects: Sequence[Effect], deadline: float) -> BatchResult:
        library = self._library
        assert library is not None
        settings = self._workspace.settings.tag
        return self._asking(
            effects, lambda some: reconcile_edits(some, self._journal, self._catalog, library, settings)
        )

    def _states(self, effects: Sequence[Effect], deadline: float) -> BatchResult:
        library = self._library
        assert library is not None
        return self._asking(effects, lambda some: reconcile_states(some, self._journal, self._catalog, library))

    def _asking(self, effects: Sequence[Effect], ask: Callable[[Sequence[Effect]], BatchResult]) -> BatchResult:
        """Ask the library; where it refuses a batch, ask for each file alone, so that one cannot hold up the others."""
        result = BatchResult()
        sign(self._library, {one.file: _author(one) for one in effects})
        try:
            return ask(effects)
        except JournalError:
            raise
        except LibraryDown as error:
            result.library_down = error.what
            result.wait(effects, error.what)
        except NotNow as error:
            result.wait(effects, error.what)
        except HyaiError as error:
            if len(effects) == 1:
                result.failed(effects[0], str(error))
                return result
            for effect in effects:
                one = self._asking([effect], ask)
                result.settled += one.settled
                result.waiting += one.waiting
                if one.library_down:
                    result.library_down = one.library_down
                    break
        return result


def _author(effect: Effect) -> str:
    """Return who a write is for, as the log of writes names it."""
    if effect.target == "edit":
        return "undo" if effect.cause == "undo" else "edit"
    return "undo" if effect.cause == "undo" or effect.decision is None else f"decision {effect.decision}"
