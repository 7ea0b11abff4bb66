"""Typed, batched calls to the Client API on top of `hydrus_api.Client`.

Answers are checked just enough that a changed shape is an error and never an empty list: an empty list would make
every file look gone.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import hydrus_api
import requests

from hyai_tui.credentials import AccessKey
from hyai_tui.errors import LibraryDown, LibraryError
from hyai_tui.library.hydrus.address import Address
from hyai_tui.library.hydrus.concerns import concerns
from hyai_tui.library.hydrus.confirmed import ConfirmedHashes
from hyai_tui.library.hydrus.idlist import file_ids, missing
from hyai_tui.library.hydrus.pace import Pace, ahead
from hyai_tui.library.hydrus.refusals import HydrusRefused, permission_missing
from hyai_tui.library.hydrus.rights import Permission, granted
from hyai_tui.library.hydrus.rows import is_known, is_sha256
from hyai_tui.library.hydrus.services import Services, refuse_too_old
from hyai_tui.library.hydrus.session import HydrusSession

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 256
"""Files per request: 256 hashes are 19.5 kB of address, far from the 2 MB that drop a connection without a word."""

_NOT_FOUND = 404
_IMPORT_TIME = 2


class Client:
    """The calls of one session that more than one part of the library needs.

    Args:
        address: where the Client API answers.
        key: sent in a header to that address and nowhere else.
        session: carries the requests; see `session.HydrusSession`.

    Attributes:
        granted: what the key allowed when it was last asked about.
    """

    def __init__(self, address: Address, key: AccessKey, session: requests.Session) -> None:
        self.api = hydrus_api.Client(key.reveal(), address.url, session)
        self._address = address
        self._confirmed = ConfirmedHashes()
        self.granted: frozenset[Permission] = frozenset()
        self._services: Services | None = None
        self._away: float | None = None
        self._pace = session.pace if isinstance(session, HydrusSession) else Pace()
        self._lock = threading.Lock()
        # Not the same lock: looking services up holds the other while the client is found to be away.
        self._away_lock = threading.Lock()

    def ask(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make a call of `hydrus_api`; an answer that is not JSON comes from something that is no Hydrus."""
        try:
            return call(*args, **kwargs)
        except LibraryDown:
            self.was_away(time.time())
            raise
        except requests.exceptions.JSONDecodeError:
            raise LibraryError(
                f"What answers at {self._address} is no Hydrus Client API", "Look at library.url"
            ) from None

    def was_away(self, at: float) -> None:
        """Note that the client did not answer; the first time since it last did is kept."""
        with self._away_lock:
            self._away = at if self._away is None else min(self._away, at)

    def came_back(self) -> float | None:
        """Return when the client was first found not to answer, once; None if it has answered ever since."""
        with self._away_lock:
            away, self._away = self._away, None
        return away

    def verify(self) -> Mapping[str, Any]:
        """Return what the client says of the key, asked anew."""
        answer: Mapping[str, Any] = self.ask(self.api.verify_access_key)
        if isinstance(api := answer.get("version"), int):
            refuse_too_old(api)
        self.granted = granted(answer)
        return answer

    def concerns(self, answer: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what is odd about the client, given what it says of the key."""
        session = self.api.session
        return concerns(answer.get("version"), session.ahead if isinstance(session, HydrusSession) else None)

    def may(self, permission: Permission) -> bool:
        """Return whether the key allows it, asking again before a no: the user may just have ticked it."""
        if permission not in self.granted:
            self.verify()
        return permission in self.granted

    def require(self, permission: Permission, to_do: str) -> None:
        """Raise `PermissionMissing` where the key does not allow it."""
        if not self.may(permission):
            raise permission_missing(permission.words, to_do)

    def services(self) -> Services:
        """Return the client's services, looked up once."""
        with self._lock:
            if self._services is None:
                self._services = Services.read(self.ask(self.api.get_services))
            return self._services

    def search(
        self, predicates: Sequence[str | list[str]], domains: Sequence[str], *, tag_service: str | None = None
    ) -> NDArray[np.int64]:
        """Return file ids, oldest import first: millions of them in 8 bytes each.

        Args:
            predicates: as Hydrus' own search understands them; none find nothing.
            domains: keys of file services; a file in any of them is found.
            tag_service: where tags are looked for; None looks in all services.
        """
        query = {
            "tags": json.dumps(list(predicates)),
            "file_service_keys": json.dumps(list(domains)),
            "file_sort_type": _IMPORT_TIME,
            "file_sort_asc": "true",
            "return_file_ids": "true",
            **({} if tag_service is None else {"tag_service_key": tag_service}),
        }
        # Not through `hydrus_api`, which would make a list of Python numbers of it.
        answer = self.api.session.get(
            f"{self.api.api_url}/get_files/search_files",
            params=query,
            headers={"Hydrus-Client-API-Access-Key": str(self.api.access_key)},
        )
        return file_ids(answer.content)

    def rows_of_ids(
        self, ids: NDArray[np.int64], *, identifiers_only: bool = False, notes: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the metadata rows of file ids, in batches; ids that the client forgot meanwhile are left out.

        The next batches are asked for while the caller works on this one.
        """
        extent = {**_only(identifiers_only), **({"include_notes": True} if notes else {})}
        batches = (ids[start : start + BATCH].tolist() for start in range(0, len(ids), BATCH))
        for rows in ahead(lambda batch: list(self._rows(batch, extent)), batches, self._pace):
            known = [row for row in rows if is_known(row)]
            self._confirmed.add(row["hash"] for row in known)
            yield from known

    def rows_of_hashes(self, hashes: Iterable[str], *, identifiers_only: bool = False) -> Iterator[Mapping[str, Any]]:
        """Yield the metadata rows of hashes, in batches; hashes that the client never saw are left out."""
        wanted = [one for one in dict.fromkeys(hashes) if is_sha256(one)]
        for start in range(0, len(wanted), BATCH):
            answer = self.ask(
                self.api.get_file_metadata,
                hashes=wanted[start : start + BATCH],
                include_services_object=False,
                **_only(identifiers_only),
            )
            rows = [row for row in _listed(answer, "metadata") if is_known(row)]
            self._confirmed.add(row["hash"] for row in rows)
            yield from rows

    def known(self, hashes: Sequence[str]) -> set[str]:
        """Return those of the hashes that the client knows, asking about the ones that it has not listed before."""
        valid = [one for one in hashes if is_sha256(one)]
        for _ in self.rows_of_hashes(self._confirmed.missing(valid), identifiers_only=True):
            pass  # each row is remembered as it passes
        return set(valid).difference(self._confirmed.missing(valid))

    def close(self) -> None:
        """Close the connections."""
        self.api.session.close()

    def _rows(self, ids: list[int], extent: Mapping[str, bool]) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of one batch. One unknown id fails a whole batch, so a batch that fails is halved."""
        try:
            answer = self.ask(self.api.get_file_metadata, file_ids=ids, include_services_object=False, **extent)
        except HydrusRefused as error:
            if error.status != _NOT_FOUND:
                raise
            if len(ids) > 1:
                middle = len(ids) // 2
                yield from self._rows(ids[:middle], extent)
                yield from self._rows(ids[middle:], extent)
            return
        yield from _listed(answer, "metadata")


def _only(identifiers: bool) -> dict[str, bool]:
    return {"only_return_identifiers": True} if identifiers else {}


def _listed(answer: object, key: str) -> list[Any]:
    """Return a list of the answer, or raise: see the module's docstring."""
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise missing(key)
    return value
