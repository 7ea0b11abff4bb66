"""Accepted suggestions: one act, whatever signs its tags hold and however many they are, and taken back whole."""

from __future__ import annotations

import pytest

from hyai_tui.effects.accepting import record_accepted, take_back_accepted
from hyai_tui.errors import WrongUse
from hyai_tui.settings import TagSettings
from tests.unit.effects_fixtures import Bench, bench, private_runtime

__all__ = ["bench", "private_runtime"]

SETTINGS = TagSettings()


def test_a_tag_is_written_as_it_is_with_its_comma_and_its_minus(bench: Bench) -> None:
    file = bench.add(1)
    record_accepted(bench.journal, SETTINGS, {file: ["creator:smith, john", "-_-"]})
    bench.drain()
    assert bench.tags(file) == {"creator:smith, john", "-_-"}
    assert [one.words for one in take_back_accepted(bench.journal)] == ["-_-, creator:smith, john"]
    bench.drain()
    assert bench.tags(file) == frozenset()


def test_an_act_of_more_files_than_a_page_of_edits_is_taken_back_whole(bench: Bench) -> None:
    files = {f"{number:064x}": ["sea"] for number in range(1_100)}
    assert len(record_accepted(bench.journal, SETTINGS, files)) == len(files)
    assert {one.file for one in take_back_accepted(bench.journal)} == set(files)
    assert take_back_accepted(bench.journal) == []


def test_acts_are_taken_back_one_by_one_the_newest_first_and_other_edits_stay(bench: Bench) -> None:
    first, second = bench.add(1), bench.add(2)
    record_accepted(bench.journal, SETTINGS, {first: ["sea"], second: ["sea"]})
    record_accepted(bench.journal, SETTINGS, {first: ["harbour"]})
    bench.journal.edit_tags(second, frozenset({"typed"}), frozenset(), session="app-1", finding="")
    bench.drain()
    for left in ({first: {"sea"}, second: {"sea", "typed"}}, {first: set(), second: {"typed"}}):
        assert take_back_accepted(bench.journal)
        bench.drain()
        assert {file: set(bench.tags(file)) for file in left} == left


@pytest.mark.parametrize("wrong", ["hyai:trash", "  "])
def test_where_one_tag_is_ours_or_none_nothing_at_all_is_recorded(bench: Bench, wrong: str) -> None:
    with pytest.raises(WrongUse):
        record_accepted(bench.journal, SETTINGS, {bench.add(1): ["sea"], bench.add(2): [wrong]})
    assert bench.journal.edits() == []
