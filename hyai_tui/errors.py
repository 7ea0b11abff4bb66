"""One family of errors for everything a user can meet.

Each error says what happened and what to do next, and carries the exit code of the command that meets it. The
command line prints these two lines and nothing else; the app shows them in its status line. Anything that is not a
`HyaiError` is a defect of the program: it goes to the log file with its traceback, and the user is told where.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NOT_NOW = 3
    INTERRUPTED = 130


class HyaiError(Exception):
    """What happened, and what to do next.

    Args:
        what: one sentence on what happened, without a full stop at the end.
        fix: one sentence on what the user can do next; empty only if there is nothing to do.
    """

    exit_code: Exit = Exit.FAILED

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}. {self.fix}" if self.fix else self.what


class WrongUse(HyaiError):
    """The command, a setting or an argument is wrong; nothing was done."""

    exit_code = Exit.WRONG_USE


class NotNow(HyaiError):
    """It would work later: something is busy, down or not due yet."""

    exit_code = Exit.NOT_NOW


class DiskFull(NotNow):
    """There is no space to write; what was written before is whole."""


class SettingsError(WrongUse):
    """A settings file or environment variable cannot be used; names file, key and the nearest valid key."""


class WorkspaceError(WrongUse):
    """No workspace here, or one that must not be opened."""


class UnknownFile(WrongUse):
    """A FILE argument names no file, or more than one."""


class LibraryError(HyaiError):
    """The library answered, and refused or failed."""


class LibraryDown(NotNow):
    """The library cannot be reached or is busy: Hydrus is not running, locked, or timed out; a folder is unmounted."""


class PermissionMissing(LibraryError):
    """The access key or the file system does not allow it."""


class PictureError(HyaiError):
    """One picture cannot be used. Counted, named and skipped; never ends a job.

    Args:
        reason: a short stable code, see `hyai_tui.pictures.decode.REASONS`.
        detail: the sentence shown to the user.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ModelError(HyaiError):
    """A model bundle cannot be read, or does not fit the encoder, source or labels in use."""


@contextmanager
def tensorflow_for(what: str, instead: str) -> Iterator[None]:
    """Where TensorFlow is not installed, say who needs it and what does without, instead of a failed import.

    Args:
        what: what imports it in this block, as the beginning of a sentence.
        instead: the command after which it is not needed.

    Raises:
        ModelError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"tensorflow", "keras"}:
            raise
        raise without_tensorflow(what, instead) from error


def without_tensorflow(what: str, instead: str) -> ModelError:
    """Return the error where TensorFlow is not installed; arguments as in `tensorflow_for`."""
    from hyai_tui.installing import how_to_add

    return ModelError(
        f"{what} needs TensorFlow, which is not installed", f"{how_to_add('tensorflow')}, or do without: {instead}"
    )


class JobBusy(NotNow):
    """Another job holds the lock.

    Args:
        job_id: id of the job that is running.
    """

    def __init__(self, what: str, job_id: str) -> None:
        super().__init__(what, f"Follow it with 'hyai jobs attach {job_id}' or end it with 'hyai jobs cancel {job_id}'")
        self.job_id = job_id


class Cancelled(HyaiError):
    """The user asked a job to stop; what was finished is kept."""

    exit_code = Exit.INTERRUPTED
