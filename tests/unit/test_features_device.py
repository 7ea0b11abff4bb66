"""What encoders compute on, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui.features import device as module
from hyai_tui.features.device import device


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CARDS", tmp_path / "gpus")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def tool(directory: Path, script: str) -> None:
    path = directory / "bin" / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)


def test_a_machine_without_a_card_is_its_processor() -> None:
    text, card = device()
    assert text.startswith("CPU, ")
    assert "cores" in text
    assert not card


def test_a_card_is_named_with_its_memory(tmp_path: Path) -> None:
    tool(tmp_path, "echo 'GeForce 9, 4148 MiB'")
    assert device() == ("GeForce 9, 4148 MiB", True)


def test_a_card_whose_tool_fails_is_named_by_its_driver(tmp_path: Path) -> None:
    tool(tmp_path, "exit 9")
    assert not device()[1]
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    (tmp_path / "gpus" / "0000:01:00.0" / "information").write_text("Model: \t GeForce 9\nIRQ: 7\n")
    assert device() == ("GeForce 9", True)
