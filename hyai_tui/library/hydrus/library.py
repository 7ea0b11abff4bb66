"""A Hydrus client as a library: list, look up, read, and change tags and states, through its Client API.

Nothing is asked of the client until it is needed, so a Hydrus that is down never stops a workspace from opening.
Writes are reconciliations that may be sent twice, and 200 does not mean that they happened: callers verify with
`lookup`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from hyai_tui.credentials import AccessKey, key_for, warning_about
from hyai_tui.errors import LibraryError, WrongUse
from hyai_tui.library.base import (
    FileState,
    FileTexts,
    MediaFile,
    Rights,
    ScanItem,
    ScanOptions,
    Skipped,
    StateChange,
    TagChange,
    Unchanged,
)
from hyai_tui.library.hydrus.address import Address, parse_address
from hyai_tui.library.hydrus.changed import in_reading_order, unread, without
from hyai_tui.library.hydrus.client import Client
from hyai_tui.library.hydrus.listing import Listing
from hyai_tui.library.hydrus.originals import Originals
from hyai_tui.library.hydrus.pages import Pages
from hyai_tui.library.hydrus.predicates import ARCHIVED, EVERYTHING, WITH_TEXTS, in_hydrus, leave_trash_out
from hyai_tui.library.hydrus.refusals import KEY_FIX, HydrusRefused
from hyai_tui.library.hydrus.relationships import AT_ONCE, read_relations
from hyai_tui.library.hydrus.rights import Permission, is_filtered, shortcomings
from hyai_tui.library.hydrus.rows import file_texts, is_picture, media_file
from hyai_tui.library.hydrus.services import Services, service_key, tag_service_key
from hyai_tui.library.hydrus.session import HydrusSession
from hyai_tui.library.hydrus.writing import READ_ONLY, Writer
from hyai_tui.library.relations import FileRelations
from hyai_tui.library.write_log import WriteLog

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.workspace import Workspace

_BAD_REQUEST = 400

_log = logging.getLogger(__name__)


class HydrusLibrary:
    """The files of a Hydrus client.

    Args:
        address: where the Client API answers.
        key: sent in a header to that address and nowhere else.
        tag_service: key of the local tag service to write to; empty is my tags.
        shown_tags: key of the one tag service whose tags are shown; empty for those of all.
        timeout: longest wait for an answer, in seconds.
        read_only: refuse every write before a request is made.
        session: another session, for tests.
    """

    def __init__(
        self,
        address: Address,
        key: AccessKey,
        *,
        tag_service: str = "",
        shown_tags: str = "",
        timeout: float = 30.0,
        read_only: bool = False,
        session: requests.Session | None = None,
    ) -> None:
        self._client = Client(address, key, session or HydrusSession(address, timeout))
        self._address = address
        self._tag_service = tag_service_key(tag_service)
        self._shown = service_key(shown_tags, "library.shown_tags")
        self._read_only = read_only
        self._writer = Writer(
            self._client, self._tag_service, read_only=read_only, look=self._look, address=address.url
        )
        self._originals = Originals(self._client, self._look)
        self._counted: NDArray[np.int64] | None = None
        if self.notices:
            _log.warning("the access key crosses the network unencrypted")

    @classmethod
    def connect(cls, workspace: Workspace) -> HydrusLibrary:
        """Return the library that the workspace's settings name, with the key kept for its address; asks nothing yet.

        Raises:
            WrongUse: the address or the tag service's key cannot be used.
            LibraryError: there is no access key for this address.
        """
        settings = workspace.settings.library
        address = parse_address(settings.url)
        key = key_for(settings.url)
        if key is None:
            raise LibraryError(f"There is no access key for {address}", KEY_FIX)
        return cls(
            address,
            key,
            tag_service=settings.tag_service,
            shown_tags=settings.shown_tags,
            timeout=settings.timeout_seconds,
            read_only=workspace.settings.read_only,
        )

    @property
    def log(self) -> WriteLog | None:
        """The log in which every write is noted; None for a library that nobody writes to."""
        return self._writer.log

    @log.setter
    def log(self, log: WriteLog | None) -> None:
        self._writer.log = log

    @property
    def kind(self) -> str:
        """`hydrus`."""
        return "hydrus"

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know about this connection, one sentence each."""
        warning = warning_about(self._address.url)
        return (warning,) if warning else ()

    def rights(self) -> Rights:
        """Return what the key allows, asked anew."""
        answer = self._client.verify()
        may = self._client.granted
        filtered = is_filtered(answer)
        cannot = shortcomings(may, filtered)
        reads = Permission.SEARCH in may and not filtered
        tags = Permission.TAGS in may
        tags_to = ""
        if reads and tags:
            try:
                services = self._client.services()
                tags_to = services.by_key[services.writable_tags(self._tag_service)].name
            except (WrongUse, LibraryError) as error:
                tags = False
                cannot.append(f"write tags: {error}")
        if self._read_only:
            cannot.append(f"write anything: {READ_ONLY}")
        version = answer.get("hydrus_version")
        return Rights(
            read=reads,
            tag=tags and reads and not self._read_only,
            change_state=Permission.FILES in may and reads and not self._read_only,
            local_paths=Permission.PATHS in may,
            cannot=tuple(cannot),
            name=f"Hydrus {version}" if isinstance(version, int) else "Hydrus",
            tags_to=tags_to,
            notices=self._client.concerns(answer),
        )

    def scan(self, options: ScanOptions) -> Iterator[ScanItem]:
        """Yield every file of all local domains and of the trash, no tag excluded: the trash first, then the newest.

        With `options.listed`, rows are read only of files that came or changed since; what is as it was is one
        `Unchanged`.
        """
        self._writer.make_good()
        everything, self._counted = self._counted if self._counted is not None else self._all_ids(), None
        listing = Listing(self._client, self._tag_service)
        present = listing.present(everything, options.listed)
        if options.listed is None or not listing.means(options.listed.samples):
            ids = present.everything
        else:
            ids, numbers, passed_over = unread(present, options.listed)
            yield Unchanged(numbers, passed_over)
        ids = without(in_reading_order(ids, present.trash), options.read)
        for row in self._client.rows_of_ids(ids):
            file = media_file(row, self._tag_service, self._shown)
            if file.state is not FileState.GONE:
                yield file if is_picture(file) else Skipped(file.sha256, "not-a-picture", file.external_id)

    def count(self) -> int | None:
        """Return how many files the next scan will list; the search is done once and kept for that scan."""
        self._counted = self._all_ids()
        return len(self._counted)

    def judged(self) -> dict[FileState, int]:
        """Return how many files are in the archive and how many in the trash."""
        return {state: len(self._in_state(state)) for state in (FileState.ARCHIVE, FileState.TRASH)}

    def some(self, state: FileState, most: int) -> Iterator[MediaFile]:
        """Yield up to so many still pictures in the archive or in the trash, the newest imports first."""
        left = most
        for row in self._client.rows_of_ids(self._in_state(state)[::-1]):
            file = media_file(row, self._tag_service, self._shown)
            if file.state is state and is_picture(file) and not file.motion:
                yield file
                left -= 1
                if not left:
                    return

    def mean_size(self, of: int = 256) -> float | None:
        """Return the mean size in bytes of the pictures among the newest files; None where there is none."""
        files = (media_file(row, self._tag_service) for row in self._client.rows_of_ids(self._all_ids()[::-1][:of]))
        sizes = [file.size for file in files if is_picture(file) and not file.motion and file.size is not None]
        return sum(sizes) / len(sizes) if sizes else None

    def texts(self, most: int) -> Iterator[FileTexts]:
        """Yield the notes and addresses of up to so many files that have some, the newest imports first."""
        services = self._client.services()
        domains = services.media + services.trash
        # A search's predicates must all hold; a list among them is one of which any may.
        ids = self._client.search([WITH_TEXTS], domains)[::-1][:most]
        for row in self._client.rows_of_ids(ids, notes=True):
            if found := file_texts(row):
                yield FileTexts(row["hash"], found)

    def relations(self, hashes: Sequence[str]) -> dict[str, FileRelations]:
        """Return what the client's duplicate filter has settled of these files; unknown ones are absent."""
        known = list(self._look(hashes))
        found: dict[str, FileRelations] = {}
        for start in range(0, len(known), AT_ONCE):
            asked = known[start : start + AT_ONCE]
            found |= read_relations(self._client.ask(self._client.api.get_file_relationships, hashes=asked))
        return found

    def lookup(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        """Return the present state and tags of the files, read again; unknown and gone files are absent."""
        self._writer.make_good()
        return self._look(hashes)

    def search_candidates(self, criteria: Sequence[str]) -> Iterator[str]:
        """Yield the files that the predicates select, the trash included unless inbox or archive is asked for."""
        for row in self._client.rows_of_ids(self.search_ids(criteria), identifiers_only=True):
            yield row["hash"]

    def carrying(self, tag: str) -> Iterator[str]:
        """Yield the files, in the trash too, that carry a tag in our tag service."""
        for row in self._client.rows_of_ids(self.ids_carrying(tag), identifiers_only=True):
            yield row["hash"]

    def ids_carrying(self, tag: str) -> NDArray[np.int64]:
        """Return the ids of the files, in the trash too, that carry a tag in our tag service."""
        services = self._client.services()
        return self._client.search([tag], services.media + services.trash, tag_service=self._tag_service)

    def hashes_of(self, ids: NDArray[np.int64]) -> list[str]:
        """Return the SHA-256s of the files of these ids; what the client has forgotten meanwhile is left out."""
        return [row["hash"] for row in self._client.rows_of_ids(ids, identifiers_only=True)]

    def ids_mean(self, samples: Mapping[int, str]) -> bool:
        """Return whether these ids still mean these files: a key may now lead to another database."""
        return Listing(self._client, self._tag_service).means(samples)

    def count_candidates(self, criteria: Sequence[str]) -> int:
        """Return how many files the predicates select, without naming them."""
        return len(self.search_ids(criteria))

    def services(self) -> Services:
        """Return the client's services, looked up once."""
        return self._client.services()

    def search_ids(self, criteria: Sequence[str]) -> NDArray[np.int64]:
        """Return the ids of the files that the predicates select; see `search_candidates`."""
        services = self._client.services()
        predicates = in_hydrus(criteria)
        domains = services.media if leave_trash_out(predicates) else services.media + services.trash
        try:
            return self._client.search(predicates, domains)
        except HydrusRefused as error:
            if error.status == _BAD_REQUEST:
                raise WrongUse(f"tag.criteria: {error.what}", "Write predicates as in Hydrus' own search") from error
            raise

    def path(self, sha256: str) -> Path | None:
        """Return where the client keeps the file, if it runs on this machine and the key may see paths."""
        return self._originals.path(sha256)

    def read(self, sha256: str) -> bytes:
        """Return the original bytes, checked against their hash."""
        return self._originals.read(sha256)

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the client's thumbnail, or None if it has none; a client's default icon is never returned."""
        return self._originals.thumbnail(sha256)

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        """Add and remove tags in our tag service; files that the client does not know are left out."""
        self._writer.make_good()
        self._writer.change_tags(changes)

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        """Archive, unarchive, trash and rescue; only what differs from the state read just before is sent."""
        self._writer.make_good()
        self._writer.change_state(changes, reason)

    def pages(self, *, to_write: bool = False) -> Pages:
        """Return the pages of the client; to show files in one is a write, which a read-only library refuses."""
        if to_write:
            self._writer.refuse_read_only()
        return Pages(self._client, self.log)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _look(self, hashes: Sequence[str]) -> dict[str, MediaFile]:
        files = (media_file(row, self._tag_service, self._shown) for row in self._client.rows_of_hashes(hashes))
        found = {file.sha256: file for file in files if file.state is not FileState.GONE}
        if self.log is not None:
            self.log.saw(found.values())
        return found

    def _in_state(self, state: FileState) -> NDArray[np.int64]:
        services = self._client.services()
        if state is FileState.TRASH:
            return self._client.search([EVERYTHING], services.trash)
        return self._client.search([ARCHIVED], services.media)

    def _all_ids(self) -> NDArray[np.int64]:
        services = self._client.services()
        return self._client.search([EVERYTHING], services.media + services.trash)
