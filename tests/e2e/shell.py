"""`hyai` in a directory of its own, as a person or a program runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 280


def run_hyai(
    *words: str | Path, here: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal; in this process's directory and environment unless told otherwise."""
    return subprocess.run(
        [sys.executable, "-m", "hyai_tui", *map(str, words)],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @classmethod
    def hyai(cls, *words: str, here: Path, environment: Mapping[str, str]) -> Ran:
        """Run a command to its end, however that is."""
        done = run_hyai(*words, here=here, environment=environment)
        return cls(done.returncode, done.stdout, done.stderr)

    @property
    def data(self) -> Any:
        """What it printed, read as JSON; standard output holds nothing else."""
        assert self.code == 0, self.err
        return json.loads(self.out)


class Shell:
    """Runs `hyai` in a directory, with a configuration and runtime directory of its own."""

    def __init__(self, home: Path, here: Path) -> None:
        self.here = here
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HYAI_")} | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "KERAS_HOME": str(home / "keras"),
        }
        (home / "run").mkdir(mode=0o700, parents=True)

    def __call__(self, *arguments: str | Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = run_hyai(*arguments, here=self.here, environment=self.environment | environment)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str | Path, code: int = 0, **environment: str) -> Any:
        return json.loads(self(*arguments, "--json", code=code, **environment).stdout)
