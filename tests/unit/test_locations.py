"""Directories outside a workspace: locks stand where nobody else can have put them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hyai_tui import locations
from hyai_tui.errors import HyaiError
from hyai_tui.locations import bundled_themes, example_model, runtime_directory


def test_two_workspaces_have_locks_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    first, second = runtime_directory(tmp_path / "a"), runtime_directory(tmp_path / "b")
    assert first != second
    assert first == runtime_directory(tmp_path / "x" / ".." / "a")
    assert stat.S_IMODE(first.stat().st_mode) == 0o700


def test_without_a_login_session_the_locks_stand_in_a_private_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(locations, "_login_session", lambda: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    directory = runtime_directory(tmp_path / "a")
    assert directory.is_relative_to(tmp_path)
    directory.parent.chmod(0o777)
    assert runtime_directory(tmp_path / "a") == directory
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700


def test_a_link_put_there_by_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(locations, "_login_session", lambda: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    directory = runtime_directory(tmp_path / "a")
    directory.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    directory.symlink_to(elsewhere)
    with pytest.raises(HyaiError, match="belongs to somebody else"):
        runtime_directory(tmp_path / "a")


def test_the_themes_and_the_example_model_come_with_the_program() -> None:
    assert list(bundled_themes().glob("*.toml"))
    assert (example_model() / "MODEL_CARD.md").is_file()
