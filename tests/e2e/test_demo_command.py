"""`hyai demo` as a newcomer meets it: what it leaves, and that it can be interrupted, reopened and refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from hyai_tui.errors import Exit
from tests.e2e.demo_fixtures import MadeDemo, Place, made_demo

__all__ = ["made_demo"]
pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("demo")]


def test_it_prints_what_it_made_and_nothing_else(made_demo: MadeDemo) -> None:
    summary = made_demo.made.data

    assert set(summary) == {"workspace", "files", "samples", "model"}
    assert summary["workspace"] == str(made_demo.place.workspace)
    assert summary["files"] >= 600
    assert summary["samples"] >= 150
    assert summary["model"] in [one["model"] for one in made_demo.place.hyai("models", "list", "--json").data]


def test_it_says_each_step_of_the_loop(made_demo: MadeDemo) -> None:
    said = made_demo.made.err

    steps = ["Relabelling 5 mistakes", "learned", "Retraining", "macro F1", "Tagging would write", "Undid 5 decisions"]
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places == sorted(places)


def test_at_least_eighty_mistakes_of_all_kinds_stay_open(made_demo: MadeDemo) -> None:
    rows = made_demo.place.hyai("queue", "mistakes", "--json").data

    kinds = Counter(row["kind"] for row in rows)
    assert len(rows) >= 80
    assert set(kinds) == {"trash→keep", "keep→trash", "sample"}
    assert min(kinds.values()) >= 10, kinds
    assert all(row["suggested"] in {"archive", "trash"} and row["reason"] for row in rows)


def test_the_five_decisions_are_undone_and_their_samples_are_gone(made_demo: MadeDemo) -> None:
    decisions = made_demo.place.hyai("decisions", "--json").data
    data = made_demo.place.workspace / "data"
    samples = {one.stem for label in ("archive", "trash") for one in (data / label).iterdir()}

    undone = [one for one in decisions if one["undone"]]
    assert len(undone) == 5
    standing = {one["file"] for one in decisions if not one["undone"]}
    assert samples == standing
    assert len(samples) == made_demo.made.data["samples"]


def test_the_newest_model_has_tagged_nothing(made_demo: MadeDemo) -> None:
    files = made_demo.place.hyai("files", "--json").data

    tagged = [one for one in files if any(tag.startswith("hyai:") for tag in one["tags"]) and one["label"] is None]
    assert len(files) == made_demo.made.data["files"]
    assert not tagged


def test_no_process_is_left(made_demo: MadeDemo) -> None:
    jobs = made_demo.place.hyai("jobs", "list", "--json").data

    assert {one["state"] for one in jobs} == {"done"}
    assert not _processes_of(made_demo.place.workspace)


def test_reopening_draws_nothing_again_and_loses_no_decision(made_demo: MadeDemo, tmp_path: Path) -> None:
    place = made_demo.place.copy(tmp_path)
    before = _stamps(place.workspace / "pictures")
    mistake = place.hyai("queue", "mistakes", "--limit", "1", "--json").data[0]["file"]
    assert place.hyai("label", mistake, "trash").code == 0

    again = place.hyai("demo", str(place.workspace), "--no-app", "--json")

    assert again.data["workspace"] == str(place.workspace)
    assert again.data["samples"] >= made_demo.made.data["samples"]
    assert _stamps(place.workspace / "pictures") == before
    newest = [one for one in place.hyai("decisions", "--json").data if one["file"] == mistake and not one["undone"]]
    assert newest[0]["label"] == "trash"


def test_a_directory_with_other_things_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "mine", tmp_path / "home")
    place.workspace.mkdir()
    (place.workspace / "novel.txt").write_text("chapter one")

    refused = place.hyai("demo", str(place.workspace), "--no-app", "--json")

    assert refused.code == Exit.WRONG_USE
    assert refused.out == ""
    assert "something else than a demo" in refused.err
    assert [one.name for one in place.workspace.iterdir()] == ["novel.txt"]


def test_killed_again_and_again_and_started_again_it_completes(tmp_path: Path) -> None:
    place = Place(tmp_path / "demo", tmp_path / "home")
    for moment in ("drawing pictures", "reading the library", "encoding", "side by side", "Relabelling"):
        _kill_at(place, moment)

    completed = place.hyai("demo", str(place.workspace), "--no-app", "--json")

    assert completed.code == 0, completed.err
    assert completed.data["files"] >= 60
    standing = [one for one in place.hyai("decisions", "--json").data if not one["undone"]]
    assert len(standing) == completed.data["samples"]
    assert not _processes_of(place.workspace)


def _kill_at(place: Place, moment: str) -> None:
    """Start a small demo, and kill the command (not its job) once it has said something."""
    command = [sys.executable, "-m", "hyai_tui", "demo", str(place.workspace), "--no-app", "--json", "--files", "60"]
    with subprocess.Popen(
        command,
        env=place.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as killed:
        assert killed.stderr is not None
        said = []
        for line in killed.stderr:
            said.append(line)
            if moment in line:
                break
        else:
            raise AssertionError(f"it never said {moment!r}: {''.join(said)}")
        killed.send_signal(signal.SIGKILL)


def _stamps(directory: Path) -> dict[Path, tuple[int, int]]:
    return {one: (one.stat().st_mtime_ns, one.stat().st_ino) for one in directory.rglob("*") if one.is_file()}


def _processes_of(workspace: Path) -> list[str]:
    """Return command lines of running processes that name the workspace; given a moment to leave."""
    name = os.fsencode(workspace)
    for _ in range(50):
        found = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                content = process.read_bytes()
            except OSError:
                continue
            if name in content:
                found.append(content.replace(b"\0", b" ").decode(errors="replace"))
        if not found:
            break
        time.sleep(0.1)
    return found
