"""Encoding by several workers: the store is the same as by one machine, whatever happens to a worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hyai_tui.features.build as building
import hyai_tui.features.engine as engine_module
import hyai_tui.jobs.cluster.encoding as encoding
from hyai_tui.errors import Cancelled, HyaiError, LibraryDown, WrongUse
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.engine import Work
from hyai_tui.features.parts import Directory, borrowed
from hyai_tui.features.phashes import FILE as PHASHES
from hyai_tui.features.phashes import PerceptualHashes
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import cache, scan
from hyai_tui.jobs.cluster.encoding import stretch_of, stretch_task
from hyai_tui.jobs.cluster.executor import Told
from hyai_tui.jobs.cluster.lending import Lender
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.engines import PARTS_DIRECTORY
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.cluster_fixtures import InProcess, engines_of
from tests.unit.features_fixtures import MemoryLibrary
from tests.unit.training_fixtures import SETTINGS, Listener, _runtime, draw

__all__ = ["_runtime"]

# Pictures, of which some are bad: a stretch holds 8, a shard 16, a step 3.
COUNT = 44
BAD = {5: b"", 6: b"no picture", 17: b"\x89PNG\r\n\x1a\n cut off", 40: b"text"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "STRETCH", 8)
    monkeypatch.setattr(encoding, "STRETCH", 8)

    def open_store(features: Path, encoder: Encoder) -> FeatureStore:
        version = encoder.version
        return FeatureStore.open(features / version.id, version.dimension, version=version, shard_rows=16)

    monkeypatch.setattr(building, "open_store", open_store)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Workspace]:
    """Makes workspaces that all have the same library."""
    pictures = tmp_path / "pictures"
    for number in range(COUNT):
        if number in BAD:
            (pictures / f"{number}.png").write_bytes(BAD[number])
        else:
            draw(pictures / f"{number}.png", "trash", number)
    animation = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    animation[0].save(pictures / "moving.gif", save_all=True, append_images=animation[1:])

    def made(name: str) -> Workspace:
        settings = SETTINGS.replace('"pictures"', '"../pictures"').replace("[train]", "batch_size = 3\n[train]")
        workspace = create_workspace(tmp_path / name, settings)
        scan.run(JobContext(workspace))
        return workspace

    return made


def build(workspace: Workspace, executor: InProcess | None = None, **options: Any) -> dict[str, Any]:
    """Run the cache job, by workers where an executor is given."""
    listener, cancelled = options.pop("report", Listener()), options.pop("cancelled", lambda: False)
    context = JobContext(workspace, options, listener, cancelled)
    with pytest.MonkeyPatch.context() as patch:
        if executor is not None:
            patch.setattr(cache, "engines", lambda context: engines_of(executor, context))
        return dict(cache.run(context))


def stored(workspace: Workspace) -> dict[str, Any]:
    """All that a build leaves: the bytes of every shard and table, and what is known besides."""
    choice = choose(workspace)
    directory = features_directory(workspace, choice)
    with FeatureStore.open(directory, choice.version.dimension, version=choice.version, read_only=True) as store:
        problems, contents = store.problems(), store.contents()
    with PerceptualHashes(workspace.cache / PHASHES) as hashes, workspace.open_catalog() as catalog:
        looks = [one.tolist() for one in hashes.all()]
        skips = catalog.skips("file")
    shards = {one.name: one.read_bytes() for one in sorted(directory.glob("*.npy"))}
    return {"shards": shards, "problems": problems, "contents": contents, "looks": looks, "skips": skips}


def left_behind(workspace: Workspace) -> list[str]:
    """What of parts and notes is still there."""
    return [one.name for one in (workspace.cache / PARTS_DIRECTORY).rglob("*")]


def test_workers_leave_the_same_bytes_as_one_machine(make: Callable[[str], Workspace]) -> None:
    alone, together = make("alone"), make("together")
    first = build(alone)
    second = build(together, InProcess(3))
    assert len([name for name in stored(alone)["shards"] if "sha" not in name and "lookup" not in name]) == 3
    assert stored(together) == stored(alone)
    assert {**second, "seconds": 0} == {**first, "seconds": 0}
    assert left_behind(together) == []
    assert build(together, InProcess())["encoded"] == 0


def test_lost_workers_change_nothing_and_leave_nothing_behind(make: Callable[[str], Workspace]) -> None:
    alone, together = make("alone"), make("together")
    build(alone)
    executor = InProcess(2, lost=frozenset({0, 3, 4}))
    build(together, executor)
    assert stored(together) == stored(alone)
    assert sorted(executor.done) == [0, 1, 2, 3, 4, 5]
    assert left_behind(together) == []


def test_a_part_that_arrives_damaged_is_encoded_again(make: Callable[[str], Workspace]) -> None:
    alone, together = make("alone"), make("together")
    build(alone)
    damaged: list[Path] = []

    def spoil(number: int) -> None:
        parts = sorted((together.cache / PARTS_DIRECTORY).rglob("part-*.npy"))
        if parts and len(damaged) < 2:
            damaged.append(parts[0])
            content = bytearray(parts[0].read_bytes())
            content[-1] ^= 1
            parts[0].write_bytes(content if len(damaged) == 1 else content[: len(content) // 2])

    listener = Listener()
    build(together, InProcess(before=spoil), report=listener)
    assert len(damaged) == 2
    assert stored(together) == stored(alone)
    assert sum("does not match its checksum: it is encoded again" in one for one in listener.warnings) >= 1


def test_parts_that_never_arrive_end_the_build_with_what_to_do(make: Callable[[str], Workspace]) -> None:
    together = make("together")

    def spoil(number: int) -> None:
        for part in (together.cache / PARTS_DIRECTORY).rglob("part-*.npy"):
            part.unlink()

    def lose(result: bytes) -> bytes:
        spoil(0)
        return result

    executor = InProcess(before=spoil, change=lose)
    with pytest.raises(HyaiError, match="did not arrive whole, three times") as caught:
        build(together, executor)
    assert "shared directory" in caught.value.fix
    assert executor.ended == 3
    assert left_behind(together) == []


def test_a_manifest_of_other_files_is_never_taken_over(make: Callable[[str], Workspace]) -> None:
    together = make("together")

    def swap(result: bytes) -> bytes:
        manifest = json.loads(result)
        manifest["items"][0], manifest["items"][1] = manifest["items"][1], manifest["items"][0]
        return json.dumps(manifest).encode()

    listener = Listener()
    with pytest.raises(HyaiError, match="did not arrive whole"):
        build(together, InProcess(change=swap), report=listener)
    assert "is not of the files that were asked for" in listener.warnings[0]
    assert stored(together)["contents"] == set()


def test_a_cancelled_build_keeps_a_beginning_and_goes_on_from_there(make: Callable[[str], Workspace]) -> None:
    alone, together = make("alone"), make("together")
    build(alone)
    executor = InProcess()
    with pytest.raises(Cancelled):
        build(together, executor, cancelled=lambda: len(executor.done) > 3)
    assert executor.ended == 1
    assert left_behind(together) == []
    kept = len(stored(together)["contents"])
    assert 0 < kept < COUNT - len(BAD)
    result = build(together, InProcess())
    assert result["reused"] == kept
    assert stored(together)["contents"] == stored(alone)["contents"]


def test_a_limit_takes_the_beginning_of_the_list(make: Callable[[str], Workspace]) -> None:
    alone, together = make("alone"), make("together")
    assert build(alone, limit=20)["left"] == build(together, InProcess(), limit=20)["left"] > 0
    assert stored(together) == stored(alone)


def test_what_a_worker_meets_is_said_in_its_own_words(
    make: Callable[[str], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(workspace: Workspace) -> MemoryLibrary:
        raise LibraryDown("The library sleeps", "Wake it")

    together = make("together")
    monkeypatch.setattr(Workspace, "open_library", down)
    with pytest.raises(LibraryDown, match="The library sleeps") as caught:
        build(together, InProcess())
    assert caught.value.fix == "Wake it"
    assert left_behind(together) == []


def test_a_worker_of_another_version_is_refused(
    make: Callable[[str], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = make("together")
    monkeypatch.setattr(encoding, "__version__", "0.0.1")
    with pytest.raises(WrongUse, match=r"A worker's machine has hyai 0\.0\.1"):
        build(together, InProcess())


def test_files_that_a_worker_does_not_see_are_lent_to_it(
    make: Callable[[str], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = make("alone"), make("together")
    for workspace in (alone, together):
        draw(workspace.data / "trash" / "dropped in.png", "later", 900)
    build(alone)
    # On another machine none of these paths is there.
    asked: list[str] = []
    monkeypatch.setattr("hyai_tui.jobs.cluster.lending.seen", lambda path: False)
    sample = Lender.sample

    def lend(lender: Lender, path: str) -> Told:
        asked.append(path)
        return sample(lender, path)

    monkeypatch.setattr(Lender, "sample", lend)
    build(together, InProcess(1))
    assert len(asked) == 1
    assert stored(together) == stored(alone)


def test_what_a_killed_coordinator_left_is_removed_by_verify_and_nothing_else_is(
    make: Callable[[str], Workspace], tmp_path: Path
) -> None:
    workspace, shared = make("one"), tmp_path / "shared"
    build(workspace, limit=1)
    notes = workspace.cache / PARTS_DIRECTORY
    with borrowed(notes, str(shared)) as where:
        place = Directory(Path(where))
        name = f"part-00000000-{'a' * 32}"
        place.write(f"{name}.npy", b"half a part")
        place.write("a letter.txt", b"not ours")
        # A kill: the note and the parts stay.
        note = next(notes.glob("*.place"))
        kept = note.read_bytes()
        place.remove(f"{name}.npy")
    note.write_bytes(kept)
    place.write(f"{name}.npy", b"half a part")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / f"{name}.npy").write_bytes(b"of somebody else")
    (notes / "forged.place").write_text(str(precious))
    result = cache.run(JobContext(workspace, {"action": "verify"}))
    assert result["findings"] == ["1 file of workers that were lost: removed"]
    assert [one.name for one in Path(where).iterdir()] == ["a letter.txt"]
    assert (precious / f"{name}.npy").exists()
    assert left_behind(workspace) == []


def test_a_stretch_travels_whole() -> None:
    file, other = "a" * 64, "b" * 64
    items = [
        WorkItem(file, file, True),
        WorkItem(other, None, True, (Path("/data/trash/\udcff.png"), file), True),
        WorkItem("c" * 64, other, False),
    ]
    work = Work(MemoryLibrary(), "file", 4, refused=lambda item: "not-a-picture" if item.file == other else "")
    assert stretch_of(stretch_task(7, items, work)) == (7, items, {other: "not-a-picture"})


def test_batches_end_at_every_stretch_so_that_all_engines_make_the_same_ones() -> None:
    from tests.unit.features_fixtures import MeanEncoder, encoded, picture, sha

    contents = [encoded(picture(seed)) for seed in range(20)]
    library, encoder = MemoryLibrary(contents), MeanEncoder()
    items = [WorkItem(sha(one), sha(one), True) for one in contents]
    done = list(engine_module.LocalEngine(encoder).encoded(items, Work(library, "file", 5, 2)))
    assert encoder.batches == [5, 3, 5, 3, 4]
    assert [one.item for batch in done for one in batch] == items
    assert np.isfinite(np.stack([one.vector for batch in done for one in batch if one.vector is not None])).all()
