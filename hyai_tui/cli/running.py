"""Runs the program: the app or a verb; what goes wrong becomes two lines and an exit code, never a traceback."""

from __future__ import annotations

import errno
import logging
import os
import sys

from hyai_tui.cli.streams import ReaderLeft, drop_output, narrate, output_is_taken, stand_in_for_closed
from hyai_tui.errors import Exit, HyaiError
from hyai_tui.locations import log_file
from hyai_tui.logs import start_log
from hyai_tui.settings import unknown_variables

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_OURS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# Set by a shell that wants completions.
_COMPLETION = "_HYAI_COMPLETE"


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; no traceback reaches the user.

    Args:
        arguments: those of the process where None.
    """
    os.umask(0o077)
    stand_in_for_closed()
    start_log()
    for name in unknown_variables():
        narrate(f"hyai: {name} is not a variable of hyai; it is ignored")
    sys.exit(exit_code(arguments))


def exit_code(arguments: list[str] | None = None) -> int:
    """Run the command line, say what went wrong, and return the exit code."""
    try:
        return _invoke(sys.argv[1:] if arguments is None else arguments)
    except HyaiError as error:
        return _say(error.what, error.fix, error.exit_code)
    except KeyboardInterrupt:
        return _say("Interrupted", "", Exit.INTERRUPTED)
    except ReaderLeft:
        drop_output()
        return Exit.DONE
    except OSError as error:
        logging.getLogger(__name__).exception("the system refused something")
        if not output_is_taken():
            drop_output()
        return _say(*_refused(error), Exit.FAILED)
    except Exception as error:
        from hyai_tui.crashes import about

        logging.getLogger(__name__).exception("a command failed")
        return _say("Something went wrong inside hyai", about(error, _doing(arguments)), Exit.FAILED)


def _doing(arguments: list[str] | None) -> str:
    """Return the verb that ran, without what it was about."""
    from hyai_tui.cli.main import VERBS

    verb = next((one for one in (sys.argv[1:] if arguments is None else arguments) if not one.startswith("-")), "")
    return f"hyai {verb}" if verb in VERBS else "hyai"


def _invoke(arguments: list[str]) -> int:
    if not arguments and _COMPLETION not in os.environ:
        # The app opens a tenth sooner where nothing that only verbs need is imported.
        from hyai_tui.tui.opening import open_app

        open_app()
        return Exit.DONE
    from hyai_tui.cli.main import invoke

    return invoke(arguments)


def _refused(error: OSError) -> tuple[str, str]:
    """Return what the system refused, and what to do about it."""
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "Something"
    what = f"{place} could not be read or written: {error.strerror or error}"
    if error.errno in _NO_ROOM:
        return what, "Free some space, then do it again; what was finished is kept"
    if error.errno in _NOT_OURS:
        return what, "Check that it is yours to read and write"
    return what, f"The log has the rest: {log_file()}"


def _say(what: str, fix: str, code: int) -> int:
    narrate(f"hyai: {what}")
    if fix:
        narrate(f"      {fix}")
    return code
