"""The explorer's numbers are those of `tag --dry-run`, in whole workspaces: decisions, labels, marks, conditions, tags of before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.jobs import tag
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.exploring import load_explorer
from hyai_tui.journal.model import NewDecision
from hyai_tui.learning.explorer import Outcome
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import TagChange
from hyai_tui.settings import TagSettings
from hyai_tui.workspace import Workspace
from tests.unit.effects_fixtures import Bench, open_bench, png, private_runtime, sha
from tests.unit.learning_fixtures import small_bundle

__all__ = ["private_runtime"]

FILES = 40
VALUES = (0.0, 0.2, 0.28, 0.5, 0.6, 0.78, 1.0)


@pytest.fixture
def bench(tmp_path: Path, private_runtime: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def same(bench: Bench, outcome: Outcome) -> None:
    """Hold the numbers of an explorer against those of a dry run."""
    dry = tag.run(JobContext(bench.workspace, {"dry_run": True}))
    sides = {one.label: one.files for one in outcome.sides}
    stated = dry.get("labels") or {name: dry[name] for name in ("archive", "trash")}
    assert {name: sides.get(name, 0) for name in stated} == stated
    assert {name: number for name, number in sides.items() if number} == {n: c for n, c in stated.items() if c}
    assert (outcome.unsure, outcome.decided, outcome.off) == (dry["unsure"], dry["decided"], dry["off"])
    assert outcome.unscored == dry["reasons"].get("unscored", 0)
    assert outcome.thresholds.as_dict() == dry["thresholds"]


def use(bench: Bench, settings: TagSettings) -> None:
    bench.workspace = Workspace(bench.workspace.root, replace(bench.workspace.settings, tag=settings))


@pytest.mark.parametrize("seed", range(6))
def test_what_the_explorer_counts_is_what_a_dry_run_says(bench: Bench, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = (("archive", "trash"), ("archive", "later", "trash"), ("a", "b", "c", "d", "trash"))[seed % 3]
    for number in range(FILES):
        target = bench.pictures / ("", "archive", "trash")[number % 3] / f"{number}.png"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(png(number))
    bench.scan()
    files = [sha(png(number)) for number in range(FILES)]

    # Scores that are often at a threshold to the last bit, and some files without.
    bundle = Registry(bench.workspace.models_directory).add(small_bundle(labels, seed=seed), promote=True)
    rows = random.dirichlet(np.full(len(labels), 0.4), FILES).astype(np.float32)
    at = random.random(FILES) < 0.4
    rows[at, -1] = random.choice(np.array(VALUES, np.float32), at.sum())
    rows[at, :-1] = ((1 - rows[at, -1]) / (len(labels) - 1))[:, None]
    rows[random.random(FILES) < 0.2] = np.nan
    numbers = {one.sha256: one.number for one in bench.catalog.files()}
    table = np.full((max(numbers.values()) + 1, len(labels)), np.nan, np.float32)
    table[[numbers[file] for file in files]] = rows
    ScoreTable.write(bench.workspace.scores_directory, bundle, table, bench.catalog.mark_numbers(bundle.id))

    # Decisions of every kind, one for a label that the model does not know, some taken back; tags of before, not all ours.
    decider = bench.decider()
    for file in random.choice(files, 14, replace=False).tolist():
        kind = random.choice(["label", "label", "label", "unsure", "ignore"])
        label = str(random.choice([*labels, "newer"])) if kind == "label" else None
        decider.decide_many([NewDecision(file, kind, label)], new_label=True)
    bench.journal.undo(3)
    bench.drain()
    ours = [f"hyai:{one}" for one in (*labels, "nobody's", "archive")]
    bench.library.inner.change_tags(
        [TagChange(file, frozenset({str(random.choice(ours)), "creator:x"})) for file in files[::4]]
    )

    everything = TagSettings(criteria=())
    settings = (
        everything,
        replace(everything, mark_trash=False, marks={labels[0]: False}),
        replace(everything, criteria=("system:inbox",), trash_threshold=0.5, archive_threshold=0.5),
        replace(everything, criteria=("creator:x",), thresholds={labels[0]: 0.2}),
    )
    for one in settings:
        use(bench, one)
        same(bench, load_explorer(bench.workspace)[0].at())

    # What was tried is what is written once it is kept in the model, and after tags were written and one taken away.
    use(bench, everything)
    explorer, _ = load_explorer(bench.workspace)
    for value in random.choice(VALUES, 4).tolist():
        tried = explorer.moved({labels[int(random.integers(len(labels)))]: value})
        Registry(bench.workspace.models_directory).set_thresholds(
            bundle.id, dict(zip(tried.labels, tried.values, strict=True))
        )
        outcome = explorer.at(tried)
        same(bench, replace(outcome, thresholds=load_explorer(bench.workspace)[0].in_force))
    tag.run(JobContext(bench.workspace))
    for file in files[:8]:
        bench.library.inner.change_tags([TagChange(file, remove=frozenset(bench.tags(file)))])
    same(bench, load_explorer(bench.workspace)[0].at())
