"""The command that installs more beside the program, for each way in which the program itself was installed."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from hyai_tui import installing
from hyai_tui.cli.cache import _built
from hyai_tui.installing import how_to_add


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment whose Python this is, with pip in it and none on the path."""
    place = tmp_path / "hyai tui"
    (place / "bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(place))
    monkeypatch.setattr(sys, "executable", str(place / "bin" / "python"))
    monkeypatch.setattr(installing, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return place


def python_of(place: Path) -> str:
    return shlex.quote(str(place / "bin" / "python"))


def test_the_python_that_runs_is_named_where_pip_on_the_path_is_another_ones(place: Path) -> None:
    assert how_to_add("hyai-tui[map]") == f"{python_of(place)} -m pip install 'hyai-tui[map]'"


def test_pip_alone_is_enough_where_it_is_the_environments_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = place / "bin" / "pip"
    pip.write_text("#!/bin/sh\n")
    pip.chmod(0o700)
    monkeypatch.setenv("PATH", str(pip.parent))
    assert shutil.which("pip") == str(pip)
    assert how_to_add("tensorflow") == "pip install tensorflow"


def test_pipx_installs_into_the_environment_that_it_made(place: Path) -> None:
    (place / "pipx_metadata.json").write_text("{}")
    assert how_to_add("hyai-tui[onnx,map]") == "pipx runpip 'hyai tui' install 'hyai-tui[onnx,map]'"


def test_an_environment_without_pip_is_one_of_uv(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "find_spec", lambda name: None)
    assert how_to_add("hyai-tui[map]") == f"uv pip install --python {python_of(place)} 'hyai-tui[map]'"


def test_a_build_that_met_fits_pictures_says_what_reads_them(place: Path) -> None:
    met = {"total": 1, "encoded": 0, "reused": 0, "left": 0, "encoder": "small"}
    skipped = [{"file": "ab" * 32, "reason": "needs-astropy"}]
    assert "install 'hyai-tui[fits]'" in list(_built({**met, "skipped": skipped}))[-1]
    assert "install" not in list(_built({**met, "skipped": [{"file": "ab" * 32, "reason": "truncated"}]}))[-1]
