"""What the journal promises about the disk: whole or nothing, private, migrated with a copy, errors in words."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hyai_tui.journal import database, schema
from hyai_tui.journal.errors import JournalBusy, JournalError
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import NewDecision

A = "a" * 64


def decide(journal: Journal, file: str = A, shown: str = "") -> None:
    journal.decide([NewDecision(file, label="trash", shown={"view": shown})], session="one", source="app")


def opened(path: Path) -> Journal:
    journal = Journal.open(path)
    journal.add_label("trash")
    return journal


def test_the_journal_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal:
        decide(journal)
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "journal.db-wal" in modes


def test_the_journal_is_durable_with_every_commit(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal, journal.transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal:
        decide(journal)
        with journal.transaction() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalError, match="disk is full"):
            decide(journal, "b" * 64, "x" * 200_000)
        assert [one.file for one in journal.decisions()] == [A]
        assert {one.file for one in journal.effects()} == {A}
        with journal.transaction() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        decide(journal, "b" * 64)
        assert len(list(journal.decisions())) == 2


def test_a_read_only_journal_is_said(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal:
        with journal.transaction() as connection:
            pass
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(JournalError, match="read-only"):
            decide(journal)


def test_a_journal_that_another_process_holds_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "journal.db").close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Journal.open(tmp_path / "journal.db") as journal, pytest.raises(JournalBusy, match="in use"):
        decide(journal)
    holder.close()


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"these are my holiday notes, not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="damaged or not a journal"):
        Journal.open(path)
    assert path.read_bytes() == before


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    opened(tmp_path / "journal.db").close()
    with sqlite3.connect(tmp_path / "journal.db") as direct:
        direct.execute("PRAGMA user_version = 99")
    direct.close()
    with pytest.raises(JournalError, match="newer hyai"):
        Journal.open(tmp_path / "journal.db")


def test_a_migration_keeps_a_copy_of_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "journal.db") as journal:
        decide(journal)
    step = "CREATE TABLE later(id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO later(id) VALUES (7);\n"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    with Journal.open(tmp_path / "journal.db") as journal, journal.transaction() as connection:
        assert connection.execute("SELECT id FROM later").fetchone() == (7,)
        assert [one.file for one in journal.decisions()] == [A]
    backup = tmp_path / f"journal.db.v{len(schema.MIGRATIONS) - 1}.backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT file FROM decisions").fetchall() == [(A,)]
        assert copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    copy.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "journal.db").close()
    broken = "CREATE TABLE later(id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO nowhere VALUES (1);\n"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    with pytest.raises(JournalError):
        Journal.open(tmp_path / "journal.db")
    monkeypatch.undo()
    with Journal.open(tmp_path / "journal.db") as journal:
        assert [one.name for one in journal.labels()] == ["trash"]


def test_threads_decide_side_by_side(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal:

        def work(worker: int) -> None:
            for number in range(20):
                decide(journal, f"{worker:02x}{number:062x}")
                journal.effective()

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(list(journal.decisions())) == 80
        assert len(journal.effective()) == 80


def test_several_processes_may_make_the_same_journal(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from hyai_tui.journal.journal import Journal\n"
        "from hyai_tui.journal.model import NewDecision\n"
        "with Journal.open(pathlib.Path(sys.argv[1])) as journal:\n"
        "    journal.add_label('trash')\n"
        "    journal.decide([NewDecision(sys.argv[2] * 64, label='trash')], session='x', source='command')\n"
    )
    path = str(tmp_path / "journal.db")
    started = [subprocess.Popen([sys.executable, "-c", code, path, digit]) for digit in "abcdef"]
    assert [one.wait() for one in started] == [0] * 6
    with Journal.open(tmp_path / "journal.db") as journal:
        assert sorted(one.file[0] for one in journal.decisions()) == list("abcdef")


def test_a_look_tells_whether_somebody_has_written(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal, Journal.open(tmp_path / "journal.db") as other:
        before = journal.data_version()
        assert journal.data_version() == before
        decide(other)
        assert journal.data_version() != before


def test_calls_inside_a_transaction_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    def fail_halfway(journal: Journal) -> None:
        with journal.transaction():
            decide(journal)
            journal.assign_folds({A: 1})
            raise RuntimeError("power went")

    with opened(tmp_path / "journal.db") as journal:
        with pytest.raises(RuntimeError, match="power"):
            fail_halfway(journal)
        assert list(journal.decisions()) == []
        assert journal.folds() == {}


def test_a_closed_journal_takes_no_decision(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.db")
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        decide(journal)


def test_one_app_holds_the_lease_until_another_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "journal.db") as journal:
        assert journal.take_lease("home", "tmux").holder == "home"
        assert journal.take_lease("phone").holder == "home"
        assert journal.renew_lease("home")
        assert journal.take_lease("phone", take_over=True).holder == "phone"
        assert not journal.renew_lease("home")
        journal.release_lease("home")
        held = journal.lease()
        assert held is not None
        assert held.holder == "phone"
        # A holder that has not been heard of for a while has no lease any more.
        monkeypatch.setattr("time.time", lambda: held.beat + 60)
        assert journal.lease() is None
        assert journal.take_lease("home").holder == "home"


def test_the_place_and_the_runs_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as journal:
        assert journal.place() == {}
        journal.save_place({"queue": "mistakes", "file": A})
        journal.save_place({"queue": "uncertain", "file": A})
        first = journal.add_run({"model": "m1", "metrics": {"macro_f1": 0.9}})
        second = journal.add_run({"model": "m2"})
    with Journal.open(tmp_path / "journal.db") as journal:
        assert journal.place() == {"queue": "uncertain", "file": A}
        assert [(one["run"], one["model"]) for one in journal.runs()] == [(first, "m1"), (second, "m2")]


def test_sample_paths_keep_bytes_that_are_no_text(tmp_path: Path) -> None:
    from hyai_tui.journal.model import SampleRecord

    record = SampleRecord("trash/\udcff odd.png", A, A, "trash", inode=2**64 - 1)
    with opened(tmp_path / "journal.db") as journal:
        journal.note_samples([record])
        assert journal.samples() == {record.path: record}
