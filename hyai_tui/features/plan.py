"""Which contents need a vector: the library's files and the training samples, of the source in use.

`file` encodes original bytes: the content of a file is its identity. `thumbnail` encodes what the library shows in lists: the
content is another one, found when it is first fetched and recorded in the catalog. A sample that the library knows uses the
library's vector; any other is encoded from its own bytes, reduced to a thumbnail first where thumbnails are the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import FileState
from hyai_tui.samples.training import Sample, training_samples

# Samples unknown to the library are reduced by us: contents of their own, never mistaken for the library's thumbnails.
_OWN: Final = "sample-"


class LabelledPicture(Protocol):
    """The part of a sample that its vector needs: identity and content as SHA-256, where its bytes are and come from."""

    @property
    def identity(self) -> str: ...  # noqa: D102
    @property
    def content(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> Path | str: ...  # noqa: D102
    @property
    def origin(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One file that should have a vector.

    Attributes:
        file: identity.
        content: SHA-256 of the bytes to encode, or None where they have not been fetched before.
        in_library: whether the library has it.
        sample: path and content of its sample, if it has one.
        shrunk: the content is a small copy of an original that the library has no longer; that one's vector will do.
    """

    file: str
    content: str | None
    in_library: bool
    sample: tuple[Path, str] | None = None
    shrunk: bool = False

    @property
    def sample_is_content(self) -> bool:
        """True where the sample's bytes are the ones to encode, so that the library need not be asked."""
        return self.sample is not None and self.sample[1] == self.content


@dataclass(slots=True)
class Plan:
    """All work items, in the order in which they help a review, and what needs no look at its bytes to be left out.

    Attributes:
        items: each file once.
        left_out: file → reason.
    """

    items: list[WorkItem] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Files in all."""
        return len(self.items) + len(self.left_out)

    def contents(self) -> dict[str, str]:
        """Return file → content of what is known by now."""
        return {item.file: item.content for item in self.items if item.content is not None}


def make_plan(
    catalog: Catalog,
    source: str,
    samples: Iterable[LabelledPicture] = (),
    data: Path = Path(),
    *,
    motion: bool = False,
    samples_only: bool = False,
    soon: NDArray[np.int64] | None = None,
) -> Plan:
    """Return what should have a vector now: samples, the trash, the files named in `soon`, and the rest; the newest first.

    Args:
        catalog: as the last scan left it.
        source: `file` or `thumbnail`.
        samples: the training samples.
        data: the training folders, to which relative sample paths belong.
        motion: video and animation too, by their thumbnails; only where thumbnails are the source of all.
        samples_only: leave out files that are no samples.
        soon: numbers of files that come before the other files of the library.
    """
    samples = list(samples)
    arrays = catalog.snapshot()
    present = arrays.state != STATE_CODES[FileState.GONE]
    still = present if motion and source == "thumbnail" else present & ~arrays.motion
    # What the library will lose by itself comes first, then what is asked for soon; then the highest number, as numbers are
    # given in the order in which files were first seen.
    order = np.flatnonzero(still)[::-1]
    rank = np.full(len(order), 2)
    if soon is not None:
        rank[np.isin(arrays.number[order], soon)] = 1
    rank[arrays.state[order] == STATE_CODES[FileState.TRASH]] = 0
    order = order[np.argsort(rank, kind="stable")]
    library = [one.decode("ascii") for one in arrays.sha256[order].tolist()]
    in_library = set(library)
    moving = [one.decode("ascii") for one in arrays.sha256[present & ~still].tolist()]
    known = catalog.contents(source)
    own = catalog.contents(_OWN + source)
    # A sample without a content of its own is a hint: a file of the library, and nothing else.
    by_identity = {
        sample.identity: (data / Path(sample.path), sample.content) if sample.content else None for sample in samples
    }

    shrunk = {sample.identity for sample in samples if sample.origin == "shrunk"}
    plan = Plan()
    left_out = dict.fromkeys(moving, "animated")
    for identity, sample in by_identity.items():
        if identity in left_out:
            plan.left_out[identity] = left_out[identity]
        elif identity in in_library:
            plan.items.append(WorkItem(identity, _library_content(identity, source, known), True, sample))
        elif sample is not None:
            content = sample[1] if source == "file" else own.get(identity)
            plan.items.append(WorkItem(identity, content, False, sample, source == "file" and identity in shrunk))
    if samples_only:
        return plan
    plan.left_out = left_out
    plan.items.extend(
        WorkItem(identity, _library_content(identity, source, known), True)
        for identity in library
        if identity not in by_identity
    )
    return plan


def picture_samples(journal: Journal, data: Path) -> list[Sample]:
    """Return all samples that are there, one for each identity: those that train, and contradictions too.

    Args:
        journal: after a sync.
        data: the training folders.
    """
    chosen = {
        one.identity: Sample(one.identity, one.content, one.label, data / one.path, one.origin)
        for one in journal.samples().values()
        if one.present
    }
    chosen.update((one.identity, one) for one in training_samples(journal, data))
    return list(chosen.values())


def contents_of(
    catalog: Catalog, source: str, files: Sequence[str], samples: Iterable[LabelledPicture] = ()
) -> list[str | None]:
    """Return for each file the content whose vector stands for it, or None where that is not known (yet).

    Args:
        catalog: as the last scan and build left it.
        source: `file` or `thumbnail`.
        files: identities, in any order.
        samples: the training samples, for those that the library does not know.
    """
    known = catalog.contents(source)
    own = catalog.contents(_OWN + source)
    dropped = {sample.identity: sample.content for sample in samples}
    arrays = catalog.snapshot()
    wanted = np.array(files, "S64") if files else np.empty(0, "S64")
    present = arrays.sha256[arrays.state != STATE_CODES[FileState.GONE]]
    in_library = np.isin(wanted, present)
    return [
        _library_content(file, source, known)
        if here or file not in dropped
        else (dropped[file] if source == "file" else own.get(file))
        for file, here in zip(files, in_library.tolist(), strict=True)
    ]


def record_contents(catalog: Catalog, source: str, items: Mapping[str, tuple[str, bool]]) -> None:
    """Record the contents that a build found: file → (content, whether the library gave it)."""
    for name, ours in ((source, True), (_OWN + source, False)):
        found = {file: content for file, (content, in_library) in items.items() if in_library is ours}
        if found:
            catalog.put_contents(name, found)


def _library_content(identity: str, source: str, known: Mapping[str, str]) -> str | None:
    """Return the content of a file of the library: of an original it is the identity."""
    return identity if source == "file" else known.get(identity)
