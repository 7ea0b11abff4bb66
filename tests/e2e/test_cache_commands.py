"""`hyai cache …` as a person or a program runs it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.workspace import create_workspace
from tests.e2e.shell import run_hyai
from tests.unit.features_fixtures import encoded, picture, sha


@dataclass
class Place:
    """A workspace with a folder of pictures, and the command."""

    root: Path
    environment: dict[str, str]

    @property
    def library(self) -> Path:
        return self.root / "pictures"

    def add(self, *contents: bytes, suffix: str = ".png") -> list[str]:
        for one in contents:
            (self.library / f"{sha(one)[:12]}{suffix}").write_bytes(one)
        return [sha(one) for one in contents]

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_hyai(*arguments, here=self.root, environment=self.environment)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    create_workspace(tmp_path / "place", '[library]\nkind = "folder"\npath = "pictures"\n')
    (tmp_path / "place" / "pictures").mkdir()
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("HYAI_", "KERAS_"))}
    own = {
        "HOME": str(tmp_path),
        "KERAS_HOME": str(tmp_path / "keras"),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    return Place(tmp_path / "place", kept | own)


def test_what_is_missing_is_encoded_once_and_bad_files_are_named(place: Place) -> None:
    place.add(*(encoded(picture(seed)) for seed in range(30)))
    animation = encoded(picture(1), "GIF", save_all=True, append_images=[picture(2)])
    (moving,) = place.add(animation, suffix=".gif")
    (text,) = place.add(b"no picture at all", suffix=".jpg")
    place.run("scan")
    first = place.json("cache", "build")
    assert (first["total"], first["encoded"], first["reused"]) == (32, 30, 0)
    reasons = {one["file"]: one["reason"] for one in first["skipped"]}
    assert reasons == {moving: "animated", text: "not-a-picture"}
    again = place.json("cache", "build")
    assert (again["encoded"], again["reused"], again["skipped"]) == (0, 30, first["skipped"])
    assert again["encoder"] == first["encoder"]

    shown = place.run("cache", "build")
    assert text in shown.stdout
    assert "small encoder" in shown.stderr

    status = place.json("cache", "status")
    assert (status["vectors"], status["missing"], status["encoder"]) == (30, 0, first["encoder"])


def test_new_samples_are_encoded_and_a_moved_one_is_not(place: Place) -> None:
    archive, trash = place.root / "data" / "archive", place.root / "data" / "trash"
    for seed in range(5):
        (archive / f"{seed}.png").write_bytes(encoded(picture(seed)))
    place.run("scan")
    assert place.json("cache", "build")["encoded"] == 5
    (archive / "0.png").rename(trash / "0.png")
    said = place.run("cache", "build").stderr
    assert "1 label changed" in said
    assert "0 encoded, 5 reused" in said


def test_damage_is_found_and_encoded_again(place: Place) -> None:
    place.add(*(encoded(picture(seed)) for seed in range(12)))
    place.run("scan")
    place.run("cache", "build")
    (shard,) = (place.root / ".hyai" / "features").glob("*/*.npy")
    shard.write_bytes(shard.read_bytes()[:-5])
    report = place.json("cache", "verify")
    assert (report["vectors"], report["lost"], report["missing"]) == (11, 1, 1)
    rebuilt = place.json("cache", "build")
    assert (rebuilt["encoded"], rebuilt["reused"]) == (1, 11)
    assert place.json("cache", "verify")["findings"] == []


def test_gone_files_keep_their_features_until_compact_and_reset_removes_all(place: Place) -> None:
    files = place.add(*(encoded(picture(seed)) for seed in range(8)))
    place.run("scan")
    place.run("cache", "build")
    for path in sorted(place.library.iterdir())[:3]:
        path.unlink()
    place.run("scan", "--accept-gone")
    status = place.json("cache", "status")
    assert (status["vectors"], status["total"]) == (8, 5)
    assert place.json("cache", "compact")["dropped"] == 3
    assert place.json("cache", "build")["reused"] == 5
    assert len(files) == 8

    refused = place.run("cache", "reset", code=2)
    assert "--yes" in refused.stderr
    assert place.json("cache", "reset", "--yes")["bytes_freed"] > 0
    assert place.json("cache", "build")["encoded"] == 5


def test_before_the_first_build_every_verb_says_what_to_do(place: Place) -> None:
    assert place.json("cache", "status")["vectors"] == 0
    for verb in ("verify", "compact"):
        assert "hyai cache build" in place.run("cache", verb, code=1).stderr


def test_a_download_needs_an_explicit_yes(place: Place) -> None:
    refused = place.run("cache", "build", "--download-weights", code=2)
    assert "9.4 MB" in refused.stderr
    assert "--yes" in refused.stderr
    assert not (Path(place.environment["KERAS_HOME"]) / "models").exists()


def test_a_wrong_weights_file_is_refused_in_two_lines(place: Place) -> None:
    place.environment["HYAI_WEIGHTS"] = str(place.root / "hyai.toml")
    done = place.run("cache", "build", code=1)
    assert "no HDF5 file" in done.stderr
    assert "features.weights" in done.stderr


# Ends the worker by SIGKILL when it is about to store for the second time: neither a fast nor a slow machine misses it.
KILL_AT_THE_SECOND_TIME = """
import os, signal, sys

if "hyai_tui.jobs.worker" in sys.orig_argv:
    from hyai_tui.features.store import FeatureStore

    append = FeatureStore.append
    times = []

    def append_once(store, *rows):
        times.append(len(rows[0]))
        if len(times) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        append(store, *rows)

    FeatureStore.append = append_once
"""


def test_a_killed_build_goes_on_where_it_was(place: Place) -> None:
    # One picture with another tail each: cheap to make, and each a content of its own.
    drawn = encoded(picture(0, (300, 240)), "JPEG")
    count = 600
    place.add(*(drawn + f"#{number}".encode() for number in range(count)), suffix=".jpg")
    place.run("scan")
    hook = place.root / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(KILL_AT_THE_SECOND_TIME)
    modules = place.environment["PYTHONPATH"]
    place.environment["PYTHONPATH"] = f"{hook}{os.pathsep}{modules}"
    assert "was killed before its end" in place.run("cache", "build", code=1).stderr
    place.environment["PYTHONPATH"] = modules

    rest = place.json("cache", "build")
    assert rest["encoded"] + rest["reused"] == count
    assert rest["reused"] > 0
    assert rest["encoded"] > 0
    assert place.json("cache", "verify")["findings"] == []


def test_a_small_store_needs_no_index_and_without_a_plug_in_no_tags_are_read(place: Place) -> None:
    (file,) = place.add(encoded(picture(1)))
    place.run("scan")
    place.run("cache", "build")
    assert "An index pays from 1,000,000 vectors on; here are 1" in place.run("cache", "index", code=3).stderr
    assert place.json("cache", "status")["index"] is None
    assert "No encoder here names tags" in place.run("cache", "tags", file, code=2).stderr
