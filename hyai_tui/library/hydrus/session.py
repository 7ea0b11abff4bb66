"""Every request to Hydrus goes through here: time-outs, retries, no redirects, no proxies, errors in plain words.

`hydrus_api.Client` takes a session, has no time-outs of its own and reads large answers lazily. This session reads
each answer whole, so that a connection that drops in the middle of a body is retried like any other, and raises the
project's own errors, which hold neither the key nor the query (queries hold tags).
"""

from __future__ import annotations

import http.cookiejar
import logging
import os
import random
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from hyai_tui import __version__
from hyai_tui.errors import HyaiError, LibraryDown, LibraryError
from hyai_tui.library.hydrus.address import Address
from hyai_tui.library.hydrus.concerns import clock_ahead
from hyai_tui.library.hydrus.pace import Pace
from hyai_tui.library.hydrus.refusals import refusal
from hyai_tui.text import count

CONNECTIONS = 8
"""Connections kept open; more make a Hydrus client no faster."""

_CONNECT_SECONDS = 5.0
_SEARCH = "/get_files/search_files"
_SEARCH_SECONDS = 120.0
# Writes that may be sent twice: each brings files to a state and says nothing about the state before.
_REPEATABLE = frozenset(
    {
        "/add_tags/add_tags",
        "/add_files/archive_files",
        "/add_files/unarchive_files",
        "/add_files/delete_files",
        "/add_files/undelete_files",
    }
)
_LOCKED_TRIES = 4
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_LOCKED = 503

_log = logging.getLogger(__name__)


class _Trouble(Enum):
    """Why there was no whole answer."""

    NOBODY = auto()
    DROPPED = auto()
    SLOW = auto()
    CERTIFICATE = auto()
    MALFORMED = auto()


# An overloaded client drops connections, so a drop is worth many tries; one time-out has already cost its patience.
_TRIES = {
    _Trouble.NOBODY: 3,
    _Trouble.DROPPED: 9,
    _Trouble.SLOW: 1,
    _Trouble.CERTIFICATE: 1,
    _Trouble.MALFORMED: 1,
}


class HydrusSession(requests.Session):
    """A session for one Hydrus client.

    Args:
        address: where it answers.
        timeout: longest wait in seconds between two bytes of an answer; searches get at least two minutes.
        sleep: how to wait between tries; tests pass their own.

    Attributes:
        pace: how many requests may be under way at once, by how the last ones went.
        ahead: by how many seconds the client's clock was ahead of ours in the last answer; None where it does not tell.
    """

    def __init__(self, address: Address, timeout: float, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        # Without this, requests reads proxies and ~/.netrc from the environment: a key must not go to a proxy that
        # the user set up for the web.
        self.trust_env = False
        self.headers["User-Agent"] = f"hyai/{__version__}"
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0, pool_block=True)
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._address = address
        self._timeout = timeout
        self._sleep = sleep
        self.pace = Pace()
        self.ahead: float | None = None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request until it is answered, refused, or not worth another try.

        Raises:
            LibraryDown: Hydrus is not there, too slow, or locked.
            PermissionMissing, LibraryError: it refused.
        """
        verb = method if isinstance(method, str) else method.decode("ascii")
        path = urlsplit(url if isinstance(url, str) else url.decode("ascii")).path
        repeatable = verb.upper() in {"GET", "HEAD"} or any(path.endswith(one) for one in _REPEATABLE)
        kwargs |= {"stream": False, "allow_redirects": False, "timeout": (_CONNECT_SECONDS, self._patience(path))}
        tries = 0
        while True:
            tries += 1
            try:
                response = super().request(verb, url, *args, **kwargs)
            except requests.RequestException as error:
                trouble = _trouble(error)
                if not repeatable or tries >= _TRIES[trouble]:
                    # The original is cut off, because its text quotes the query.
                    raise self._unanswered(trouble, tries, path) from None
            else:
                if response.ok and not response.is_redirect:
                    self.ahead = clock_ahead(response.headers)
                    if tries == 1:
                        self.pace.went_well()
                    return response
                if response.status_code != _LOCKED or not repeatable or tries >= _LOCKED_TRIES:
                    raise refusal(response, self._address)
            self._pause(tries, path)

    def _patience(self, path: str) -> float:
        return max(self._timeout, _SEARCH_SECONDS) if path.endswith(_SEARCH) else self._timeout

    def _pause(self, tries: int, path: str) -> None:
        """Wait before the next try: doubling, and never the same for two callers at once."""
        self.pace.stumbled()
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tries - 1))
        _log.info("no answer from Hydrus to %s, try %d", path.rsplit("/", 1)[-1], tries)
        self._sleep(longest * random.uniform(0.5, 1.0))

    def _unanswered(self, trouble: _Trouble, tries: int, path: str) -> HyaiError:
        """Return our own error for a request that got no whole answer."""
        match trouble:
            case _Trouble.CERTIFICATE:
                return LibraryError(
                    f"The certificate of {self._address} is not trusted here",
                    "Name its certificate file in REQUESTS_CA_BUNDLE, or use http on loopback",
                )
            case _Trouble.SLOW:
                return LibraryDown(
                    f"Hydrus did not answer within {self._patience(path):g} s",
                    "Try again when it is less busy, or raise library.timeout_seconds",
                )
            case _Trouble.NOBODY:
                return LibraryDown(
                    f"Hydrus does not answer at {self._address}",
                    "Start it, and see that its Client API is on: services > manage services > client api",
                )
            case _Trouble.DROPPED:
                return LibraryDown(
                    f"Hydrus dropped the connection {count(tries, 'time')}",
                    "It is busy or going down: try again in a moment, what was done is kept",
                )
            case _Trouble.MALFORMED:
                return LibraryError(
                    f"What answers at {self._address} does not speak HTTP as Hydrus does", "Look at library.url"
                )


def _trouble(error: requests.RequestException) -> _Trouble:
    """Say what kind of failure it was: requests wraps them all in a few types."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, requests.exceptions.SSLError):
        return _Trouble.CERTIFICATE
    if isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return _Trouble.NOBODY
    if isinstance(error, requests.exceptions.ReadTimeout) or isinstance(reason, ReadTimeoutError):
        return _Trouble.SLOW
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return _Trouble.DROPPED
    return _Trouble.MALFORMED
