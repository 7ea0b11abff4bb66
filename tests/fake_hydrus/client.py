"""The state of a client: its files, and what its commands do to them."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fake_hydrus.errors import Refusal
from tests.fake_hydrus.keys import AccessKey
from tests.fake_hydrus.services import (
    ALL_KNOWN_TAGS,
    DELETED,
    DELETED_FROM_ANYWHERE,
    MEDIA,
    MY_FILES,
    STORAGE,
    TRASH,
    Service,
    fresh_services,
)

BASIC = ("size", "mime", "filetype_human", "filetype_enum", "ext", "width", "height", "duration", "num_frames")
CURRENT, REMOVED = "0", "2"


@dataclass
class FakeFile:
    """One file: where it is, what it is tagged, and the rest of its metadata as it will be answered.

    `current` maps a domain's key to the time of import, `deleted` to the times of deletion and import.
    """

    file_id: int
    sha256: str
    details: dict[str, Any] = field(default_factory=dict)
    content: bytes | None = None
    thumbnail: bytes | None = None
    current: dict[str, float] = field(default_factory=dict)
    deleted: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    inbox: bool = True
    time_archived: float | None = None
    tags: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    delete_reason: str | None = None
    notes: dict[str, str] = field(default_factory=dict)
    path: Path | None = None

    @property
    def local(self) -> bool:
        return STORAGE in self.current

    @property
    def trashed(self) -> bool:
        return TRASH in self.current

    @property
    def state(self) -> str:
        """`inbox`, `archive`, `trash` or `gone`."""
        if self.trashed:
            return "trash"
        return ("inbox" if self.inbox else "archive") if self.local else "gone"

    def tagged(self, service: str, status: str = CURRENT) -> set[str]:
        return self.tags.setdefault(service, {}).setdefault(status, set())


@dataclass
class FakePage:
    """A page; `searches` is how many more looks find it searching, `finds` what a refresh will find."""

    name: str
    key: str
    hashes: list[str] = field(default_factory=list)
    type: int = 6
    searches: int = 0
    finds: list[str] = field(default_factory=list)
    pages: list[FakePage] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        media = self.type != 10
        row = {
            "name": self.name,
            "page_key": self.key,
            "page_state": 2 if self.searches else 0,
            "page_type": self.type,
            "is_media_page": media,
            "selected": False,
        }
        return row if media else row | {"pages": [one.row() for one in self.pages]}

    def find(self, key: str) -> FakePage | None:
        if self.key == key:
            return self
        return next((found for one in self.pages if (found := one.find(key)) is not None), None)


class Client:
    """Files, services and keys of one client. All methods are called under `lock`."""

    def __init__(
        self,
        services: list[Service] | None = None,
        keys: Iterable[AccessKey] = (),
        *,
        api_version: int = 95,
        hydrus_version: int = 682,
        now: float = 1_795_200_000,
    ) -> None:
        self.services = fresh_services() if services is None else services
        self.keys = {one.key: one for one in keys}
        self.api_version = api_version
        self.hydrus_version = hydrus_version
        self.files: dict[int, FakeFile] = {}
        self.by_hash: dict[str, FakeFile] = {}
        # Duplicates, the king first; and pairs of kings with `1` for false positives, `3` for alternates.
        self.duplicates: list[tuple[str, ...]] = []
        self.apart: dict[frozenset[str], str] = {}
        self.violations: list[str] = []
        self.forgotten: set[int] = set()
        self.directory = Path("/hydrus/db/client_files")
        self.locked = False
        self.top_page = FakePage("top page notebook", "f0" * 32, type=10)
        self.takes_requests = False
        self.boot_id = secrets.token_hex(32)
        self.boot_time = now
        self.tells_boot = True
        self.lock = threading.RLock()
        self._clock = itertools.count(int(now))
        self._default_icons: dict[str, bytes] = {}

    def restart(self) -> None:
        """Come up again; what was lost before is for the caller to take back."""
        self.boot_id = secrets.token_hex(32)

    def add_page(
        self, name: str, hashes: Iterable[str] = (), *, above: FakePage | None = None, **more: Any
    ) -> FakePage:
        """Open a page, by default at the top."""
        page = FakePage(name, f"{next(self._clock):064x}", list(hashes), **more)
        (above or self.top_page).pages.append(page)
        return page

    def service(self, key: str) -> Service | None:
        return next((one for one in (*self.services, DELETED_FROM_ANYWHERE) if one.key == key), None)

    def add(self, file: FakeFile) -> FakeFile:
        self.files[file.file_id] = file
        self.by_hash[file.sha256] = file
        return file

    def add_bytes(self, content: bytes, details: dict[str, Any], thumbnail: bytes | None, state: str) -> FakeFile:
        """Import a file and bring it to a state: `inbox`, `archive`, `trash`, or `archive+trash`."""
        now = next(self._clock)
        file = FakeFile(
            file_id=2 * len(self.files) + 1,
            sha256=hashlib.sha256(content).hexdigest(),
            details={"size": len(content), **details},
            content=content,
            thumbnail=thumbnail,
            current={MY_FILES: now, STORAGE: now, MEDIA: now},
        )
        self.add(file)
        if "archive" in state:
            self.archive([file])
        if "trash" in state:
            self.trash([file], [MEDIA], "not wanted")
        return file

    def known(self, hashes: Iterable[str], request: str) -> list[FakeFile]:
        """Return the files of hashes; an unknown one becomes a ghost, as in a real client, and a violation."""
        return [self.by_hash.get(one) or self.ghost(one, request) for one in hashes]

    def ghost(self, sha256: str, request: str, file_id: int | None = None) -> FakeFile:
        self.violations.append(f"{request} made a ghost of {sha256[:8]}")
        return self.add(FakeFile(file_id or 66_000_000 + len(self.files), sha256, inbox=False))

    def files_of_ids(self, ids: Iterable[int]) -> list[FakeFile]:
        """Return the files of ids.

        Raises:
            Refusal: 404, naming the ids that this client never gave.
        """
        wanted = list(dict.fromkeys(ids))
        novel = [one for one in wanted if one not in self.files or one in self.forgotten]
        if novel:
            raise Refusal(
                404, f"It seems you gave a file_id that does not exist! Was asked about these novel hash_ids: {novel}"
            )
        return [self.files[one] for one in wanted]

    def archive(self, files: Iterable[FakeFile]) -> None:
        for file in files:
            if file.local and file.inbox:
                file.inbox, file.time_archived = False, next(self._clock)

    def unarchive(self, files: Iterable[FakeFile]) -> None:
        for file in files:
            if file.local:
                file.inbox, file.time_archived = True, None

    def trash(self, files: Iterable[FakeFile], domains: Iterable[str], reason: str) -> None:
        """Delete from domains: from the storage the bytes go at once; from the trash nothing happens."""
        for file, domain in itertools.product(list(files), list(domains)):
            if domain == STORAGE:
                self.violations.append(f"delete_files asked to delete the bytes of {file.sha256[:8]}")
                self.lose(file)
            elif domain in file.current and domain != TRASH:
                leaving = [MY_FILES, MEDIA, *self._local_domains()] if domain == MEDIA else [domain]
                self._leave(file, dict.fromkeys(leaving))
                file.delete_reason = reason

    def _local_domains(self) -> list[str]:
        return [one.key for one in self.services if one.type == 2]

    def _leave(self, file: FakeFile, domains: Iterable[str]) -> None:
        now = next(self._clock)
        for key in domains:
            if key in file.current:
                file.deleted[key] = (now, file.current.pop(key))
        if not any(key in file.current for key in self._local_domains()):
            if MEDIA in file.current:
                file.deleted[MEDIA] = (now, file.current.pop(MEDIA))
            file.current[TRASH] = now
            file.current[DELETED] = now

    def undelete(self, files: Iterable[FakeFile]) -> None:
        """Bring trashed files back to the domains that they left; one whose bytes are gone stays gone."""
        for file in files:
            if file.local and file.trashed:
                for key in [MEDIA, *self._local_domains()]:
                    if key in file.deleted:
                        file.current[key] = file.deleted.pop(key)[1] or next(self._clock)
                file.current.pop(TRASH)
                file.current.pop(DELETED, None)

    def store(self, directory: Path) -> None:
        """Keep originals and thumbnails on disk, where a client keeps them and says that they are."""
        self.directory = directory
        for file in self.files.values():
            for kind, content, ext in (
                ("f", file.content, str(file.details.get("ext", ""))),
                ("t", file.thumbnail, ".thumbnail"),
            ):
                if content is not None:
                    path = directory / f"{kind}{file.sha256[:2]}" / f"{file.sha256}{ext}"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                    file.path = path if kind == "f" else file.path

    def lose(self, file: FakeFile) -> None:
        """Delete a file's bytes, as an emptied trash does; its metadata and tags stay."""
        now = next(self._clock)
        for key in [key for key in file.current if key not in (TRASH, DELETED)]:
            file.deleted[key] = (now, file.current.pop(key))
        file.current = {DELETED: now}
        file.content = file.thumbnail = None

    def change_tags(
        self,
        files: Iterable[FakeFile],
        service: str,
        actions: dict[str, list[str]],
        *,
        override: bool = True,
        record: bool = True,
    ) -> None:
        """Add (0) and delete (1) tags, with the records of deleted mappings that a client keeps."""
        for file in files:
            current, removed = file.tagged(service), file.tagged(service, REMOVED)
            for tag in filter(None, map(clean_tag, actions.get("0", []))):
                if override or tag not in removed:
                    removed.discard(tag)
                    current.add(tag)
            for tag in filter(None, map(clean_tag, actions.get("1", []))):
                if tag in current or record:
                    current.discard(tag)
                    removed.add(tag)

    def row(self, file: FakeFile, *, milliseconds: bool = False) -> dict[str, Any]:
        """The full metadata row of a file."""
        details = dict(file.details)
        row: dict[str, Any] = {"file_id": file.file_id, "hash": file.sha256}
        row |= {key: details.pop(key, None) for key in BASIC}
        row |= {key: details.pop(key, None) for key in ("num_words", "has_audio", "blurhash", "pixel_hash")}
        row["filetype_forced"] = False
        row["file_services"] = {
            "current": {key: self._heading(key) | {"time_imported": time} for key, time in file.current.items()},
            "deleted": {
                key: self._heading(key) | {"time_deleted": gone, "time_imported": came}
                for key, (gone, came) in file.deleted.items()
            },
        }
        row |= {
            "is_inbox": file.inbox,
            "is_local": file.local,
            "is_trashed": file.trashed,
            "is_deleted": DELETED in file.current,
            "tags": self._tags(file),
        }
        if file.time_archived is not None:
            row["time_archived"] = file.time_archived
        row |= details
        return row if milliseconds else _whole_seconds(row)

    def _heading(self, key: str) -> dict[str, Any]:
        service = self.service(key)
        assert service is not None
        return service.heading

    def _tags(self, file: FakeFile) -> dict[str, Any]:
        everything: dict[str, set[str]] = {}
        table = {}
        for service in self.services:
            if service.type in (0, 5):
                statuses = {status: tags for status, tags in file.tags.get(service.key, {}).items() if tags}
                table[service.key] = service.heading | _tag_lists(statuses)
                for status, tags in statuses.items():
                    everything.setdefault(status, set()).update(tags)
        table[ALL_KNOWN_TAGS] = self._heading(ALL_KNOWN_TAGS) | _tag_lists(everything)
        return table


def _tag_lists(statuses: dict[str, set[str]]) -> dict[str, Any]:
    """Storage tags hold deleted mappings; display tags do not."""
    storage = {status: sorted(tags) for status, tags in sorted(statuses.items())}
    return {"storage_tags": storage, "display_tags": {key: tags for key, tags in storage.items() if key != REMOVED}}


def clean_tag(tag: str) -> str:
    """Return a tag as a client stores it: lower case, single spaces, a lone colon at the start kept apart."""
    namespace, colon, rest = " ".join(tag.lower().split()).partition(":")
    if not colon:
        return namespace
    return f"{namespace.strip()}:{rest.strip()}" if namespace.strip() else rest.strip()


def _whole_seconds(value: Any, *, time: bool = False) -> Any:
    """Cut the fractions of all times, which are given only when asked for."""
    if isinstance(value, dict):
        return {key: _whole_seconds(one, time=time or key.startswith("time_")) for key, one in value.items()}
    return int(value) if time and isinstance(value, float) else value
