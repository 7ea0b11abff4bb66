"""The samples that a training uses: one for each identity whose file stands where its decision says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hyai_tui.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled picture.

    Attributes:
        identity: SHA-256 of the original file.
        content: SHA-256 of the bytes in the training folders.
        label: the decision's label, name of its folder.
        path: absolute path of the bytes.
        origin: `original`, `thumbnail`, `shrunk` or `dropped`; see `SampleRecord.origin`.
        weight: how much the sample counts in a fit; 1 unless somebody says otherwise.
    """

    identity: str
    content: str
    label: str
    path: Path
    origin: str
    weight: float = 1.0


def training_samples(journal: Journal, data: Path | None = None) -> list[Sample]:
    """Return the samples to train on, in the order of their identities; contradictions are left out.

    Args:
        journal: the workspace's journal; sync the folders with it first.
        data: the training folders; by default `data/` beside the journal.
    """
    folder = journal.path.parent / "data" if data is None else data
    in_force = journal.effective()
    chosen: dict[str, Sample] = {}
    # A name made of the identity sorts after other names here, so that it is the one that is kept.
    for one in sorted(journal.samples().values(), key=lambda one: (one.identity in one.path, one.path)):
        decision = in_force.get(one.identity)
        if one.present and decision is not None and decision.label == one.label:
            chosen[one.identity] = Sample(one.identity, one.content, one.label, folder / one.path, one.origin)
    return [chosen[identity] for identity in sorted(chosen)]
