"""Commands for the terminal outside tmux: wrapped, so that tmux hands them on if `allow-passthrough` is on."""

from __future__ import annotations


def wrapped(command: str) -> str:
    """Return a command as tmux hands it on: in its own control string, every escape doubled."""
    return "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\"
