"""What is written to a Hydrus client: tags in one local service, and the steps between inbox, archive and trash.

Each request is noted in the log of writes before it is sent. A client commits its database every half minute, so one
that was killed comes back without its last writes, although it had answered and shown them. So after a client was away
our own last writes are looked at again, and what was lost is written again. Where that is found out late, a person may
have changed the files meanwhile: then only tags are written again that nobody has taken away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from hyai_tui.errors import HyaiError, LibraryError, PermissionMissing, WrongUse
from hyai_tui.library.base import FileState, MediaFile, StateChange, TagChange
from hyai_tui.library.hydrus.changes import lost_states, lost_tags, merged_tags, state_steps
from hyai_tui.library.hydrus.client import BATCH, Client
from hyai_tui.library.hydrus.restarts import Restarts
from hyai_tui.library.hydrus.rights import Permission
from hyai_tui.library.hydrus.rows import removed_tags
from hyai_tui.library.hydrus.services import Kind
from hyai_tui.library.write_log import Change, Sent, Target, WriteLog

READ_ONLY = "hyai runs read-only"
REASON_AFTER_LOSS = "decided in hyai; Hydrus had lost it"
LOSS_SECONDS = 120.0
"""How long before a client went away its writes may be lost; it commits every 30 seconds unless told otherwise."""

SOON_SECONDS = 600.0
"""How long after a client went away what differs from our writes is taken for lost, and for nobody's act."""

_log = logging.getLogger(__name__)


class Writer:
    """Writes to one client.

    Args:
        client: sends the requests.
        tag_service: key of the local tag service.
        read_only: refuse every write before a request is made.
        look: reads the present state and tags of files.
        address: what the client is known by in the log of writes.

    Attributes:
        log: notes every write; None where nobody keeps one.
    """

    def __init__(
        self,
        client: Client,
        tag_service: str,
        *,
        read_only: bool,
        look: Callable[[Sequence[str]], Mapping[str, MediaFile]],
        address: str,
    ) -> None:
        self.log: WriteLog | None = None
        self._restarts = Restarts(client, address)
        self._client = client
        self._tag_service = tag_service
        self._read_only = read_only
        self._look = look

    def refuse_read_only(self) -> None:
        """Raise `PermissionMissing` where nothing may be written."""
        if self._read_only:
            raise PermissionMissing(f"Nothing was written: {READ_ONLY}", "Leave out --read-only (HYAI_READ_ONLY)")

    def change_tags(self, changes: Sequence[TagChange]) -> None:
        """Add and remove tags: one request for each distinct change of up to 256 files.

        Files that the client does not know are left out, because tagging one would make a ghost of it.
        """
        self.refuse_read_only()
        groups = merged_tags(changes)
        if not groups:
            return
        self._client.require(Permission.TAGS, "write tags")
        service = self._client.services().writable_tags(self._tag_service)
        known = self._client.known([one for hashes in groups.values() for one in hashes])
        for (add, remove), hashes in groups.items():
            actions = {"0": sorted(add), "1": sorted(remove)}
            send = [one for one in hashes if one in known]
            for start in range(0, len(send), BATCH):
                part = send[start : start + BATCH]
                with self._noted("tag", Change(tuple(sorted(add)), tuple(sorted(remove))), part):
                    self._client.ask(
                        self._client.api.add_tags,
                        hashes=part,
                        service_keys_to_actions_to_tags={service: {key: tags for key, tags in actions.items() if tags}},
                        create_new_deleted_mappings=False,
                    )

    def change_state(self, changes: Sequence[StateChange], reason: str) -> None:
        """Archive, unarchive, trash and rescue; only what differs from the state read just before is sent."""
        self.refuse_read_only()
        if any(one.state is FileState.GONE for one in changes):
            raise WrongUse("A file cannot be made gone: nothing here deletes bytes")
        if not changes:
            return
        self._client.require(Permission.FILES, "archive, trash or rescue files")
        calls: dict[str, Callable[[list[str]], object]] = {
            "undelete": lambda hashes: self._client.ask(self._client.api.undelete_files, hashes=hashes),
            "archive": lambda hashes: self._client.ask(self._client.api.archive_files, hashes=hashes),
            "unarchive": lambda hashes: self._client.ask(self._client.api.unarchive_files, hashes=hashes),
            "trash": lambda hashes: self._trash(hashes, reason),
        }
        for step, hashes in state_steps(changes, self._look([one.sha256 for one in changes])):
            for start in range(0, len(hashes), BATCH):
                part = hashes[start : start + BATCH]
                with self._noted("state", Change(step=step), part):
                    calls[step](part)

    def make_good(self) -> None:
        """If the client was away or was started again, write again what it may have lost; else do nothing.

        Raises:
            LibraryDown: it is still away; the next call tries again.
        """
        log = self._log_of_writes
        if log is None:
            return
        if (started := self._restarts.since(log)) is not None:
            self._client.was_away(started)
        away = self._client.came_back()
        if away is None:
            return
        try:
            self._write_again(log, away, surely=time.time() - away <= SOON_SECONDS)
        except HyaiError:
            self._client.was_away(away)
            raise

    @property
    def _log_of_writes(self) -> WriteLog | None:
        return None if self._read_only else self.log

    def _write_again(self, log: WriteLog, away: float, *, surely: bool) -> None:
        recent = log.since(away - LOSS_SECONDS)
        files = list(dict.fromkeys(file for one in recent for file in one.files))
        found: dict[str, MediaFile] = {}
        for start in range(0, len(files), BATCH):
            found |= self._look(files[start : start + BATCH])
        tags, states = lost_tags(recent, found), lost_states(recent, found)
        if not surely:
            tags, states = self._taken_by_nobody(tags), []
        if not tags and not states:
            return
        _log.warning("after Hydrus was away, %d tag changes and %d moves are written again", len(tags), len(states))
        before, log.by = log.by, _authors(recent)
        try:
            self.change_tags(tags)
            self.change_state(states, REASON_AFTER_LOSS)
        finally:
            log.by = before
        for start in range(0, len(files), BATCH):
            log.saw(self._look(files[start : start + BATCH]).values())

    def _taken_by_nobody(self, changes: Sequence[TagChange]) -> list[TagChange]:
        """Return the changes that add tags of which the client has no record that somebody took them away."""
        taken = {
            row["hash"]: removed_tags(row, self._tag_service)
            for row in self._client.rows_of_hashes(one.sha256 for one in changes)
        }
        return [one for one in changes if one.add and taken.get(one.sha256, one.add).isdisjoint(one.add)]

    def _trash(self, hashes: list[str], reason: str) -> None:
        """Send files to the trash of all local domains; never to "hydrus local file storage", which deletes bytes."""
        domains = [one.key for one in self._client.services().of(Kind.ALL_LOCAL_MEDIA)]
        if not domains:
            raise LibraryError("This Hydrus has no domain of all local files", "Update Hydrus")
        self._client.ask(self._client.api.delete_files, hashes=hashes, file_service_keys=domains, reason=reason)

    def _noted(self, target: Target, change: Change, files: list[str]) -> AbstractContextManager[None]:
        """Note a request in the log of writes, where there is one."""
        return nullcontext() if self.log is None else self.log.request(target, change, files)


def _authors(recent: Sequence[Sent]) -> dict[str, str]:
    """Return for whom each file was written last."""
    return {file: one.by for one in recent for file in one.files}
