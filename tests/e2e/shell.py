"""`hyai` in a directory of its own, as a person or a program runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


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
        done = subprocess.run(
            [sys.executable, "-m", "hyai_tui", *map(str, arguments)],
            cwd=self.here,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str | Path, code: int = 0, **environment: str) -> Any:
        return json.loads(self(*arguments, "--json", code=code, **environment).stdout)
