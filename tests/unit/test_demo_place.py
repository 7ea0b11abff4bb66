"""A demo's directory is known by its mark; nothing else is ever taken for one or touched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hyai_tui import settings
from hyai_tui.errors import WorkspaceError, WrongUse
from hyai_tui.library.demo.place import MARKER, SETTINGS, claim, mark_complete, put_samples

DEFAULTS = (1, 640)


def test_a_new_directory_becomes_a_demo(tmp_path: Path) -> None:
    place = claim(tmp_path / "demo", None, 80, DEFAULTS)

    assert (place.seed, place.files, place.complete) == (1, 80, False)
    assert (tmp_path / "demo" / MARKER).is_file()


def test_a_demo_is_gone_on_with_and_keeps_its_seed(tmp_path: Path) -> None:
    first = claim(tmp_path, 7, 90, DEFAULTS)

    assert claim(tmp_path, None, None, DEFAULTS) == first
    assert mark_complete(first).complete
    assert claim(tmp_path, 7, None, DEFAULTS).complete


@pytest.mark.parametrize(("seed", "files"), [(8, None), (None, 91)])
def test_a_demo_is_not_drawn_again_differently(tmp_path: Path, seed: int | None, files: int | None) -> None:
    claim(tmp_path, 7, 90, DEFAULTS)

    with pytest.raises(WrongUse, match="90 pictures of seed 7"):
        claim(tmp_path, seed, files, DEFAULTS)


def test_a_directory_with_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(WorkspaceError, match="something else than a demo"):
        claim(tmp_path, None, None, DEFAULTS)

    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_workspace_of_ones_own_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "hyai.toml").write_text("")

    with pytest.raises(WorkspaceError, match="something else than a demo"):
        claim(tmp_path, None, None, DEFAULTS)


def test_a_file_is_no_directory_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError):
        claim(tmp_path / "file", None, None, DEFAULTS)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": "x", "files": 1, "complete": false}', "\0"])
def test_a_damaged_mark_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content)

    with pytest.raises(WorkspaceError, match=r"demo\.json cannot be read"):
        claim(tmp_path, None, None, DEFAULTS)


def test_the_demos_settings_are_valid_and_need_no_download(tmp_path: Path) -> None:
    (tmp_path / "hyai.toml").write_text(SETTINGS)
    read = settings.load(tmp_path / "hyai.toml", {})

    assert (read.library.kind, read.library.path) == ("folder", "pictures")
    assert read.features.encoder == "small"


def test_samples_are_named_by_their_bytes_and_put_once(tmp_path: Path) -> None:
    place = claim(tmp_path, None, None, DEFAULTS)
    (place.pictures / "inbox").mkdir(parents=True)
    (place.pictures / "inbox/one.jpg").write_bytes(b"one")
    (place.pictures / "inbox/two.png").write_bytes(b"two")
    data = tmp_path / "data"

    for _ in range(2):
        put_samples(place, data, {"inbox/one.jpg": "archive", "inbox/two.png": "trash"})

    found = {str(one.relative_to(data)): one.read_bytes() for one in data.rglob("*") if one.is_file()}
    assert found == {
        f"archive/{hashlib.sha256(b'one').hexdigest()}.jpg": b"one",
        f"trash/{hashlib.sha256(b'two').hexdigest()}.png": b"two",
    }
