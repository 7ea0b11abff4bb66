"""Notices that a client was started again, also where each call of ours was answered: it says which start this is.

A client that is killed and back between two calls, or while no hyai ran, has lost the writes of its last half minute like
any other. Each start of a client has an id of its own, which is kept beside the log of writes. Clients that are too old
to tell it are only noticed where a call of ours meets nobody.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from hyai_tui.library.hydrus.refusals import HydrusRefused

if TYPE_CHECKING:
    from hyai_tui.library.hydrus.client import Client
    from hyai_tui.library.write_log import WriteLog

EVERY_SECONDS = 2.0
"""How often a client is asked, at most: it takes longer to start."""


class Restarts:
    """Asks one client which start this is.

    Args:
        client: sends the request.
        address: what it is known by in the log.
    """

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._asked: float | None = None
        self._tells = True
        self._lock = threading.Lock()

    def since(self, log: WriteLog) -> float | None:
        """Return when the client was last seen in the start before this one; None where it has not been started again.

        Nothing is asked before something was written.

        Raises:
            LibraryDown: it does not answer.
        """
        with self._lock:
            now = time.monotonic()
            if not self._tells or not log.has_writes or (self._asked is not None and now - self._asked < EVERY_SECONDS):
                return None
            boot = self._boot()
            self._asked = now
            if boot is None:
                self._tells = False
                return None
            before = log.boot(self._address)
            log.saw_boot(self._address, boot)
            return None if before is None or before.id == boot else before.at

    def _boot(self) -> str | None:
        try:
            answer = self._client.ask(lambda: self._client.api._api_request("GET", "/client_info").json())
        except HydrusRefused:
            return None
        boot = answer.get("boot_id") if isinstance(answer, dict) else None
        return boot if isinstance(boot, str) else None
