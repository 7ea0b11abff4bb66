"""First paint of the app on a demo workspace, against a Textual app with one widget, in the same run.

Both run on a pseudo-terminal that answers questions at once; a paint is the first screen with 40 printed characters.
The two take turns, so that what else the machine does falls on both. Budget: at most 1.5 times the empty app.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pty_screen import PtyProgram

RUNS = 9
BUDGET = 1.5
_PRINTED = 40
_PATIENCE = 60.0
_EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App[None]):
    def compose(self):
        yield Static("An empty app: one widget, one line of text, nothing else at all.")

Empty().run()
"""


def first_paint(command: Sequence[str], environment: dict[str, str]) -> float:
    """Return seconds from the start of the process to the first painted screen."""
    with PtyProgram(command, environment) as program:
        while (at := program.read(_PATIENCE)) is not None:
            if len(program.text()) >= _PRINTED:
                return at
        raise RuntimeError(f"{command} ended or fell silent before it painted: {program.text()}")


def main() -> int:
    """Measure and print one line of JSON; 1 if the budget is not met."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as directory:
        workspace = Path(directory) / "demo"
        subprocess.run(
            [sys.executable, "-m", "hyai_tui", "demo", str(workspace), "--no-app", "--files", "80", "--json"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ours = {**environment, "HYAI_HOME": str(workspace)}
        commands = {
            "empty": ([sys.executable, "-c", _EMPTY], environment),
            "hyai": ([sys.executable, "-m", "hyai_tui"], ours),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS + 1):
            for name, (command, variables) in commands.items():
                times[name].append(first_paint(command, variables))
    # The first of each compiles modules and fills the disk cache.
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    ratio = medians["hyai"] / medians["empty"]
    print(
        json.dumps(
            {
                "benchmark": "first_paint",
                "hyai_ms": round(medians["hyai"] * 1000),
                "empty_ms": round(medians["empty"] * 1000),
                "ratio": round(ratio, 2),
                "budget": BUDGET,
                "met": ratio <= BUDGET,
                "runs": RUNS,
            }
        )
    )
    return int(ratio > BUDGET)


if __name__ == "__main__":
    raise SystemExit(main())
