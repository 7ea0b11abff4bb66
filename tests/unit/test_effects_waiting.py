"""What is due says why it is not done yet: the word that a person has to give, or what it met."""

from __future__ import annotations

from dataclasses import replace

from hyai_tui.effects import first_copy, first_write
from hyai_tui.effects.waiting import READ_ONLY, why_waiting
from hyai_tui.settings import Settings
from tests.unit.effects_fixtures import Bench, bench, private_runtime

__all__ = ["bench", "private_runtime"]


def beside_hydrus(settings: Settings) -> Settings:
    library = replace(settings.library, kind="hydrus", url="http://127.0.0.1:45869", sample_pixels=None)
    return replace(settings, library=library)


def test_a_change_of_tags_waits_for_the_first_yes_and_then_for_nothing(bench: Bench) -> None:
    file = bench.add(1)
    bench.journal.edit_tags(file, frozenset({"sky"}), frozenset(), session="test", finding="")
    settings = beside_hydrus(bench.workspace.settings)
    due = bench.journal.last_effect(file, "edit")
    assert why_waiting(due, settings, bench.journal) == first_write.WAITING
    assert why_waiting(due, replace(settings, read_only=True), bench.journal) == READ_ONLY
    assert why_waiting(due, bench.workspace.settings, bench.journal) == "", "a folder needs no such word"
    bench.drain()
    assert why_waiting(bench.journal.last_effect(file, "edit"), settings, bench.journal) == ""


def test_a_sample_waits_for_the_word_on_its_size_and_a_library_that_is_down_says_so(bench: Bench) -> None:
    file = bench.add(1)
    bench.library.down = True
    bench.label(file, "archive")
    settings = bench.workspace.settings
    assert why_waiting(bench.journal.last_effect(file, "tag"), settings, bench.journal) == "The library does not answer"
    bench.journal.retry_effects(None)
    sample = replace(bench.journal.effects("due")[0], target="sample", reason="")
    assert why_waiting(sample, beside_hydrus(settings), bench.journal) == first_copy.WAITING
