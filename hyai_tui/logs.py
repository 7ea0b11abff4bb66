"""The log file: rotating, private, without keys, picture paths or tags."""

from __future__ import annotations

import logging
import logging.handlers
import re
import traceback
from collections.abc import Iterator
from pathlib import PurePath
from types import TracebackType

from hyai_tui.locations import log_file

_HEX_KEY = re.compile(r"\b[0-9a-fA-F]{64}\b")
_PATH = re.compile(r"(?<![\w<])(?:/[^\s'\":,]+){2,}")
# Messages of errors quote names, which may have spaces.
_QUOTED_PATH = re.compile(r"(['\"])(?:(?!\1).)*/(?:(?!\1).)*\1")
_SOURCE_PARTS = 3


class _Discreet(logging.Formatter):
    """Cuts 64-digit hashes (files and access keys look alike) to four digits, and leaves paths out.

    Of an exception it keeps where it happened and its type. Its message is left out: it may hold a name or a tag.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _redacted(super().format(record))

    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return "" if ei[1] is None else discreet(ei[1])


def discreet(error: BaseException) -> str:
    """Return where an exception and what it came from happened, and their types; nothing of their messages."""
    return _redacted("\n".join(line for one in _chain(error) for line in _told(one)))


def _redacted(text: str) -> str:
    """Return a text with 64-digit hashes cut to four digits, and without paths."""
    text = _HEX_KEY.sub(lambda match: f"{match[0][:4]}…", text)
    return _PATH.sub("<path>", _QUOTED_PATH.sub("<path>", text))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and what it came from, the first cause first."""
    if error is not None:
        yield from _chain(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
        yield error


def _told(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        # The last parts of a source file's path are enough to find it, and name nobody's home.
        yield f"  {'/'.join(PurePath(frame.filename).parts[-_SOURCE_PARTS:])}:{frame.lineno} in {frame.name}"
    what = f": [Errno {error.errno}] {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{what}"


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
