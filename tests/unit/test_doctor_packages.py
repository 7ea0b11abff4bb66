"""What `hyai doctor` says of packages: what is missing is named with the way to it, and extras are never needed."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from hyai_tui.cli import doctor_machine
from hyai_tui.cli.doctor_check import guarded
from hyai_tui.locations import user_settings_file


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines = ["click>=8.1", "numpy>=2", "no-such-package-9>=1; extra == 'map'", "click; extra == 'serve'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _name: lines)
    return lines


def test_extras_are_listed_and_fail_nothing(asked: list[str]) -> None:
    found = doctor_machine.extras()

    assert found.ok
    assert found.detail == "map not installed, serve installed"
    assert "hyai-tui[map]" in found.fix


def test_a_missing_package_of_the_program_fails_and_an_extra_does_not(asked: list[str]) -> None:
    assert doctor_machine.packages().ok

    asked.append("no-such-package-8>=1")

    found = doctor_machine.packages()
    assert not found.ok
    assert found.detail == "missing: no-such-package-8"
    assert "install no-such-package-8" in found.fix


def test_an_encoder_of_faces_is_missed_only_where_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    none = guarded("faces", doctor_machine.faces)
    assert none.ok
    assert "groups by looks without one" in none.detail

    user_settings_file().parent.mkdir(parents=True, exist_ok=True)
    user_settings_file().write_text('[plugins]\nfaces = "nobody"\n')

    named = guarded("faces", doctor_machine.faces)
    assert not named.ok
    assert "no installed package brings the encoder 'nobody'" in named.detail
    assert "take faces = 'nobody' out of [plugins]" in named.fix
