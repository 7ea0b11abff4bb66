"""The ledger: what it keeps over a restart, and what it says when it cannot be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hyai_tui.errors import HyaiError
from hyai_tui.tagging.ledger import Ledger
from tests.unit.tagging_fixtures import name_of


def test_states_survive_a_restart_and_the_newest_holds(tmp_path: Path) -> None:
    files = [name_of(i) for i in range(1200)]
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.intend(((file, "hyai:trash") for file in files), "m1")
        ledger.verify([(files[0], "hyai:trash")], "m1")
        ledger.remove([(files[1], "hyai:trash")], "m1")
        ledger.forget([(files[2], "hyai:trash")])
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        states = ledger.states(files)
        assert states[files[0]] == {"hyai:trash": "verified"}
        assert states[files[1]] == {"hyai:trash": "removed"}
        assert files[2] not in states
        assert states[files[-1]] == {"hyai:trash": "intended"}
        assert ledger.counts() == {"intended": 1197, "removed": 1, "verified": 1}


def test_clearing_forgets_files_but_not_which_tags_were_ours(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        assert ledger.cleared_at() == 0
        ledger.verify([(name_of(1), "old:trash")], "m1")
        ledger.clearings.end()
        assert ledger.states([name_of(1)]) == {}
        assert ledger.names() == {"old:trash"}
        assert ledger.cleared_at() > 0


def test_the_ledger_is_private(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.verify([(name_of(1), "hyai:trash")], "m1")
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
        assert set(modes.values()) == {0}


def test_a_damaged_ledger_and_one_of_a_newer_program_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"this is no database, and it is long enough to be looked at" * 40)
    with pytest.raises(HyaiError, match="damaged") as caught:
        Ledger.open(tmp_path / "damaged.db")
    assert "Move it aside" in caught.value.fix
    connection = sqlite3.connect(tmp_path / "newer.db")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(HyaiError, match="newer"):
        Ledger.open(tmp_path / "newer.db")


def test_each_tag_service_has_rows_of_its_own(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", "one") as ledger:
        ledger.verify([(name_of(1), "hyai:trash")], "m1")
    with Ledger.open(tmp_path / "ledger.db", "another") as ledger:
        assert ledger.states([name_of(1)]) == {}
        assert ledger.names() == {"hyai:trash"}
        ledger.clearings.end()
    with Ledger.open(tmp_path / "ledger.db", "one") as ledger:
        assert ledger.counts() == {"verified": 1}


def test_a_ledger_of_the_first_version_keeps_what_it_knows(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.executescript(
        """
        CREATE TABLE tags(
            file BLOB NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL, model TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, tag)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE names(tag TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE cleared(at REAL NOT NULL) STRICT;
        INSERT INTO names VALUES ('hyai:trash');
        PRAGMA user_version = 1;
        """
    )
    row = (bytes.fromhex(name_of(1)), "hyai:trash", "removed", "m1", 1.0)
    connection.execute("INSERT INTO tags VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    for _ in range(2):
        with Ledger.open(tmp_path / "ledger.db", "folder") as ledger:
            assert ledger.states([name_of(1)]) == {name_of(1): {"hyai:trash": "removed"}}
            assert ledger.names() == {"hyai:trash"}
