"""The events of a job: JSON lines that the worker appends and that anyone may follow.

One writer (the worker) appends to `events.jsonl`; readers ignore types that they do not know and a torn last line, so
an older app can follow a newer worker and a kill -9 in the middle of a line does no harm.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VERSION = 1
EVENTS_FILE = "events.jsonl"
PROGRESS_PER_SECOND = 4

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_LAST = frozenset({"result", "failed"})


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a job's story.

    Attributes:
        type: `started` (pid, kind), `stage` (name, about), `progress` (stage, done, total, unit), `metric` (name, value or
            null, step, steps), `log` (text), `warning` (text), `waiting` (text, empty when it is over), `result` (result: the command's JSON), `failed` (what,
            fix, exit).
        seq: 0, 1, 2 … without gaps within one job, continued over restarts.
        t: seconds since the epoch.
        data: the other fields, flat in the line.
    """

    type: str
    seq: int
    t: float
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """True for the last event of a job."""
        return self.type in {"result", "failed"}


class EventWriter:
    """Appends events; progress is thinned to four lines a second, and the last of a stage is always written."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / EVENTS_FILE
        self._mend_torn_end()
        self._seq = sum(1 for _ in read_events(directory))
        self._file = self._path.open("ab", buffering=0)
        self._last_progress = 0.0
        self._held: dict[str, Any] | None = None
        self._told: dict[str, Any] = {}

    def write(self, type: str, **data: Any) -> None:  # noqa: A002 - the field's name in the file
        """Append one event."""
        if type == "progress":
            if data == self._told:
                return
            now = time.monotonic()
            # The end of a stage is told at once; a total that grows with what is done ends again and again.
            finished = _is_whole(data) and not _is_whole(self._told)
            if not finished and now - self._last_progress < 1 / PROGRESS_PER_SECOND:
                self._held = data
                return
            self._last_progress = now
            self._held, self._told = None, data
        elif self._held is not None:
            self._told, self._held = self._held, None
            self._append("progress", self._told)
        self._append(type, data)

    def _append(self, type: str, data: Mapping[str, Any]) -> None:  # noqa: A002
        line = json.dumps({"v": VERSION, "seq": self._seq, "t": round(time.time(), 3), "type": type, **data})
        whole = line.encode() + b"\n"
        end = self._file.seek(0, os.SEEK_END)
        try:
            written = self._file.write(whole)
        except OSError as error:
            if error.errno not in _NO_SPACE or type in _LAST:
                raise
            return
        if written < len(whole):
            # The disk is full. Work goes on without this line: what waits for space says so in the next.
            self._file.truncate(end)
            if type in _LAST:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            return
        self._seq += 1

    def _mend_torn_end(self) -> None:
        """Cut a line that a killed worker left unfinished, so that the next line starts on its own."""
        if not self._path.exists():
            return
        with self._path.open("rb+") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
                os.fsync(file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _is_whole(progress: Mapping[str, Any]) -> bool:
    return progress.get("total") is not None and progress.get("done") == progress.get("total")


class EventReader:
    """Reads the events of a job as they come; `new` returns what was appended since the last call."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / EVENTS_FILE
        self._offset = 0

    def new(self) -> list[Event]:
        """Return the whole lines appended since the last call; a torn last line waits for its end."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [event for line in whole.splitlines() if (event := _parse(line)) is not None]


def read_events(directory: Path) -> Iterator[Event]:
    """Yield the events written so far."""
    yield from EventReader(directory).new()


def _parse(line: bytes) -> Event | None:
    try:
        fields = json.loads(line)
        known = {"v", "seq", "t", "type"}
        data = {key: value for key, value in fields.items() if key not in known}
        return Event(str(fields["type"]), int(fields["seq"]), float(fields["t"]), data)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
