"""Whatever people decide, undo and move by hand: in the end the folders are what the decisions say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hyai_tui.samples.sync import training_samples
from tests.unit.effects_fixtures import Bench, open_bench, png, private_runtime, sha

__all__ = ["private_runtime"]

PICTURES = range(3)
LABELS = ("archive", "trash", "maybe")
Act = Callable[[Bench], object]

pictures = st.sampled_from(PICTURES)
labels = st.sampled_from(LABELS)


def sample_files(bench: Bench, number: int) -> list[Path]:
    """Return the files in the label folders that hold a picture."""
    found = [one for one in bench.workspace.data.glob("*/*.png") if not one.parent.name.startswith(".")]
    return [one for one in found if one.read_bytes() == png(number)]


def hand_move(bench: Bench, number: int, label: str) -> None:
    for path in sample_files(bench, number):
        path.rename(bench.workspace.data / label / path.name)


def hand_remove(bench: Bench, number: int) -> None:
    for path in sample_files(bench, number):
        path.unlink()


def hand_add(bench: Bench, number: int, label: str) -> None:
    if not sample_files(bench, number):
        (bench.workspace.data / label / f"by hand {number}.png").write_bytes(png(number))


def named(name: str, act: Act) -> tuple[str, Act]:
    return name, act


def file_of(number: int) -> str:
    return sha(png(number))


acts = st.one_of(
    st.builds(
        lambda n, label: named(f"label {n} {label}", lambda bench: bench.decider().decide(file_of(n), label)),
        pictures,
        labels,
    ),
    st.builds(
        lambda n: named(f"unsure {n}", lambda bench: bench.decider().decide(file_of(n), kind="unsure")), pictures
    ),
    st.builds(lambda n: named(f"clear {n}", lambda bench: bench.decider().decide(file_of(n), kind="clear")), pictures),
    st.builds(lambda n: named(f"undo {n}", lambda bench: bench.journal.undo(n)), st.integers(1, 3)),
    st.just(named("redo", lambda bench: bench.journal.redo())),
    st.builds(
        lambda n, label: named(f"hand move {n} {label}", lambda bench: hand_move(bench, n, label)), pictures, labels
    ),
    st.builds(
        lambda n, label: named(f"hand add {n} {label}", lambda bench: hand_add(bench, n, label)), pictures, labels
    ),
    st.builds(lambda n: named(f"hand remove {n}", lambda bench: hand_remove(bench, n)), pictures),
    st.just(named("drain", lambda bench: bench.drain())),
    st.just(named("sync", lambda bench: bench.sync(accept_removals=True))),
)


def settle(bench: Bench) -> None:
    for _ in range(2):
        bench.drain()
        bench.sync(accept_removals=True)
    bench.drain()


@pytest.mark.usefixtures("private_runtime")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(acts, min_size=2, max_size=10))
def test_the_folders_end_up_as_the_decisions_say(steps: list[tuple[str, Act]]) -> None:
    with tempfile.TemporaryDirectory() as root, open_bench(Path(root)) as bench:
        (bench.workspace.data / "maybe").mkdir()
        for number in PICTURES:
            bench.add(number)
        for _, act in steps:
            act(bench)
        settle(bench)
        wanted = {file: one.label for file, one in bench.journal.effective().items() if one.label is not None}
        standing = {(file_of(number), path.parent.name) for number in PICTURES for path in sample_files(bench, number)}
        story = [name for name, _ in steps]
        assert standing == set(wanted.items()), story
        assert {one.identity: one.label for one in training_samples(bench.journal)} == wanted, story
        assert bench.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}, story
        for number in PICTURES:
            label = wanted.get(file_of(number))
            assert bench.tags(file_of(number)) == ({f"hyai:{label}"} if label else set()), story
            assert sha((bench.pictures / f"picture {number}.png").read_bytes()) == file_of(number)
