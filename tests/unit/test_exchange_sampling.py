"""Samples for labelling and snapshots: spread, unlike each other, guessed by rules, and read back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hyai_tui.catalog.model import CatalogFile
from hyai_tui.cli.samples import samples
from hyai_tui.effects.deciding import Decider
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.exchange import sampling, snapshots
from hyai_tui.exchange.guessing import Guess, guess, guess_queue
from hyai_tui.exchange.sampling import COLUMNS, choose, spread_of, table_rows
from hyai_tui.exchange.tables import write_table
from hyai_tui.jobs import cache, scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.model import NewDecision
from hyai_tui.queues.context import load_context
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.effects_fixtures import Bench, bench, private_runtime
from tests.unit.test_exchange_labels import imported, labels

__all__ = ["bench", "private_runtime"]

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n'


@pytest.fixture
def workspace(tmp_path: Path, private_runtime: Path) -> Workspace:
    """Sixty pictures: forty of one sort that are all much alike, twenty that are all different."""
    rng = np.random.default_rng(3)
    alike = rng.integers(0, 255, (6, 6, 3)).astype(np.int16)
    for number in range(60):
        if number < 40:
            spots = np.clip(alike + rng.integers(-12, 12, (6, 6, 3)), 0, 255).astype(np.uint8)
        else:
            spots = rng.integers(0, 255, (6, 6, 3), np.uint8)
        target = tmp_path / "art" / "pictures" / ("inbox", "archive")[number % 2] / f"{number:02d}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(spots).resize((96, 96), Image.Resampling.BICUBIC).save(target)
    workspace = create_workspace(tmp_path / "art", SETTINGS)
    for job in (scan, cache):
        job.run(JobContext(workspace))
    return workspace


def test_what_is_chosen_is_spread_over_the_strata_and_less_alike_than_a_random_choice(workspace: Workspace) -> None:
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        diverse = choose(workspace, context, catalog, journal, 24, 0.7, 1)
        random = choose(workspace, context, catalog, journal, 24, 0.0, 1)
        again = choose(workspace, context, catalog, journal, 24, 0.7, 1)
        every = choose(workspace, context, catalog, journal, 500, 0.7, 1)
    assert len(set(diverse.places.tolist())) == 24
    assert diverse.places.tolist() == again.places.tolist()
    assert {name: diverse.strata.count(name) for name in set(diverse.strata)} == {
        "in inbox, unscored": 12,
        "in archive, unscored": 12,
    }
    assert diverse.spread > random.spread
    assert len(every.places) == 60, "no more than there are"


def test_the_table_has_its_columns_and_comes_back_with_labels(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        chosen = choose(workspace, context, catalog, journal, 5, 0.7, 1)
        rows = list(table_rows(catalog, context, chosen, snapshot=3, guesses=True, root=workspace.library_root))
        files = {context.file(int(at)) for at in chosen.places}
    target = tmp_path / "samples.csv"
    assert write_table(target, rows, COLUMNS) == 5
    read = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert tuple(read[0]) == COLUMNS
    assert {row["hash"] for row in read} == files
    assert {row["snapshot_id"] for row in read} == {"3"}
    assert {row["label"] for row in read} == {""}
    assert {(row["width"], row["height"]) for row in read} == {("96", "96")}
    archived = next(row for row in read if row["state"] == "archive")
    assert (archived["heuristic_label"], archived["heuristic_confidence"]) == ("archive", "0.85")
    waiting = next(row for row in read if row["state"] == "inbox")
    assert (waiting["heuristic_label"], waiting["heuristic_confidence"]) == ("", "0.30")


def test_a_preset_that_the_library_is_too_small_for_says_how_many_there_are(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYAI_HOME", str(workspace.root))
    target = tmp_path / "samples.csv"
    done = CliRunner().invoke(samples, ["generate", "--preset", "training", "--csv", str(target)])
    assert (done.exit_code, len(target.read_text("utf-8-sig").splitlines())) == (0, 61)
    assert "1,000 were wanted: no more files are encoded and without a label" in done.stdout
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        Decider(workspace, journal, catalog, None, session="test", source="command").decide_many(
            [NewDecision(one.sha256, "label", "archive") for one in catalog.files()]
        )
    target.unlink()
    none_left = CliRunner().invoke(samples, ["generate", "20", "--csv", str(target)])
    assert isinstance(none_left.exception, NotNow)
    assert (str(none_left.exception)[:28], target.exists()) == ("No file is left to label. Wh", False)


def test_a_list_of_guesses_suggests_what_the_table_says_the_surest_first(workspace: Workspace) -> None:
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        context = load_context(workspace, catalog=catalog, journal=journal)
        chosen = choose(workspace, context, catalog, journal, 12, 0.7, 1, candidates=50)
        table = {
            row["hash"]: (row["heuristic_label"] or None, row["heuristic_reason"])
            for row in table_rows(catalog, context, chosen, snapshot=1, guesses=True)
        }
        rows = guess_queue(context, catalog, chosen).rows()
    assert {row.file: row.suggested for row in rows} == {file: label for file, (label, _) in table.items()}
    assert [row.suggested for row in rows] == ["archive"] * 6 + [None] * 6
    assert rows[0].reason == "85 % archive: the library has it in archive"
    assert rows[-1].reason == table[rows[-1].file][1] == "no rule says anything"


def test_nothing_is_chosen_before_anything_is_encoded(bench: Bench) -> None:
    bench.add(1)
    context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    with pytest.raises(NotNow, match="Nothing is encoded"):
        choose(bench.workspace, context, bench.catalog, bench.journal, 5, 0.7, 1)


def guessed(bench: Bench, file: str, nearest: list[tuple[str, float]], **facts: Any) -> Guess:
    context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    known = bench.catalog.file(file)
    assert isinstance(known, CatalogFile)
    place = int(context.positions.of([file])[0])
    return guess(context, place, replace(known, **facts), nearest)


def test_rules_guess_in_their_order(bench: Bench) -> None:
    inbox, kept = bench.add(1), bench.add(2, "archive")
    others = [("archive", cosine) for cosine in (0.8, 0.75, 0.7, 0.65)]
    copy = Guess("trash", 0.95, "looks like a sample of trash (cosine 0.97)")
    assert guessed(bench, kept, [("trash", 0.97), *others]) == copy
    # To an encoder that puts everything close together, .97 is nothing.
    close = [("archive", cosine) for cosine in (0.965, 0.96, 0.955, 0.95)]
    assert guessed(bench, kept, [("trash", 0.97), *close]) == Guess("archive", 0.85, "the library has it in archive")
    assert guessed(bench, kept, [("trash", 1.0)]).confidence == 0.95, "the same picture needs no others"
    assert guessed(bench, kept, [("trash", 0.5)]) == Guess("archive", 0.85, "the library has it in archive")
    votes = [("trash", 0.8), ("trash", 0.7), ("archive", 0.5)]
    assert guessed(bench, inbox, votes) == Guess("trash", 0.75, "2 of 3 nearest are trash")
    assert guessed(bench, inbox, [], width=20, height=30) == Guess("trash", 0.6, "tiny: 20×30 pixels")
    assert guessed(bench, inbox, [], width=800, height=600) == Guess()


def test_only_guesses_that_are_sure_enough_are_taken_and_a_typed_label_wins(bench: Bench, tmp_path: Path) -> None:
    sure, unsure, typed = bench.add(1), bench.add(2), bench.add(3)
    bench.journal.add_labels(["archive", "trash"])
    path = tmp_path / "labels.csv"
    rows = [
        {"hash": sure, "heuristic_label": "trash", "heuristic_confidence": "0.95"},
        {"hash": unsure, "heuristic_label": "trash", "heuristic_confidence": "0.60"},
        {"hash": typed, "heuristic_label": "trash", "heuristic_confidence": "0.95", "label": "archive"},
    ]
    write_table(path, rows, ("hash", "heuristic_label", "heuristic_confidence", "label"))
    imported(bench, path, guesses=0.9, allow_empty=True)
    assert labels(bench) == {sure: "trash", typed: "archive"}


def test_snapshots_are_numbered_and_their_difference_is_what_came_and_went(bench: Bench) -> None:
    def now() -> snapshots.Snapshot:
        context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
        return snapshots.of_now(bench.workspace, context.sha256[context.present])

    one = bench.add(1)
    first = now()
    assert now().number == first.number == 1, "nothing has changed"
    two = bench.add(2)
    (bench.pictures / "picture 1.png").unlink()
    bench.scan()
    second = now()
    assert snapshots.listed(bench.workspace) == [1, 2]
    read = snapshots.read(bench.workspace)
    assert (read.number, read.files.tolist(), read.about) == (2, second.files.tolist(), "")
    assert snapshots.difference(snapshots.read(bench.workspace, 1), read) == ([two], [one])
    with pytest.raises(WrongUse, match="no snapshot 7"):
        snapshots.read(bench.workspace, 7)
    (bench.workspace.root / "snapshots" / "0002.files").write_bytes(b"nonsense")
    with pytest.raises(WrongUse, match="cannot be read"):
        snapshots.read(bench.workspace, 2)


def test_the_mean_distance_of_equal_rows_is_nothing() -> None:
    rows = np.eye(3, dtype=np.float32)
    assert spread_of(rows) == 1.0
    assert spread_of(np.repeat(rows[:1], 3, axis=0)) == pytest.approx(0.0)
    assert sampling.PRESETS == {"baseline": 200, "training": 1_000}
