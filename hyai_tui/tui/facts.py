"""What the screen tells of a file, of the library and of the session: plain values, read in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Facts:
    """What is known of one file, ready to be drawn; every text is raw and made visible where it is drawn.

    Attributes:
        file: SHA-256.
        name: file name or nothing (Hydrus).
        kind: such as `png`.
        size: bytes.
        width: pixels.
        height: pixels.
        state: the library's state.
        you: the decision's word, with its age in `you_when`.
        you_when: such as `2 days ago`.
        tags: as the library displays them, ours last.
        own: those of them that are ours.
        key_lines: label to what its key will do.
        learnt: what was learnt of its tags, one sentence each.
        gone: True where the library has lost the file.
    """

    file: str
    name: str = ""
    kind: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    state: str = ""
    you: str = ""
    you_when: str = ""
    tags: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    key_lines: Mapping[str, str] = field(default_factory=dict)
    learnt: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True)
class LibraryLine:
    """How the header names the library, and whether it is there."""

    name: str = ""
    connected: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class SessionLine:
    """Counts of the header.

    Attributes:
        mode: `LEARN`, `STAGED` or `LIVE`.
        staged: staged library changes.
        rescues: rescued files that still lie in the library's trash.
        rescue_until: when the trash may empty the first of them, seconds since the epoch; None where nobody tells.
        pending: effects that are due.
        failed: effects that failed.
        today: decisions since midnight.
        settled: effects that this app has brought about since it began.
        holder: True where this app holds the lease and runs effects.
        look_only: True where this app records no decisions.
        busy: why the library cannot be written to now; empty if it can.
    """

    mode: str = "LEARN"
    staged: int = 0
    rescues: int = 0
    rescue_until: float | None = None
    pending: int = 0
    failed: int = 0
    today: int = 0
    settled: int = 0
    holder: bool = True
    look_only: bool = False
    busy: str = ""
