"""Training folders and journal brought together: what was done by hand in `data/` becomes decisions.

The newest act wins. Taking samples out counts as a removal only where their effects had been done, and where it is not
so much that it may have been an accident.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyai_tui.errors import HyaiError, NotNow
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.labels import alike
from hyai_tui.samples import two_folders
from hyai_tui.samples.comparing import Comparison
from hyai_tui.samples.durable import content_hash
from hyai_tui.samples.folder import SampleFile, SampleFolders
from hyai_tui.samples.lock import runner_lock
from hyai_tui.samples.training import Sample, training_samples
from hyai_tui.text import count

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.workspace import Workspace

__all__ = ["ManyRemoved", "Sample", "SyncReport", "sync", "training_samples"]

MOST_REMOVED = 0.2
LOCK_SECONDS = 15.0


class ManyRemoved(HyaiError):
    """So many samples are gone that it may be an accident; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync found.

    Attributes:
        added, moved, removed: hand changes that became decisions.
        contradictions: identities that stand in several label folders, with the labels; none of them trains.
        counts: label to number of samples, for every label.
        unreadable: paths of sample files, relative to `data/`, that could not be read.
    """

    added: int = 0
    moved: int = 0
    removed: int = 0
    contradictions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """What was done by hand, for people: `by hand: 3 samples added, 1 label changed`; empty where nothing was."""
        parts = [
            f"{count(self.added, 'sample')} added" if self.added else "",
            f"{count(self.moved, 'label')} changed" if self.moved else "",
            f"{count(self.removed, 'sample')} removed" if self.removed else "",
        ]
        said = ", ".join(filter(None, parts))
        return f"by hand: {said}" if said else ""


def sync(workspace: Workspace, journal: Journal, catalog: Catalog, *, accept_removals: bool = False) -> SyncReport:
    """Record what was done by hand in the training folders, and return what they hold.

    Args:
        workspace: the workspace.
        journal: its journal.
        catalog: its catalog.
        accept_removals: record removals even where over 20 % of the samples or a whole label folder are gone.

    Raises:
        ManyRemoved: if so many are gone and `accept_removals` is not given; nothing was recorded.
        NotNow: if another process is changing the folders.
    """
    folders = SampleFolders(workspace.data, journal)
    hashes = _Hashes(journal)
    # Bytes are read before the lock is taken: a first sync of many samples must not hold up anybody's effects.
    hashes.read(folders, folders.walk())
    with runner_lock(workspace.runtime, LOCK_SECONDS) as held:
        if not held:
            raise NotNow("Another hyai is changing the training folders", "Try again in a moment")
        folders.sweep()
        labels = _labels(journal, folders)
        present = [one for one in folders.walk() if one.label in labels]
        hashes.read(folders, present)
        with journal.transaction():
            found = Comparison(journal, catalog, present, hashes.of)
            if not accept_removals:
                _check_removals(found, folders)
            found.record()
        two_folders.write(workspace.cache, sorted(found.contradictions))
        if accept_removals:
            folders.make_vanished()
    training = Counter(one.label for one in training_samples(journal, workspace.data))
    return SyncReport(
        added=found.added,
        moved=found.moved,
        removed=len(found.removed),
        contradictions=tuple(sorted(found.contradictions)),
        counts={label: training[label] for label in sorted(labels)},
        unreadable=tuple(sorted(hashes.unreadable)),
    )


def adopt_label_folders(journal: Journal, folders: SampleFolders) -> None:
    """Make a label of every label folder; one whose name looks like a label's can be none of its own."""
    known = {alike(one.name): one.name for one in journal.labels()}
    journal.add_labels([name for name in folders.labels() if known.setdefault(alike(name), name) == name])


def _labels(journal: Journal, folders: SampleFolders) -> set[str]:
    adopt_label_folders(journal, folders)
    return {one.name for one in journal.labels()}


def _check_removals(found: Comparison, folders: SampleFolders) -> None:
    """Raise `ManyRemoved` where so much is gone that nobody may have meant it."""
    if not found.removed:
        return
    vanished = sorted(label for label in found.folders_of_removed() if not (folders.data / label).is_dir())
    if vanished or len(found.removed) > MOST_REMOVED * found.total:
        whole = f", with the whole folder {', '.join(vanished)}" if vanished else ""
        raise ManyRemoved(
            f"{len(found.removed):,} of {count(found.total, 'sample')} are gone from the training folders{whole}",
            "Put them back, or say that you took them out on purpose with --accept-removals",
        )


class _Hashes:
    """Content hashes by (size, mtime, inode), so that unchanged and moved files are not read again."""

    def __init__(self, journal: Journal) -> None:
        self._known: dict[tuple[int, int, int], str] = {
            (one.size, one.mtime_ns, one.inode): one.content for one in journal.samples().values() if one.present
        }
        self.unreadable: set[str] = set()

    def read(self, folders: SampleFolders, files: Iterable[SampleFile]) -> None:
        """Hash the files that are not known yet; one that vanishes meanwhile is simply not there."""
        for one in files:
            if self.of(one) is not None:
                continue
            try:
                self._known[one.size, one.mtime_ns, one.inode] = content_hash(folders.data / one.path)
            except FileNotFoundError:
                continue
            except OSError:
                self.unreadable.add(one.path)

    def of(self, one: SampleFile) -> str | None:
        """Return the SHA-256 of a file's bytes, or None if it could not be read."""
        return self._known.get((one.size, one.mtime_ns, one.inode))
