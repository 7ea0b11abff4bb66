"""The learn job on a workspace of drawn pictures with tags: artefacts with their keys, versions, what is asked of one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hyai_tui.errors import Cancelled, NotNow, SettingsError
from hyai_tui.exchange.described import export_described
from hyai_tui.jobs import cache, learn, scan
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.evaluating import parts_of
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import TagChange
from hyai_tui.library.folder_tags import FolderTags
from hyai_tui.patterns import documents
from hyai_tui.patterns.faces import Faces
from hyai_tui.patterns.reading import Learnt, newest, related_tags
from hyai_tui.patterns.store import PatternStore
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.training_fixtures import Listener, _runtime, draw

__all__ = ["_runtime"]

SETTINGS = '[library]\nkind = "folder"\npath = "pictures"\n[features]\nencoder = "hog"\n[patterns]\ngroup_distance = 1.0\ngroup_least = 8\n'
FILES = 32


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Sixteen stripes in the archive, `lines` and mostly `tidy`, and sixteen of noise in the trash, `noise`, some `loud`."""
    made = create_workspace(tmp_path / "workspace", SETTINGS)
    tags = FolderTags(made.root / "tags.db")
    for number in range(FILES):
        look = ("archive", "trash")[number % 2]
        file = draw(made.root / "pictures" / look / f"holiday_{look}-{number}.png", look, number)
        own = {"archive": {"lines", "hyai:archive"}, "trash": {"noise"}}[look]
        if number < 20:
            own |= {"tidy"} if look == "archive" else {"loud"}
        tags.change([TagChange(file, add=frozenset(own))])
    tags.close()
    scan.run(JobContext(made))
    cache.run(JobContext(made))
    return made


def document(workspace: Workspace, name: str) -> Any:
    return PatternStore(workspace.patterns_directory).document(name)


def test_every_artefact_is_there_with_its_keys_and_the_counts_of_a_hand_count(workspace: Workspace) -> None:
    report = Listener()
    found = learn.run(JobContext(workspace, {}, report))
    assert report.stages == [
        "tag-patterns",
        "note-patterns",
        "visual-groups",
        "related-tags",
        "suggestions",
        "report",
    ]
    assert report.warnings == []
    assert set(documents.NAMES) < set(found["artefacts"])

    categories = document(workspace, documents.CATEGORIES)
    assert set(categories) == {"common_tags", "tag_counts", "patterns"}
    # Our own tag is no tag of the library's.
    assert categories["tag_counts"] == {"lines": 16, "noise": 16, "loud": 10, "tidy": 10}
    assert categories["common_tags"][0] == ["lines", 16]
    noise = categories["patterns"]["noise"]
    assert noise["sides"] == {"archive": 0, "trash": 16}
    assert noise["with"] == [{"tag": "loud", "files": 10, "lift": 2.0}]
    assert noise["pull"]["label"] == "trash"
    assert noise["pull"]["interval"][0] > 0
    assert len(noise["examples"]) == 16

    words = document(workspace, documents.DESCRIPTIONS)
    assert set(words["noise"]) == {"count", "common_words", "avg_length"}
    assert words["noise"]["count"] == 16
    assert words["noise"]["common_words"] == ["holiday", "trash"]

    search = document(workspace, documents.SEARCH)
    assert set(search) == {"synonyms", "timestamp"}
    assert search["synonyms"]["loud"] == ["noise"]

    groups = document(workspace, documents.GROUPS)["groups"]
    assert sorted(one["name"].split(",")[0] for one in groups) == ["lines", "noise"]
    assert all(set(one) == {"id", "name", "files", "tags", "examples"} for one in groups)
    assert sum(one["files"] for one in groups) > FILES - 8

    proposed = document(workspace, documents.SUGGESTIONS)
    assert set(proposed[0]) == {"image", "original", "suggested", "context"}
    assert {"tidy", "loud"} & set(proposed[0]["suggested"]["tags"])

    training = document(workspace, documents.REPORT)
    assert {
        "timestamp",
        "total_images",
        "total_tags",
        "images_with_faces",
        "images_with_detailed_desc",
        "top_categories",
        "status",
        "model",
        "host",
    } <= set(training)
    assert (training["total_images"], training["total_tags"]) == (FILES, 4)
    assert training["metrics"]["trial"]["files"] == 10


def test_a_decision_outranks_the_librarys_state(workspace: Workspace) -> None:
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        noisy = [one.sha256 for one in catalog.files() if "noise" in one.tags]
        journal.decide([NewDecision(one, "label", "archive") for one in noisy[:6]], session="s", source="command")
        journal.decide([NewDecision(noisy[6], "unsure")], session="s", source="command")
    learn.run(JobContext(workspace))
    assert document(workspace, documents.CATEGORIES)["patterns"]["noise"]["sides"] == {"archive": 6, "trash": 9}


def test_a_second_run_counts_what_changed_and_is_in_use_at_once(workspace: Workspace) -> None:
    assert newest(workspace, None) is None
    with pytest.raises(NotNow, match="learnt"):
        related_tags(workspace, "noise")
    learn.run(JobContext(workspace))
    held = newest(workspace, None)
    assert held is not None
    assert held.patterns.known.counts.sum() == 52
    assert newest(workspace, held) is held
    with workspace.open_catalog() as catalog:
        file = next(one.sha256 for one in catalog.files() if one.tags == {"noise"})
        catalog.update_state(file, tags=["noise", "loud"])
    report = Listener()
    found = learn.run(JobContext(workspace, {}, report))
    assert (found["version"], found["previous"]) == (2, 1)
    fresh = newest(workspace, held)
    assert fresh is not None
    assert fresh.version == 2
    assert [(tag, files) for tag, files, _ in fresh.patterns.partners("loud")] == [("noise", 11)]
    anew = learn.run(JobContext(workspace, {"anew": True}))
    assert anew["pairs"] == found["pairs"]
    assert related_tags(workspace, "loud") == ["noise"]


def test_old_versions_are_dropped_and_a_cancelled_run_leaves_the_one_in_use(workspace: Workspace) -> None:
    for _ in range(5):
        learn.run(JobContext(workspace))
    store = PatternStore(workspace.patterns_directory)
    assert store.versions() == [3, 4, 5]
    with pytest.raises(Cancelled):
        learn.run(JobContext(workspace, cancelled=lambda: True))
    assert store.current() == 5
    assert learn.run(JobContext(workspace))["version"] == 6


def test_a_damaged_count_is_made_anew(workspace: Workspace) -> None:
    first = learn.run(JobContext(workspace))
    (workspace.patterns_directory / "counts.npz").write_bytes(b"no archive")
    assert learn.run(JobContext(workspace))["pairs"] == first["pairs"]


def test_one_file_is_told_its_pulls_its_group_and_what_it_may_lack(workspace: Workspace) -> None:
    learn.run(JobContext(workspace))
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        file = next(one.sha256 for one in catalog.files() if one.tags == {"noise"})
        about = Learnt.open(workspace).about(file, catalog, journal)
    assert [one.label for one in about.pulls] == ["trash"]
    assert about.suggestions[0].tag == "loud"
    assert about.group is not None
    assert "noise" in about.group.name
    assert about.context["primary"] == "noise"
    assert about.words == ("holiday", "trash")


def test_the_reference_stands_while_the_vectors_do(workspace: Workspace) -> None:
    learn.run(JobContext(workspace))
    store = PatternStore(workspace.patterns_directory)
    before = store.load_reference()
    learn.run(JobContext(workspace))
    after = store.load_reference()
    assert before is not None
    assert after is not None
    assert np.array_equal(before.basis, after.basis)
    for number in range(3):
        draw(workspace.root / "pictures" / "inbox" / f"more-{number}.png", "later", 90 + number)
    scan.run(JobContext(workspace))
    cache.run(JobContext(workspace))
    learn.run(JobContext(workspace))
    grown = store.load_reference()
    assert grown is not None
    assert len(grown) == len(after) + 3


def test_no_tags_and_no_features_are_no_failure(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "bare", SETTINGS)
    with pytest.raises(NotNow, match="No file"):
        learn.run(JobContext(made))
    draw(made.root / "pictures" / "one.png", "archive", 1)
    scan.run(JobContext(made))
    found = learn.run(JobContext(made))
    assert (found["tags"], found["groups"], found["suggestions"]) == (0, 0, 0)
    assert json.loads((made.patterns_directory / "v0001" / documents.GROUPS).read_text())["groups"] == []


def test_files_are_written_out_for_another_program_the_newest_first(workspace: Workspace, tmp_path: Path) -> None:
    import os

    pictures = sorted((workspace.root / "pictures").rglob("*.png"))
    for age, picture in enumerate(pictures):
        os.utime(picture, (1_700_000_000 + age, 1_700_000_000 + age))
    scan.run(JobContext(workspace))
    target = tmp_path / "out.json"
    with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
        for limit, recent in ((3, True), (100, False)):
            export_described(workspace, catalog, journal, {}, target, limit, recent=recent)
            rows = json.loads(target.read_text("utf-8"))
            if recent:
                assert [one["filename"] for one in rows] == [one.name for one in pictures[:-4:-1]]
    assert len(rows) == FILES
    assert set(rows[0]) == {
        "filename",
        "description",
        "detailed_description",
        "meta_tags",
        "face_count",
        "embedding",
        "created_at",
    }
    assert {tuple(one["meta_tags"]) for one in rows} >= {("noise",), ("lines", "tidy")}
    stamps = (tmp_path / "export_timestamp.txt").read_text("utf-8").splitlines()
    assert [line.split()[1] for line in stamps] == ["3", "32"]


class FacesOfStripes:
    """Calls every picture of stripes one face, always the same, and sees none in noise."""

    def faces(self, picture: Image.Image) -> NDArray[np.float32]:
        rows = np.asarray(picture.convert("L"), np.float32)
        same = float(np.ptp(rows, axis=1).max()) == 0
        return np.array([[1.0, 0.0]] if same else np.empty((0, 2)), np.float32)


def test_faces_are_refused_in_one_sentence_without_an_encoder_of_faces(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("hyai_tui.patterns.faces.user_settings_file", lambda: tmp_path / "config.toml")
    with pytest.raises(SettingsError, match="no encoder of faces is named"):
        learn.run(JobContext(workspace, {"faces": True}))
    (tmp_path / "config.toml").write_text('[plugins]\nfaces = "nobody"\n')
    with pytest.raises(SettingsError, match="no installed package brings the encoder 'nobody'"):
        learn.run(JobContext(workspace, {"faces": True}))
    assert PatternStore(workspace.patterns_directory).current() is None


def test_faces_are_grouped_by_an_encoder_that_the_user_has_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyai_tui.jobs.learn.named_faces", lambda: Faces(FacesOfStripes(), 0.6))
    learn.run(JobContext(workspace, {"faces": True}))
    found = document(workspace, "face_groups.json")
    assert (found["files"], found["with_faces"]) == (FILES, 16)
    [group] = found["groups"]
    assert (group["id"], group["faces"], len(group["files"])) == (1, 16, 16)
    assert document(workspace, documents.REPORT)["images_with_faces"] == 16


def test_the_report_names_the_tags_on_which_the_model_is_worst(workspace: Workspace) -> None:
    with workspace.open_catalog() as catalog:
        files = {one.sha256: one.tags for one in catalog.files()}
    names = sorted(files)
    truth = np.array([int("noise" in files[name]) for name in names], np.int64)
    # Every file with `loud` is predicted wrongly, and nothing else.
    predicted = np.array(
        [1 - int("noise" in files[name]) if "loud" in files[name] else int("noise" in files[name]) for name in names]
    )
    found = parts_of(JobContext(workspace), names, truth, predicted.astype(np.int64), 2)["tag"]
    assert {one["group"] for one in found} == {"loud", "noise", "lines", "tidy"}
    assert (found[0]["group"], found[0]["items"], found[0]["accuracy"]) == ("loud", 10, 0.0)
    assert (found[1]["group"], found[1]["accuracy"]) == ("noise", 0.375)
