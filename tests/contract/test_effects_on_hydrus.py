"""Decisions on a Hydrus client: tags and undeletes reach exactly the files that were meant, whatever the client does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects import first_copy, first_write
from hyai_tui.effects.deciding import Decider, Mode
from hyai_tui.effects.runner import DrainReport, EffectRunner
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import NewDecision
from hyai_tui.library.base import ScanOptions
from hyai_tui.library.hydrus.library import HydrusLibrary
from hyai_tui.library.write_log import WriteLog, writes
from hyai_tui.samples.training import training_samples
from hyai_tui.text import megabytes
from hyai_tui.workspace import Workspace, create_workspace
from tests.contract.hydrus_fixtures import Connect, add_files, connect, fake, library
from tests.fake_hydrus import MY_TAGS, FakeFile, FakeHydrus, file_from_bytes

__all__ = ["connect", "fake", "library"]


@dataclass
class Desk:
    """A workspace beside a fake client."""

    workspace: Workspace
    journal: Journal
    catalog: Catalog
    library: HydrusLibrary
    fake: FakeHydrus

    def decider(self, mode: Mode = "LEARN") -> Decider:
        return Decider(
            self.workspace, self.journal, self.catalog, self.library, session="test", source="app", mode=mode
        )

    def runner(self) -> EffectRunner:
        return EffectRunner(self.workspace, self.journal, self.catalog, self.library)

    def drain(self) -> DrainReport:
        return self.runner().drain(20)

    def scan(self) -> None:
        scan = self.catalog.begin_scan()
        self.catalog.put(self.library.scan(ScanOptions()), scan)
        self.catalog.finish_scan(scan)

    def tags(self) -> dict[str, set[str]]:
        """Return our tags on every file of the client."""
        files = self.fake.client.files.values()
        found = {one.sha256: {tag for tag in one.tagged(MY_TAGS) if tag.startswith("hyai:")} for one in files}
        return {sha256: tags for sha256, tags in found.items() if tags}

    def of_state(self, state: str) -> list[FakeFile]:
        return [one for one in self.fake.client.files.values() if one.state == state]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeHydrus, library: HydrusLibrary) -> Iterator[Desk]:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    add_files(fake.client, 18)
    workspace = create_workspace(tmp_path / "workspace", f'[library]\nkind = "hydrus"\nurl = "{fake.url}"\n')
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        desk = Desk(workspace, journal, catalog, library, fake)
        desk.scan()
        first_write.consent(workspace.settings, journal, library.rights())
        first_copy.consent(workspace.settings, journal, first_copy.lines(catalog.mean_size()))
        yield desk


def test_tags_and_samples_reach_exactly_the_decided_files(desk: Desk) -> None:
    chosen = {
        one.sha256: label for one, label in zip(desk.of_state("inbox"), ("trash", "archive", "trash"), strict=False)
    }
    desk.decider().decide_many([NewDecision(file, label=label) for file, label in chosen.items()])
    desk.drain()
    assert desk.tags() == {file: {f"hyai:{label}"} for file, label in chosen.items()}
    samples = {one.stem: one for one in desk.workspace.data.glob("*/*")}
    assert {file: path.parent.name for file, path in samples.items()} == chosen
    for file in desk.fake.client.files.values():
        if file.sha256 in chosen:
            assert samples[file.sha256].read_bytes() == file.content
    assert desk.fake.violations == []


def test_undo_restores_the_tag_that_was_there_before(desk: Desk) -> None:
    file = desk.of_state("inbox")[0]
    file.tagged(MY_TAGS).update({"hyai:archive", "creator:me"})
    desk.decider().decide(file.sha256, "trash")
    desk.drain()
    assert file.tagged(MY_TAGS) == {"hyai:trash", "creator:me"}
    desk.decider().undo()
    desk.drain()
    assert file.tagged(MY_TAGS) == {"hyai:archive", "creator:me"}


def test_a_rescued_file_is_undeleted_by_the_commit_and_not_before(desk: Desk) -> None:
    one, other = desk.of_state("trash")[:2]
    assert desk.decider().decide(one.sha256, "archive").line.endswith("staged: will undelete")
    desk.drain()
    assert (one.state, other.state) == ("trash", "trash")
    desk.runner().commit()
    desk.drain()
    assert (one.state, other.state) == ("archive", "trash")
    assert desk.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}


def test_staged_moves_are_committed_and_undone(desk: Desk) -> None:
    keep, throw = desk.of_state("inbox")[:2]
    decider = desk.decider("STAGED")
    decider.decide(keep.sha256, "archive")
    decider.decide(throw.sha256, "trash")
    desk.runner().commit()
    desk.drain()
    assert (keep.state, throw.state) == ("archive", "trash")
    decider.undo(2)
    desk.drain()
    assert (keep.state, throw.state) == ("inbox", "inbox")


def test_dropped_connections_end_with_every_tag_where_it_belongs(desk: Desk) -> None:
    files = [one.sha256 for one in desk.of_state("inbox") + desk.of_state("archive")]
    desk.decider().decide_many([NewDecision(file, label="trash") for file in files])
    desk.fake.faults.drop_every = 3
    for _ in range(20):
        desk.runner().retry()
        desk.drain()
        if not desk.journal.effect_counts()["due"]:
            break
    desk.fake.faults.drop_every = 0
    assert desk.journal.effect_counts() == {"due": 0, "staged": 0, "failed": 0}
    assert desk.tags() == {file: {"hyai:trash"} for file in files}


def test_a_locked_client_keeps_effects_waiting(desk: Desk) -> None:
    file = desk.of_state("inbox")[0]
    desk.fake.faults.locked = True
    desk.decider().decide(file.sha256, "trash")
    report = desk.drain()
    assert (report.done, report.failed, report.left) == (0, 0, 2)
    assert report.waiting
    desk.fake.faults.locked = False
    desk.runner().retry()
    desk.drain()
    assert desk.tags() == {file.sha256: {"hyai:trash"}}


def test_read_only_makes_no_write_request(desk: Desk) -> None:
    desk.workspace = replace(desk.workspace, settings=replace(desk.workspace.settings, read_only=True))
    desk.decider("STAGED").decide(desk.of_state("inbox")[0].sha256, "trash")
    desk.decider().decide(desk.of_state("trash")[0].sha256, "archive")
    desk.runner().commit()
    before = len(desk.fake.writes)
    desk.drain()
    assert len(desk.fake.writes) == before
    assert {one.target for one in desk.journal.effects("due")} == {"tag", "state"}


def test_nothing_is_written_before_a_person_has_read_what_the_key_may_do(desk: Desk) -> None:
    desk.workspace = create_workspace(
        desk.workspace.root.parent / "another", f'[library]\nkind = "hydrus"\nurl = "{desk.fake.url}"\n'
    )
    file = desk.of_state("inbox")[0]
    with desk.workspace.open_journal() as journal:
        desk.journal = journal
        desk.decider().decide(file.sha256, "trash")
        before = len(desk.fake.writes)
        assert desk.drain().waiting == first_write.WAITING
        assert len(desk.fake.writes) == before
        assert list(desk.workspace.data.glob("trash/*")) == [], "nobody has said how large samples may be"
        rights = desk.library.rights()
        lines = first_write.panel(desk.workspace.settings, rights)
        assert lines[0].startswith("may: read the library, write tags, move files")
        assert "A decision writes its tag (hyai:archive, hyai:trash) in my tags." in lines
        first_write.consent(desk.workspace.settings, journal, rights)
        report = desk.drain()
        assert (report.left, report.waiting) == (1, first_copy.WAITING)
        first_copy.consent(desk.workspace.settings, journal, [])
        assert desk.drain().left == 0
        assert [one.stem for one in desk.workspace.data.glob("trash/*")] == [file.sha256]
    assert desk.tags() == {file.sha256: {"hyai:trash"}}


def ask_for_small_copies(desk: Desk, pixels: int) -> None:
    settings = desk.workspace.settings
    chosen = replace(settings, library=replace(settings.library, sample_pixels=pixels))
    desk.workspace = replace(desk.workspace, settings=chosen)


def photograph(number: int) -> bytes:
    """A picture with grain: the larger, the more bytes."""
    grain = np.random.default_rng(number).integers(0, 255, (600, 900, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(grain).save(out, "JPEG", quality=90)
    return out.getvalue()


def test_small_copies_keep_label_and_identity_and_an_undo_takes_them_away(desk: Desk) -> None:
    content = photograph(1)
    large = file_from_bytes(desk.fake.client, content, "inbox")
    small = desk.of_state("inbox")[0]
    desk.scan()
    ask_for_small_copies(desk, 512)
    desk.decider().decide_many([NewDecision(one.sha256, label="trash") for one in (large, small)])
    assert desk.drain().left == 0
    found = {one.identity: one for one in training_samples(desk.journal, desk.workspace.data)}
    assert {one.label for one in found.values()} == {"trash"}
    assert (found[large.sha256].origin, found[small.sha256].origin) == ("shrunk", "original")
    with Image.open(found[large.sha256].path) as picture:
        assert max(picture.size) == 512
    assert found[large.sha256].path.stat().st_size < len(content)
    assert found[small.sha256].path.read_bytes() == small.content
    desk.decider().undo()
    assert desk.drain().left == 0
    assert training_samples(desk.journal, desk.workspace.data) == []
    assert desk.tags() == {}


def test_what_is_rescued_from_the_trash_is_copied_whole_and_at_once_whatever_is_chosen(desk: Desk) -> None:
    content = photograph(2)
    lost_soon = file_from_bytes(desk.fake.client, content, "trash")
    desk.workspace = create_workspace(
        desk.workspace.root.parent / "another", f'[library]\nkind = "hydrus"\nurl = "{desk.fake.url}"\n'
    )
    with desk.workspace.open_journal() as journal, desk.workspace.open_catalog() as catalog:
        desk.journal, desk.catalog = journal, catalog
        desk.scan()
        kept = desk.of_state("inbox")[0]
        desk.decider().decide_many([NewDecision(one.sha256, label="archive") for one in (lost_soon, kept)])
        desk.drain()
        assert [one.read_bytes() for one in desk.workspace.data.glob("archive/*")] == [content]
        ask_for_small_copies(desk, 512)
        desk.drain()
        assert {one.stem for one in desk.workspace.data.glob("archive/*")} == {lost_soon.sha256, kept.sha256}


def test_the_question_says_how_large_the_copies_will_be(desk: Desk) -> None:
    for number in range(3):
        file_from_bytes(desk.fake.client, photograph(number), "inbox")
    desk.scan()
    mean = desk.catalog.mean_size()
    assert mean is not None
    said = " ".join(first_copy.lines(mean))
    assert f"Originals take {megabytes(round(mean))} here on average" in said
    assert f"1,000 are {megabytes(round(1000 * mean))}" in said


@pytest.mark.parametrize(
    ("mean", "said"), [(12_000, "spare nothing"), (3_000_000, "or 60.0 MB as copies of 512 pixels")]
)
def test_small_copies_are_only_praised_where_they_spare_something(mean: float, said: str) -> None:
    assert said in " ".join(first_copy.lines(mean))


def test_the_panel_says_what_a_lesser_key_cannot_do(desk: Desk, connect: Connect) -> None:
    lines = first_write.panel(desk.workspace.settings, connect(desk.fake.allow(2, 3).key).rights())
    assert lines[0] == "may: read the library, write tags"
    assert any(one.startswith("cannot: archive, trash or rescue files: tick") for one in lines)


def test_undoing_a_rescue_gives_a_file_its_inbox_flag_back_behind_the_trash(desk: Desk) -> None:
    file = next(one for one in desk.of_state("trash") if one.inbox)
    desk.decider("LIVE").decide(file.sha256, "archive")
    desk.drain()
    assert (file.state, file.inbox) == ("archive", False)
    desk.decider().undo()
    desk.drain()
    assert (file.state, file.inbox) == ("trash", True)


def test_a_key_that_may_not_undelete_is_said_and_the_decision_stands(desk: Desk, connect: Connect) -> None:
    desk.library = connect(desk.fake.allow(2, 3).key)
    file = desk.of_state("trash")[0]
    decider = desk.decider()
    rights = decider.ask_rights()
    assert rights is not None
    assert not rights.change_state
    assert "cannot undelete" in decider.decide(file.sha256, "archive").line
    desk.runner().commit()
    desk.drain()
    assert file.state == "trash"
    (effect,) = [one for one in desk.journal.effects("failed") if one.target == "state"]
    assert effect.reason
    assert desk.journal.effective()[file.sha256].label == "archive"


def test_a_file_that_vanished_from_the_client_fails_alone(desk: Desk) -> None:
    gone, kept = desk.of_state("inbox")[:2]
    desk.decider().decide_many([NewDecision(one.sha256, label="trash") for one in (gone, kept)])
    desk.fake.client.lose(gone)
    desk.drain()
    assert desk.tags() == {kept.sha256: {"hyai:trash"}}
    desk.scan()
    desk.runner().retry()
    desk.drain()
    assert {one.file for one in desk.journal.effects("failed")} == {gone.sha256}


def test_an_edit_of_a_persons_tags_is_written_logged_and_taken_back(desk: Desk) -> None:
    desk.library.log = WriteLog(desk.workspace.root / "writes.db")
    file = desk.of_state("inbox")[0]
    before = set(file.tagged(MY_TAGS))
    removed = min(before) if before else ""
    edit = desk.journal.edit_tags(
        file.sha256, frozenset({"person:ann"}), frozenset({removed} if removed else ()), session="test", finding="x"
    )
    assert desk.drain().done == 1
    assert set(file.tagged(MY_TAGS)) == (before | {"person:ann"}) - {removed}
    desk.journal.undo_edit(edit.id)
    assert desk.drain().done == 1
    assert set(file.tagged(MY_TAGS)) == before
    logged = [(one.by, one.status) for one in writes(desk.workspace.root / "writes.db")]
    assert logged == [("undo", "verified"), ("edit", "verified")]
