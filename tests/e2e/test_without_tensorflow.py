"""Where TensorFlow is not installed: the loop runs with what needs none, and the rest says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Shell

# Python's finder of packages, which for a process started with this beside it finds neither of the two.
_WITHOUT = """
from importlib.machinery import PathFinder

found = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {"tensorflow", "keras"} else found(name, path, target)

PathFinder.find_spec = find_spec
"""


@pytest.fixture
def hyai(tmp_path: Path) -> Shell:
    here, without = tmp_path / "here", tmp_path / "without"
    here.mkdir()
    without.mkdir()
    (without / "sitecustomize.py").write_text(_WITHOUT)
    shell = Shell(tmp_path / "home", here)
    shell.environment["PYTHONPATH"] = str(without)
    return shell


def test_the_whole_loop_runs_and_what_needs_tensorflow_says_so(hyai: Shell) -> None:
    made = hyai.json("demo", "demo", "--files", "60", "--no-app")
    assert made["model"] is not None
    hyai.here /= "demo"
    assert hyai.json("queue", "mistakes")

    weights = hyai.here / "weights.h5"
    weights.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(9_400_000))
    for setting, value in (("features.weights", str(weights)), ("features.encoder", "mobilenetv2")):
        hyai("config", "set", setting, value)
    refused = hyai("cache", "build", code=1).stderr
    assert "The encoder mobilenetv2 needs TensorFlow" in refused
    assert "hyai config set features.encoder small" in refused

    checks = {row["name"]: row for row in hyai.json("doctor", code=1)["checks"]}
    assert [name for name, row in checks.items() if not row["ok"]] == ["runtime"]
    assert "install tensorflow" in checks["runtime"]["fix"]
    hyai("config", "set", "features.encoder", "small")
    checks = {row["name"]: row for row in hyai.json("doctor")["checks"]}
    assert "install tensorflow" in checks["packages"]["fix"], "nothing needs it now, and how to get it is still said"
