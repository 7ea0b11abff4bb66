"""A workspace in one file, and back."""

from __future__ import annotations

import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.checks import results
from hyai_tui.checks.base import CheckResult
from hyai_tui.errors import WorkspaceError, WrongUse
from hyai_tui.exchange import snapshots
from hyai_tui.exchange.backup import back_up, restore, verify
from hyai_tui.journal.journal import Journal
from hyai_tui.library import page_sets
from hyai_tui.workspace import open_workspace
from tests.unit.effects_fixtures import Bench, bench, png, private_runtime

__all__ = ["bench", "private_runtime"]


def tree(root: Path) -> dict[bytes, bytes]:
    return {os.fsencode(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}


def labels(path: Path) -> dict[str, str | None]:
    with closing(Journal.open(path)) as journal:
        return {file: one.label for file, one in journal.effective().items()}


def test_what_people_made_comes_back_whole(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(1)
    bench.label(one, "archive")
    odd = os.fsdecode(b"\xff: back\\slash %41.png")
    (bench.workspace.data / "trash" / odd).write_bytes(png(2))
    bench.sync()
    model = bench.workspace.models_directory / "m0001-00000000"
    model.mkdir(parents=True)
    (model / "bundle.json").write_text("{}")
    tags = bench.workspace.tag_models_directory / "series" / "t0001"
    tags.mkdir(parents=True)
    (tags / "bundle.json").write_text("{}")
    run = bench.workspace.runs_directory / "000001"
    run.mkdir(parents=True)
    for name in ("samples.npz", "run.json", "state.npz"):
        (run / name).write_text(name)
    snapshots.take(bench.workspace, np.array([one], "S64"), "")
    page_sets.save(bench.workspace.root / page_sets.FILE, page_sets.made(["dataset"], "", {("dataset", "a"): [one]}))
    results.keep(bench.workspace, "tags", CheckResult(1, ()), 1.0)
    done = back_up(bench.workspace, tmp_path / "b.zip")
    assert done.members == verify(tmp_path / "b.zip")
    assert restore(tmp_path / "b.zip", tmp_path / "again") == done.members

    again = tmp_path / "again"
    assert tree(again / "data") == tree(bench.workspace.data)
    assert tree(again / ".hyai" / "models") == tree(bench.workspace.models_directory)
    assert tree(again / ".hyai" / "tag-models") == tree(bench.workspace.tag_models_directory)
    # What a training learned from comes back, so that nothing is due that was not; the state that it ended with does not.
    assert set(tree(again / ".hyai" / "runs")) == {b"000001/samples.npz", b"000001/run.json"}
    restored = open_workspace(again)
    assert snapshots.read(restored).files.tolist() == [one.encode()]
    assert page_sets.names(again / page_sets.FILE) == page_sets.names(bench.workspace.root / page_sets.FILE)
    assert results.history(restored, "tags") == results.history(bench.workspace, "tags")
    assert (again / "hyai.toml").read_bytes() == bench.workspace.settings_file.read_bytes()
    assert labels(again / "journal.db") == labels(bench.workspace.root / "journal.db")
    assert again.stat().st_mode & 0o077 == 0
    assert not (again / ".hyai" / "catalog.db").exists()


def test_a_backup_while_somebody_writes_holds_a_whole_journal(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.add(1), bench.add(2)
    bench.label(one, "archive")
    with bench.journal.transaction():
        bench.decider().decide(two, "trash")
        back_up(bench.workspace, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "again")
    with closing(sqlite3.connect(tmp_path / "again" / "journal.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert labels(tmp_path / "again" / "journal.db") == {one: "archive"}


def test_a_damaged_backup_is_refused_and_leaves_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    bench.label(bench.add(1), "archive")
    target = tmp_path / "b.zip"
    back_up(bench.workspace, target)
    content = bytearray(target.read_bytes())
    content[len(content) // 3] ^= 0xFF
    target.write_bytes(content)
    with pytest.raises(WrongUse, match="damaged"):
        verify(target)
    with pytest.raises(WrongUse, match="damaged"):
        restore(target, tmp_path / "again")
    assert not list(tmp_path.glob("*again*"))


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "data/../../evil", "%2E%2E/evil", ".bashrc", ".hyai/jobs/x"])
def test_a_member_that_no_backup_has_is_refused(bench: Bench, tmp_path: Path, name: str) -> None:
    target = tmp_path / "b.zip"
    back_up(bench.workspace, target)
    with zipfile.ZipFile(target) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    manifest = members.pop("manifest.json").replace(b'"hyai.toml":', f'"{name}":'.encode())
    members[name] = members.pop("hyai.toml")
    with zipfile.ZipFile(target, "w") as archive:
        for one, content in {**members, "manifest.json": manifest}.items():
            archive.writestr(one, content)
    with pytest.raises(WrongUse):
        restore(target, tmp_path / "again")
    assert not list(tmp_path.rglob("evil"))
    assert not list(tmp_path.glob("*again*"))


def test_a_directory_with_something_in_it_is_never_restored_into(bench: Bench, tmp_path: Path) -> None:
    back_up(bench.workspace, tmp_path / "b.zip")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(WorkspaceError, match="not empty"):
        restore(tmp_path / "b.zip", tmp_path / "full")
    assert (tmp_path / "full" / "mine").read_text() == "x"


def test_a_backup_that_cannot_be_written_leaves_the_one_before(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be written"):
        back_up(bench.workspace, tmp_path / "nowhere" / "b.zip")
