"""Labels out of a workspace and back in: by table, by archive, by folder."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hyai_tui.effects.opening import Parts
from hyai_tui.errors import WrongUse
from hyai_tui.exchange.folders import take_folder
from hyai_tui.exchange.importing import BadTable, ImportPlan, carry_out, plan_import
from hyai_tui.exchange.items import ITEM_COLUMNS, items
from hyai_tui.exchange.label_runs import label_runs
from hyai_tui.exchange.layouts import write_layout
from hyai_tui.exchange.project import write_project
from hyai_tui.exchange.tables import read_table, write_table
from hyai_tui.exchange.taking import take_project
from hyai_tui.journal.errors import UnknownLabel
from hyai_tui.samples.training import training_samples
from tests.unit.effects_fixtures import Bench, bench, open_bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]


def parts(bench: Bench) -> Parts:
    return Parts(bench.workspace, bench.journal, bench.catalog, bench.library, None)


def table(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def imported(bench: Bench, path: Path, **options: Any) -> ImportPlan:
    plan = plan_import(path, parts(bench), **options)
    carry_out(plan, parts(bench), "command")
    bench.drain()
    return plan


def labels(bench: Bench) -> dict[str, str | None]:
    return {file: one.label or one.kind for file, one in bench.journal.effective().items()}


def faults(bench: Bench, path: Path, **options: Any) -> list[tuple[int, str]]:
    before = list(bench.journal.decisions())
    with pytest.raises(BadTable) as caught:
        plan_import(path, parts(bench), **options)
    assert list(bench.journal.decisions()) == before
    return list(caught.value.problems)


def test_rows_name_their_files_by_hash_or_by_path(bench: Bench, tmp_path: Path) -> None:
    one, two, three = bench.add(1), bench.add(2), bench.add(3, "trash")
    path = table(
        tmp_path,
        "hash,path,label,unsure",
        f"{one.upper()},,archive,",
        ",picture 2.png,trash,false",
        f",{bench.pictures / 'trash' / 'picture 3.png'},,yes",
    )
    plan = imported(bench, path)
    assert plan.counts() == {"archive": 1, "trash": 1, "unsure": 1}
    assert labels(bench) == {one: "archive", two: "trash", three: "unsure"}
    assert bench.samples() == {f"{one}.png": "archive", f"{two}.png": "trash"}


def test_an_import_is_a_numbered_run_that_one_undo_takes_back(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.add(1), bench.add(2)
    path = table(tmp_path, "hash,label", f"{one},archive", f"{two},trash")
    plan = plan_import(path, parts(bench), labeler="spreadsheet", split="train")
    run = carry_out(plan, parts(bench), "command")
    (found,) = label_runs(list(bench.journal.decisions()))
    assert (found.number, found.labeler, found.source, found.split) == (run, "spreadsheet", "labels.csv", "train")
    assert (found.files, found.undone) == (2, 0)
    bench.decider("command").undo()
    assert labels(bench) == {}
    assert label_runs(list(bench.journal.decisions()))[0].undone == 2


def test_what_is_so_already_is_not_recorded_again(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.add(1), bench.add(2)
    bench.label(one, "archive")
    path = table(tmp_path, "hash,label", f"{one},archive", f"{two},trash")
    plan = imported(bench, path)
    assert (plan.unchanged, len(plan.decisions)) == (1, 1)
    again = imported(bench, path)
    assert (again.unchanged, len(again.decisions)) == (2, 0)
    assert carry_out(again, parts(bench), "command") is None


def test_every_fault_is_listed_with_its_row_and_nothing_is_recorded(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.add(1), bench.add(2)
    path = table(
        tmp_path,
        "item_id,hash,path,label,unsure,skipped",
        f",{one},,archive,,",
        f",{one},,trash,,",
        f",{two},,arhive,,",
        f",{two},,,,",
        f",{two},,archive,yes,",
        f",{two},,archive,maybe,",
        f",{'0' * 64},,archive,,",
        ",abc,,archive,,",
        ",,nowhere.png,archive,,",
        f",{one},picture 2.png,archive,,",
        "7,,,archive,,",
        f",{two},,,,true",
    )
    assert faults(bench, path) == [
        (3, f"{one[:4]}…{one[-2:]} is trash here and archive in row 2"),
        (4, "'arhive' is no label; did you mean 'archive'?"),
        (5, "there is no label"),
        (6, "it is labelled 'archive' and unsure at once"),
        (7, "unsure is 'maybe'; it is true or false"),
        (8, "no file 0000…00 is known here"),
        (9, "'abc' is no SHA-256 of 64 digits"),
        (10, "There is no file nowhere.png in the library"),
        (11, f"{one[:4]}…{one[-2:]} and picture 2.png are different files"),
        (12, "it names no file by hash or path: item_id '7' means nothing here"),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("hash,label",), "labels.csv has a header and no rows, so there is nothing to import"),
        (("hash,lable", "1,archive", "2,trash"), "labels.csv has no column 'label'; its columns are hash, lable"),
        (("name;label", "1;archive"), "labels.csv has no column 'hash' or 'path'; its columns are name, label"),
        (
            ("hash,heuristic_label", "1,archive"),
            "labels.csv has no column 'label'; its columns are hash, heuristic_label",
        ),
    ],
)
def test_a_table_of_which_no_row_can_say_anything_is_refused_once(
    bench: Bench, tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(WrongUse) as caught:
        plan_import(table(tmp_path, *lines), parts(bench), allow_empty=True)
    assert caught.value.what == said
    assert ("'lable' looks like it" in caught.value.fix) == ("lable" in said)


def test_guesses_alone_are_enough_where_they_are_asked_for(bench: Bench, tmp_path: Path) -> None:
    path = table(tmp_path, "hash,heuristic_label,heuristic_confidence", f"{bench.add(1)},trash,.95")
    assert plan_import(path, parts(bench), guesses=0.9).counts() == {"trash": 1}


def test_a_row_that_was_torn_apart_is_a_fault_and_numbers_of_another_workspace_are_none(
    bench: Bench, tmp_path: Path
) -> None:
    files = [bench.add(number) for number in range(4)]
    numbers = [bench.catalog.file(file).number for file in files]  # type: ignore[union-attr]
    rows = [f"{number},{file},archive" for number, file in zip(numbers, files, strict=True)]
    assert plan_import(table(tmp_path, "item_id,hash,label", *rows), parts(bench)).note == ""
    torn = [*rows[:3], f"{numbers[0]},{files[3]},archive"]
    ((row, fault),) = faults(bench, table(tmp_path, "item_id,hash,label", *torn))
    assert (row, fault[:35]) == (5, "item_id is another file's here, tho")
    foreign = [f"{number + 100},{file},archive" for number, file in zip(numbers, files, strict=True)]
    plan = plan_import(table(tmp_path, "item_id,hash,label", *foreign), parts(bench))
    assert (plan.counts(), plan.note[:37]) == ({"archive": 4}, "item_id names other files in 4 rows: ")


def test_new_labels_are_made_only_when_asked_for(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(1)
    path = table(tmp_path, "hash,label", f"{one},maybe later")
    assert faults(bench, path) == [(2, "'maybe later' is no label")]
    plan = imported(bench, path, new_labels=True)
    assert plan.new_labels == ("maybe later",)
    assert bench.samples() == {f"{one}.png": "maybe later"}
    assert faults(bench, table(tmp_path, "hash,label", f"{one},../up"), new_labels=True) == [
        (2, "'../up' cannot be a label: it has a slash")
    ]


def test_a_name_of_hexadecimal_digits_is_never_taken_for_the_beginning_of_a_hash(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(1)
    assert faults(bench, table(tmp_path, "path,label", f"{one[:8]},trash"))[0][0] == 2


def test_a_table_of_everything_comes_back_as_it_was(bench: Bench, tmp_path: Path) -> None:
    files = [bench.add(number) for number in range(6)]
    for file, label in zip(files, ["archive", "trash", "archive"], strict=False):
        bench.label(file, label)
    bench.decider().decide(files[3], kind="unsure")
    path = tmp_path / "all.csv"
    assert write_table(path, items(bench.workspace, bench.catalog, bench.journal), ITEM_COLUMNS) == 6
    before = labels(bench)
    bench.decider("command").decide_many([])
    plan = imported(bench, path, allow_empty=True)
    assert (plan.rows, plan.unchanged, plan.left_alone) == (6, 4, 2)
    assert labels(bench) == before


def test_only_decided_files_are_in_the_table_of_labels(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(1)
    bench.add(2)
    bench.label(one, "archive")
    rows = list(items(bench.workspace, bench.catalog, bench.journal, decided_only=True))
    assert [(row["hash"], row["label"], row["path"]) for row in rows] == [(one, "archive", "picture 1.png")]


def filled(bench: Bench) -> list[str]:
    files = [bench.add(number) for number in range(8)]
    for place, file in enumerate(files[:6]):
        bench.label(file, "archive" if place % 2 else "trash")
    bench.journal.assign_folds({file: place % 3 - 1 for place, file in enumerate(files[:6])})
    return files


def test_a_project_goes_to_an_empty_workspace_and_is_the_same_there(bench: Bench, tmp_path: Path) -> None:
    files = filled(bench)
    bench.decider().decide(files[6], kind="unsure")
    target = tmp_path / "project.zip"
    done = write_project(target, parts(bench), images=True)
    assert (done.items, done.labelled, done.images) == (8, 6, 6)
    with open_bench(tmp_path / "other") as other:
        for number in range(4):
            other.add(number)
        taken = take_project(target, parts(other), labeler="me", session="command")
        other.drain()
        assert (taken.decisions, taken.pictures, taken.splits, taken.unknown) == (4, 2, 6, (files[6],))
        wanted = {file: label for file, label in labels(bench).items() if file != files[6]}
        assert labels(other) == wanted
        assert other.journal.folds() == bench.journal.folds()
        assert other.samples() == bench.samples()
        again = take_project(target, parts(other), labeler="me", session="command")
        assert (again.run, again.decisions, again.pictures, again.splits) == (None, 0, 0, 0)


def test_a_project_names_its_members_and_no_key(bench: Bench, tmp_path: Path) -> None:
    filled(bench)
    target = tmp_path / "project.zip"
    write_project(target, parts(bench))
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert sorted(manifest["members"]) == ["classes.json", "labels.csv"]
        assert [one["name"] for one in json.loads(archive.read("classes.json"))] == ["archive", "trash"]
        rows = archive.read("labels.csv").decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + manifest["items"]
    assert manifest["encoder"] is None


@pytest.mark.parametrize("damage", ["cut", "changed", "not a zip", "no manifest", "leads out"])
def test_a_damaged_project_is_refused_and_changes_nothing(bench: Bench, tmp_path: Path, damage: str) -> None:
    filled(bench)
    target = tmp_path / "project.zip"
    write_project(target, parts(bench), images=True)
    content = target.read_bytes()
    if damage == "cut":
        target.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        at = content.index(png(0)[-20:])
        target.write_bytes(content[:at] + b"\1" + content[at + 1 :])
    elif damage == "not a zip":
        target.write_bytes(b"labels")
    elif damage == "no manifest":
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("labels.csv", "hash,label\n")
    else:
        with zipfile.ZipFile(target, "a") as archive:
            archive.writestr("../outside.txt", "x")
    with open_bench(tmp_path / "other") as other:
        with pytest.raises(WrongUse):
            take_project(target, parts(other), labeler="me", session="command")
        assert labels(other) == {}
        assert other.samples() == {}
    assert not (tmp_path / "outside.txt").exists()


def test_a_folder_becomes_samples_of_a_label_and_twice_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    one = bench.add(1)
    folder = tmp_path / "thrown"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.png").write_bytes(png(1))
    (folder / "deeper" / "b.png").write_bytes(png(2))
    (folder / "deeper" / "again.png").write_bytes(png(2))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(png(3))
    found = take_folder(folder, "trash", parts(bench), session="command")
    bench.drain()
    assert (found.labelled, found.copied, found.unchanged) == (1, 1, 1)
    assert [name for name, _ in found.skipped] == ["notes.txt"]
    assert bench.samples() == {f"{one}.png": "trash", f"{sha(png(2))}.png": "trash"}
    again = take_folder(folder, "trash", parts(bench), session="command")
    assert (again.labelled, again.copied, again.unchanged) == (0, 0, 3)
    with pytest.raises(UnknownLabel):
        take_folder(folder, "rubbish", parts(bench), session="command")
    with pytest.raises(WrongUse, match="in one another"):
        take_folder(bench.workspace.data, "trash", parts(bench), session="command")


def test_layouts_hold_every_sample_under_its_label(bench: Bench, tmp_path: Path) -> None:
    filled(bench)
    samples = training_samples(bench.journal, bench.workspace.data)
    wanted = {(one.label, f"{one.identity}.png") for one in samples}
    assert write_layout(tmp_path / "keras", parts(bench), "folders") == 6
    assert {(one.parent.name, one.name) for one in (tmp_path / "keras").glob("*/*")} == wanted
    write_layout(tmp_path / "split", parts(bench), "folders", splits=True)
    split = {(one.parent.parent.name, one.name) for one in (tmp_path / "split").glob("*/*/*")}
    folds = bench.journal.folds()
    part = {-1: "test", 0: "val", 1: "train"}
    assert split == {(part[folds[one.identity]], f"{one.identity}.png") for one in samples}

    write_layout(tmp_path / "fiftyone", parts(bench), "fiftyone")
    found = json.loads((tmp_path / "fiftyone" / "labels.json").read_text())
    assert {(found["classes"][index], f"{name}.png") for name, index in found["labels"].items()} == wanted

    write_layout(tmp_path / "studio", parts(bench), "label-studio")
    tasks = json.loads((tmp_path / "studio" / "tasks.json").read_text())
    chosen = {
        (one["annotations"][0]["result"][0]["value"]["choices"][0], f"{one['data']['hash']}.png") for one in tasks
    }
    assert chosen == wanted
    with pytest.raises(WrongUse, match="is there already"):
        write_layout(tmp_path / "studio", parts(bench), "label-studio")


def test_folders_hold_only_what_keras_reads_and_no_class_without_a_picture(bench: Bench, tmp_path: Path) -> None:
    bench.journal.add_labels(["archive", "spare"])
    Image.new("RGB", (8, 8), "red").save(bench.pictures / "red.webp", lossless=True)
    bench.scan()
    (file,) = (one.sha256 for one in bench.catalog.files())
    bench.label(file, "archive")
    assert bench.samples() == {f"{file}.webp": "archive"}
    write_layout(tmp_path / "read", parts(bench), "folders", splits=True)
    assert [str(one.relative_to(tmp_path / "read")) for one in sorted((tmp_path / "read").rglob("*"))] == [
        "train",
        "train/archive",
        f"train/archive/{file}.png",
    ]
    assert Image.open(tmp_path / "read" / "train" / "archive" / f"{file}.png").getpixel((4, 4)) == (255, 0, 0)


def test_the_table_of_a_project_reads_as_any_other(bench: Bench, tmp_path: Path) -> None:
    filled(bench)
    target = tmp_path / "project.zip"
    write_project(target, parts(bench))
    with zipfile.ZipFile(target) as archive:
        archive.extract("labels.csv", tmp_path)
    assert len(read_table(tmp_path / "labels.csv", ITEM_COLUMNS)) == 8


def test_where_there_are_no_labels_yet_a_bad_table_says_how_to_make_them() -> None:
    fault = [(2, "'keep' is no label")]
    assert "archive, trash" in str(BadTable("l.csv", fault, ["archive", "trash"]).fix)
    assert "--new" in str(BadTable("l.csv", fault, []).fix)
