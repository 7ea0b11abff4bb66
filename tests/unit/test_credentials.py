"""Access keys: bound to the address they were given for, kept for one user, never shown."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from hyai_tui import credentials
from hyai_tui.credentials import AccessKey
from hyai_tui.errors import SettingsError, WrongUse
from hyai_tui.locations import credentials_file

DIGITS = "0123456789abcdef" * 4
OTHER = "f" * 64
URL = "http://127.0.0.1:45869"


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (credentials.KEY_VARIABLE, credentials.URL_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_a_key_is_never_shown() -> None:
    key = AccessKey(DIGITS)
    shown = f"{key} {key!r} {[key]} {key!s:>20}"
    assert DIGITS[:8] not in shown
    assert key.reveal() == DIGITS
    with pytest.raises(TypeError):
        pickle.dumps(key)
    logging.getLogger("hyai_tui").warning("%s", key)


def test_only_an_address_in_the_clear_beyond_this_machine_is_warned_about() -> None:
    assert "not encrypted" in credentials.warning_about("http://nas.example:45869/")
    for url in ("https://nas.example", URL, "http://localhost:45869", "http://[::1]:45869", ""):
        assert credentials.warning_about(url) == ""


@pytest.mark.parametrize("text", ["", "short", DIGITS[:-1], DIGITS + "0", "g" * 64, DIGITS[:32] + " " + DIGITS[33:]])
def test_a_malformed_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(WrongUse) as caught:
        AccessKey(text)
    assert str(len(text)) in caught.value.what
    assert not text or text not in str(caught.value)


def test_a_kept_key_is_found_for_its_address_alone() -> None:
    credentials.save_key(URL, AccessKey(DIGITS))
    for same in (URL, f"{URL}/", "HTTP://127.0.0.1:45869/path"):
        found = credentials.key_for(same, {})
        assert found == AccessKey(DIGITS)
    for other in ("http://127.0.0.1:45870", "https://127.0.0.1:45869", "http://localhost:45869", "http://evil.example"):
        assert credentials.key_for(other, {}) is None


def test_several_addresses_are_kept_apart_and_replaced() -> None:
    credentials.save_key(URL, AccessKey(DIGITS))
    credentials.save_key("https://nas.example", AccessKey(OTHER))
    credentials.save_key(URL, AccessKey(OTHER))
    assert credentials.key_for(URL, {}) == AccessKey(OTHER)
    assert credentials.key_for("https://nas.example:443", {}) == AccessKey(OTHER)
    assert credentials.source_of(URL, {}) == "file"


def test_the_file_is_for_the_user_alone() -> None:
    credentials.save_key(URL, AccessKey(DIGITS))
    path = credentials_file()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    path.chmod(0o644)
    with pytest.raises(SettingsError) as caught:
        credentials.key_for(URL, {})
    assert "chmod 600" in caught.value.fix


def test_a_broken_file_is_named_and_its_lines_are_not() -> None:
    path = credentials_file()
    path.parent.mkdir(parents=True)
    path.write_text(f'["{URL}"]\naccess_key = {DIGITS}\n')
    path.chmod(0o600)
    with pytest.raises(SettingsError) as caught:
        credentials.key_for(URL, {})
    assert "credentials.toml" in caught.value.what
    assert DIGITS[:8] not in "".join(traceback.format_exception(caught.value))


def test_the_variable_wins_for_this_machine() -> None:
    credentials.save_key(URL, AccessKey(OTHER))
    environment = {credentials.KEY_VARIABLE: DIGITS}
    assert credentials.key_for(URL, environment) == AccessKey(DIGITS)
    assert credentials.source_of(URL, environment) == "environment"


def test_the_variable_is_not_sent_to_an_address_that_a_stranger_s_workspace_names() -> None:
    environment = {credentials.KEY_VARIABLE: DIGITS}
    with pytest.raises(WrongUse) as caught:
        credentials.key_for("https://evil.example", environment)
    assert credentials.URL_VARIABLE in caught.value.fix
    environment[credentials.URL_VARIABLE] = URL
    with pytest.raises(WrongUse):
        credentials.key_for("https://evil.example", environment)
    assert credentials.key_for(URL, environment) == AccessKey(DIGITS)


def test_the_variable_goes_to_an_address_that_the_user_named() -> None:
    environment = {credentials.KEY_VARIABLE: DIGITS}
    credentials.remember_address("http://nas.example:45869")
    assert credentials.key_for("http://nas.example:45869", environment) == AccessKey(DIGITS)
    assert credentials.key_for("http://nas.example:45869", {}) is None
    environment = {credentials.KEY_VARIABLE: DIGITS, credentials.URL_VARIABLE: "https://other.example"}
    assert credentials.key_for("https://other.example/", environment) == AccessKey(DIGITS)


def test_remembering_an_address_keeps_its_key() -> None:
    credentials.save_key(URL, AccessKey(DIGITS))
    credentials.remember_address(URL)
    assert credentials.key_for(URL, {}) == AccessKey(DIGITS)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:45869", "ftp://x", "http://", "http://u:p@x", "http://x:99999", "http://["]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WrongUse):
        credentials.bound_address(url)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:5", True),
        ("http://192.168.1.2", False),
        ("http://localhost.evil.example", False),
        ("https://127.0.0.1.nip.io", False),
    ],
)
def test_loopback_is_known_by_address_not_by_likeness(url: str, loopback: bool) -> None:
    assert credentials.is_loopback(url) is loopback
