"""Reads a workspace into a `QueueContext`: catalog, journal, model and scores, each as it stands now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.model import STATE_CODES, CatalogArrays
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Decision, SampleRecord
from hyai_tui.learning import thresholds
from hyai_tui.learning.bundle import Bundle
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState
from hyai_tui.queues.arrays import ARCHIVE, DECISION_CODES, TRASH, QueueContext
from hyai_tui.queues.carried import read_carried
from hyai_tui.queues.matching import Finds, Positions
from hyai_tui.queues.past import neighbours_of, pinned_files, read_past
from hyai_tui.queues.prepared_file import read_neighbours, read_prepared
from hyai_tui.samples import two_folders
from hyai_tui.workspace import Workspace

__all__ = ["QueueContext", "assemble", "load_context", "sample_labels", "skips", "with_samples"]


def load_context(
    workspace: Workspace,
    *,
    catalog: Catalog | None = None,
    journal: Journal | None = None,
    session: str | None = None,
) -> QueueContext:
    """Read what queues are made of.

    Args:
        workspace: the workspace.
        catalog: an open one, where the caller has it; it stays open.
        journal: likewise.
        session: whose skipped files go to the end; None for nobody's.
    """
    with ExitStack() as stack:
        catalog = catalog or stack.enter_context(workspace.open_catalog())
        journal = journal or stack.enter_context(workspace.open_journal())
        registry = Registry(workspace.models_directory)
        bundle = registry.current()
        previous = None if bundle is None else registry.before(bundle.id)
        records = [*journal.samples().values(), *two_folders.read(workspace.cache)]
        files = with_samples(catalog.snapshot(), records)
        decisions = journal.effective()
        context = assemble(
            workspace,
            files,
            bundle,
            None
            if bundle is None
            else ScoreTable.open(workspace.scores_directory, bundle, *catalog.number_marks(bundle.id)),
            decisions,
            records,
            skips(journal, session),
            catalog.skips(workspace.settings.features.source),
        )
        # Before anything is labelled or learned, tags of ours are known by the labels that there are, or that there will be.
        labels = [one.name for one in journal.labels()] or [ARCHIVE, TRASH]
        context = replace(context, names=tuple(dict.fromkeys([*context.names, *labels])))
        place = {name: index for index, name in enumerate(context.names)}
        pinned = pinned_files(journal, decisions)
        disagreement = None
        if bundle is not None:
            disagreement = neighbours_of(context.positions, bundle, place, context.sample_label)
            if (found := read_neighbours(workspace.queues_directory, bundle.id)) is not None:
                at = context.positions.of(found.files)
                disagreement[at[at >= 0]] = found.values[at >= 0]
        return replace(
            context,
            past=read_past(
                len(context),
                context.positions,
                decisions,
                place,
                context.sample_label,
                context.model_id,
                previous,
                pinned,
            ),
            disagreement=disagreement,
            prepared=read_prepared(workspace.queues_directory, context.positions, len(context)),
            carried=read_carried(catalog, context.number, context.names, workspace.settings),
        )


def assemble(
    workspace: Workspace,
    files: CatalogArrays,
    bundle: Bundle | None,
    scores: ScoreTable | None,
    decisions: Mapping[str, Decision],
    records: Iterable[SampleRecord],
    skipped: Mapping[str, set[str]],
    unreadable: Mapping[str, str],
) -> QueueContext:
    """Align all that is known with the files.

    Args:
        workspace: for its settings.
        files: of the catalog, and samples that it lacks (see `with_samples`).
        bundle: the model in use, None without one.
        scores: its scores.
        decisions: those in force, by file.
        records: the sample files.
        skipped: queue name to the files that the session skipped there.
        unreadable: file to the reason why it has no features.
    """
    positions = Positions(files.sha256, files.index)
    labels = () if bundle is None else bundle.labels
    labelled = sample_labels(records, decisions)
    names = _names(labels, labelled.values(), decisions.values())
    place = {name: index for index, name in enumerate(names)}

    decision, by_folder, decided_label = _decided(files, positions, decisions, place)
    sample_label = np.full(len(files), -1, np.int16)
    torn = np.zeros(len(files), bool)
    at = positions.of(list(labelled))
    for position, label in zip(at.tolist(), labelled.values(), strict=True):
        if label is None:
            torn[position] = True
        else:
            sample_label[position] = place[label]

    probabilities, out_of_fold = _probabilities(files, positions, bundle, scores)
    keeps_motion = workspace.settings.library.motion == "skip"
    return QueueContext(
        number=files.number,
        sha256=files.sha256,
        state=files.state,
        conflict=files.conflict,
        motion=files.motion if keeps_motion else np.zeros(len(files), bool),
        decision=decision,
        by_folder=by_folder,
        decided_label=decided_label,
        sample_label=sample_label,
        torn=torn,
        names=names,
        labels=labels,
        probabilities=probabilities,
        out_of_fold=out_of_fold,
        thresholds=None if bundle is None else thresholds.effective(workspace.settings.tag, labels, bundle.thresholds),
        model_id=None if bundle is None else bundle.id,
        skipped={queue: _mask(len(files), positions.of(sorted(names))) for queue, names in skipped.items()},
        unreadable=unreadable,
        options=workspace.settings.queues,
        index=files.index,
        aware=None if bundle is None else _aware(len(files), positions, bundle),
    )


def with_samples(files: CatalogArrays, records: Iterable[SampleRecord]) -> CatalogArrays:
    """Return the files with the samples that no library knows behind them, sorted, numbered -1, and gone."""
    wanted = np.unique(np.array([one.identity for one in records if one.present], "S64"))
    missing = wanted[Positions(files.sha256, files.index).of(wanted) < 0] if len(wanted) else wanted
    if not len(missing):
        return files
    no = np.zeros(len(missing), bool)
    return CatalogArrays(
        number=np.concatenate([files.number, np.full(len(missing), -1, np.int64)]),
        sha256=np.concatenate([files.sha256, missing]),
        state=np.concatenate([files.state, np.full(len(missing), STATE_CODES[FileState.GONE], np.uint8)]),
        archived=np.concatenate([files.archived, no]),
        motion=np.concatenate([files.motion, no]),
        conflict=np.concatenate([files.conflict, no]),
        index=files.index,
    )


def sample_labels(records: Iterable[SampleRecord], decisions: Mapping[str, Decision]) -> dict[str, str | None]:
    """Return the label that each sample trains for; None where it is in several folders and no decision settles it."""
    folders: dict[str, set[str]] = {}
    for record in records:
        if record.present:
            folders.setdefault(record.identity, set()).add(record.label)
    found: dict[str, str | None] = {}
    for identity, labels in folders.items():
        decision = decisions.get(identity)
        if len(labels) == 1:
            found[identity] = next(iter(labels))
        elif decision is not None and decision.label in labels:
            found[identity] = decision.label
        else:
            found[identity] = None
    return found


def skips(journal: Journal, session: str | None) -> dict[str, set[str]]:
    """Return queue name to the files that this session skipped in it and that it has not undone."""
    found: dict[str, set[str]] = {}
    if session is not None:
        for decision in journal.decisions():
            if decision.session == session and decision.kind == "skip" and decision.undone is None:
                found.setdefault(str(decision.shown.get("queue", "")), set()).add(decision.file)
    return found


def _names(labels: tuple[str, ...], of_samples: Iterable[str | None], decisions: Iterable[Decision]) -> tuple[str, ...]:
    seen = {name for name in chain(of_samples, (one.label for one in decisions)) if name is not None}
    return labels + tuple(sorted(seen - set(labels)))


def _decided(
    files: CatalogArrays, positions: Finds, decisions: Mapping[str, Decision], place: Mapping[str, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.int16]]:
    codes = np.zeros(len(files), np.uint8)
    by_folder = np.zeros(len(files), bool)
    label = np.full(len(files), -1, np.int16)
    for position, decision in zip(positions.of(list(decisions)).tolist(), decisions.values(), strict=True):
        if position >= 0:
            codes[position] = DECISION_CODES[decision.kind]
            by_folder[position] = decision.source == "folder"
            label[position] = -1 if decision.label is None else place[decision.label]
    return codes, by_folder, label


def _probabilities(
    files: CatalogArrays, positions: Finds, bundle: Bundle | None, scores: ScoreTable | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the scores with those of samples replaced by their out-of-fold ones: a model hides what it has learned."""
    out_of_fold = np.zeros(len(files), bool)
    if bundle is None or scores is None:
        return np.empty((len(files), 0), np.float32), out_of_fold
    probabilities = scores.at(files.number)
    at = positions.of(bundle.out_of_fold.identities)
    here = at >= 0
    probabilities[at[here]] = bundle.out_of_fold.probabilities[here]
    out_of_fold[at[here]] = True
    return probabilities, out_of_fold


def _aware(size: int, positions: Finds, bundle: Bundle) -> NDArray[np.bool_] | None:
    seen = bundle.out_of_fold
    return _mask(size, positions.of(seen.identities[seen.aware])) if seen.aware.any() else None


def _mask(size: int, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = np.zeros(size, bool)
    found[positions[positions >= 0]] = True
    return found
