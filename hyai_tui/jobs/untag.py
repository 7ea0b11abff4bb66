"""The untag job: takes all our tags, and no other, off all files, or puts back what the last clearing took."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import LibraryError, NotNow
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.tag import refuse_read_only, require_tag_right
from hyai_tui.jobs.waiting import patient
from hyai_tui.journal.journal import Journal
from hyai_tui.learning.registry import Registry
from hyai_tui.library.base import Library
from hyai_tui.library.write_log import sign
from hyai_tui.tagging.carriers import Numbered, find_carriers
from hyai_tui.tagging.clearings import ClearedTrace, Clearing
from hyai_tui.tagging.ledger import CLEARING, Ledger
from hyai_tui.tagging.targets import our_tags
from hyai_tui.tagging.untagging import Cleared, Restored, Restorer, clear
from hyai_tui.tagging.writing import BATCH
from hyai_tui.text import count

KIND = "untag"
COMPUTE = False


def run(context: JobContext) -> dict[str, Any]:
    """Clear our tags, or take the last clearing back.

    Options:
        dry_run: only count.
        undo: put back what the last clearing took.

    Raises:
        PermissionMissing: the library does not let us write tags.
        NotNow: there is no clearing to take back.
        LibraryError: some files kept a tag, or did not take one; doing it again goes on.
    """
    workspace = context.workspace
    dry = bool(context.options.get("dry_run"))
    if not dry:
        refuse_read_only(context)
    with ExitStack() as stack:
        journal = stack.enter_context(workspace.open_journal())
        catalog = stack.enter_context(workspace.open_catalog())
        ledger = stack.enter_context(workspace.open_ledger())
        undoing = bool(context.options.get("undo"))
        last = ledger.clearings.last() if undoing else None
        if undoing and last is None:
            raise NotNow("There is no clearing to take back", "The last 'hyai untag' is kept until it is undone")
        library = workspace.open_library()
        stack.callback(library.close)
        sign(library, CLEARING)
        require_tag_right(library, dry=dry)
        bundle = Registry(workspace.models_directory).current()
        names = [*(bundle.labels if bundle else ()), *(label.name for label in journal.labels())]
        ours = our_tags(workspace.settings.tag, names, ledger.names() | journal.applied_tags())
        parts = _Parts(context, journal, catalog, ledger, library, ours, dry=dry)
        return parts.clear() if last is None else parts.undo(last)


class _Parts:
    """What both directions need."""

    def __init__(
        self,
        context: JobContext,
        journal: Journal,
        catalog: Catalog,
        ledger: Ledger,
        library: Library,
        ours: frozenset[str],
        *,
        dry: bool,
    ) -> None:
        self._context = context
        self._journal = journal
        self._catalog = catalog
        self._ledger = ledger
        self._library = library
        self._ours = ours
        self._dry = dry
        self._patience = patient(context)
        # Within a batch the library answers, which would end a wait for the disk each time.
        self._for_space = patient(context)
        self._size = context.workspace.settings.tag.batch_size

    def clear(self) -> dict[str, Any]:
        """Take our tags off all files."""
        report, result = self._context.report, Cleared()
        report.stage("search", "looking for our tags")
        found = find_carriers(self._library, sorted(self._ours), self._patience, self._context.check)
        report.stage("untag", "counting our tags" if self._dry else "clearing our tags")
        if self._dry and isinstance(found, Numbered):
            # The searches have counted already: a look at each of millions of files would say the same.
            return {"cleared": len(found), "tags": _counts(found.counts), "dry_run": True}
        size = min(self._size, BATCH)
        for start in range(0, len(found), size):
            self._context.check()
            batch = self._patience.ask(partial(found.batch, start, size))
            self._for_space.ask(partial(self._clear, batch, result))
            report.progress(min(start + size, len(found)), len(found))
        if result.left:
            raise LibraryError(
                f"{count(result.left, 'file')} of {len(found):,} kept a tag of ours", "Run 'hyai untag' again"
            )
        if not self._dry:
            traces = self._journal.all_traces("tag")
            self._ledger.clearings.keep_traces(
                (file, ClearedTrace(one.before, one.applied)) for file, one in traces if one.applied is not None
            )
            # First the traces: an undo of a decision after this has nothing to restore, and nothing to complain of.
            self._journal.drop_all_traces("tag")
            self._ledger.clearings.end()
        return {"cleared": result.files, "tags": _counts(result.tags), "dry_run": self._dry}

    def _clear(self, batch: Sequence[str], result: Cleared) -> None:
        """Take our tags off one batch; where the disk is full it can be done again."""
        record = self._catalog.update
        clear(self._library, self._ours, batch, self._patience, self._ledger, record, result, dry=self._dry)

    def undo(self, clearing: Clearing) -> dict[str, Any]:
        """Put back what a clearing took."""
        report, result = self._context.report, Restored()
        restorer = Restorer(
            self._library,
            self._patience,
            self._context.workspace.settings.tag,
            self._ours,
            self._journal.effective,
            lambda files: self._ledger.clearings.traced(clearing, files),
            self._catalog.update,
            self._dry,
        )
        total = self._ledger.clearings.count(clearing)
        report.stage("untag", "comparing tags" if self._dry else "putting our tags back")
        done = 0
        for batch in self._ledger.clearings.taken(clearing, self._size):
            self._context.check()
            back = restorer.put_back(batch, result)
            if not self._dry:
                self._ledger.clearings.give_back(clearing, back)
            done += len(batch)
            report.progress(done, total)
        if result.refused:
            raise LibraryError(
                f"{count(result.refused, 'file')} of {total:,} did not take their tags back",
                "Run 'hyai untag --undo' again",
            )
        if not self._dry:
            for traces in self._ledger.clearings.traces(clearing, min(self._size, BATCH)):
                self._mend_traces(traces)
            self._ledger.clearings.undone(clearing)
        return {
            "restored": result.files,
            "tags": _counts(result.tags),
            "changed": result.changed,
            "gone": result.gone,
            "dry_run": self._dry,
        }

    def _mend_traces(self, traces: dict[str, ClearedTrace]) -> None:
        """Let an undo of a decision find again what was there before it, on files that stand as it had left them."""
        files = list(traces)
        found = self._patience.ask(lambda: self._library.lookup(files))
        with self._journal.transaction():
            in_force = self._journal.effective(files)
            newer = set(self._journal.traced(files, "tag"))
            as_left = {
                file: traces[file]
                for file, media in found.items()
                if file in in_force and file not in newer and media.tags & self._ours == frozenset(traces[file].applied)
            }
            self._journal.keep_before({file: one.before for file, one in as_left.items()}, "tag")
            self._journal.keep_applied({file: one.applied for file, one in as_left.items()}, "tag")


def _counts(tags: dict[str, int]) -> dict[str, int]:
    return dict(sorted(tags.items()))
