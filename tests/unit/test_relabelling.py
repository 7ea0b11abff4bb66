"""Labels added, renamed, merged and coloured: samples, history, tags and models follow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.opening import Parts, opened
from hyai_tui.errors import WrongUse
from hyai_tui.exchange import class_presets
from hyai_tui.jobs import scan, train
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.relabelling import (
    add_label,
    carry_out,
    describe_new,
    merge_label,
    planned,
    remove_label,
    rename_label,
)
from hyai_tui.journal.labels import alike, fault_of_name
from hyai_tui.journal.model import NewDecision
from hyai_tui.learning.registry import Registry
from hyai_tui.samples.sync import sync
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import SETTINGS, draw

LOOKS = ("archive", "later", "trash")


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """24 pictures in a library, all of them samples of three labels."""
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    for number in range(24):
        look = LOOKS[number % 3]
        picture = made.root / "pictures" / f"{look}-{number}.png"
        identity = draw(picture, look, number)
        (made.data / look).mkdir(exist_ok=True)
        shutil.copyfile(picture, made.data / look / f"{identity}.png")
    scan.run(JobContext(made))
    return made


@pytest.fixture
def parts(workspace: Workspace) -> Iterator[Parts]:
    with opened(workspace) as found:
        sync(workspace, found.journal, found.catalog)
        found.runner.drain(10)
        yield found


def tags(parts: Parts, files: list[str]) -> set[str]:
    assert parts.library is not None
    found = parts.library.lookup(files)
    return {tag for file in files for tag in found[file].tags}


def decided_for(parts: Parts, label: str) -> list[str]:
    return sorted(file for file, one in parts.journal.effective().items() if one.label == label)


def test_a_renamed_label_keeps_its_digit_samples_history_tags_and_models(parts: Parts, workspace: Workspace) -> None:
    made = train.run(JobContext(workspace))
    later = decided_for(parts, "later")
    parts.journal.colour_label("later", "#D07020")
    before = next(one for one in parts.journal.labels() if one.name == "later")
    history = [[one.id for one in parts.journal.history(file)] for file in later]
    assert len(later) == 8

    assert rename_label(parts, "later", "someday") == 8
    parts.runner.drain(10)

    after = next(one for one in parts.journal.labels() if one.name == "someday")
    assert (after.digit, after.colour) == (before.digit, "#d07020")
    assert decided_for(parts, "someday") == later
    assert [[one.id for one in parts.journal.history(file)] for file in later] == history
    assert {one.stem for one in (workspace.data / "someday").iterdir()} == set(later)
    assert not (workspace.data / "later").exists()
    assert tags(parts, later) == {"hyai:someday"}
    bundle = Registry(workspace.models_directory).require_current()
    assert bundle.id == made["model"]
    assert bundle.labels == ("archive", "someday", "trash")
    assert set(bundle.metrics["per_class"]) == set(bundle.labels)
    assert bundle.metrics["confusion"]["labels"] == list(bundle.labels)
    # Nothing looks changed by hand, and nothing is to be learned anew.
    report = sync(workspace, parts.journal, parts.catalog)
    assert report.line == ""
    assert report.counts["someday"] == 8


def test_a_rename_that_was_cut_short_looks_like_one_by_hand(parts: Parts, workspace: Workspace) -> None:
    later = decided_for(parts, "later")
    (workspace.data / "later").rename(workspace.data / "someday")
    assert sync(workspace, parts.journal, parts.catalog).moved == 8
    assert decided_for(parts, "someday") == later


def test_a_merge_is_one_act_and_one_undo_takes_it_back(parts: Parts, workspace: Workspace) -> None:
    later = decided_for(parts, "later")
    assert merge_label(parts, "later", "archive", session="command") == 8
    parts.runner.drain(10)
    assert set(later) <= set(decided_for(parts, "archive"))
    assert {one.stem for one in (workspace.data / "archive").iterdir()} >= set(later)
    assert tags(parts, later) == {"hyai:archive"}
    assert "later" not in [one.name for one in parts.journal.labels()]
    assert "later" not in sync(workspace, parts.journal, parts.catalog).counts

    parts.journal.undo()
    parts.runner.drain(10)
    sync(workspace, parts.journal, parts.catalog)
    assert decided_for(parts, "later") == later
    assert "later" in [one.name for one in parts.journal.labels()]
    assert {one.stem for one in (workspace.data / "later").iterdir()} == set(later)


def test_a_new_label_gets_a_folder_and_the_lowest_free_digit(parts: Parts, workspace: Workspace) -> None:
    add_label(parts, "wallpaper")
    assert (workspace.data / "wallpaper").is_dir()
    taken = [one.digit for one in parts.journal.labels()]
    assert sorted(filter(None, taken)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("old", "new"),
    [("archive", "kept"), ("later", "trash"), ("later", "Archive"), ("nosuch", "x"), ("later", "a/b"), ("later", ".x")],
)
def test_what_cannot_be_renamed_is_refused_and_nothing_changes(parts: Parts, old: str, new: str) -> None:
    before = parts.journal.labels()
    with pytest.raises(WrongUse):
        rename_label(parts, old, new)
    assert parts.journal.labels() == before
    assert (parts.workspace.data / "later").is_dir()


def test_a_folder_in_the_way_is_not_overwritten(parts: Parts, workspace: Workspace) -> None:
    (workspace.data / "someday").mkdir()
    (workspace.data / "someday" / "notes.txt").write_text("mine")
    with pytest.raises(WrongUse, match="is there already"):
        rename_label(parts, "later", "someday")
    assert (workspace.data / "someday" / "notes.txt").read_text() == "mine"
    assert len(decided_for(parts, "later")) == 8


def test_a_colour_is_a_colour(parts: Parts) -> None:
    for wrong in ("red", "#12345", "#gggggg"):
        with pytest.raises(WrongUse, match="colour"):
            parts.journal.colour_label("later", wrong)
    parts.journal.colour_label("later", "#00ff00")
    parts.journal.colour_label("later", None)
    assert {one.colour for one in parts.journal.labels()} == {None}


def test_a_preset_makes_its_labels_and_keeps_what_was_said(parts: Parts) -> None:
    parts.journal.add_label("other")
    parts.journal.describe_label("other", "  all\n the rest ")
    wanted = class_presets.preset("taxonomy-v2").labels
    assert describe_new(parts, wanted) == [name for name in wanted if name != "other"]
    said = {one.name: one.about for one in parts.journal.labels()}
    assert said["other"] == "all the rest"
    assert said["asset_type"] == wanted["asset_type"]
    assert (parts.workspace.data / "asset_type").is_dir()
    assert describe_new(parts, wanted) == []


def test_no_preset_gives_two_labels_one_name() -> None:
    for one in class_presets.PRESETS.values():
        assert len({alike(name) for name in one.labels}) == len(one.labels) <= 9
        assert all(fault_of_name(name) is None and one.labels[name] for name in one.labels)
        assert set(one.older.values()) <= set(one.labels)
        assert not set(one.older) & set(one.labels)


def test_a_label_that_looks_like_a_preset_s_is_not_made_twice(parts: Parts) -> None:
    parts.journal.add_label("Other")
    with pytest.raises(WrongUse, match="Other"):
        describe_new(parts, {"new one": "", "other": ""})
    assert "new one" not in {one.name for one in parts.journal.labels()}


def test_a_map_renames_the_first_and_merges_the_next(parts: Parts) -> None:
    for name in ("primary_author", "secondary_author"):
        add_label(parts, name)
    first, second = decided_for(parts, "later")[:2]
    decider = Decider(parts.workspace, parts.journal, parts.catalog, parts.library, session="s", source="command")
    decider.decide_many([NewDecision(first, "label", "primary_author")])
    decider.decide_many([NewDecision(second, "label", "secondary_author")])
    parts.runner.drain(10)
    steps = planned(parts, class_presets.preset("taxonomy-v2").older)
    assert [(one.old, one.new, one.merges) for one in steps] == [
        ("primary_author", "creator_or_studio", False),
        ("secondary_author", "creator_or_studio", True),
    ]
    assert carry_out(parts, steps, session="s") == 2
    assert decided_for(parts, "creator_or_studio") == sorted([first, second])
    assert {"primary_author", "secondary_author"}.isdisjoint(one.name for one in parts.journal.labels())
    assert "hyai:creator_or_studio" in tags(parts, [first])


@pytest.mark.parametrize(
    "mapping", [{"later": "later"}, {"later": "a", "b": "later"}, {"trash": "b"}, {"later": "a/b"}]
)
def test_a_map_that_cannot_be_meant_changes_nothing(parts: Parts, mapping: dict[str, str]) -> None:
    with pytest.raises(WrongUse):
        planned(parts, mapping)


def test_descriptions_have_a_label_and_a_length(parts: Parts) -> None:
    with pytest.raises(WrongUse, match="no label"):
        parts.journal.describe_label("nosuch", "text")
    with pytest.raises(WrongUse, match="501"):
        parts.journal.describe_label("later", "x" * 501)


def test_an_order_moves_no_digit_and_new_labels_come_last(parts: Parts) -> None:
    digits = {one.name: one.digit for one in parts.journal.labels()}
    parts.journal.order_labels(["trash", "later"])
    add_label(parts, "wallpaper")
    assert [one.name for one in parts.journal.labels()] == ["trash", "later", "archive", "wallpaper"]
    assert {one.name: one.digit for one in parts.journal.labels()} == {**digits, "wallpaper": 4}
    for wrong in (["nosuch"], ["trash", "trash"]):
        with pytest.raises(WrongUse):
            parts.journal.order_labels(wrong)
    assert parts.journal.labels()[0].name == "trash"


def test_only_a_label_without_files_is_removed_and_its_digit_waits_for_it(parts: Parts, workspace: Workspace) -> None:
    add_label(parts, "wallpaper")
    remove_label(parts, "wallpaper")
    assert not (workspace.data / "wallpaper").exists()
    assert "wallpaper" not in [one.name for one in parts.journal.labels()]
    add_label(parts, "another")
    add_label(parts, "wallpaper")
    assert {one.name: one.digit for one in parts.journal.labels()}["wallpaper"] == 4
    for kept, why in (("later", "8 files of later would be lost"), ("trash", "cannot be removed"), ("no", "no label")):
        with pytest.raises(WrongUse, match=why):
            remove_label(parts, kept)
    (workspace.data / "another" / "notes.txt").write_text("mine")
    with pytest.raises(WrongUse, match="not empty"):
        remove_label(parts, "another")
    assert len(decided_for(parts, "later")) == 8
