"""Asks the terminal what it can draw, once, before the app owns the keyboard.

All questions go out in one write and end with the one that every terminal answers (DA1), so that its answer closes the
conversation: what has not been answered by then will not be. A slow line gets its time, a silent terminal costs one
second, and whatever comes back is read to the end so that nothing of it can be taken for a key.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import termios
import time
import tty
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hyai_tui.pictures.terminal.colours import FEW, colours

PATIENCE_SECONDS = 1.0
_GRAPHICS_QUERY_ID = 31
_QUESTIONS = f"\x1b_Gi={_GRAPHICS_QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c".encode()
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
    """

    protocol: str = "halfcell"
    cell_width: int = 10
    cell_height: int = 20
    multiplexed: bool = False
    answered: bool = True
    few_colours: bool = False


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
    multiplexed = bool(environment.get("TMUX")) or environment.get("TERM", "").startswith("screen")
    terminal = Terminal(multiplexed=multiplexed, few_colours=colours(environment) in FEW)
    if not (os.isatty(source) and os.isatty(sink)) or environment.get("TERM") in {None, "dumb", "linux"}:
        return replace(terminal, answered=False)
    answers = _converse(source, sink, patience)
    return _understood(answers, _pixel_size(sink), terminal)


def _understood(answers: bytes, pixels: tuple[int, int] | None, terminal: Terminal) -> Terminal:
    """Return the terminal with what its answers say. Sixel wins over kitty: some claim kitty and lack placeholders."""
    if pixels is not None:
        terminal = replace(terminal, cell_width=pixels[0], cell_height=pixels[1])
    if (cell := _CELL.search(answers)) and int(cell[1]) and int(cell[2]):
        terminal = replace(terminal, cell_height=min(int(cell[1]), 256), cell_width=min(int(cell[2]), 256))
    attributes = _DA1.search(answers)
    if attributes and _SIXEL_ATTRIBUTE in attributes[1].decode("ascii").split(";"):
        terminal = replace(terminal, protocol="sixel")
    elif b"\x1b_Gi=%d;OK\x1b\\" % _GRAPHICS_QUERY_ID in answers:
        terminal = replace(terminal, protocol="tgp")
    return replace(terminal, answered=attributes is not None)


def _pixel_size(descriptor: int) -> tuple[int, int] | None:
    """Return the cell size that the terminal driver knows, or None; never divides by a terminal of 0 columns."""
    try:
        packed = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    if not (rows and columns and width and height):
        return None
    return max(1, width // columns), max(1, height // rows)


def _converse(source: int, sink: int, patience: float) -> bytes:
    """Send the questions and return all answers; keys pressed meanwhile are read with them and dropped."""
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(sink, _QUESTIONS)
        answers = b""
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0 and not _DA1.search(answers):
            if not select.select([source], [], [], left)[0]:
                break
            piece = os.read(source, 4096)
            if not piece:
                break
            answers += piece
        return answers
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)
