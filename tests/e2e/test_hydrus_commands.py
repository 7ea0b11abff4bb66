"""The commands on a Hydrus library, each a real process, against a fake client in this one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.hydrus_fixtures import of_state
from tests.e2e.shell import Ran
from tests.fake_hydrus import MY_TAGS, Client, FakeHydrus, drawn_picture, file_from_bytes

# The small encoder and head; with both thresholds at one half every file gets a tag.
SMALL_MODEL = """
[features]
encoder = "hog"
[train]
head = "linear"
[tag]
prefix = "ours:"
archive_threshold = 0.5
trash_threshold = 0.5
"""


@dataclass
class Place:
    """A workspace on a fake client, and a home of its own."""

    root: Path
    fake: FakeHydrus
    key: str
    variables: dict[str, str] = field(default_factory=dict)

    def hyai(self, *arguments: str, **variables: str) -> Ran:
        """Run a command in the workspace, with the access key in the environment."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HYAI_", "XDG_"))}
        environment = kept | {
            "HOME": str(self.root / "home"),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "HYAI_HYDRUS_KEY": self.key,
            **self.variables,
            **variables,
        }
        return Ran.hyai(*arguments, here=self.root / "art", environment=environment)

    @property
    def samples(self) -> dict[str, str]:
        """Label of each training sample, by the hash that it is named after."""
        return {path.stem: path.parent.name for path in (self.root / "art" / "data").glob("*/*.*")}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    for name in ("home", "run", "art"):
        (tmp_path / name).mkdir(mode=0o700)
    client = Client()
    for seed in range(12):
        file_from_bytes(client, drawn_picture(seed), ("inbox", "archive", "trash", "archive+trash")[seed % 4])
    with FakeHydrus(client) as fake:
        yield Place(tmp_path, fake, fake.key.key)


@pytest.fixture
def scanned(place: Place) -> Place:
    assert place.hyai("init", "--hydrus", place.fake.url).code == 0
    assert place.hyai("scan", "--json").data["files"] == 12
    return place


def test_a_hydrus_library_is_scanned_and_listed(scanned: Place) -> None:
    again = scanned.hyai("scan", "--json").data
    assert (again["files"], again["added"], again["gone"], again["skipped"]) == (12, 0, 0, 0)
    files = scanned.hyai("files", "--json").data
    assert {one["file"]: one["state"] for one in files} == {
        one.sha256: one.state for one in scanned.fake.client.files.values()
    }
    assert {one["path"] for one in files} == {None}
    assert scanned.fake.writes == []
    assert scanned.fake.violations == []


def test_a_label_becomes_a_sample_and_a_tag_and_undo_takes_both_back(scanned: Place) -> None:
    file = of_state(scanned.fake, "inbox")
    other = next(one for one in scanned.fake.client.files.values() if one is not file)
    labelled = scanned.hyai("label", file.sha256, "trash", "--json").data
    assert labelled[0]["file"] == file.sha256
    assert scanned.samples == {file.sha256: "trash"}
    assert file.tagged(MY_TAGS) == {"hyai:trash"}
    assert (file.state, other.tagged(MY_TAGS)) == ("inbox", set())
    assert scanned.hyai("undo", "--json").data[0]["undone"] is not None
    assert scanned.samples == {}
    assert file.tagged(MY_TAGS) == set()
    assert scanned.fake.violations == []


def test_a_file_rescued_from_the_trash_comes_back_on_commit(scanned: Place) -> None:
    file = of_state(scanned.fake, "trash")
    assert scanned.hyai("label", file.sha256, "archive").code == 0
    assert file.state == "trash"
    assert scanned.samples == {file.sha256: "archive"}
    assert scanned.hyai("effects", "commit").code == 0
    assert file.state == "archive"
    assert scanned.fake.violations == []


def test_a_decision_is_kept_while_the_client_is_down_and_its_tag_follows(scanned: Place) -> None:
    file = of_state(scanned.fake, "archive")
    scanned.fake.faults.locked = True
    assert scanned.hyai("label", file.sha256, "trash").code == 0
    assert file.tagged(MY_TAGS) == set()
    assert scanned.hyai("status", "--json").data["pending_effects"] >= 1
    scanned.fake.faults.locked = False
    assert scanned.hyai("effects", "retry").code == 0
    assert file.tagged(MY_TAGS) == {"hyai:trash"}


def test_read_only_makes_no_write_request(scanned: Place) -> None:
    scanned.hyai("--read-only", "label", of_state(scanned.fake, "inbox").sha256, "trash")
    assert scanned.fake.writes == []


def test_every_third_connection_dropped_does_not_disturb_a_scan(scanned: Place) -> None:
    scanned.fake.faults.drop_every = 3
    assert scanned.hyai("scan", "--json").data["files"] == 12


def test_trouble_with_the_client_is_told_apart(scanned: Place) -> None:
    scanned.fake.faults.locked = True
    locked = scanned.hyai("scan")
    scanned.fake.faults.locked = False
    wrong = scanned.hyai("scan", HYAI_HYDRUS_KEY="cd" * 32)
    lacking = scanned.hyai("scan", HYAI_HYDRUS_KEY=scanned.fake.allow(2).key)
    down = scanned.hyai("scan", HYAI_HYDRUS_URL="http://127.0.0.1:9")
    assert [one.code for one in (down, locked, wrong, lacking)] == [3, 3, 1, 1]
    first_lines = [
        next(line for line in one.err.splitlines() if line.startswith("hyai:"))
        for one in (down, locked, wrong, lacking)
    ]
    assert len(set(first_lines)) == 4
    assert scanned.key not in "".join(one.err + one.out for one in (down, locked, wrong, lacking))


def test_the_key_is_in_no_file_but_the_users_own(scanned: Place) -> None:
    scanned.hyai("label", of_state(scanned.fake, "inbox").sha256, "trash")
    holders = [
        path
        for path in scanned.root.rglob("*")
        if path.is_file() and scanned.key.encode() in path.read_bytes() and path.name != "credentials.toml"
    ]
    assert holders == []


def test_every_tag_written_is_the_one_computed_for_that_file_while_files_vanish_and_connections_drop(
    scanned: Place,
) -> None:
    client = scanned.fake.client
    for seed in range(12, 42):
        file_from_bytes(client, drawn_picture(seed), ("inbox", "archive", "trash")[seed % 3])
    truncated = file_from_bytes(client, drawn_picture(99)[:120])
    scanned.hyai("scan")
    with (scanned.root / "art" / "hyai.toml").open("a") as settings:
        settings.write(SMALL_MODEL)
    decided: dict[str, str] = {}
    for label in ("archive", "trash"):
        chosen = [one.sha256 for one in client.files.values() if one.state == label][:6]
        assert scanned.hyai("label", *chosen, label).code == 0
        decided |= dict.fromkeys(chosen, label)
    assert scanned.hyai("effects", "retry").code == 0
    lost = [one for one in client.files.values() if one.sha256 not in decided][3:6]
    for file in lost:
        client.lose(file)
    scanned.fake.faults.drop_every = 3
    assert scanned.hyai("retrain", "--json").data["scored"] == len(client.files) - len(lost) - 1
    dry = scanned.hyai("tag", "--dry-run", "--json").data
    assert {one for file in client.files.values() for one in file.tagged(MY_TAGS)} <= {"ours:archive", "ours:trash"}
    written = scanned.hyai("tag", "--json").data
    assert (written["archive"], written["trash"]) == (dry["archive"], dry["trash"])
    scores = {one["file"]: one["score"] for one in scanned.hyai("files", "--json").data}
    for file in client.files.values():
        if file in lost or file is truncated:
            assert file.tagged(MY_TAGS) == set()
        else:
            score = scores[file.sha256]
            side = decided.get(file.sha256) or ("trash" if score >= 0.5 else "archive")
            assert file.tagged(MY_TAGS) == {f"ours:{side}"}
    assert scanned.hyai("tag", "--json").data["written"] == 0
    assert scanned.hyai("untag", "--json").data["cleared"] == len(client.files) - len(lost) - 1
    assert not any(file.tagged(MY_TAGS) for file in client.files.values())
    assert scanned.fake.violations == []
