"""`hyai label`, `undo`, `redo`, `decisions` and `effects`, as a program and a person meet them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import run_hyai
from tests.unit.effects_fixtures import png, sha


@dataclass
class Shell:
    """Runs commands in a workspace beside a folder of drawn pictures."""

    root: Path
    environment: dict[str, str]

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    def picture(self, number: int) -> str:
        return str(self.root / "pictures" / f"picture {number}.png")

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_hyai(*words, here=self.workspace, environment=self.environment)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def samples(self) -> dict[str, str]:
        found = [one for one in self.workspace.glob("data/*/*") if not one.parent.name.startswith(".")]
        return {one.stem: one.parent.name for one in found}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HYAI_")}
    environment |= {"XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(tmp_path / "state")}
    pictures = tmp_path / "pictures"
    (pictures / "trash").mkdir(parents=True)
    for number in range(4):
        (pictures / f"picture {number}.png").write_bytes(png(number))
    (pictures / "trash" / "thrown.png").write_bytes(png(9))
    (tmp_path / "workspace").mkdir()
    shell = Shell(tmp_path, environment)
    shell.run("init", ".", "--library", str(pictures))
    shell.run("scan")
    return shell


def test_label_undo_redo_and_decisions_tell_the_same_story(shell: Shell) -> None:
    rows = shell.json("label", shell.picture(0), sha(png(1))[:12], "trash")
    assert [(row["file"], row["label"], row["undone"]) for row in rows] == [
        (sha(png(0)), "trash", False),
        (sha(png(1)), "trash", False),
    ]
    assert rows[0]["line"] == "learned trash · tag hyai:trash · file untouched"
    assert set(rows[0]) >= {"decision", "file", "label", "at", "undone"}
    assert shell.samples() == {sha(png(0)): "trash", sha(png(1)): "trash"}
    undone = shell.json("undo")
    assert {row["decision"] for row in undone} == {row["decision"] for row in rows}
    assert all(row["undone"] for row in undone)
    assert shell.samples() == {}
    listed = shell.json("decisions")
    assert len(listed) == 2
    assert all(row["undone"] for row in listed)
    shell.json("redo")
    assert shell.samples() == {sha(png(0)): "trash", sha(png(1)): "trash"}
    assert not any(row["undone"] for row in shell.json("decisions"))
    assert shell.json("effects", "list") == []


def test_undo_of_several_acts_and_of_none(shell: Shell) -> None:
    for number in range(3):
        shell.run("label", shell.picture(number), "archive")
    assert [row["file"] for row in shell.json("undo", "2")] == [sha(png(2)), sha(png(1))]
    shell.run("undo")
    assert "nothing to undo" in shell.run("undo", code=3).stderr
    act = shell.json("decisions")[-1]["act"]
    assert [row["file"] for row in shell.json("redo", "--act", str(act))] == [sha(png(0))]
    assert [row["file"] for row in shell.json("undo", "--act", str(act))] == [sha(png(0))]
    assert "nothing to undo" in shell.run("undo", "--act", str(act), code=3).stderr


def test_one_unknown_file_stops_everything_and_is_named(shell: Shell) -> None:
    done = shell.run("label", shell.picture(0), shell.picture(77), "trash", code=2)
    assert "picture 77.png" in done.stderr
    assert done.stdout == ""
    assert shell.json("decisions") == []
    assert shell.samples() == {}


def test_a_mistyped_label_names_the_nearest_and_records_nothing(shell: Shell) -> None:
    done = shell.run("label", shell.picture(0), "trahs", code=2)
    assert "Did you mean 'trash'?" in done.stderr
    assert shell.json("decisions") == []
    shell.run("label", shell.picture(0), "cats", "--new")
    assert shell.samples() == {sha(png(0)): "cats"}


def test_the_last_word_is_the_label_unless_an_option_says_otherwise(shell: Shell) -> None:
    assert "There is no label" in shell.run("label", shell.picture(0), code=2).stderr
    assert "exclude each other" in shell.run("label", shell.picture(0), "--skip", "--unsure", code=2).stderr
    for option in ("skip", "unsure", "ignore", "clear"):
        (row,) = shell.json("label", shell.picture(0), f"--{option}")
        assert (row["kind"], row["label"]) == (option, None)
    assert len(shell.json("decisions")) == 4


def test_staging_moves_nothing_until_the_commit(shell: Shell) -> None:
    done = shell.run("label", shell.picture(0), shell.picture(1), "trash", "--stage")
    assert done.stdout.count("staged: will move to trash") == 2
    assert Path(shell.picture(0)).exists()
    staged = shell.json("effects", "list")
    assert [(row["target"], row["wanted"], row["status"]) for row in staged] == [("state", "trash", "staged")] * 2
    assert shell.json("effects", "commit", str(staged[0]["effect"]))["committed"] == 1
    assert not Path(shell.picture(0)).exists()
    assert Path(shell.picture(1)).exists()
    assert shell.json("effects", "forget")["files"] == [sha(png(1))]
    assert shell.samples() == {sha(png(0)): "trash"}
    assert "No effect 999 is staged" in shell.run("effects", "commit", "999", code=2).stderr


def test_a_rescued_file_leaves_the_trash_on_commit(shell: Shell) -> None:
    thrown = str(shell.root / "pictures" / "trash" / "thrown.png")
    done = shell.run("label", thrown, "archive")
    assert "staged: will undelete" in done.stdout
    assert Path(thrown).exists()
    shell.run("effects", "commit")
    assert not Path(thrown).exists()
    assert [one.read_bytes() for one in (shell.root / "pictures" / "archive").rglob("*.png")] == [png(9)]


def test_read_only_writes_nothing_to_the_library_and_keeps_the_decision(shell: Shell) -> None:
    done = shell.run("--read-only", "label", shell.picture(0), "trash")
    assert "tag hyai:trash waits: read-only" in done.stdout
    assert "1 effect pending" in done.stderr
    assert shell.samples() == {sha(png(0)): "trash"}
    assert [row["target"] for row in json.loads(shell.run("--read-only", "effects", "list", "--json").stdout)] == [
        "tag"
    ]
    assert shell.json("effects", "list") == []


def test_a_library_that_is_away_takes_decisions_and_waits(shell: Shell) -> None:
    pictures = shell.root / "pictures"
    pictures.rename(shell.root / "unmounted")
    done = shell.run("label", sha(png(0)), "trash")
    assert "learned trash" in done.stdout
    assert "2 effects pending" in done.stderr
    assert shell.samples() == {}
    (shell.root / "unmounted").rename(pictures)
    assert shell.json("effects", "retry")["left"] == 0
    assert shell.samples() == {sha(png(0)): "trash"}


def test_undo_says_so_where_somebody_else_has_changed_the_sample(shell: Shell) -> None:
    shell.run("label", shell.picture(0), "trash")
    sample = shell.workspace / "data" / "trash" / f"{sha(png(0))}.png"
    sample.write_bytes(b"drawn over by hand")
    done = shell.run("undo")
    assert "Somebody has changed the sample's file meanwhile" in done.stderr
    assert sample.read_bytes() == b"drawn over by hand"
    assert shell.json("decisions")[0]["undone"]


def test_decisions_survive_deleting_what_can_be_made_again(shell: Shell) -> None:
    shell.run("label", shell.picture(0), "trash")
    before = shell.json("decisions")
    for one in sorted((shell.workspace / ".hyai").rglob("*"), reverse=True):
        one.rmdir() if one.is_dir() else one.unlink()
    assert shell.json("decisions") == before
    # Known to the journal, before the library has been scanned again.
    shell.run("label", sha(png(0))[:10], "archive")
    shell.run("scan")
    shell.run("effects", "retry")
    assert shell.samples() == {sha(png(0)): "archive"}
    assert [row["label"] for row in shell.json("decisions")] == ["archive", "trash"]
