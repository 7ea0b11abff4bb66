"""What changed from one training to the next: on the same samples, on files that neither saw, and on probes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.jobs import evaluate, retrain, scan
from hyai_tui.jobs.changed import Changed, changed
from hyai_tui.jobs.context import JobContext
from hyai_tui.journal.probes import MOST
from hyai_tui.learning.change_lines import change_lines
from hyai_tui.learning.probing import as_json, from_json, probe
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.report_lines import report_lines
from hyai_tui.learning.report_page import page
from hyai_tui.learning.validation import WITHOUT
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import SETTINGS, draw

NAN = float("nan")

# One worker trains these two, instead of each.
pytestmark = pytest.mark.xdist_group("twice")


def test_a_probe_says_what_each_model_answers_and_how_far_it_moved() -> None:
    before = np.array([[0.8, 0.2], [0.6, 0.4], [NAN, NAN]], np.float32)
    after = np.array([[0.3, 0.7], [0.7, 0.3], [0.1, 0.9]], np.float32)
    turned, stayed, fresh = probe(["a", "b", "c"], ("archive", "trash"), before, after)
    assert (turned.before, turned.after, turned.moved) == ("archive", "trash", 0.5)
    assert turned.turned
    assert not stayed.turned
    assert [stayed.sure_before, stayed.sure_after] == pytest.approx([0.6, 0.7])
    assert (fresh.before, fresh.after, fresh.turned) == (None, "trash", False)
    read = json.loads(json.dumps([as_json(one) for one in (turned, stayed, fresh)], allow_nan=False))
    assert [from_json(one) for one in read[:2]] == [turned, stayed]
    assert read[2]["moved"] is None


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two trainings of 24 and 40 samples, with 20 files that neither saw."""
    patch = pytest.MonkeyPatch()
    base = tmp_path_factory.mktemp("changed")
    patch.setenv("XDG_RUNTIME_DIR", str(base / "run"))
    made = create_workspace(base / "workspace", SETTINGS)
    looks = ("archive", "trash")
    pictures: list[tuple[Path, str]] = []
    for number in range(60):
        look = looks[number % 2]
        pictures.append((made.root / "pictures" / f"{look}-{number}.png", look))
        draw(pictures[-1][0], look, number)

    def sample(part: list[tuple[Path, str]]) -> None:
        for picture, look in part:
            (made.data / look).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, made.data / look / picture.name)

    scan.run(JobContext(made))
    sample(pictures[:24])
    retrain.run(JobContext(made))
    # Half of the new ones are mislabelled: something is to move.
    sample([(picture, look if at % 2 else "trash") for at, (picture, look) in enumerate(pictures[24:40])])
    retrain.run(JobContext(made, {"force_promote": True}))
    patch.undo()
    return made


def compared(workspace: Workspace, before: str | None = None, after: str | None = None) -> Changed:
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        return changed(workspace, journal, catalog, before, after)


def test_the_newest_training_is_compared_on_samples_that_both_models_were_judged_on(twice: Workspace) -> None:
    found = compared(twice)
    registry = Registry(twice.models_directory)
    assert (found.before.number, found.after.number) == (1, 2)
    assert found.in_use == registry.current_id() == found.after.id
    assert found.found.comparison is not None
    assert found.found.comparison.items == 24
    # Files that a model was trained on are judged by the folds alone.
    assert found.found.files == 20
    learned = set(found.after.out_of_fold)
    assert not learned & {one.identity for one in (*found.found.flipped, *found.found.farthest)}


def test_mistakes_fixed_and_broken_equal_a_count_by_hand(twice: Workspace) -> None:
    found = compared(twice)
    first, second = found.before.out_of_fold, found.after.out_of_fold
    fixed, broken = set(), set()
    for at, name in enumerate(second.identities.tolist()):
        identity = name.decode()
        if identity not in first:
            continue
        truth = int(second.truth[at])
        was, now = int(np.argmax(first[identity])), int(np.argmax(second[identity]))
        if was != truth and now == truth:
            fixed.add(identity)
        if was == truth and now != truth:
            broken.add(identity)
    assert {one.identity for one in found.found.fixed} == fixed
    assert {one.identity for one in found.found.broken} == broken


def test_every_line_opens_as_many_files_as_it_counts_each_with_its_reason(twice: Workspace) -> None:
    found = compared(twice)
    lines = list(change_lines(found.before, found.after, found.found, found.probes, pinned=found.pinned))
    by_text = {line.text.strip(): line for line in lines}
    flipped = next(line for text, line in by_text.items() if text.endswith("of them get another label"))
    assert len(flipped.files) == len(found.found.flipped) == int(flipped.text.split()[0])
    assert all(len(line.reasons) in {0, len(line.files)} for line in lines)
    # Nobody pinned any: some that stay the same are taken.
    assert next(text for text in by_text if "probes (always the same" in text).startswith("12 probes")


def test_pinned_probes_stay_in_the_order_of_pinning_and_know_samples_by_their_folds(twice: Workspace) -> None:
    with twice.open_catalog() as catalog:
        files = [one.sha256 for one in catalog.files()]
    sample = next(one for one in files if one in compared(twice).before.out_of_fold)
    other = next(one for one in files if one not in compared(twice).after.out_of_fold)
    with twice.open_journal() as journal:
        assert journal.pin_probe(other)
        assert journal.pin_probe(sample)
        assert not journal.pin_probe(sample)
    found = compared(twice)
    assert found.pinned
    assert [one.file for one in found.probes] == [other, sample]
    held_out = found.before.out_of_fold[sample]
    assert found.probes[1].sure_before == pytest.approx(float(held_out.max()), abs=1e-6)
    with twice.open_journal() as journal:
        assert journal.unpin_probe(other)
        assert journal.unpin_probe(sample)
        assert not journal.unpin_probe(sample)


def test_the_record_and_the_report_have_both_numbers_and_of_how_many(twice: Workspace) -> None:
    with twice.open_journal() as journal:
        first, second = (one["validation"] for one in journal.runs())
    assert first["before_is"] == WITHOUT
    assert (first["items"], first["before"]["accuracy"]) == (24, 0.5)
    assert (second["before_is"], second["items"]) == ("#1", 24)
    report = evaluate.run(JobContext(twice))
    assert report["validation"] == second
    text = "\n".join(line.text for line in report_lines(report))
    before, after = second["before"]["macro_f1"], second["after"]["macro_f1"]
    assert f"on the same 24 held-out samples: macro F1 {before:.3f} (#1) → {after:.3f}" in text
    assert len(report["probes"]["rows"]) == 12
    assert "12 probes" in text
    html = page(report, 0.0)
    assert "Before and after this training" in html
    # A page may be shown to others.
    assert not any(one["file"][:8] in html for one in report["probes"]["rows"])


def test_without_a_model_nothing_can_have_changed(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    with pytest.raises(ModelError, match="no model"):
        compared(made)


def test_there_are_no_more_probes_than_anybody_reads(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    with made.open_journal() as journal:
        for number in range(MOST):
            journal.pin_probe(f"{number:064x}")
        with pytest.raises(WrongUse, match="50 probes already"):
            journal.pin_probe("f" * 64)
        assert len(journal.probes()) == MOST
