"""Hundreds of review decisions, committed and all undone, leave a client as it was: the fake one, or a real one.

`HYAI_TEST_HYDRUS_URL` and `HYAI_TEST_HYDRUS_KEY` name a real, disposable client on this machine, whose key permits
everything; then 200 of its files are decided on.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from hyai_tui.effects.deciding import Decider, Mode
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.journal.model import Kind
from hyai_tui.library.base import ScanOptions
from hyai_tui.workspace import create_workspace
from tests.contract.either_client import HEADER, real
from tests.contract.hydrus_fixtures import add_files
from tests.fake_hydrus import MY_TAGS, Client, FakeHydrus, fresh_services
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


@dataclass(frozen=True)
class Server:
    """A running client, and how many decisions it is put through."""

    url: str
    key: str
    decisions: int

    def files(self) -> dict[str, Any]:
        """Return, by hash, where each file is and its tags, by service; records of deleted mappings are left out."""
        found: dict[str, Any] = {}
        wanted = {"tags": ["system:everything"], "file_service_keys": [MEDIA, TRASH], "return_hashes": True}
        hashes = self._get("/get_files/search_files", **wanted, file_sort_asc=True)["hashes"]
        for start in range(0, len(hashes), 256):
            part = {"hashes": hashes[start : start + 256], "include_services_object": False}
            for row in self._get("/get_files/file_metadata", **part)["metadata"]:
                tags = {service: set(one["storage_tags"].get("0", [])) for service, one in row["tags"].items()}
                where = sorted(row["file_services"]["current"])
                found[row["hash"]] = (row["is_inbox"], row["is_trashed"], row["is_local"], where, tags)
        return found

    def _get(self, path: str, **arguments: object) -> Any:
        text = {name: json.dumps(value) for name, value in arguments.items()}
        answer = requests.get(self.url + path, text, headers={HEADER: self.key}, timeout=60)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def server() -> Iterator[Server]:
    if given := real():
        yield Server(*given, 200)
        return
    with FakeHydrus(Client(fresh_services(repository=True))) as fake:
        files = add_files(fake.client, 48)
        for one, tag in zip(files, itertools.cycle(("hyai:archive", "hyai:trash", "creator:me")), strict=False):
            one.tagged(MY_TAGS).add(tag)
        yield Server(fake.url, fake.key.key, 40)
        assert fake.violations == []


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[Parts]:
    (tmp_path / "run").mkdir(mode=0o700)
    for name, value in {"HOME": tmp_path, "XDG_RUNTIME_DIR": tmp_path / "run", "HYAI_HYDRUS_KEY": server.key}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    workspace = create_workspace(tmp_path / "art", f'[library]\nkind = "hydrus"\nurl = "{server.url}"\n')
    with opened(workspace) as parts:
        assert parts.library is not None
        number = parts.catalog.begin_scan()
        parts.catalog.put(parts.library.scan(ScanOptions()), number)
        parts.catalog.finish_scan(number)
        assert parts.first_write()
        yield parts


def decider(parts: Parts, mode: Mode) -> Decider:
    return Decider(
        parts.workspace, parts.journal, parts.catalog, parts.library, session="test", source="app", mode=mode
    )


def settle(parts: Parts) -> None:
    for _ in range(60):
        parts.runner.drain(10)
        if not parts.journal.effect_counts()["due"]:
            break
    counts = parts.journal.effect_counts()
    assert (counts["due"], counts["failed"]) == (0, 0), parts.journal.effects("failed")[:3]


def chosen(parts: Parts, number: int) -> list[str]:
    """Return files of every state by turns."""
    by_state: dict[str, list[str]] = {}
    for one in parts.catalog.files():
        by_state.setdefault(one.state, []).append(one.sha256)
    turns = itertools.zip_longest(*by_state.values())
    return [one for one in itertools.chain.from_iterable(turns) if one is not None][:number]


def test_staged_decisions_are_committed_and_undoing_all_of_them_leaves_the_client_as_it_was(
    server: Server, parts: Parts
) -> None:
    before = server.files()
    files = chosen(parts, server.decisions)
    assert len(files) == server.decisions
    staging = decider(parts, "STAGED")
    for file, (kind, label) in zip(files, itertools.cycle(ACTS), strict=False):
        staging.decide(file, label, kind=kind)
    settle(parts)
    assert {file: one[:4] for file, one in server.files().items()} == {file: one[:4] for file, one in before.items()}
    parts.runner.commit()
    settle(parts)
    moved = {file for file, one in server.files().items() if one[:4] != before[file][:4]}
    in_force = parts.journal.effective()
    assert moved == {file for file, one in in_force.items() if one.asks is not None}
    after = {one.sha256: one.state.value for one in parts.catalog.files()}
    assert {file: after[file] for file in moved} == {file: in_force[file].label for file in moved}
    staging.undo(server.decisions)
    settle(parts)
    assert server.files() == before


def test_a_live_decision_moves_its_file_at_once_and_undo_moves_it_back(server: Server, parts: Parts) -> None:
    before = server.files()
    live = decider(parts, "LIVE")
    for file, label in zip(chosen(parts, 12), itertools.cycle(("trash", "archive")), strict=False):
        live.decide(file, label)
        settle(parts)
        _, trashed, *_ = server.files()[file]
        assert trashed is (label == "trash")
        live.undo()
        settle(parts)
        assert server.files()[file] == before[file]
    assert server.files() == before
