"""Tasks, and whoever lets workers do them: the seam between what is done and the machines that do it.

A job says how a worker does a task; it travels to the workers. An executor runs tasks on its workers, in any order, and
does again what a lost worker had begun. Tasks and results are bytes. What the workers cannot see on their own machine they
ask of a lender, which stays on the coordinator's. Errors that a person can meet travel as words, see `told`: an exception
that crosses machines loses what makes it one of the family.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, NoReturn, Protocol

from hyai_tui import errors
from hyai_tui.errors import HyaiError

# Calls a method of the lender by its name, with plain values, and returns what `told` made of it.
Ask = Callable[..., Any]
Told = tuple[str, Any, str]

_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        errors.DiskFull,
        errors.LibraryDown,
        errors.LibraryError,
        errors.ModelError,
        errors.NotNow,
        errors.PermissionMissing,
        errors.SettingsError,
        errors.WrongUse,
    )
}


class Job(Protocol):
    """How a worker does the tasks of a run; can be pickled."""

    def begin(self, ask: Ask, threads: int) -> Callable[[bytes], bytes]:
        """Return what does one task after the other, on a worker that may use so many threads. Quick: no work yet."""
        ...


class Executor(Protocol):
    """Workers, on this machine or on others."""

    def run(self, job: Job, tasks: Sequence[bytes], lender: object) -> Generator[bytes | None]:
        """Yield the result of every task, in any order; None at least every second while nothing is finished.

        A generator that is closed early lets the workers go.

        Args:
            job: what each worker begins with.
            tasks: what is to be done.
            lender: answers workers, on this machine.

        Raises:
            HyaiError: there are no workers, or a task was lost again and again.
        """
        ...


def told(work: Callable[[], Any]) -> Told:
    """Return ("", what the work returns, ""), or the kind, the words and the remedy of the error that it met."""
    try:
        return "", work(), ""
    except errors.PictureError as error:
        return "PictureError", error.reason, error.what
    except HyaiError as error:
        return type(error).__name__, error.what, error.fix


def heard(said: Sequence[Any]) -> Any:
    """Return the value that `told` was given, or raise the error that it met."""
    kind, value, more = said
    if kind:
        raise_told(kind, value, more)
    return value


def raise_told(kind: str, value: str, more: str) -> NoReturn:
    """Raise the error that `told` wrote down."""
    if kind == "PictureError":
        raise errors.PictureError(value, more)
    raise _KINDS.get(kind, HyaiError)(value, more)
