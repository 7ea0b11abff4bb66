"""Shrinking samples: small pictures, the same labels, the same features, and a way back."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.features.build import build_features
from hyai_tui.features.carrying import Carrier
from hyai_tui.features.plan import picture_samples
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.library.base import Library
from hyai_tui.samples import shrink as shrink_module
from hyai_tui.samples.shrink import ShrinkReport, restore, shrink
from hyai_tui.samples.sync import training_samples
from tests.unit.effects_fixtures import Bench, bench, private_runtime, sha
from tests.unit.features_fixtures import MeanEncoder, encoded, picture

__all__ = ["bench", "private_runtime"]


def photograph(seed: int, size: tuple[int, int] = (900, 600)) -> bytes:
    """A picture with grain, which takes more bytes the larger it is."""
    grain = np.random.default_rng(seed).normal(0, 12, (size[1], size[0], 3))
    return encoded(Image.fromarray(np.clip(np.asarray(picture(seed, size)) + grain, 0, 255).astype(np.uint8)))


def in_library(bench: Bench, seed: int, size: tuple[int, int] = (900, 600), folder: str = "") -> bytes:
    content = photograph(seed, size)
    target = bench.pictures / folder / f"{seed}.png"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    bench.scan()
    return content


def dropped(bench: Bench, seed: int, label: str, size: tuple[int, int] = (900, 600)) -> bytes:
    content = photograph(seed, size)
    (bench.workspace.data / label).mkdir(exist_ok=True)
    (bench.workspace.data / label / f"dropped {seed}.png").write_bytes(content)
    bench.sync()
    return content


def shrunk(bench: Bench, **options: bool) -> ShrinkReport:
    bench.sync()
    with Carrier(bench.workspace.features_directory) as carrier:
        report = shrink(bench.workspace, bench.journal, bench.catalog, 224, carrier.carry, **options)
    again = bench.sync()
    assert (again.added, again.moved, again.removed) == (0, 0, 0)
    return report


def labels(bench: Bench) -> dict[str, str]:
    return {one.identity: one.label for one in training_samples(bench.journal)}


def side(path: Path) -> int:
    with Image.open(path) as image:
        return max(image.size)


def largest_sides(bench: Bench) -> list[int]:
    paths = [one for one in bench.workspace.data.glob("*/*") if one.is_file() and not one.parent.name.startswith(".")]
    return sorted(side(path) for path in paths)


def on_disk(bench: Bench) -> dict[str, str]:
    return {
        str(one.relative_to(bench.workspace.data)): sha(one.read_bytes())
        for one in bench.workspace.data.rglob("*.*")
        if one.is_file()
    }


def test_a_dry_run_says_what_is_saved_and_changes_nothing(bench: Bench) -> None:
    content = in_library(bench, 1)
    bench.label(sha(content), "archive")
    before = on_disk(bench)
    report = shrunk(bench, dry_run=True)
    assert (report.samples, report.changed, report.before) == (1, 1, len(content))
    assert 0 < report.after < report.before
    assert on_disk(bench) == before
    assert shrunk(bench).after == report.after


def test_samples_are_small_afterwards_with_their_labels_and_come_back_whole(bench: Bench) -> None:
    contents = [in_library(bench, seed) for seed in (1, 2, 3)]
    for content, label in zip(contents, ("archive", "trash", "trash"), strict=True):
        bench.label(sha(content), label)
    before, was = labels(bench), on_disk(bench)
    assert shrunk(bench).changed == 3
    assert labels(bench) == before
    assert largest_sides(bench) == [224, 224, 224]
    assert {one.origin for one in training_samples(bench.journal)} == {"shrunk"}
    assert shrunk(bench).skipped == {"shrunk already": 3}
    assert restore(bench.workspace, bench.journal, lambda: bench.library).changed == 3
    assert on_disk(bench) == was
    assert labels(bench) == before
    assert {one.origin for one in training_samples(bench.journal)} == {"original"}


def test_features_stay_what_they_were(bench: Bench) -> None:
    content = dropped(bench, 5, "archive")
    encoder = MeanEncoder()

    def build() -> int:
        samples = picture_samples(bench.journal, bench.workspace.data)
        report = SilentReporter()
        return build_features(bench.workspace, encoder, report, catalog=bench.catalog, samples=samples).encoded

    assert build() == 1
    shrunk(bench, everything=True)
    assert build() == 0
    (sample,) = training_samples(bench.journal)
    assert sample.identity == sha(content) != sample.content
    store = FeatureStore.open(bench.workspace.features_directory / encoder.version.id, encoder.version.dimension)
    with store:
        vectors, found = store.get([sample.identity, sample.content])
    assert found.all()
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_what_might_be_the_last_copy_is_left_alone_or_kept_aside(bench: Bench) -> None:
    only_here = dropped(bench, 6, "trash")
    in_trash = in_library(bench, 7, folder="trash")
    bench.label(sha(in_trash), "archive")
    assert shrunk(bench).skipped == {"the library has no original": 2}
    report = shrunk(bench, everything=True)
    assert (report.changed, report.kept_aside) == (2, len(only_here) + len(in_trash))
    kept = bench.workspace.data / ".aside" / "shrunk"
    assert {sha(path.read_bytes()) for path in kept.iterdir()} == {sha(only_here), sha(in_trash)}
    assert restore(bench.workspace, bench.journal, lambda: bench.library).changed == 2
    assert not list(kept.iterdir())
    assert set(labels(bench)) == {sha(only_here), sha(in_trash)}
    assert {one.content for one in training_samples(bench.journal)} == {sha(only_here), sha(in_trash)}


def test_small_pictures_and_bytes_changed_by_hand_are_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, size in ((8, (224, 100)), (9, (225, 100)), (10, (700, 500))):
        content = in_library(bench, seed, size)
        bench.label(sha(content), "archive")
    bench.sync()
    path = next(path for path in bench.workspace.data.glob("archive/*") if side(path) == 700)
    path.write_bytes(photograph(99, (800, 800)))
    report = shrink(bench.workspace, bench.journal, bench.catalog, 224, lambda old, new: None)
    assert report.skipped["changed"] == 1
    assert report.skipped["small already"] >= 1
    assert report.samples == 3


def test_a_sample_that_is_decided_anew_while_it_is_shrunk_keeps_its_bytes_under_its_new_label(bench: Bench) -> None:
    content = in_library(bench, 1)
    bench.label(sha(content), "archive")

    def decide_meanwhile(old: str, new: str) -> None:
        bench.label(sha(content), "trash")

    report = shrink(bench.workspace, bench.journal, bench.catalog, 224, decide_meanwhile)
    assert (report.changed, report.skipped) == (0, {"changed": 1})
    assert labels(bench) == {sha(content): "trash"}
    assert on_disk(bench) == {f"trash/{sha(content)}.png": sha(content)}


def test_bytes_put_in_a_sample_s_place_while_it_is_shrunk_are_never_written_over(bench: Bench) -> None:
    path = bench.workspace.data / "archive" / "dropped 1.png"
    mine = photograph(2)
    dropped(bench, 1, "archive")

    def put_meanwhile(old: str, new: str) -> None:
        path.write_bytes(mine)

    report = shrink(bench.workspace, bench.journal, bench.catalog, 224, put_meanwhile, everything=True)
    assert report.skipped == {"changed": 1}
    assert on_disk(bench) == {"archive/dropped 1.png": sha(mine)}


def test_a_sample_that_is_decided_anew_while_its_original_is_fetched_stays_small(bench: Bench) -> None:
    content = in_library(bench, 1)
    bench.label(sha(content), "archive")
    shrunk(bench)

    def decide_meanwhile() -> Library:
        bench.label(sha(content), "trash")
        return bench.library

    assert restore(bench.workspace, bench.journal, decide_meanwhile).skipped == {"changed": 1}
    assert labels(bench) == {sha(content): "trash"}
    assert largest_sides(bench) == [224]


def test_a_picture_that_is_hard_to_make_smaller_is_written_as_what_takes_least(bench: Bench) -> None:
    grain = Image.fromarray(np.random.default_rng(3).integers(0, 255, (300, 300, 3), dtype=np.uint8))
    stream = BytesIO()
    grain.save(stream, "JPEG", quality=75)
    squares = Image.fromarray(
        np.kron(np.random.default_rng(4).integers(0, 2, (20, 20)), np.full((16, 16), 255)).astype(np.uint8)
    )
    for name, content in (("grain.jpg", stream.getvalue()), ("squares.png", encoded(squares))):
        (bench.pictures / name).write_bytes(content)
        bench.scan()
        bench.label(sha(content), "archive")
    report = shrunk(bench)
    assert (report.changed, report.grown) == (2, 1)
    assert largest_sides(bench) == [224, 224]
    assert {path.suffix for path in bench.workspace.data.glob("archive/*")} == {".jpg", ".png"}
    assert report.after < report.before


@pytest.mark.parametrize("at", ["carry", "write", "note", "unlink"])
def test_a_kill_at_any_step_leaves_a_sample_that_the_next_look_knows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*arguments: object, **named: object) -> None:
        raise Killed

    content = dropped(bench, 11, "archive")
    before = labels(bench)
    with monkeypatch.context() as patch:
        if at == "write":
            patch.setattr(shrink_module, "write_whole", die)
        if at == "note":
            patch.setattr(type(bench.journal), "note_samples", die)
        if at == "unlink":
            patch.setattr(shrink_module, "flush_directory", die)
        with pytest.raises(Killed):
            shrink(
                bench.workspace,
                bench.journal,
                bench.catalog,
                224,
                die if at == "carry" else lambda old, new: None,
                everything=True,
            )
    bench.sync()
    assert labels(bench) == before == {sha(content): "archive"}
    shrunk(bench, everything=True)
    assert labels(bench) == before
