"""What the training folders promise: whole files under true names, moved, and never deleted for good by mistake."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hyai_tui.samples.folder import ASIDE, Original, SampleConflict, SampleFolders
from hyai_tui.samples.formats import claimed_identity, extension_of, is_sample_name
from tests.unit.effects_fixtures import Bench, bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]

ONE, TWO = png(1), png(2)


@pytest.fixture
def folders(bench: Bench) -> SampleFolders:
    return SampleFolders(bench.workspace.data, bench.journal)


def no_bytes() -> Original:
    raise AssertionError("bytes were fetched although the sample is there")


def test_a_sample_is_named_by_its_hash(folders: SampleFolders) -> None:
    record = folders.put("trash", sha(ONE), "png", ONE)
    assert record.path == f"trash/{sha(ONE)}.png"
    path = folders.data / record.path
    assert path.read_bytes() == ONE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_putting_twice_makes_no_copy(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    folders.put("trash", sha(ONE), "png", ONE)
    assert bench.samples() == {f"{sha(ONE)}.png": "trash"}


def test_bytes_that_are_not_the_files_are_never_put_under_its_name(bench: Bench, folders: SampleFolders) -> None:
    with pytest.raises(SampleConflict, match="have changed"):
        folders.put("trash", sha(ONE), "png", TWO)
    assert bench.samples() == {}
    assert bench.journal.samples() == {}


def test_another_file_with_the_name_is_not_overwritten(folders: SampleFolders) -> None:
    path = folders.data / "trash" / f"{sha(ONE)}.png"
    path.write_bytes(TWO)
    with pytest.raises(SampleConflict, match="Another file"):
        folders.put("trash", sha(ONE), "png", ONE)
    assert path.read_bytes() == TWO


def test_a_sample_moves_without_its_bytes_being_read_again(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    inode = (folders.data / "trash" / f"{sha(ONE)}.png").stat().st_ino
    folders.bring(sha(ONE), "archive", no_bytes)
    assert bench.samples() == {f"{sha(ONE)}.png": "archive"}
    assert (folders.data / "archive" / f"{sha(ONE)}.png").stat().st_ino == inode
    assert list(bench.journal.samples()) == [f"archive/{sha(ONE)}.png"]


def test_a_label_folder_on_another_file_system_gets_a_whole_copy(
    bench: Bench, folders: SampleFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    rename = Path.rename

    def between_disks(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", between_disks)
    folders.bring(sha(ONE), "archive", no_bytes)
    assert bench.samples() == {f"{sha(ONE)}.png": "archive"}
    assert (folders.data / "archive" / f"{sha(ONE)}.png").read_bytes() == ONE


def test_a_sample_that_the_library_still_has_is_deleted(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    folders.remove(sha(ONE), recoverable=lambda: True)
    assert bench.samples() == {}
    assert bench.journal.samples() == {}
    assert not (folders.data / ASIDE).exists()


def test_a_sample_that_may_be_the_last_copy_is_put_aside_and_comes_back(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    folders.remove(sha(ONE), recoverable=lambda: False)
    assert bench.samples() == {}
    assert [one.read_bytes() for one in (folders.data / ASIDE).iterdir()] == [ONE]
    folders.bring(sha(ONE), "archive", no_bytes)
    assert bench.samples() == {f"{sha(ONE)}.png": "archive"}
    assert list((folders.data / ASIDE).iterdir()) == []


def test_a_sample_that_somebody_has_changed_is_left_alone(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    path = folders.data / "trash" / f"{sha(ONE)}.png"
    path.write_bytes(TWO + b"drawn over")
    with pytest.raises(SampleConflict, match="changed"):
        folders.remove(sha(ONE), recoverable=lambda: True)
    with pytest.raises(SampleConflict, match="changed"):
        folders.bring(sha(ONE), "archive", no_bytes)
    assert path.read_bytes() == TWO + b"drawn over"


def test_a_touched_sample_with_the_same_bytes_is_still_ours(bench: Bench, folders: SampleFolders) -> None:
    folders.put("trash", sha(ONE), "png", ONE)
    os.utime(folders.data / "trash" / f"{sha(ONE)}.png", (1, 1))
    folders.remove(sha(ONE), recoverable=lambda: True)
    assert bench.samples() == {}


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.rename"])
def test_a_disk_that_fails_leaves_no_half_sample(
    bench: Bench, folders: SampleFolders, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(broken, full)
    with pytest.raises(OSError, match="No space"):
        folders.put("trash", sha(ONE), "png", ONE)
    assert list((folders.data / "trash").iterdir()) == []


def test_a_put_that_died_before_the_journal_heard_of_it_is_finished_by_the_next(
    bench: Bench, folders: SampleFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_note_present", killed)
        with pytest.raises(Killed):
            folders.put("trash", sha(ONE), "png", ONE)
    (record,) = bench.journal.samples().values()
    assert not record.present
    folders.bring(sha(ONE), "trash", no_bytes)
    (record,) = bench.journal.samples().values()
    assert record.present
    assert bench.samples() == {f"{sha(ONE)}.png": "trash"}


def test_what_a_killed_process_left_half_written_is_swept(folders: SampleFolders) -> None:
    left = folders.data / "trash" / f".{sha(ONE)}.part"
    left.write_bytes(b"half")
    hidden = folders.data / "trash" / ".mine"
    hidden.write_bytes(b"not ours")
    folders.sweep()
    assert not left.exists()
    assert hidden.exists()


def test_walking_sees_pictures_and_nothing_else(folders: SampleFolders) -> None:
    trash = folders.data / "trash"
    (trash / "deeper").mkdir()
    for name in ("a.png", "B.JPG", "deeper/c.webp", ".hidden.png", "d.png.part", "e.txt", "f"):
        (trash / name).write_bytes(b"x")
    (trash / ".git").mkdir()
    (trash / ".git" / "g.png").write_bytes(b"x")
    (folders.data / ".aside").mkdir()
    (folders.data / ".aside" / "h.png").write_bytes(b"x")
    (folders.data / "loose.png").write_bytes(b"x")
    (folders.data / "bad\nname").mkdir()
    (folders.data / "bad\nname" / "i.png").write_bytes(b"x")
    assert {one.path for one in folders.walk()} == {"trash/a.png", "trash/B.JPG", "trash/deeper/c.webp"}
    assert {one.label for one in folders.walk()} == {"trash"}


def test_an_extension_comes_from_the_bytes_then_the_media_type_and_only_from_our_list() -> None:
    assert extension_of(ONE, "image/jpeg") == "png"
    assert extension_of(b"RIFF0000WEBPVP8 ", None) == "webp"
    assert extension_of(b"\0\0\0\x20ftypavif\0\0\0\0avif", None) == "avif"
    assert extension_of(b"truncated", "image/gif") == "gif"
    assert extension_of(b"#!/bin/sh", "application/x-sh") is None
    assert extension_of(b"....", "image/../../etc") is None
    assert extension_of(b"\0\0\0\x18ftypmp42", "video/mp4") is None


def test_a_name_claims_an_identity_only_as_64_hex_digits() -> None:
    assert claimed_identity("A" * 64 + ".png") == "a" * 64
    assert claimed_identity("a" * 63 + ".png") is None
    assert claimed_identity("g" * 64 + ".png") is None
    assert claimed_identity("holiday.png") is None
    assert is_sample_name("x.AVIF")
    assert not is_sample_name("x.exe")
