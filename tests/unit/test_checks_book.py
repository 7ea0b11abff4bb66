"""The book of findings: counts are the lengths of lists, and what people did decides the pile."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.checks import again, results
from hyai_tui.checks.base import CheckResult, Finding
from hyai_tui.checks.book import BANDS, ORDERS, PILES, Book, Choice, open_book
from hyai_tui.checks.kinds import TYPES, type_of
from hyai_tui.checks.mending import label_for
from hyai_tui.errors import WrongUse
from tests.unit.effects_fixtures import Bench, bench, open_bench, private_runtime

__all__ = ["bench", "private_runtime"]

KINDS = {
    "tags": ("missing-tag", "few-tags", "many-tags", "contradiction", "incorrect-tag"),
    "near-duplicates": ("copies", "different-labels"),
    "files": ("blank", "tiny"),
    "balance": ("two-labels",),
    "mine": ("odd",),
}
NAMESPACES = ("person", "series", "")


def findings(number: int, seed: int = 1) -> dict[str, list[Finding]]:
    """Return findings of every check and kind, with all sorts of confidence and tags."""
    rng = random.Random(seed)
    made: dict[str, list[Finding]] = {name: [] for name in KINDS}
    for at in range(number):
        check = rng.choice(list(KINDS))
        space = rng.choice(NAMESPACES)
        made[check].append(
            Finding(
                check,
                rng.choice(KINDS[check]),
                f"{at:064x}",
                rng.choice((0.2, 0.4999, 0.5, 0.7999, 0.8, 0.95)),
                f"reason {at % 7}",
                tags=(f"{space}:x",) if space else (),
            )
        )
    return made


def book_of(made: dict[str, list[Finding]], seed: int = 2) -> Book:
    """Return a book in which some findings are ignored, and some fixed."""
    kept = {name: results.Kept(name, 1.0, CheckResult(9, of), 0, 0) for name, of in made.items()}
    book = Book(kept, [one for of in made.values() for one in of], np.zeros(sum(map(len, made.values())), np.uint8))
    rng = random.Random(seed)
    for pile in ("ignored", "fixed"):
        book.put([one.key for one in rng.sample(list(book.findings), 20)], pile)
    return book


def direct(book: Book, choice: Choice) -> set[str]:
    """Return the keys of what a choice means, worked out finding by finding."""
    return {
        one.key
        for at, one in enumerate(book.findings)
        if PILES[book.pile[at]] == choice.pile
        and choice.check in ("", one.check)
        and choice.type in ("", type_of(one.check, one.kind))
        and choice.kind in ("", one.kind)
        and choice.band in ("", one.band)
        and (not choice.namespace or any(tag.startswith(f"{choice.namespace}:") for tag in one.tags))
        and (choice.text in one.reason or one.file.startswith(choice.text))
        and (one.check != "near-duplicates" or one.confidence >= choice.least)
    }


CHOICES = [
    Choice(pile, check, of, "", band, space, text, least)
    for pile, check, of, band, space, text, least in itertools.product(
        PILES, ("", "tags"), ("", "missing", "duplicates"), ("", "high"), ("", "person"), ("", "reason 3"), (0.0, 0.8)
    )
]


def test_every_filter_leaves_what_a_direct_look_finds() -> None:
    book = book_of(findings(300))
    for choice in CHOICES:
        assert {book.findings[at].key for at in book.chosen(choice).tolist()} == direct(book, choice)


def test_every_count_is_the_length_of_the_list_behind_it() -> None:
    book = book_of(findings(300))
    for choice in CHOICES[::5]:
        counts = book.counts(choice)
        for pile in PILES:
            assert counts["pile"][pile] == len(direct(book, replace(choice, pile=pile)))
        for of in ("", *TYPES):
            assert counts["type"][of] == len(direct(book, replace(choice, type=of)))
        for band in ("", *BANDS):
            assert counts["band"][band] == len(direct(book, replace(choice, band=band)))
        for space in ("", "person", "series"):
            assert counts["namespace"][space] == len(direct(book, replace(choice, namespace=space)))
    totals = book.totals()
    assert totals["total"] == sum(totals[of] for of in TYPES) == len(direct(book, Choice()))


def test_orders_are_what_they_say() -> None:
    book = book_of(findings(200))
    by = {order: [book.findings[at] for at in book.chosen(Choice(), order).tolist()] for order in ORDERS}
    assert all(len(of) == len(by["confidence"]) for of in by.values())
    sure = [one.confidence for one in by["confidence"]]
    assert sure == sorted(sure, reverse=True)
    assert [one.file for one in by["hash"]] == sorted(one.file for one in by["hash"])
    assert [(one.check, one.kind) for one in by["kind"]] == sorted((one.check, one.kind) for one in by["kind"])
    assert [len(one.tags) for one in by["tags"]] == sorted((len(one.tags) for one in by["tags"]), reverse=True)
    with pytest.raises(WrongUse, match="confidence, kind"):
        book.chosen(Choice(), "size")


SEA = "ab" * 32


def overlapping() -> dict[str, list[Finding]]:
    """Return what three checks say of one file and of a second one."""
    other = "cd" * 32
    return {
        "tags": [
            Finding("tags", "missing-tag", SEA, 0.6, "a rule", tags=("style:",)),
            Finding("tags", "unlike-neighbours", SEA, 0.9, "neighbours", tags=("style:sea",)),
            Finding("tags", "incorrect-tag", other, 0.9, "the model", tags=("archive",), suggested="trash"),
            Finding("tags", "few-tags", SEA, 0.3, "few"),
        ],
        "validation": [
            Finding("validation", "lacks-tag", SEA, 0.85, "the head", tags=("style:sea",)),
            Finding("validation", "other-tag", other, 0.9, "another", tags=("style:sea", "style:night")),
            Finding(
                "validation", "incorrect-prediction", other, 0.95, "two", tags=("archive", "trash"), suggested="trash"
            ),
        ],
        "namespaces": [
            Finding("namespaces", "likely-tag", SEA, 0.8, "the head", tags=("style:sea",)),
            Finding("namespaces", "likely-tag", SEA, 0.8, "the head, too", tags=("style:dusk",)),
            Finding("namespaces", "unlikely-tag", other, 0.8, "the head", tags=("style:sea",)),
        ],
    }


def test_what_several_checks_say_of_a_file_is_one_row_with_all_their_reasons() -> None:
    book = _plain_book()
    rows = {book.findings[at].kind: book.findings[at].reason for at in book.chosen(Choice()).tolist()}
    assert set(rows) == {"likely-tag", "few-tags", "other-tag", "incorrect-prediction"}
    assert rows["other-tag"] == "another; the check namespaces says: the head"
    assert rows["incorrect-prediction"] == "two; the check tags says: the model"
    heads = [book.findings[at].reason for at in book.chosen(Choice(kind="likely-tag")).tolist()]
    assert sorted(heads) == [
        "the head, too",
        "the head; the check tags says: a rule; the check tags says: neighbours; the check validation says so too",
    ]
    assert book.totals()["total"] == len(book.chosen(Choice())) == 5
    assert len(book.chosen(Choice(check="tags"))) == 4, "a check's own list has all of its own"
    assert book.counts(Choice(check="tags"))["type"][""] == 4


def test_ignoring_a_row_ignores_what_all_checks_said_of_it() -> None:
    book = _plain_book()
    (lead,) = [one for one in book.findings if one.kind == "other-tag"]
    keys = book.together(lead)
    assert [key.split("\n")[1] for key in keys] == ["other-tag", "unlikely-tag"]
    for key in keys:
        again = _plain_book()
        again.put([key], "ignored")
        assert again.totals("ignored")["total"] == 1
        assert len(again.chosen(Choice(pile="ignored", check="namespaces"))) == 1
    assert book.together(Finding("tags", "few-tags", "ef" * 32, 0.3, "gone")) == (f"tags\nfew-tags\n{'ef' * 32}\n",)


def _plain_book() -> Book:
    made = overlapping()
    kept = {name: results.Kept(name, 1.0, CheckResult(2, of), 0, 0) for name, of in made.items()}
    return Book(kept, [one for of in made.values() for one in of], np.zeros(sum(map(len, made.values())), np.uint8))


def keep(bench: Bench, *found: Finding, at: float = 1.0) -> None:
    results.keep(bench.workspace, "tags", CheckResult(5, found), at)


def piles(bench: Bench) -> dict[str, str]:
    book = open_book(bench.workspace, bench.journal, ["tags", "files"])
    return {one.kind: PILES[book.pile[at]] for at, one in enumerate(book.findings)}


def test_a_decision_since_the_run_settles_what_it_answers_and_its_undo_opens_it_again(bench: Bench) -> None:
    file = bench.add(1)
    doubted = Finding("tags", "incorrect-tag", file, 0.9, "…", suggested="trash")
    keep(bench, doubted, Finding("tags", "few-tags", file, 0.3, "…"))
    assert piles(bench) == {"incorrect-tag": "open", "few-tags": "open"}
    bench.label(file, "trash")
    assert piles(bench) == {"incorrect-tag": "fixed", "few-tags": "open"}
    bench.decider().undo()
    assert piles(bench) == {"incorrect-tag": "open", "few-tags": "open"}
    bench.decider().decide_many([label_for(doubted)])
    keep(bench, doubted, at=bench.journal.effective()[file].at + 1)
    assert piles(bench) == {"incorrect-tag": "open"}, "a later run found it again"


def test_a_decision_made_for_a_finding_settles_it_whatever_it_is_about(bench: Bench) -> None:
    file = bench.add(1)
    few = Finding("tags", "few-tags", file, 0.3, "…")
    keep(bench, few)
    bench.decider().decide_many([label_for(few, "trash")])
    assert piles(bench) == {"few-tags": "fixed"}
    with pytest.raises(WrongUse, match="suggests no label"):
        label_for(few)


def test_what_was_ignored_or_mended_by_tags_stays_so_after_a_restart(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path) as bench:
        file = bench.add(1)
        one, two = (Finding("tags", kind, file, 0.3, "…") for kind in ("few-tags", "many-tags"))
        keep(bench, one, two)
        bench.journal.ignore_findings([one.key])
        edit = bench.journal.edit_tags(file, frozenset({"sky"}), frozenset(), session="s", finding=two.key)
    with open_bench(tmp_path) as bench:
        assert piles(bench) == {"few-tags": "ignored", "many-tags": "fixed"}
        bench.journal.watch_findings([one.key])
        bench.journal.undo_edit(edit.id)
        assert piles(bench) == {"few-tags": "open", "many-tags": "open"}


def test_another_run_is_due_after_enough_files_and_decisions(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path, "[checks]\nagain_after = 3\n") as bench:

        def changed() -> again.Changed:
            return again.changed(bench.workspace, bench.catalog, bench.journal, ["tags"], now=2.0)

        file = bench.add(1)
        assert changed() == again.Changed(0, 0, False, None, True), "never run"
        marks = again.marks(bench.workspace, bench.catalog, bench.journal)
        results.keep(bench.workspace, "tags", CheckResult(1, ()), 1.0, marks)
        assert (changed().due, changed().line) == (False, "")
        bench.add(2)
        bench.label(file, "trash")
        assert (changed().due, changed().line) == (False, "1 file and 1 decision changed since the last check")
        (bench.pictures / "picture 2.png").unlink()
        bench.scan()
        assert (changed().files, changed().decisions, changed().due) == (2, 1, True)


def test_another_run_is_due_when_its_time_has_come(tmp_path: Path, private_runtime: Path) -> None:
    day = 86_400.0
    with open_bench(tmp_path, "[checks]\nevery_days = 7\n") as bench:

        def changed(now: float) -> again.Changed:
            return again.changed(bench.workspace, bench.catalog, bench.journal, ["tags", "files"], now)

        marks = again.marks(bench.workspace, bench.catalog, bench.journal)
        for name, at in (("tags", 0.0), ("files", 3 * day)):
            results.keep(bench.workspace, name, CheckResult(0, ()), at, marks)
        assert (changed(6.9 * day).due, changed(6.9 * day).line) == (False, "")
        late = changed(8.5 * day)
        assert (late.due, late.told("long ago")) == (True, "the last check was 8 days ago"), "the oldest counts"
        bench.label(bench.add(1), "trash")
        assert changed(8.5 * day).told("8 days ago") == (
            "1 file and 1 decision changed since the last check, 8 days ago"
        )


def test_a_run_that_failed_is_told_and_leaves_the_newest_result(bench: Bench) -> None:
    keep(bench, Finding("tags", "few-tags", "ab" * 32, 0.3, "…"))
    results.keep_failure(bench.workspace, "tags", "timeout", "it took longer than 300 seconds", 2.0)
    assert [one.status for one in results.history(bench.workspace, "tags")] == ["ok", "timeout"]
    assert results.read(bench.workspace, "tags") is not None
