"""Edits: tags of a person's own, changed because a person said so, verified, and taken back by an undo."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hyai_tui.effects.editing import parse_change
from hyai_tui.effects.tagging import CHANGED_BY_OTHERS
from hyai_tui.errors import WrongUse
from hyai_tui.journal import schema
from hyai_tui.journal.journal import Journal
from hyai_tui.library.base import TagChange
from hyai_tui.library.tag_names import clean_tag
from hyai_tui.settings import TagSettings
from tests.unit.effects_fixtures import Bench, bench, private_runtime

__all__ = ["bench", "private_runtime"]

NONE: frozenset[str] = frozenset()


def put(bench: Bench, file: str, *tags: str, remove: tuple[str, ...] = ()) -> None:
    bench.library.inner.change_tags([TagChange(file, add=frozenset(tags), remove=frozenset(remove))])


def edit(bench: Bench, file: str, add: str = "", remove: str = "", finding: str = "") -> int:
    made = bench.journal.edit_tags(
        file, frozenset(add.split()), frozenset(remove.split()), session="test", finding=finding
    )
    bench.drain()
    return made.id


def undo(bench: Bench, number: int) -> str:
    assert bench.journal.undo_edit(number) is not None
    bench.drain()
    last = bench.journal.last_effect(bench.journal.edits()[0].file, "edit")
    assert last is not None
    return f"{last.status}: {last.reason}" if last.reason else last.status


def test_an_edit_changes_the_named_tags_and_an_undo_brings_back_exactly_what_was_there(bench: Bench) -> None:
    file = bench.add(1)
    put(bench, file, "sky", "old", "kept", "hyai:archive")
    number = edit(bench, file, "person:ann sky", "old missing")
    assert bench.tags(file) == {"person:ann", "sky", "kept", "hyai:archive"}
    assert bench.catalog.tags(file) == {"person:ann", "sky", "kept", "hyai:archive"}
    assert undo(bench, number) == "done"
    assert bench.tags(file) == {"sky", "old", "kept", "hyai:archive"}
    assert bench.journal.redo_edit(number) is not None
    bench.drain()
    assert bench.tags(file) == {"person:ann", "sky", "kept", "hyai:archive"}


def test_an_undo_changes_nothing_where_somebody_else_changed_the_tags(bench: Bench) -> None:
    file = bench.add(1)
    number = edit(bench, file, "person:ann")
    put(bench, file, "person:bea", remove=("person:ann",))
    assert undo(bench, number) == f"failed: {CHANGED_BY_OTHERS}"
    assert bench.tags(file) == {"person:bea"}
    edit(bench, file, "sky")
    assert bench.tags(file) == {"person:bea", "sky"}, "an undo that came to nothing holds nothing up"


def test_a_later_edit_of_the_same_tag_outlives_the_undo_of_an_earlier_one(bench: Bench) -> None:
    file = bench.add(1)
    first = edit(bench, file, "sky")
    edit(bench, file, "", "sky")
    assert undo(bench, first) == "done"
    assert bench.tags(file) == set()


def test_an_old_edit_is_not_done_again_with_a_new_one(bench: Bench) -> None:
    file = bench.add(1)
    edit(bench, file, "sky")
    put(bench, file, remove=("sky",))
    edit(bench, file, "sea")
    assert bench.tags(file) == {"sea"}


def test_an_edit_waits_while_the_library_is_down_and_is_done_later(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.down = True
    edit(bench, file, "sky")
    assert bench.journal.effect_counts()["due"] == 1
    bench.library.down = False
    bench.journal.retry_effects()
    bench.drain()
    assert bench.tags(file) == {"sky"}


def test_an_edit_undone_before_it_was_written_writes_nothing(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.down = True
    number = edit(bench, file, "sky")
    bench.library.down = False
    assert undo(bench, number) == "done"
    assert bench.library.writes == []


def test_what_was_mended_is_known_by_its_finding_until_it_is_taken_back(bench: Bench) -> None:
    file = bench.add(1)
    number = edit(bench, file, "sky", finding="tags\nfew-tags")
    assert bench.journal.mended_findings()["tags\nfew-tags"].id == number
    undo(bench, number)
    assert bench.journal.mended_findings() == {}


@pytest.mark.parametrize(
    ("typed", "stored"), [("Sky", "sky"), ("  big   tree ", "big tree"), ("Person : Ann", "person:ann")]
)
def test_a_tag_is_cleaned_as_a_library_stores_it(typed: str, stored: str) -> None:
    assert clean_tag(typed) == stored


@pytest.mark.parametrize("typed", ["", " ", "person:", "a\x1b[31m", "x" * 2000])
def test_what_is_no_tag_is_refused(typed: str) -> None:
    with pytest.raises(WrongUse):
        clean_tag(typed)


def test_a_typed_change_names_tags_to_add_and_to_remove() -> None:
    assert parse_change("person:Ann, -old tag,+sky", TagSettings(), ()) == (
        frozenset({"person:ann", "sky"}),
        frozenset({"old tag"}),
    )
    for wrong, said in ((",", "No tag"), ("sky, -sky", "both"), ("hyai:trash", "decisions"), ("-hyai:memes", "dec")):
        with pytest.raises(WrongUse, match=said):
            parse_change(wrong, TagSettings(), ("memes",))


def test_an_older_journal_keeps_its_effects_through_the_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:5])
    Journal.open(tmp_path / "journal.db").close()
    # As a program of that time wrote it: today's statements name columns that came later.
    with closing(sqlite3.connect(tmp_path / "journal.db")) as old, old:
        old.execute("INSERT INTO labels(name, digit, at) VALUES ('trash', 1, 1)")
        old.execute("INSERT INTO acts(id, at, session, source) VALUES (1, 1, 's', 'command')")
        old.execute("INSERT INTO decisions(id, act, file, kind, label) VALUES (1, 1, ?, 'label', 'trash')", ("a" * 64,))
        old.executemany(
            "INSERT INTO effects(file, target, status, decision, cause, at) VALUES (?, ?, 'due', 1, 'decision', 1)",
            [("a" * 64, "sample"), ("a" * 64, "tag")],
        )
    with Journal.open(tmp_path / "journal.db") as journal:
        before = journal.effects()
        assert len(before) == 2
    monkeypatch.undo()
    with Journal.open(tmp_path / "journal.db") as journal:
        assert journal.effects() == before
        made = journal.edit_tags("a" * 64, frozenset({"sky"}), NONE, session="s", finding="")
        assert journal.effects()[-1].id == before[-1].id + 1
        assert journal.edits() == [made]
    with closing(sqlite3.connect(tmp_path / "journal.db")) as direct, pytest.raises(sqlite3.IntegrityError):
        direct.execute("DELETE FROM edits")
