"""The specification of a job: all that its worker needs, fully resolved, in `.hyai/jobs/<id>/spec.json`.

The worker reads no settings file and no variable for its settings: what was true when the job was started is what
runs. The workspace is not named in the file; it is where the file stands, so that a moved workspace keeps its jobs.
"""

from __future__ import annotations

import calendar
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyai_tui import __version__, settings
from hyai_tui.errors import WorkspaceError
from hyai_tui.settings import Settings

SPEC_FILE = "spec.json"
_STAMP = "%Y%m%d-%H%M%S"
_ID = re.compile(r"(\d{8}-\d{6})-([a-z]+)-[0-9a-f]{4}")


def parts_of_id(job_id: str) -> tuple[str, float] | None:
    """Return the kind and the time of start (seconds since the epoch) in a job's id; None if it is not one."""
    if (match := _ID.fullmatch(job_id)) is None:
        return None
    try:
        return match[2], float(calendar.timegm(time.strptime(match[1], _STAMP)))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What is to be done.

    Attributes:
        id: such as `20261120-235512-train-3f2a`: time of start (UTC), kind, and four random digits; sorts by time.
        kind: a key of `kinds.KINDS`.
        settings: the workspace's settings, resolved when the job was started.
        options: the command's own options, JSON values.
        created: seconds since the epoch.
        program: version of the program that started it.
    """

    id: str
    kind: str
    settings: Settings
    options: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    program: str = __version__

    @classmethod
    def new(cls, kind: str, settings: Settings, options: Mapping[str, Any]) -> JobSpec:
        """Return the specification of a job that starts now."""
        now = time.time()
        stamp = time.strftime(_STAMP, time.gmtime(now))
        return cls(f"{stamp}-{kind}-{secrets.token_hex(2)}", kind, settings, dict(options), now)

    def write(self, directory: Path) -> None:
        """Write the file whole or not at all; a directory without it is not yet a job."""
        fields = {
            "v": 1,
            "id": self.id,
            "kind": self.kind,
            "created": self.created,
            "program": self.program,
            "options": dict(self.options),
            "settings": self.settings.as_dict(),
        }
        temporary = directory / f"{SPEC_FILE}.new"
        temporary.write_text(json.dumps(fields, indent=1, allow_nan=False), "utf-8")
        temporary.replace(directory / SPEC_FILE)

    @classmethod
    def read(cls, directory: Path) -> JobSpec:
        """Read the specification of the job in that directory.

        Raises:
            WorkspaceError: where there is none, or it cannot be understood.
        """
        path = directory / SPEC_FILE
        try:
            fields = json.loads(path.read_text("utf-8"))
            return cls(
                id=str(fields["id"]),
                kind=str(fields["kind"]),
                settings=settings.from_dict(fields["settings"], origin=str(path)),
                options=dict(fields["options"]),
                created=float(fields["created"]),
                program=str(fields["program"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                f"The job in {directory} cannot be read: {error}", "Remove that directory; it holds no work"
            ) from error
