"""A close look at the terminal, for people: everything that it answers, how far away it is, how much it takes a second.

The app asks what it needs (`probe`); this asks more, one question after the other, each followed by one that every
terminal answers, so that a question which nobody understands costs a round trip and no waiting.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from hyai_tui.pictures.terminal.conversation import Conversation

_END = b"\x1b[5n"
_ENDED = re.compile(rb"\x1b\[0n")
_DA1 = re.compile(rb"\x1b\[\?([\d;]+)c")
_ROUNDS = 5
# Sent to measure how much the line takes: doubled until it takes long enough to be measured, or this much was sent.
_FIRST_LOAD, _MOST_LOAD = 16_384, 1_048_576
_LONG_ENOUGH = 0.2
# How long to wait for an answer from the terminal outside tmux, which answers its own questions at once.
_OUTSIDE_SECONDS = 0.5

_GRAPHICS = "kitty graphics"
QUESTIONS: dict[str, tuple[bytes, re.Pattern[bytes]]] = {
    "name and version": (b"\x1b[>q", re.compile(rb"\x1bP>\|([^\x1b\x07]*)")),
    "second attributes": (b"\x1b[>c", re.compile(rb"\x1b\[>([\d;]*)c")),
    "cell size": (b"\x1b[16t", re.compile(rb"\x1b\[6;(\d+;\d+)t")),
    "window in pixels": (b"\x1b[14t", re.compile(rb"\x1b\[4;(\d+;\d+)t")),
    "synchronized output": (b"\x1b[?2026$p", re.compile(rb"\x1b\[\?2026;(\d)\$y")),
    _GRAPHICS: (b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", re.compile(rb"\x1b_Gi=31;([^\x1b]*)\x1b\\")),
    "colour kept": (b"\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m", re.compile(rb"\x1bP1\$r([\d:;]*)m\x1b\\")),
}


@dataclass(frozen=True)
class Survey:
    """What a terminal said.

    Attributes:
        answered: False for one that answers nothing.
        attributes: of DA1; 4 among them is Sixel.
        answers: question to the answer without its control characters; missing where there was none.
        through: True where the terminal outside tmux answers a wrapped graphics question.
        round_trip: median seconds from a question to its answer; None without answers.
        throughput: bytes a second that it took; None where it was not measured.
    """

    answered: bool
    attributes: tuple[int, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    through: bool = False
    round_trip: float | None = None
    throughput: float | None = None

    @property
    def sixel(self) -> bool:
        """True where it says that it draws Sixel."""
        return 4 in self.attributes

    @property
    def kitty(self) -> bool:
        """True where it says that it draws kitty pictures, directly or outside tmux."""
        return self.answers.get(_GRAPHICS) == "OK" or self.through

    @property
    def cell(self) -> tuple[int, int] | None:
        """Width and height of a cell in pixels, where it says so."""
        height, semicolon, width = self.answers.get("cell size", "").partition(";")
        return (int(width), int(height)) if semicolon and int(width) and int(height) else None

    @property
    def synchronized(self) -> bool:
        """True where it can draw a frame at once."""
        return self.answers.get("synchronized output") in {"1", "2", "3"}


def survey(line: Conversation, *, multiplexed: bool, patience: float = 3.0) -> Survey:
    """Ask everything.

    Args:
        line: to the terminal, already quiet.
        multiplexed: True inside tmux, where graphics questions go through it as well.
        patience: seconds to wait for the first answer, and for each of the others.
    """
    said = line.ask(b"\x1b[c", _DA1, patience)
    if (attributes := _DA1.search(said)) is None:
        return Survey(answered=False)
    numbers = tuple(int(one) for one in attributes[1].split(b";") if one)
    answers = {}
    for name, (question, pattern) in QUESTIONS.items():
        # tmux takes such a question for the title of its pane.
        if multiplexed and name == _GRAPHICS:
            continue
        if found := pattern.search(line.ask(question + _END, _ENDED, patience)):
            answers[name] = found[1].decode("ascii", "replace")
    through = False
    if multiplexed:
        question, pattern = QUESTIONS[_GRAPHICS]
        wrapped = b"\x1bPtmux;" + question.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
        said = line.ask(wrapped, pattern, _OUTSIDE_SECONDS)
        through = b";OK" in said
    round_trip = _round_trip(line, patience)
    return Survey(True, numbers, answers, through, round_trip, _throughput(line, round_trip, patience))


def _round_trip(line: Conversation, patience: float) -> float | None:
    times = []
    for _ in range(_ROUNDS):
        began = time.monotonic()
        if not _ENDED.search(line.ask(_END, _ENDED, patience)):
            return None
        times.append(time.monotonic() - began)
    return statistics.median(times)


def _throughput(line: Conversation, round_trip: float | None, patience: float) -> float | None:
    """Send colour changes, which leave the screen as it is, and see how long they take; they do not compress well."""
    if round_trip is None:
        return None
    size = _FIRST_LOAD
    while True:
        load = _load(size)
        began = time.monotonic()
        answer = line.ask(load + b"\x1b[0m" + _END, _ENDED, patience * 4)
        took = time.monotonic() - began
        if not _ENDED.search(answer):
            return None
        if took - round_trip > _LONG_ENOUGH or size >= _MOST_LOAD:
            return len(load) / max(took - round_trip, 0.001)
        size *= 4


def _load(size: int) -> bytes:
    drawn = random.Random(size)
    parts = []
    total = 0
    while total < size:
        parts.append(b"\x1b[38;2;%d;%d;%dm" % (drawn.randrange(256), drawn.randrange(256), drawn.randrange(256)))
        total += len(parts[-1])
    return b"".join(parts)
