"""`hyai check` as a person runs it, with a check that fails and one that hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.unit.catalog_fixtures import put

# Two checks of another package: one raises, one never ends.
PLUGIN = """
import time
from hyai_tui.checks.base import Check

def crash(place):
    raise RuntimeError("a secret path")

def hang(place):
    time.sleep(3600)

CRASH = Check("crashing", "raises", crash)
HANG = Check("hanging", "never ends", hang)
"""


@pytest.fixture
def hyai(tmp_path: Path) -> Shell:
    here = tmp_path / "art"
    here.mkdir()
    shell = Shell(tmp_path / "home", here)
    for name in ("a.png", "b.png"):
        put(here, name)
    shell("init")
    shell("scan")
    return shell


def test_one_that_fails_and_one_that_hangs_stop_no_other(hyai: Shell, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "oddities-1.0.dist-info").mkdir(parents=True)
    (package / "oddities.py").write_text(PLUGIN)
    (package / "oddities-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: oddities\nVersion: 1.0\n"
    )
    (package / "oddities-1.0.dist-info" / "entry_points.txt").write_text(
        "[hyai_tui.checks]\ncrashing = oddities:CRASH\nhanging = oddities:HANG\n"
    )
    hyai.environment["PYTHONPATH"] = f"{package}{os.pathsep}{hyai.environment.get('PYTHONPATH', '')}"
    config = Path(hyai.environment["XDG_CONFIG_HOME"]) / "hyai" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[plugins]\nchecks = ["crashing", "hanging"]\n')

    assert [one["name"] for one in hyai.json("check", "--list")][-2:] == ["crashing", "hanging"]
    # Long enough for a slow machine to import what a check needs, short enough to wait for.
    hyai("config", "set", "checks.limit_seconds", "15")
    result = hyai.json("check", "crashing", "hanging", "balance", code=1)
    assert {name: one["status"] for name, one in result["checks"].items()} == {
        "crashing": "failed",
        "hanging": "timeout",
        "balance": "ok",
    }
    assert (result["total_checks"], result["successful_checks"], result["failed_checks"]) == (3, 1, 2)
    assert result["checks"]["crashing"]["error"] == "it failed: RuntimeError"
    assert result["recommendations"]


def test_findings_are_listed_ignored_and_reported(hyai: Shell, tmp_path: Path) -> None:
    assert "has not run yet" in hyai("findings", "list", "files", code=3).stderr
    assert "no check 'file'" in hyai("check", "file", code=2).stderr
    hyai("check", "files")
    found = hyai.json("findings", "list", "files")
    assert found
    kind = found[0]["kind"]
    same = [one for one in found if one["kind"] == kind]
    assert hyai.json("findings", "ignore", "files", "--kind", kind)["changed"] == len(same)
    hyai("check", "files")
    assert hyai.json("findings", "list", "files", "--kind", kind) == []
    assert hyai.json("findings", "list", "files", "--ignored") == same
    assert len(hyai.json("findings", "trend", "files")) == 2
    page = tmp_path / "files.html"
    hyai("findings", "report", "files", "--html", page)
    assert "http" not in page.read_text().replace('http-equiv="', "")
    assert "a page of all" in hyai("findings", "report", "all", code=2).stderr
    hyai("findings", "report", "all", "--html", page)
    assert '<h1 id="files">Check: files</h1>' in page.read_text()
