"""A workspace: found upward, made once, movable, and refused where it belongs to somebody else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hyai_tui.errors import LibraryDown, SettingsError, WorkspaceError
from hyai_tui.library.folder import FolderLibrary
from hyai_tui.workspace import create_workspace, find_root, open_workspace
from tests.unit.catalog_fixtures import put

FOLDER = '[library]\nkind = "folder"\npath = "."\n'


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("HYAI_")]:
        monkeypatch.delenv(name)


def test_a_new_workspace_has_settings_training_folders_and_a_marked_cache(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "art", FOLDER)
    assert {one.name for one in made.root.iterdir()} == {"hyai.toml", "data", ".hyai"}
    assert {one.name for one in made.data.iterdir()} == {"archive", "trash"}
    assert (made.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (made.cache / ".nomedia").exists()
    assert made.cache.stat().st_mode & 0o077 == 0


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    for place in (tmp_path / "file", tmp_path / "file/below", Path("/proc/hyai")):
        with pytest.raises(WorkspaceError) as caught:
            create_workspace(place, FOLDER)
        assert str(place) in caught.value.what


def test_making_it_twice_changes_nothing(tmp_path: Path) -> None:
    create_workspace(tmp_path, FOLDER)
    (tmp_path / "hyai.toml").write_text(FOLDER + "# mine\n")
    shutil.rmtree(tmp_path / "data/trash")
    create_workspace(tmp_path, "[train]\nseed = 9\n")
    assert (tmp_path / "hyai.toml").read_text() == FOLDER + "# mine\n"
    assert not (tmp_path / "data/trash").exists()


def test_label_folders_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "data/keep").mkdir(parents=True)
    create_workspace(tmp_path, FOLDER)
    assert [one.name for one in (tmp_path / "data").iterdir()] == ["keep"]


def test_it_is_found_upward_and_hyai_home_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_workspace(tmp_path / "art", FOLDER)
    create_workspace(tmp_path / "other", FOLDER)
    below = tmp_path / "art/a/b"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path / "art"
    assert find_root(tmp_path) is None
    monkeypatch.setenv("HYAI_HOME", str(tmp_path / "other"))
    assert open_workspace(below).root == tmp_path / "other"
    monkeypatch.setenv("HYAI_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(WorkspaceError, match="HYAI_HOME"):
        open_workspace(below)


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        open_workspace(tmp_path)
    assert "hyai init" in caught.value.fix


def test_a_workspace_of_another_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_workspace(tmp_path, FOLDER)
    monkeypatch.setattr("hyai_tui.workspace.os.getuid", lambda: os.geteuid() + 1)
    with pytest.raises(WorkspaceError, match="another user"):
        open_workspace(tmp_path)


def test_wrong_settings_name_file_and_key(tmp_path: Path) -> None:
    create_workspace(tmp_path, FOLDER)
    (tmp_path / "hyai.toml").write_text("[library]\nkimd = 'folder'\n")
    with pytest.raises(SettingsError) as caught:
        open_workspace(tmp_path)
    assert "hyai.toml" in caught.value.what
    assert "library.kind" in caught.value.fix


def test_a_moved_workspace_finds_its_library_and_catalog_again(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "art", '[library]\npath = "pictures"\n')
    sha256 = put(made.root, "pictures/a.jpg")
    with made.open_catalog() as catalog:
        assert catalog.resolve("a.jpg", made.library_root) == sha256
    (tmp_path / "art").rename(tmp_path / "moved")
    moved = open_workspace(tmp_path / "moved")
    library = moved.open_library()
    assert library.path(sha256) == tmp_path / "moved/pictures/a.jpg"
    library.close()


def test_the_library_is_the_one_that_the_settings_name(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "art", f'[library]\npath = "{tmp_path}/elsewhere"\n')
    library = made.open_library()
    assert isinstance(library, FolderLibrary)
    assert library.tree.root == tmp_path / "elsewhere"
    with pytest.raises(LibraryDown):
        library.rights()
    library.close()


@pytest.mark.parametrize("path", ["data", "data/trash", "../art/data", "link to data"])
def test_the_training_folders_are_no_library(tmp_path: Path, path: str) -> None:
    made = create_workspace(tmp_path / "art", f'[library]\npath = "{path}"\n')
    (made.root / "link to data").symlink_to("data")
    with pytest.raises(SettingsError, match="share files"):
        made.open_library()


def test_training_folders_that_lead_into_the_library_are_refused(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "art", f'[library]\npath = "{tmp_path}/pictures"\n')
    made.data.rename(tmp_path / "training")
    made.data.symlink_to(tmp_path / "training")
    made.open_library().close()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "training").rename(tmp_path / "pictures" / "training")
    made.data.unlink()
    made.data.symlink_to(tmp_path / "pictures" / "training")
    with pytest.raises(SettingsError, match="share files"):
        made.open_library()


def test_a_workspace_inside_its_library_shares_no_files_with_it(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "pictures" / "art", '[library]\npath = ".."\n')
    made.open_library().close()


@pytest.mark.parametrize("path", ["~nobody-of-that-name/pictures", "a\\u0000b"])
def test_a_path_that_can_be_none_is_named(tmp_path: Path, path: str) -> None:
    made = create_workspace(tmp_path / "art", f'[library]\npath = "{path}"\n')
    with pytest.raises(SettingsError, match=r"library\.path"):
        made.open_library()


def test_read_only_reaches_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_workspace(tmp_path, FOLDER)
    monkeypatch.setenv("HYAI_READ_ONLY", "true")
    library = open_workspace(tmp_path).open_library()
    assert library.rights().change_state is False
    library.close()


def test_a_folder_of_pictures_can_be_its_own_workspace(tmp_path: Path) -> None:
    wanted = {put(tmp_path, "a.jpg"), put(tmp_path, "cats/b.png")}
    made = create_workspace(tmp_path, FOLDER)
    put(tmp_path, "data/trash/sample.jpg")
    put(tmp_path, ".hyai/thumbs/c.jpg")
    library = made.open_library()
    from hyai_tui.library.base import MediaFile, ScanOptions, Skipped

    items = list(library.scan(ScanOptions()))
    assert {item.sha256 for item in items if isinstance(item, MediaFile)} == wanted
    assert not [item for item in items if isinstance(item, Skipped)]
    library.close()
