"""doctor on a Hydrus client: four failures, four different sentences, each with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.cli.running import exit_code
from tests.fake_hydrus import FakeHydrus

Doctor = Callable[..., dict[str, Any]]


@pytest.fixture
def fake() -> Iterator[FakeHydrus]:
    with FakeHydrus() as running:
        yield running


@pytest.fixture
def doctor(
    fake: FakeHydrus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctor:
    """Make a workspace on the fake client, and give the check of the library that doctor makes with a key."""
    (tmp_path / "run").mkdir(mode=0o700)
    for name, directory in (("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        monkeypatch.setenv(name, str(tmp_path / directory))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hyai_tui.library.hydrus.session.HydrusSession._pause", lambda *_: None)
    assert exit_code(["init", "--hydrus", fake.url]) == 0

    def check(key: str, row: str = "library") -> dict[str, Any]:
        monkeypatch.setenv("HYAI_HYDRUS_KEY", key)
        capsys.readouterr()
        code = exit_code(["doctor", "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        assert code == (0 if all(one["ok"] for one in checks) else 1)
        found: dict[str, Any] = next(one for one in checks if one["name"] == row)
        return found

    return check


def test_a_good_key_is_all_right(fake: FakeHydrus, doctor: Doctor) -> None:
    found = doctor(fake.key.key)
    assert found["ok"]
    assert "may read, tag" in found["detail"]
    assert fake.writes == []


def test_each_failure_has_its_own_sentence_and_a_way_out(
    fake: FakeHydrus, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fake.key.key
    found = {"403": doctor("cd" * 32), "permission": doctor(fake.allow(2).key)}
    found["filter"] = doctor(fake.allow(2, 3, namespace="hyai").key)
    for fault in ("locked", "expired", "lost_keys", "not_hydrus", "broken"):
        setattr(fake.faults, fault, True)
        found[fault] = doctor(key)
        setattr(fake.faults, fault, False)
    fake.client.api_version = 60
    found["too old"] = doctor(key)
    fake.client.api_version = 95
    fake.faults.delay = 1.5
    monkeypatch.setenv("HYAI_LIBRARY_TIMEOUT_SECONDS", "1")
    found["timeout"] = doctor(key)
    monkeypatch.setenv("HYAI_HYDRUS_URL", "http://127.0.0.1:1")
    found["refused"] = doctor(key)
    assert not any(one["ok"] for one in found.values())
    assert len({one["detail"] + one["fix"] for one in found.values()}) == len(found)
    assert all(one["fix"] for one in found.values())
    words = {
        "403": "does not know this access key",
        "lost_keys": "no access key was sent",
        "expired": "ended this session",
        "locked": "locked its database",
        "timeout": "did not answer within 1 s",
        "refused": "does not answer at",
        "too old": "speaks Client API 60",
        "not_hydrus": "no Hydrus",
    }
    assert {name: word in found[name]["detail"] for name, word in words.items()} == dict.fromkeys(words, True)


def test_a_newer_client_and_a_clock_that_is_off_are_told_and_stand_in_the_way_of_nothing(
    fake: FakeHydrus, doctor: Doctor
) -> None:
    assert doctor(fake.key.key)["fix"] == ""
    fake.client.api_version = 120
    newer = doctor(fake.key.key)
    assert newer["ok"]
    assert "Client API 120" in newer["fix"]
    fake.client.api_version = 95
    for seconds, words in ((-7200, "120 min behind"), (3600, "60 min ahead of")):
        fake.faults.clock = seconds
        late = doctor(fake.key.key)
        assert late["ok"]
        assert words in late["fix"]


def test_a_key_that_may_not_write_tags_is_a_failed_check_of_its_own(fake: FakeHydrus, doctor: Doctor) -> None:
    key = fake.allow(3).key
    assert doctor(key)["ok"]
    tags = doctor(key, "tags")
    assert not tags["ok"]
    assert "edit file tags" in tags["fix"]
    assert doctor(fake.allow(2, 3).key, "tags")["ok"]


def test_a_service_that_is_no_local_tag_service_is_a_failed_check(
    fake: FakeHydrus, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYAI_LIBRARY_TAG_SERVICE", "6c6f63616c2066696c6573")
    tags = doctor(fake.key.key, "tags")
    assert not tags["ok"]
    assert "not a local tag service" in tags["fix"]
    monkeypatch.setenv("HYAI_READ_ONLY", "1")
    assert doctor(fake.key.key, "tags")["ok"], "nobody asked to write any"


def test_no_key_yet_says_where_to_give_it(doctor: Doctor) -> None:
    found = doctor("")
    assert not found["ok"]
    assert "HYAI_HYDRUS_KEY" in found["fix"]
