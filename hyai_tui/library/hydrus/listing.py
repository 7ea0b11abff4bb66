"""The searches behind a scan: ids alone, a few requests for millions of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hyai_tui.library.base import KnownIds
from hyai_tui.library.hydrus.changed import Present
from hyai_tui.library.hydrus.client import Client
from hyai_tui.library.hydrus.predicates import EVERYTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INBOX = "system:inbox"


class Listing:
    """Asks a client what it has.

    Args:
        client: the client.
        tag_service: where the tags that are watched stand.
    """

    def __init__(self, client: Client, tag_service: str) -> None:
        self._client = client
        self._tag_service = tag_service
        services = client.services()
        self._trash = services.trash
        self._domains = services.media + services.trash

    def present(self, everything: NDArray[np.int64], known: KnownIds | None) -> Present:
        """Return what the client has; `everything` was asked for in one search, so that no file on its way from a
        domain to the trash is missed between two.

        The rest is only asked for where there is something to compare it with.
        """
        client, nothing = self._client, np.empty(0, np.int64)
        trash = np.sort(client.search([EVERYTHING], self._trash))
        if known is None or not len(known.ids):
            return Present(np.sort(everything), trash, nothing, {})
        return Present(
            everything=np.sort(everything),
            trash=trash,
            inbox=np.sort(client.search([_INBOX], self._domains)),
            tagged={
                tag: np.sort(client.search([tag], self._domains, tag_service=self._tag_service)) for tag in known.tagged
            },
        )

    def means(self, samples: Mapping[int, str]) -> bool:
        """Return whether ids still mean the files that they meant: a key may now lead to another database."""
        rows = self._client.rows_of_ids(np.array(sorted(samples), np.int64), identifiers_only=True)
        return all(samples[row["file_id"]] == row["hash"] for row in rows)
