"""Asks the terminal what it can draw, once, before the app owns the keyboard.

All questions go out in one write and end with the one that every terminal answers (DA1), so that its answer closes the
conversation: what has not been answered by then will not be. A slow line gets its time, a silent terminal costs one
second, and whatever comes back is read to the end so that nothing of it can be taken for a key.

tmux answers the closing question itself, before the terminal outside has had its say. Where it lets commands pass
(`allow-passthrough`), the question about kitty pictures goes outside in its wrapping, and its answer gets its time.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import termios
import time
import tty
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hyai_tui.pictures.terminal import tmux
from hyai_tui.pictures.terminal.colours import FEW, colours

PATIENCE_SECONDS = 1.0
_STRAGGLING = 0.3
# A tmux that takes longer to answer one of its commands counts as one that does not.
_TMUX_SECONDS = 1.0
_GRAPHICS_QUERY_ID = 31
_GRAPHICS = f"\x1b_Gi={_GRAPHICS_QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_OTHERS = "\x1b[16t\x1b[c"
_GRAPHICS_ANSWER = re.compile(rb"\x1b_Gi=%d;[^\x1b]*\x1b\\" % _GRAPHICS_QUERY_ID)
_DA1 = re.compile(rb"\x1b\[\?([\d;]+)c")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_SIXEL_ATTRIBUTE = "4"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal can draw.

    Attributes:
        protocol: `sixel`, `tgp` (the kitty graphics protocol) or `halfcell`.
        cell_width, cell_height: pixels of one character cell.
        multiplexed: True inside tmux or screen, whose answers come before the real terminal's.
        answered: False for a terminal that answers nothing at all.
        few_colours: True where it shows 16 colours or fewer.
        sixteen_colours: True where it shows sixteen.
    """

    protocol: str = "halfcell"
    cell_width: int = 10
    cell_height: int = 20
    multiplexed: bool = False
    answered: bool = True
    few_colours: bool = False
    sixteen_colours: bool = False


def probe(
    source: int,
    sink: int,
    environment: Mapping[str, str] = os.environ,
    patience: float = PATIENCE_SECONDS,
) -> Terminal:
    """Ask the terminal behind two file descriptors.

    Args:
        source: descriptor that keys and answers come from.
        sink: descriptor that questions go to.
        environment: read for the multiplexer.
        patience: seconds of silence after which the terminal counts as one that does not answer.
    """
    multiplexed = bool(environment.get("TMUX")) or environment.get("TERM", "").startswith(("screen", "tmux"))
    shown = colours(environment)
    terminal = Terminal(multiplexed=multiplexed, few_colours=shown in FEW, sixteen_colours=shown == "16")
    if not (os.isatty(source) and os.isatty(sink)) or environment.get("TERM") in {None, "dumb", "linux"}:
        return replace(terminal, answered=False)
    if multiplexed and _passes_through(environment):
        answers = _converse(source, sink, patience, tmux.wrapped(_GRAPHICS) + _OTHERS, (_DA1, _GRAPHICS_ANSWER))
    elif multiplexed:
        # It would take the question about kitty pictures for the title of its pane.
        answers = _converse(source, sink, patience, _OTHERS, (_DA1,))
    else:
        answers = _converse(source, sink, patience, _GRAPHICS + _OTHERS, (_DA1,), (_GRAPHICS_ANSWER, _CELL))
    # tmux says that it draws Sixel wherever it was built to, also where the terminal outside does not; behind a line its
    # own word cannot be had.
    features = _told_by_tmux(environment, "display-message", "-p", "#{client_termfeatures}")
    sixel = not multiplexed or "sixel" in features.split(",")
    return _understood(answers, pixel_size(sink), terminal, sixel=sixel)


def _understood(answers: bytes, pixels: tuple[int, int] | None, terminal: Terminal, *, sixel: bool = True) -> Terminal:
    """Return the terminal with what its answers say. Sixel wins over kitty: some claim kitty and draw it badly."""
    if pixels is not None:
        terminal = replace(terminal, cell_width=pixels[0], cell_height=pixels[1])
    if (cell := _CELL.search(answers)) and int(cell[1]) and int(cell[2]):
        terminal = replace(terminal, cell_height=min(int(cell[1]), 256), cell_width=min(int(cell[2]), 256))
    attributes = _DA1.search(answers)
    if sixel and attributes and _SIXEL_ATTRIBUTE in attributes[1].decode("ascii").split(";"):
        terminal = replace(terminal, protocol="sixel")
    elif b"\x1b_Gi=%d;OK\x1b\\" % _GRAPHICS_QUERY_ID in answers:
        terminal = replace(terminal, protocol="tgp")
    return replace(terminal, answered=attributes is not None)


def pixel_size(descriptor: int) -> tuple[int, int] | None:
    """Return the cell size that the terminal driver knows, or None; never divides by a terminal of 0 columns."""
    try:
        packed = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    if not (rows and columns and width and height):
        return None
    return max(1, width // columns), max(1, height // rows)


def _told_by_tmux(environment: Mapping[str, str], *command: str) -> str:
    """Return what the tmux that we are in answers to one of its commands; empty outside, and where it answers not."""
    program = shutil.which("tmux")
    if not environment.get("TMUX") or program is None:
        return ""
    try:
        found = subprocess.run(
            [program, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def _passes_through(environment: Mapping[str, str]) -> bool:
    """Return True inside a tmux that hands wrapped commands on to the terminal outside."""
    return _told_by_tmux(environment, "show-options", "-Apv", "allow-passthrough") in {"on", "all"}


def _converse(
    source: int,
    sink: int,
    patience: float,
    questions: str,
    awaited: Sequence[re.Pattern[bytes]],
    stragglers: Sequence[re.Pattern[bytes]] = (),
) -> bytes:
    """Send the questions and return all answers; keys pressed meanwhile are read with them and dropped.

    Args:
        source: descriptor to read.
        sink: descriptor to write.
        patience: seconds to wait for all that is awaited.
        questions: in one text.
        awaited: the answers after which nothing more has to be waited for.
        stragglers: answers that something between us and the terminal may have let fall behind: they get a share of the
            time that the awaited ones took, so that a near terminal without them costs nothing.
    """
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSANOW)
        began = time.monotonic()
        os.write(sink, questions.encode())
        answers = b""
        until = began + patience
        complete = False
        while (left := until - time.monotonic()) > 0:
            if not complete and all(one.search(answers) for one in awaited):
                complete = True
                now = time.monotonic()
                until = min(until, now + _STRAGGLING * (now - began))
                left = until - now
            if complete and all(one.search(answers) for one in stragglers):
                break
            if not select.select([source], [], [], max(0.0, left))[0]:
                break
            piece = os.read(source, 4096)
            if not piece:
                break
            answers += piece
        return answers
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)
