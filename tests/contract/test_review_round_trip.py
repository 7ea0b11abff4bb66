"""Hundreds of review decisions, committed and all undone, leave a client as it was: the fake one, or a real one.

On a real client (see `either_client`) 200 of its files are decided on; on the fake one fewer. With a key that may not move
files, or not write tags, what it may not do waits by name and nothing else is sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.effects.deciding import Decider, Mode
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.errors import PermissionMissing
from hyai_tui.journal.model import Kind, Status
from hyai_tui.library.base import ScanOptions
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract import either_client
from tests.contract.either_client import FILTERED, FULL, SEARCH, TAGS, EitherClient, real
from tests.fake_hydrus.services import MEDIA, TRASH

ACTS: tuple[tuple[Kind, str | None], ...] = (
    ("label", "trash"),
    ("label", "archive"),
    ("label", "archive"),
    ("unsure", None),
    ("label", "trash"),
    ("ignore", None),
    ("label", "archive"),
    ("skip", None),
)
ON_THE_REAL_ONE, ON_THE_FAKE = 200, 40


@dataclass(frozen=True)
class Table:
    """A client, and a workspace beside it."""

    client: EitherClient
    workspace: Workspace

    @property
    def decisions(self) -> int:
        return ON_THE_REAL_ONE if real() else ON_THE_FAKE

    def files(self) -> dict[str, Any]:
        """Return, by hash, where each file is and its tags, by service; records of deleted mappings are left out.

        These requests are the test's own, and not the library's.
        """
        found: dict[str, Any] = {}
        ids = self.client.ids("system:everything", domains=(MEDIA, TRASH))
        for start in range(0, len(ids), 256):
            for row in self.client.rows(ids[start : start + 256]):
                tags = {service: set(one["storage_tags"].get("0", [])) for service, one in row["tags"].items()}
                where = sorted(row["file_services"]["current"])
                found[row["hash"]] = (row["is_inbox"], row["is_trashed"], row["is_local"], where, tags)
        return found

    @contextmanager
    def scanned(self) -> Iterator[Parts]:
        """Open the workspace with the library listed and the first write allowed."""
        with opened(self.workspace) as parts:
            assert isinstance(parts.library, HydrusLibrary)
            self.client.watch(parts.library)
            number = parts.catalog.begin_scan()
            parts.catalog.put(parts.library.scan(ScanOptions()), number)
            parts.catalog.finish_scan(number)
            assert parts.first_write()
            yield parts


@pytest.fixture(params=("the key given",) if real() else (FULL, TAGS, SEARCH, FILTERED))
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    for client in either_client.opened(request.param, tmp_path / "client_files", 48):
        (tmp_path / "run").mkdir(mode=0o700)
        given = {"HOME": tmp_path, "XDG_RUNTIME_DIR": tmp_path / "run", "HYAI_HYDRUS_KEY": client.key}
        for name, value in given.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        library = f'[library]\nkind = "hydrus"\nurl = "{client.url}"\n'
        yield Table(client, create_workspace(tmp_path / "art", library))
        assert client.harms() == []
        assert client.fake is None or client.fake.violations == []


def decider(parts: Parts, mode: Mode) -> Decider:
    return Decider(
        parts.workspace, parts.journal, parts.catalog, parts.library, session="test", source="app", mode=mode
    )


def settle(parts: Parts) -> None:
    for _ in range(60):
        parts.runner.drain(10)
        if not parts.journal.effect_counts()["due"]:
            break
    assert parts.journal.effect_counts()["due"] == 0, parts.journal.effects("due")[:3]


def reasons(parts: Parts, target: str, status: Status = "failed") -> set[str]:
    """Return why effects of one target were not done."""
    return {one.reason for one in parts.journal.effects(status) if one.target == target}


def chosen(parts: Parts, number: int) -> list[str]:
    """Return files of every state by turns."""
    by_state: dict[str, list[str]] = {}
    for one in parts.catalog.files():
        by_state.setdefault(one.state, []).append(one.sha256)
    turns = itertools.zip_longest(*by_state.values())
    return [one for one in itertools.chain.from_iterable(turns) if one is not None][:number]


def test_staged_decisions_are_committed_and_undoing_all_of_them_leaves_the_client_as_it_was(table: Table) -> None:
    client = table.client
    if not client.reads:
        with pytest.raises(PermissionMissing), table.scanned():
            pass
        assert client.writes == []
        return
    before = table.files()
    with table.scanned() as parts:
        files = chosen(parts, table.decisions)
        assert len(files) == table.decisions
        staging = decider(parts, "STAGED")
        for file, (kind, label) in zip(files, itertools.cycle(ACTS), strict=False):
            staging.decide(file, label, kind=kind)
        settle(parts)
        assert {file: one[:4] for file, one in table.files().items()} == {file: one[:4] for file, one in before.items()}
        in_force = parts.journal.effective()
        asked = {file for file, one in in_force.items() if one.asks is not None}
        assert asked
        parts.runner.commit()
        settle(parts)
        moved = {file for file, one in table.files().items() if one[:4] != before[file][:4]}
        tagged = {file for file, one in table.files().items() if one[4] != before[file][4]}
        assert bool(tagged) is client.tags
        assert tagged <= set(files)
        assert all("edit file tags" in one for one in reasons(parts, "tag"))
        assert bool(reasons(parts, "tag")) is not client.tags
        if client.moves:
            assert moved == asked
            after = {one.sha256: one.state.value for one in parts.catalog.files()}
            assert {file: after[file] for file in moved} == {file: in_force[file].label for file in moved}
            assert reasons(parts, "state") == set()
        else:
            assert moved == set()
            assert len([one for one in parts.journal.effects("failed") if one.target == "state"]) == len(asked)
            assert all("import and delete files" in one for one in reasons(parts, "state"))
        staging.undo(table.decisions)
        settle(parts)
    assert table.files() == before
    if not client.tags:
        assert client.writes == []


def test_a_live_decision_moves_its_file_at_once_and_undo_moves_it_back(table: Table) -> None:
    if not table.client.moves:
        pytest.skip("this key may not move files, or not read")
    before = table.files()
    with table.scanned() as parts:
        live = decider(parts, "LIVE")
        for file, label in zip(chosen(parts, 12), itertools.cycle(("trash", "archive")), strict=False):
            live.decide(file, label)
            settle(parts)
            _, trashed, *_ = table.files()[file]
            assert trashed is (label == "trash")
            live.undo()
            settle(parts)
            assert table.files()[file] == before[file]
    assert table.files() == before
