"""Pages of a Hydrus client: which files its user has laid out where, and a page to show files in.

Reading needs the permission to manage pages. A page that searches is waited for, and one that shows nothing is refreshed
first. One that shows files never is: somebody may have put them there by hand, and a refresh would search anew and drop
them. Nothing is sent that touches a file: no rating, no note, no tag.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyai_tui.errors import LibraryError, NotNow, WrongUse
from hyai_tui.library.hydrus.refusals import HydrusRefused
from hyai_tui.library.write_log import Change

if TYPE_CHECKING:
    from hyai_tui.library.hydrus.client import Client
    from hyai_tui.library.write_log import WriteLog

QUERY_PAGE = 6
"""Hydrus' type of a page that searches files, or holds files that somebody put there."""

_READY, _SEARCHING = 0, (1, 2)
_MOST_WAIT_SECONDS = 300.0
_POLL_SECONDS = 1.0
_BATCH = 256
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or a page of pages.

    Attributes:
        name: as its user called it.
        key: Hydrus' key of it, for this session of the client.
        media: True where it shows files; False for a page of pages, and for downloaders without files.
        pages: the pages in it.
    """

    name: str
    key: str
    media: bool
    pages: tuple[Page, ...] = ()

    def walk(self, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Page]]:
        """Yield each page of files below with the names of what it is in, this page's own name left out."""
        for page in self.pages:
            path = (*above, page.name)
            if page.media:
                yield path, page
            yield from page.walk(path)


class Pages:
    """The pages of one client.

    Args:
        client: asks it.
        log: notes what is shown.
        sleep: waits between two looks at a page that searches; another one for tests.
    """

    def __init__(
        self, client: Client, log: WriteLog | None = None, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._client = client
        self._log = log
        self._sleep = sleep

    def top(self) -> Page:
        """Return the page that all others are in.

        Raises:
            PermissionMissing: the key may not manage pages.
        """
        answer = self._client.ask(self._client.api.get_pages)
        found = answer.get("pages") if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise LibraryError("Hydrus left pages out of its answer", "Update hyai or Hydrus: they do not fit together")
        return _page(found)

    def find(self, names: Sequence[str]) -> Page:
        """Return the page of a path of names, whatever their case; no names are the top.

        Raises:
            WrongUse: there is no such page; names those that are there.
        """
        page = self.top()
        for name in names:
            inner = [one for one in page.pages if one.name.casefold() == name.strip().casefold()]
            if not inner:
                there = ", ".join(one.name for one in page.pages) or "none"
                raise WrongUse(f"There is no page {name.strip()!r} in {page.name!r}", f"There are: {there}")
            page = inner[0]
        return page

    def files(self, page: Page) -> list[str]:
        """Wait until a page has searched, and return the hashes that it shows, in its order; an empty one searches first.

        Raises:
            NotNow: it still searches after five minutes.
        """
        info = self._info(page)
        if info.get("page_state", _READY) == _READY and not _shows(info):
            self._client.ask(self._client.api.refresh_page, page.key)
            info = self._info(page)
        waited = 0.0
        while info.get("page_state", _READY) in _SEARCHING:
            if waited >= _MOST_WAIT_SECONDS:
                raise NotNow(f"The page {page.name!r} still searches after {waited:.0f} s", "Wait for it in Hydrus")
            self._sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
            info = self._info(page)
        media = info.get("media")
        if not isinstance(media, dict):
            return []
        if isinstance(hashes := media.get("hashes"), list):
            return [str(one) for one in hashes]
        # Older clients list ids alone.
        import numpy as np

        ids = np.array(media.get("hash_ids", []), np.int64)
        return [str(row["hash"]) for row in self._client.rows_of_ids(ids, identifiers_only=True)]

    def show(self, name: str, files: Sequence[str]) -> Page:
        """Show files in a new page, or behind what a page of that name shows already, and bring it to the front.

        Files that the client does not know are left out.

        Raises:
            PermissionMissing: the key may not manage pages.
            LibraryError: this client is too old to open a page by itself, and there is none of that name.
        """
        known = self._client.known(list(files))
        chosen = [one for one in files if one in known]
        page = next((one for _, one in self.top().walk() if one.name == name), None) or self._new(name)
        for start in range(0, len(chosen), _BATCH):
            part = chosen[start : start + _BATCH]
            if self._log is None:
                self._client.ask(self._client.api.add_files_to_page, page.key, hashes=part)
            else:
                with self._log.request("page", Change(step=f"shown in the page {name}"), part):
                    self._client.ask(self._client.api.add_files_to_page, page.key, hashes=part)
        self._client.ask(self._client.api.focus_page, page.key)
        return page

    def _new(self, name: str) -> Page:
        """Open a page; the package that speaks for us does not know this call yet."""
        try:
            answer = self._client.ask(
                self._client.api._api_request,
                "POST",
                "/manage_pages/new_page",
                json={"page_type": QUERY_PAGE, "page_name": name},
            ).json()
        except HydrusRefused as error:
            if error.status != _NOT_FOUND:
                raise
            raise LibraryError(
                f"This Hydrus cannot open a page by itself, and has none that is called {name!r}",
                f"Open an empty file page in Hydrus, rename it {name!r}, then do it again",
            ) from error
        return Page(name, str(answer["page_key"]), True)

    def _info(self, page: Page) -> Mapping[str, Any]:
        answer = self._client.ask(self._client.api.get_page_info, page.key, simple=False)
        info = answer.get("page_info") if isinstance(answer, dict) else None
        if not isinstance(info, dict):
            raise LibraryError(
                "Hydrus left page_info out of its answer", "Update hyai or Hydrus: they do not fit together"
            )
        return info


def _shows(info: Mapping[str, Any]) -> bool:
    media = info.get("media")
    return isinstance(media, dict) and bool(media.get("num_files"))


def path_of(text: str) -> list[str]:
    """Return the names of a path such as `dataset, keep, 2024`."""
    return [one.strip() for one in text.split(",") if one.strip()]


def _page(fields: Mapping[str, Any]) -> Page:
    inner = fields.get("pages")
    return Page(
        str(fields.get("name", "")),
        str(fields.get("page_key", "")),
        bool(fields.get("is_media_page")),
        tuple(_page(one) for one in inner if isinstance(one, dict)) if isinstance(inner, list) else (),
    )
