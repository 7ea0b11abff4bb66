"""Standard streams that are not there, or that nobody listens to any more: never a reason to stop working."""

from __future__ import annotations

import os
import sys

from hyai_tui.text import visible


class ReaderLeft(Exception):
    """Whoever read our output went away (`hyai files | head`): nothing is wrong, and nothing more can be said."""


def stand_in_for_closed() -> None:
    """Put the null device where cron, or `2>&-`, left no standard stream.

    A file that is opened later must never get the number of standard error, or messages would be written into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest free number is the one that is missing, because the lower ones are there by now.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(descriptor, mode))  # noqa: SIM115, PTH123 - lives as long as the process


def output_is_taken() -> bool:
    """Return False where what was printed cannot be written, now or at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return True


def drop_output() -> None:
    """Send what is still in standard output's buffer nowhere: its reader has gone, or its disk is full.

    The stream stays and its file changes, because Python flushes the stream once more when it ends.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def silence_errors() -> None:
    """Drop what is still said on standard error: its reader has gone, or its disk is full."""
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - lives as long as the process


def narrate(text: str) -> None:
    """Say something to the person, on standard error; work goes on where nobody can hear it."""
    try:
        sys.stderr.write(f"{visible(text)}\n")
        sys.stderr.flush()
    except OSError:
        silence_errors()
