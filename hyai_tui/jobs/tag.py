"""The tag job: brings our tags in the library to what decisions and scores ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.tagging import begin_writing
from hyai_tui.errors import DiskFull, PermissionMissing, WrongUse
from hyai_tui.jobs.candidates import Searching, candidates, looking
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.rescoring import require_scores
from hyai_tui.jobs.waiting import patient
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.library.base import Library, MediaFile
from hyai_tui.library.write_log import sign
from hyai_tui.queues.context import QueueContext, load_context
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.tally import Tally
from hyai_tui.tagging.targets import Rules, our_tags
from hyai_tui.tagging.writing import BATCH, TagWriter
from hyai_tui.text import count, short_hash

KIND = "tag"
COMPUTE = False

_NAMED = 20
_PLANNED = 4_096


def run(context: JobContext, only: Sequence[str] | None = None) -> dict[str, Any]:
    """Write our tags.

    Args:
        context: of the job.
        only: look at no other files than these; None for all.

    Options:
        dry_run: only say what would be done.
        again: put back tags of ours that the user took away.

    Raises:
        ModelError: there is no model.
        NotNow: the model has not scored anything yet.
        PermissionMissing: the library does not let us write tags.
    """
    workspace = context.workspace
    dry = bool(context.options.get("dry_run"))
    if not dry:
        refuse_read_only(context)
    model = Registry(workspace.models_directory).require_current()
    with ExitStack() as stack:
        journal = stack.enter_context(workspace.open_journal())
        catalog = stack.enter_context(workspace.open_catalog())
        ledger = stack.enter_context(workspace.open_ledger())
        library = workspace.open_library()
        stack.callback(library.close)
        require_tag_right(library, dry=dry)
        known = load_context(workspace, catalog=catalog, journal=journal)
        assert known.model_id is not None
        sign(library, known.model_id)
        if known.undecided.any():
            require_scores(workspace, catalog, model)
        assert known.thresholds is not None
        rules = Rules(workspace.settings.tag, known.thresholds)
        names = [*known.labels, *(label.name for label in journal.labels())]
        ours = our_tags(workspace.settings.tag, names, ledger.names() | journal.applied_tags())
        patience = patient(context)

        context.report.stage("search", "asking the library which files may be tagged")
        searching = Searching(library, known, catalog, patience)
        files = candidates(searching, workspace.settings.tag.criteria, sorted(ours), context)
        if only is not None:
            files = files.among(only)
        look = looking(library, searching, sorted(ours), dry=dry)
        writer = TagWriter(
            library,
            ledger,
            _Knowledge(known, journal, catalog),
            rules,
            ours,
            known.model_id,
            patience,
            dry=dry,
            again=bool(context.options.get("again")),
            look=look,
        )
        context.report.stage("tag", "comparing tags" if dry else "writing tags")
        tally = Tally()
        # A patience of its own: within a batch the library answers, which would end the wait for the disk each time.
        for_space = patient(context)
        # Where nothing is asked of the library, a batch need not be a request.
        size = min(workspace.settings.tag.batch_size, BATCH) if look == library.lookup else _PLANNED
        for done in range(0, len(files), size):
            context.check()
            context.report.progress(done, len(files))
            tally.add(_written(writer, files.batch(done, size), for_space))
        context.report.progress(len(files), len(files))
        _tell(context, tally)
    return _result(known.model_id, known.thresholds, tally, dry)


def _written(writer: TagWriter, files: Sequence[str], patience: Patience) -> Tally:
    """Bring one batch to its targets; where the disk is full, wait for space and compare the batch anew."""
    while True:
        part = Tally()
        try:
            writer.write(files, part)
        except DiskFull as error:
            patience.wait(error)
        else:
            patience.answered()
            return part


def refuse_read_only(context: JobContext) -> None:
    """Refuse to write where the settings or the command say read-only.

    Raises:
        WrongUse: they do.
    """
    if context.workspace.settings.read_only:
        raise WrongUse(
            "This is read-only: no tag is written", "Leave out --read-only, or unset read_only and HYAI_READ_ONLY"
        )


def require_tag_right(library: Library, *, dry: bool) -> None:
    """Ask the library before the first write whether it lets us write tags.

    Raises:
        PermissionMissing: it does not; a dry run needs no such right.
    """
    rights = library.rights()
    if not dry and not rights.tag:
        about_tags = [one for one in rights.cannot if one.startswith("write")]
        raise PermissionMissing(f"{rights.name} does not let us write tags", "; ".join(about_tags or rights.cannot))


@dataclass(frozen=True)
class _Knowledge:
    """What the writer asks, from a snapshot (scores) and as it stands now (decisions)."""

    known: QueueContext
    journal: Journal
    catalog: Catalog

    def probabilities(self, files: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores; none for what is never scored, queued or tagged."""
        positions = self.known.positions.of(files)
        found = self.known.probabilities[positions]
        found[(positions < 0) | self.known.motion[positions]] = np.nan
        return found

    def decisions(self, files: Sequence[str]) -> Mapping[str, Decision]:
        """Return the decisions in force now."""
        return self.journal.effective(files)

    def applied(self, file: str) -> frozenset[str]:
        """Return the tags that the decision's own effect has verified."""
        trace = self.journal.trace(file, "tag")
        return frozenset() if trace is None or trace.applied is None else frozenset(trace.applied)

    def before(self, tags: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]) -> None:
        """Keep the state before, as the decision's own effect would: it may come after us, or never."""
        with self.journal.transaction():
            # Looked at again inside: an undo comes before this, or it finds what is to be restored.
            in_force = self.journal.effective(tags)
            known = {*in_force, *self.journal.traced(list(tags), "tag")}
            begin_writing(self.journal, {file: tags[file] for file in known}, wanted, in_force)

    def after(self, tags: Mapping[str, frozenset[str]]) -> None:
        """Keep what was verified, where there is a state before."""
        with self.journal.transaction():
            in_force = self.journal.effective(tags)
            self.journal.keep_applied({file: sorted(tags[file]) for file in in_force}, "tag")

    def tagged(self, files: Sequence[str]) -> None:
        """Drop the traces of decisions that are undone: what they had left has been replaced."""
        if not (traced := self.journal.traced(files, "tag")):
            return
        with self.journal.transaction():
            in_force = self.journal.effective(traced)
            self.journal.drop_traces([file for file in traced if file not in in_force], "tag")

    def record(self, files: Sequence[MediaFile]) -> None:
        """Keep states and tags in the catalog."""
        self.catalog.update(files)


def _tell(context: JobContext, tally: Tally) -> None:
    """Say what was left alone, and why."""
    if tally.held:
        context.report.log(f"{count(tally.held, 'file')} left as you changed them; --again tags them too")
    for file, sentence in tally.named[:_NAMED]:
        context.report.warning(f"{short_hash(file)}: {sentence}")
    if len(tally.named) > _NAMED:
        context.report.warning(f"{len(tally.named) - _NAMED} more were not taken")


def _result(model: str, thresholds: Thresholds, tally: Tally, dry: bool) -> dict[str, Any]:
    labels = thresholds.labels
    others = sorted((set(labels) | set(tally.targets)) - {"archive", "trash"})
    result: dict[str, Any] = {
        "archive": tally.targets["archive"],
        "trash": tally.targets["trash"],
        "unsure": tally.unsure,
        "skipped": sum(tally.skipped.values()),
        "decided": tally.decided,
        "written": tally.written,
        "differences": tally.differences,
        "held": tally.held,
        "off": tally.off,
        "added": _counts(tally.added),
        "removed": _counts(tally.removed),
        "change_sides": tally.sides,
        "reasons": _counts(tally.skipped),
        "not_taken": [{"file": file, "reason": sentence} for file, sentence in tally.named],
        "model": model,
        "thresholds": thresholds.as_dict(),
        "dry_run": dry,
    }
    if others:
        result["labels"] = {name: tally.targets[name] for name in (*labels, *sorted(set(others) - set(labels)))}
    return result


def _counts(counter: Counter[str]) -> dict[str, int]:
    return {name: amount for name, amount in sorted(counter.items()) if amount}
