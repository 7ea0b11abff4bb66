"""One demo made by the real command, and a copy of it for tests that change something."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.shell import Ran


@dataclass(frozen=True)
class Place:
    """A workspace, and a home of its own for all that hyai keeps outside it."""

    workspace: Path
    home: Path

    def environment(self) -> dict[str, str]:
        """Variables that keep a command inside the test's own directories."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HYAI_", "XDG_"))}
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {**kept, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(runtime), "COLUMNS": "120"}

    def hyai(self, *arguments: str) -> Ran:
        """Run hyai in the workspace, without a terminal."""
        return Ran.hyai(
            *arguments, here=self.workspace if self.workspace.is_dir() else self.home, environment=self.environment()
        )

    def copy(self, directory: Path) -> Place:
        """Return a copy with a home of its own."""
        shutil.copytree(self.workspace, directory / "demo", symlinks=True)
        return Place(directory / "demo", directory / "home")


@dataclass(frozen=True)
class MadeDemo:
    """The demo as the command left it, and what the command said."""

    place: Place
    made: Ran


def make_demo(directory: Path, *options: str) -> MadeDemo:
    """Run `hyai demo` in a new directory."""
    place = Place(directory / "demo", directory / "home")
    place.home.mkdir()
    made = place.hyai("demo", str(place.workspace), "--no-app", "--json", *options)
    return MadeDemo(place, made)


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> MadeDemo:
    """The demo that a newcomer gets; tests leave it as it is."""
    return make_demo(tmp_path_factory.mktemp("demo"))
