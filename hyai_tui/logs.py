"""The log file: rotating, private, without keys, picture paths or tags."""

from __future__ import annotations

import logging
import logging.handlers
import re

from hyai_tui.locations import log_file

_HEX_KEY = re.compile(r"\b[0-9a-fA-F]{64}\b")
_PATH = re.compile(r"(?<![\w<])(?:/[^\s'\":,]+){2,}")


class _Discreet(logging.Formatter):
    """Cuts 64-digit hashes (files and access keys look alike) to four digits, and picture paths to their suffix.

    Source files of a traceback keep their names: they are needed to mend a defect and say nothing about the user.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = _HEX_KEY.sub(lambda match: f"{match[0][:4]}…", super().format(record))
        return _PATH.sub(lambda match: match[0] if match[0].endswith(".py") else "<path>", text)


def start_log(level: int = logging.INFO) -> None:
    """Send the program's log to its file, at most 10 MB × 5; a directory that cannot be written is no reason to stop."""
    path = log_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(path, maxBytes=10_000_000, backupCount=5)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(_Discreet("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("hyai_tui")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
