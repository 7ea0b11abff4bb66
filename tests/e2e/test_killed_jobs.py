"""Jobs that are killed with SIGKILL at any moment: the next one goes on, and nothing is wrong, double or missing.

HYAI_TEST_KILLS sets how many jobs of each kind are killed, HYAI_TEST_SEED which moments.
"""

from __future__ import annotations

import io
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.features.encoders.hog import VERSION, HogEncoder
from hyai_tui.features.store import FeatureStore, store_directory
from hyai_tui.jobs import supervisor
from hyai_tui.jobs.events import read_events
from hyai_tui.pictures.decode import encoder_pixels
from tests.e2e.tagging_fixtures import Place, add_model, make_place, sha

KILLS = int(os.environ.get("HYAI_TEST_KILLS", "4"))
SEED = int(os.environ.get("HYAI_TEST_SEED", "1"))
OURS = {"hyai:archive", "hyai:trash"}


def make(base: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], settings: str) -> Place:
    place = make_place(base, files, settings)
    for name in [one for one in os.environ if one.startswith(("HYAI_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, place.environment[name])
    supervisor.run(place.workspace, "scan")
    return place


def kill(place: Place, kind: str, stage: str, after: float) -> bool:
    """Start a job, kill it so many seconds after a stage of it began, and return whether that came before its end."""
    job = supervisor.start(place.workspace, kind)
    begun: float | None = None
    for _ in range(6000):
        events = list(read_events(job.directory))
        if begun is None and any(one.type == "stage" and one.data["name"] == stage for one in events):
            begun = time.monotonic()
        if any(one.ends for one in events) or (begun is not None and time.monotonic() - begun >= after):
            break
        time.sleep(0.005)
    pid = next(int(one.data["pid"]) for one in read_events(job.directory) if one.type == "started")
    if not any(one.ends for one in read_events(job.directory)):
        os.kill(pid, signal.SIGKILL)
    last = list(supervisor.follow(job))[-1]
    return bool(last.data.get("died", False))


def ledger_rows(place: Place) -> list[tuple[str, str, str]]:
    """Return (file, tag, state) of every row of the ledger."""
    connection = sqlite3.connect(place.workspace.root / "ledger.db")
    rows = connection.execute("SELECT file, tag, state FROM tags").fetchall()
    connection.close()
    return [(file.hex(), tag, state) for file, tag, state in rows]


def test_a_killed_tag_job_leaves_no_tag_wrong_double_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = random.Random(SEED)
    files = {f"{n}.png": b"picture %d" % n for n in range(200)}
    place = make(tmp_path, monkeypatch, files, "[tag]\nbatch_size = 2\n")
    names = [sha(content) for content in files.values()]
    scores = {file: choose.random() for file in names[20:]}
    model = add_model(place, scores)
    wanted = {file: {"hyai:archive"} for file, score in scores.items() if score <= 0.28}
    wanted |= {file: {"hyai:trash"} for file, score in scores.items() if score >= 0.78}
    for file in names[:5]:
        place.set_tags(file, {"mine", "hyai:mine"})
    assert place.hyai("label", names[0], names[30], "trash", "--json").code == 0
    wanted |= {names[0]: {"hyai:trash"}, names[30]: {"hyai:trash"}}

    died = 0
    for _ in range(KILLS):
        died += kill(place, "tag", "tag", choose.uniform(0, 0.25))
        for file, tags in place.tags().items():
            assert tags & OURS <= wanted.get(file, set()), f"a wrong tag (seed {SEED})"
    done = supervisor.run(place.workspace, "tag")

    assert {file: tags & OURS for file, tags in place.tags().items() if tags & OURS} == wanted, f"seed {SEED}"
    assert all(place.tags()[file] - OURS == {"mine", "hyai:mine"} for file in names[:5])
    rows = ledger_rows(place)
    assert sorted(rows) == sorted((file, tag, "verified") for file, tags in wanted.items() for tag in tags), f"{SEED}"
    assert (done["model"], done["held"]) == (model, 0)
    assert supervisor.run(place.workspace, "tag")["written"] == 0
    print(f"seed {SEED}: {died} of {KILLS} tag jobs died, {len(rows)} tags")


def drawn(number: int) -> bytes:
    """Return a small picture that no other number has."""
    chance = np.random.default_rng(number)
    file = io.BytesIO()
    pixels = chance.integers(0, 256, (12, 16, 3), np.uint8)
    Image.fromarray(pixels).resize((96, 72)).save(file, "PNG")
    return file.getvalue()


def test_a_killed_cache_job_leaves_every_vector_its_own_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = random.Random(SEED)
    files = {f"{n}.png": drawn(n) for n in range(320)}
    files |= {f"copy {n}.png": drawn(n) for n in range(10)}
    files["broken.png"] = drawn(0)[:200]
    place = make(tmp_path, monkeypatch, files, "[features]\nencoder = 'hog'\nbatch_size = 2\n")
    died = 0
    for _ in range(KILLS):
        died += kill(place, "cache", "encode", choose.uniform(0, 1.6))
    done = supervisor.run(place.workspace, "cache")
    assert done["total"] == 321
    assert done["encoded"] + done["reused"] == 320
    assert [one["file"] for one in done["skipped"]] == [sha(files["broken.png"])]
    checked = supervisor.run(place.workspace, "cache", {"action": "verify"})
    assert (checked["vectors"], checked["lost"], checked["missing"], checked["findings"]) == (320, 0, 0, [])

    contents = [content for name, content in files.items() if name[0].isdigit()]
    expected = HogEncoder().encode(np.stack([encoder_pixels(content) for content in contents])).astype(np.float16)
    directory = store_directory(place.workspace.features_directory, VERSION)
    with FeatureStore.open(directory, VERSION.dimension, read_only=True) as store:
        vectors, found = store.get([sha(content) for content in contents])
    assert found.all()
    assert np.array_equal(vectors.astype(np.float16), expected), f"a vector of another picture (seed {SEED})"
    print(f"seed {SEED}: {died} of {KILLS} cache jobs died, {done['encoded']} vectors in the last")
