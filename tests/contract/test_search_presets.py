"""The searches to begin with find what the client's own search finds, and are kept only when asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hyai_tui.cli.running import exit_code
from hyai_tui.library.presets import PRESETS, search_of
from tests.contract.hydrus_fixtures import add_files, fake
from tests.fake_hydrus import FakeHydrus

__all__ = ["fake"]


def test_a_preset_may_have_another_limit_and_anything_else_is_predicates() -> None:
    assert search_of(["Inbox"]) == PRESETS["inbox"]
    assert search_of(["limited:500,000"])[-1] == "system:limit is 500000"
    assert search_of(["inbox:3"]) == ("inbox:3",)
    assert search_of([" creator:me ", "", "-hyai:trash"]) == ("creator:me", "-hyai:trash")


def test_the_count_is_the_clients_and_saving_makes_it_what_is_tagged(
    fake: FakeHydrus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    for name, value in (("HOME", tmp_path), ("XDG_RUNTIME_DIR", tmp_path / "run"), ("HYAI_HYDRUS_KEY", fake.key.key)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    add_files(fake.client, 18)
    assert exit_code(["init", "--hydrus", fake.url]) == 0

    def search(*words: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert exit_code(["config", "search", "--json", *words]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out) if not code else {}
        return found

    inbox = sum(one.state == "inbox" for one in fake.client.files.values())
    assert search("inbox")["files"] == inbox
    assert search("limited:5")["files"] == 5
    assert search("everything")["files"] == search()["files"] == 24
    search("system:flarble > 3", code=2)
    search("a,b", "--save", code=2)
    assert search("inbox", "--save")["saved"]
    assert search() == {"criteria": list(PRESETS["inbox"]), "files": inbox, "saved": False}
    assert fake.writes == []
