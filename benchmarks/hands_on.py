"""From the start to tags by keys alone on the demo, as a person would press them: hands-on seconds, and a film of it.

Fifty labels of *next best*, a retrain, mistakes, a sweep, tags. The pause before each decision is a person's; the time in
which nothing can be done but wait (opening, training, counting tags) is counted apart. `--film FILE` writes an asciinema
cast (version 2) in which waits are cut to a second.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pty_screen import PtyProgram

_SIZE = (100, 24)
_PATIENCE = 150.0
_THINKS = 0.7
_MOST_SECONDS = 300
_LONGEST_PAUSE = 1.0
# What the owner of the demo keeps: its pictures say it in their names.
_KEEPS = ("composition", "sea", "sunset", "night", "arches", "tiles", "botanical", "receipt", "framed", "poster")
_NAME = re.compile(
    r"(composition|sea|sunset|night|arches|tiles|botanical|receipt|framed|poster|still-life|code|blurred"
    r"|banner|screenshot|blown-out|pocket|caption|stamped|shaken|hazy)-\d{4}"
)


_TRUE_COLOUR = re.compile(r"([34])8;2;(\d+);(\d+);(\d+)(?=[;m])")
_CUBE = (0, 95, 135, 175, 215, 255)


class HandsOn:
    """Somebody at the keys, with a watch.

    Args:
        program: the app in a pseudo-terminal.
    """

    def __init__(self, program: PtyProgram) -> None:
        self._program = program
        self.waited = 0.0
        self.reranked = False

    def press(self, keys: str, then: float = 0.5) -> None:
        """Press keys in one piece, and look at what comes for so many seconds."""
        self._program.send(keys.encode())
        self._look(then)

    def type(self, command: str) -> None:
        """Type a command, a key at a time."""
        for key in command:
            self.press(key, 0.04)
        self.press("\r", 1.0)

    def wait_for(self, *texts: str) -> None:
        """Wait until the app prints one of these; that is not hands-on time."""
        began = time.monotonic()
        while not any(text in self._program.text() for text in texts):
            if time.monotonic() - began > _PATIENCE:
                raise RuntimeError(f"never came to {texts}: {self._program.text()[-600:]}")
            self._look(0.2)
        self.waited += time.monotonic() - began

    def decide(self, number: int) -> None:
        """Decide so many pictures by what they show."""
        for _ in range(number):
            self._look(_THINKS)
            found = _NAME.findall(self._program.text())
            self.press("a" if found and found[-1].startswith(_KEEPS) else "t", 0.0)
            self._look(0.3)
            self.reranked = self.reranked or "re-rankedafter" in self._program.text()

    def forget(self) -> None:
        """What was printed until now is not waited for."""
        self._program.forget()

    def _look(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._program.read(left)


def session(program: PtyProgram) -> dict[str, object]:
    """Do it all; returns what was seen and how long it took."""
    began = time.monotonic()
    hands = HandsOn(program)
    hands.wait_for("Allfiles")
    hands.type(":queue next-best")
    hands.wait_for("next-best1/")
    hands.decide(50)
    hands.forget()
    hands.press("r")
    hands.wait_for("onthesameitems", "yourlabelsaresafe")
    hands.press("\r", 1.5)
    hands.type(":queue mistakes")
    hands.wait_for("youtrashed,")
    hands.decide(6)
    hands.forget()
    hands.press("w")
    hands.wait_for("woulddecide")
    hands.press("t", 1.2)
    for _ in range(3):
        hands.press("h", 0.5)
    hands.press("\r", 1.5)
    hands.press("y", 1.5)
    hands.wait_for("uundoesall")
    hands.forget()
    hands.type(":tag")
    hands.wait_for("Enterwrites")
    hands.press("\r", 0.5)
    time.sleep(0.4)
    hands.press("\r", 1.0)
    hands.wait_for("written")
    hands.press("", 2.0)
    total = time.monotonic() - began
    hands.press("q", 1.0)
    return {
        "hands_on_s": round(total - hands.waited, 1),
        "waited_s": round(hands.waited, 1),
        "decisions": 56,
        "reranked": hands.reranked,
    }


def cast(recorded: list[tuple[float, bytes]], size: tuple[int, int]) -> str:
    """Return what was printed as an asciinema cast, long waits cut short."""
    head = {"version": 2, "width": size[0], "height": size[1], "title": "hyai: from the start to tags, by keys alone"}
    lines = [json.dumps(head)]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    at, before = 0.0, recorded[0][0] if recorded else 0.0
    for moment, piece in recorded:
        at, before = at + min(_LONGEST_PAUSE, moment - before), moment
        if text := _TRUE_COLOUR.sub(_nearest, decoder.decode(piece)):
            lines.append(json.dumps([round(at, 3), "o", text], ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _nearest(found: re.Match[str]) -> str:
    """Return a colour of the 256 that every terminal has: a film of half the size."""
    which, *rest = found.groups()
    red, green, blue = (int(value) for value in rest)
    if max(red, green, blue) - min(red, green, blue) < 12:
        return f"{which}8;5;{232 + max(0, min(23, round((red - 8) / 10)))}"
    levels = [min(range(6), key=lambda step: abs(_CUBE[step] - int(value))) for value in rest]
    return f"{which}8;5;{16 + 36 * levels[0] + 6 * levels[1] + levels[2]}"


def main() -> int:
    """Make a demo, work on it by keys, and print one line of JSON; 1 if it took longer than five minutes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks hands_on")
    parser.add_argument("--demo", type=Path, help="a demo workspace, which is changed; made anew without it")
    parser.add_argument("--film", type=Path, help="write a cast here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CONFIG_HOME": str(home)}
        directory = chosen.demo or home / "demo"
        if not directory.exists():
            command = [sys.executable, "-m", "hyai_tui", "demo", str(directory), "--no-app"]
            subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        variables["HYAI_HOME"] = str(directory)
        with PtyProgram([sys.executable, "-m", "hyai_tui"], variables, "halfcell", _SIZE) as program:
            program.recorded = []
            found = session(program)
            recorded = program.recorded
    if chosen.film is not None:
        chosen.film.write_text(cast(recorded, _SIZE), "utf-8")
    found = {"benchmark": "hands_on", **found, "met": float(str(found["hands_on_s"])) <= _MOST_SECONDS}
    print(json.dumps(found))
    return int(not found["met"])


if __name__ == "__main__":
    raise SystemExit(main())
