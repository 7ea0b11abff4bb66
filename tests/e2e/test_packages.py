"""The wheel and the source archive: built, unpacked elsewhere, and used without the repository."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.e2e.shell import Shell

ROOT = Path(__file__).parents[2]


def built(kind: str, place: Path) -> Path:
    """Build a package of a kind (`wheel`, `sdist`) and return its file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(place)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return next(place.iterdir())


@pytest.fixture
def installed(tmp_path: Path) -> Shell:
    """Return a shell whose `hyai` is the one of the wheel."""
    place, here = tmp_path / "site", tmp_path / "here"
    here.mkdir()
    with zipfile.ZipFile(built("wheel", tmp_path / "dist")) as wheel:
        wheel.extractall(place)
    shell = Shell(tmp_path / "home", here)
    shell.environment |= {"PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}
    return shell


def test_the_wheel_brings_all_that_the_program_needs(installed: Shell) -> None:
    from_wheel = subprocess.run(
        [sys.executable, "-c", "import hyai_tui; print(hyai_tui.__file__)"],
        env=installed.environment,
        cwd=installed.here,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert from_wheel.stdout.startswith(installed.environment["PYTHONPATH"])

    installed.json("init", "--example-model")
    themes = next(row for row in installed.json("doctor")["checks"] if row["name"] == "themes")
    assert themes["ok"]
    assert "lantern" in themes["detail"]
    assert (Path(installed.environment["PYTHONPATH"]) / "hyai_tui" / "web" / "app_index.html").exists()
    assert list(Path(installed.environment["PYTHONPATH"]).glob("hyai_tui/**/*.tcss"))


def test_the_source_archive_holds_what_a_wheel_is_built_from(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path / "dist")) as archive:
        names = {str(Path(*Path(name).parts[1:])) for name in archive.getnames() if len(Path(name).parts) > 1}

    assert {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "docs/conf.py",
        "themes/lantern.toml",
        "example-model",
    } <= names | {str(Path(name).parent) for name in names}
    assert [name for name in names if name.endswith((".pyc", ".h5")) or name.startswith(".")] == [".gitignore"]
