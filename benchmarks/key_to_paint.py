"""Key press to the last byte of the next picture, on a queue of a million files, through a pseudo-terminal.

For each kind of graphics: milliseconds (p50, p99), bytes a picture, bytes sent ahead, how long the screen goes on after 200
keys pressed at once (until its lines tell the last place, and until the picture there is drawn), and memory. Yardstick:
a Textual app that shows the number of its keys, pressed in the same run. What slow lines make of it is computed from
the bytes and their times (round trip, 10 Mbit/s), so it is not a wait.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.big_workspace import fill
from benchmarks.pty_screen import PtyProgram

_QUIET, _PATIENCE = 0.15, 180.0
# A burst has ended after this silence. A Sixel picture that somebody rests on is drawn again, finer, half a second later.
_BURST_QUIET = 0.3
_BURST = 200
_BITS_A_SECOND = 10_000_000
_LINES = (0, 50, 150)
_BUDGET_MS = {"sixel": (10, 25), "tgp": (10, 25), "halfcell": (15, 25)}
_BUDGET_BYTES = {"sixel": 30_000, "tgp": 5_000, "halfcell": 35_000}
_BUDGET_MIB = 200
_ECHO = """
from textual.app import App
from textual.widgets import Static

class Echo(App[None]):
    keys = 0
    def compose(self):
        yield Static("This app shows how many keys were pressed, and nothing else at all: 0")
    def on_key(self):
        self.keys += 1
        self.query_one(Static).update(f"This app shows how many keys were pressed, and nothing else at all: {self.keys}")

Echo().run()
"""


@dataclass
class Keys:
    """What keys cost: (seconds since the key, bytes) of each piece of their frames, and bytes sent ahead.

    Attributes:
        frames: one list of pieces for each key.
        ahead: bytes of later pictures, for each key.
        told: seconds from many keys at once until the screen tells the place of the last.
        burst: the same until nothing more is drawn.
        mib: memory at the end.
    """

    frames: list[list[tuple[float, int]]] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)
    told: float = 0.0
    burst: float = 0.0
    mib: int = 0

    def milliseconds(self, round_trip: float = 0.0, bits: float = 0.0) -> list[float]:
        """Return the times of the last bytes, sorted; over a line of that round trip (ms) and speed (bits a second)."""
        times = []
        for pieces in self.frames:
            arrived = 0.0
            for at, size in pieces:
                arrived = max(arrived, at + round_trip / 1000) + (8 * size / bits if bits else 0)
            times.append(arrived * 1000)
        return sorted(times)

    @property
    def bytes(self) -> list[int]:
        """Bytes of each frame, sorted."""
        return sorted(sum(size for _, size in pieces) for pieces in self.frames)


def measure(program: PtyProgram, ready: str, reps: int, last: str) -> Keys:
    """Press keys one by one, each after the frame of the one before, then many at once.

    Args:
        program: just started.
        ready: what its screen says when keys may come.
        reps: keys to press one by one.
        last: what its screen says after all keys.
    """
    _until(program, ready)
    keys = Keys()
    for _ in range(reps):
        ahead = program.ahead
        began = time.perf_counter()
        program.send(b"j")
        pieces = _frame(program, began)
        if pieces:
            keys.frames.append(pieces)
        keys.ahead.append(program.ahead - ahead)
    # Lines and the picture may come in one piece, in either order: all that is printed from here on is looked through.
    program.forget()
    began = time.perf_counter()
    program.send(b"j" * _BURST)
    pieces = _frame(program, began, _BURST_QUIET, last)
    keys.told = next((at for at, size in pieces if not size), 0.0)
    keys.burst = pieces[-1][0] if pieces else 0.0
    with Path(f"/proc/{program.pid}/status").open() as status:
        keys.mib = int(next(line for line in status if line.startswith("VmRSS")).split()[1]) // 1024
    return keys


def _frame(program: PtyProgram, began: float, quiet: float = _QUIET, awaited: str = "") -> list[tuple[float, int]]:
    """Return when each piece of a frame came, and its bytes; what is sent ahead belongs to no frame.

    With the piece that completes the awaited text comes one of no bytes.
    """
    pieces: list[tuple[float, int]] = []
    told = not awaited
    until = began + 10
    last = began
    while (now := time.perf_counter()) < min(until, last + quiet):
        before = program.framed
        if program.read(min(until, last + quiet) - now) is None:
            break
        if size := program.framed - before:
            last = time.perf_counter()
            if not told and awaited in program.text():
                told = True
                pieces.append((last - began, 0))
            pieces.append((last - began, size))
    return pieces


def _until(program: PtyProgram, text: str) -> None:
    until = time.monotonic() + _PATIENCE
    while text not in program.text():
        if time.monotonic() > until:
            raise RuntimeError(f"never came to {text!r}: {program.text()[-500:]}")
        program.read(0.5)
    quiet_from = time.monotonic()
    while time.monotonic() - quiet_from < 2.5:
        if program.read(0.5) is not None:
            quiet_from = time.monotonic() if time.monotonic() < until else quiet_from


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def main() -> int:
    """Measure and print one line of JSON; 1 if a budget is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks key_to_paint")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--reps", type=int, default=60)
    parser.add_argument("--images", type=Path, help="pictures to browse; drawn ones without it")
    parser.add_argument("--workspace", type=Path, help="one that an earlier run made in this place, or makes there now")
    parser.add_argument("--graphics", nargs="*", default=list(_BUDGET_MS), choices=list(_BUDGET_MS))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = chosen.workspace or Path(temporary) / "big"
        if not directory.exists():
            fill(directory, chosen.files, chosen.images)
        found = _measured(directory, chosen)
    print(json.dumps(found))
    return int(not found["met"])


def _measured(directory: Path, chosen: argparse.Namespace) -> dict[str, object]:
    variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    ours = {**variables, "HYAI_HOME": str(directory / "workspace"), "XDG_CONFIG_HOME": str(directory / "config")}
    result: dict[str, object] = {"benchmark": "key_to_paint", "files": chosen.files}
    met = True
    for kind in chosen.graphics:
        with PtyProgram([sys.executable, "-c", _ECHO], variables, kind) as program:
            echo = measure(program, "atall:0", chosen.reps, f":{chosen.reps + _BURST}")
        with PtyProgram([sys.executable, "-m", "hyai_tui"], ours, kind) as program:
            last = 1 + chosen.reps + _BURST
            keys = measure(program, f"1/{chosen.files:,}", chosen.reps, f"{last:,}/{chosen.files:,}")
        times, yardstick = keys.milliseconds(), echo.milliseconds()
        result[kind] = {
            "answered": len(times),
            "p50_ms": _at(times, 0.5),
            "p99_ms": _at(times, 0.99),
            "echo_p50_ms": _at(yardstick, 0.5),
            "echo_p99_ms": _at(yardstick, 0.99),
            "ratio": round(_at(times, 0.5) / _at(yardstick, 0.5), 2),
            "bytes": int(statistics.median(keys.bytes)),
            "bytes_most": keys.bytes[-1],
            "ahead": int(statistics.mean(keys.ahead)),
            "burst_told_ms": round(keys.told * 1000),
            "burst_ms": round(keys.burst * 1000),
            "echo_burst_ms": round(echo.burst * 1000),
            "mib": keys.mib,
            "over_10_mbit": {f"{line} ms": _at(keys.milliseconds(line, _BITS_A_SECOND), 0.5) for line in _LINES},
        }
        fast, worst = _BUDGET_MS[kind]
        met = met and _at(times, 0.5) <= fast and _at(times, 0.99) <= worst
        met = met and keys.bytes[-1] <= _BUDGET_BYTES[kind] and keys.mib <= _BUDGET_MIB
    return {**result, "met": met}


if __name__ == "__main__":
    raise SystemExit(main())
