"""A command that is killed at any moment loses nothing that it has acknowledged.

HYAI_TEST_KILLS sets how many commands are killed, HYAI_TEST_SEED which moments.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import run_hyai
from tests.unit.effects_fixtures import png, sha

KILLS = int(os.environ.get("HYAI_TEST_KILLS", "8"))
SEED = int(os.environ.get("HYAI_TEST_SEED", "1"))
PICTURES = 12
LABELS = ("archive", "trash")


@dataclass
class Home:
    """A workspace, its library of drawn pictures, and what commands have acknowledged."""

    root: Path
    environment: dict[str, str]
    acknowledged: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    def run(self, *words: str) -> Any:
        """Run a command to its end and return its JSON."""
        done = run_hyai(*words, "--json", here=self.workspace, environment=self.environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def kill(self, words: Sequence[str], after: float) -> Any:
        """Start a command, kill it after some seconds, and return what it had printed whole, or None."""
        output = self.root / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "hyai_tui", *words, "--json"],
                cwd=self.workspace,
                env=self.environment,
                stdout=file,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(after)
            process.send_signal(signal.SIGKILL)
            process.wait()
        try:
            return json.loads(output.read_text())
        except json.JSONDecodeError:
            return None

    def samples(self) -> dict[str, str]:
        """Return identity to label of every picture in the training folders."""
        found = [one for one in self.workspace.glob("data/*/*") if not one.name.startswith(".")]
        assert len({one.name for one in found}) == len(found), "a sample stands twice"
        for one in found:
            assert sha(one.read_bytes()) == one.stem, "a sample does not hold its picture"
        return {one.stem: one.parent.name for one in found}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HYAI_")}
    environment |= {"XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(tmp_path / "state")}
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(PICTURES):
        (pictures / f"picture {number}.png").write_bytes(png(number))
    (tmp_path / "workspace").mkdir()
    home = Home(tmp_path, environment)
    home.run("init", ".", "--library", str(pictures))
    home.run("scan")
    return home


def in_force(decisions: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Work out from the listed decisions which label each file has, as the contract says it."""
    labels: dict[str, str] = {}
    for row in sorted(decisions, key=lambda one: one["decision"]):
        if not row["undone"]:
            labels[row["file"]] = row["label"]
    return labels


def check(home: Home) -> list[dict[str, Any]]:
    """Nothing acknowledged is lost, every effect is settled, and the folders are what the decisions say."""
    decisions: list[dict[str, Any]] = home.run("decisions")
    listed = {row["decision"]: row for row in decisions}
    for number, row in home.acknowledged.items():
        assert number in listed, f"decision {number} was acknowledged and is lost (seed {SEED})"
        for key in ("file", "label", "at"):
            assert listed[number][key] == row[key]
    assert home.run("effects", "list") == [], f"effects are left (seed {SEED})"
    assert home.samples() == in_force(decisions), f"the folders differ from the decisions (seed {SEED})"
    return decisions


def test_a_killed_command_loses_nothing_it_has_acknowledged(home: Home) -> None:
    choose = random.Random(SEED)
    files = [sha(png(number)) for number in range(PICTURES)]
    started = time.monotonic()
    for row in home.run("label", *files[:3], "trash"):
        home.acknowledged[row["decision"]] = row
    usual = time.monotonic() - started
    seen = 0
    for _ in range(KILLS):
        verb = choose.choice(["label", "label", "label", "undo", "redo"])
        words = [verb]
        if verb == "label":
            words += [*choose.sample(files, choose.randint(1, 5)), choose.choice(LABELS)]
        printed = home.kill(words, choose.uniform(0.3, 1.2) * usual)
        for row in printed or ():
            seen += 1
            home.acknowledged[row["decision"]] = row
        decisions = check(home)
        undone = {row["decision"]: row["undone"] for row in decisions}
        for row in printed or ():
            assert undone[row["decision"]] is row["undone"], f"an acknowledged {verb} is lost (seed {SEED})"
    # Deleting what can be made again costs time, never work.
    before = check(home)
    shutil.rmtree(home.workspace / ".hyai")
    assert home.run("decisions") == before
    home.run("scan")
    assert check(home) == before
    labels = in_force(before)
    tags = {row["file"]: row["tags"] for row in home.run("files")}
    for file in files:
        wanted = [f"hyai:{labels[file]}"] if file in labels else []
        assert tags[file] == wanted, f"the tags differ from the decisions (seed {SEED})"
    print(f"seed {SEED}: {KILLS} kills, {seen} rows acknowledged before them, {len(before)} decisions kept")
