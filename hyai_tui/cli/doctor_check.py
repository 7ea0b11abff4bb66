"""One thing that `hyai doctor` looked at, and how a fault that says what to do becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hyai_tui.errors import HyaiError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `fix` says what to do where it is not all right, and may advise where it is."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """Make an error that says what to do into a failed check."""
    try:
        return check()
    except HyaiError as error:
        return Check(name, False, error.what, error.fix)
    except OSError as error:
        return Check(name, False, f"{error.filename}: {error.strerror}", "Check its permissions")
