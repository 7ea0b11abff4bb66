"""The original HyAI's settings.py: every key under its new name, read as data and never run."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from hyai_tui import settings
from hyai_tui.credentials import AccessKey
from hyai_tui.errors import HyaiError, SettingsError, WrongUse
from hyai_tui.old_settings import read_old_settings

KEY = "ab" * 32
WHOLE = f'''
import os
hydrus_api_url="http://localhost:45869/"
hydrus_api_key="{KEY}"

my_tags_service_key="6c6f63616c2074616773"

#Distance from 0.5 is certainty
trash_thresh= 0.5 + 0.28 #be more strict
archive_thresh = 0.5 - 0.22

mark_archive=True
mark_trash=False

criteria=["system:no duration","system:filetype = image","-hyai:archive","-hyai:trash","system:limit =500000"]

batch_size=512
api_batch_size=512

def hash_to_path(h):
    \'\'\'Converts the hash given by hydrus to a filesystem path\'\'\'
    prefix='/media/hydrus'
    return f'{{prefix}}/f{{h[:2]}}/{{h}}.jpg'
'''


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "settings.py"


def test_every_key_appears_under_its_new_name(old: Path) -> None:
    old.write_text(WHOLE)
    found = read_old_settings(old)
    assert found.tables == {
        "library": {"kind": "hydrus", "url": "http://localhost:45869", "tag_service": "6c6f63616c2074616773"},
        "tag": {
            "trash_threshold": 0.78,
            "archive_threshold": 0.28,
            "mark_archive": True,
            "mark_trash": False,
            "criteria": [
                "system:has no duration",
                "system:filetype is image",
                "-hyai:archive",
                "-hyai:trash",
                "system:limit is 500000",
            ],
            "batch_size": 256,
        },
        "features": {"batch_size": 512},
    }
    assert found.key == AccessKey(KEY)
    assert [(one.old, one.new) for one in found.taken] == [
        ("hydrus_api_url", "library.url"),
        ("hydrus_api_key", "credentials.toml"),
        ("my_tags_service_key", "library.tag_service"),
        ("trash_thresh", "tag.trash_threshold"),
        ("archive_thresh", "tag.archive_threshold"),
        ("mark_archive", "tag.mark_archive"),
        ("mark_trash", "tag.mark_trash"),
        ("criteria", "tag.criteria"),
        ("batch_size", "features.batch_size"),
        ("api_batch_size", "tag.batch_size"),
        ("hash_to_path", ""),
    ]
    settings.from_dict(found.tables)


def test_the_key_is_in_no_line(old: Path) -> None:
    old.write_text(WHOLE)
    found = read_old_settings(old)
    assert KEY[:8] not in f"{found!r} {[str(one) for one in found.taken]}"


def test_the_example_s_placeholder_is_no_key(old: Path) -> None:
    old.write_text('hydrus_api_url="http://localhost:45869/"\nhydrus_api_key="replacewithyourAPIkey"\n')
    found = read_old_settings(old)
    assert found.key is None
    assert "placeholder" in str(found.taken[1])


def test_nothing_of_the_file_is_run(old: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for line in (f"open({str(canary)!r}, 'w')", f"batch_size = open({str(canary)!r}, 'w')", "import os; os._exit(9)"):
        old.write_text(line + "\n")
        with pytest.raises(SettingsError, match="line 1"):
            read_old_settings(old)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("\ntrash_tresh = 0.7", 2, "trash_tresh"),
        ("trash_thresh = 7", 1, "trash_thresh"),
        ("trash_thresh = True", 1, "trash_thresh"),
        ("trash_thresh = 1/0", 1, "trash_thresh"),
        ("trash_thresh = 'x' + 1", 1, "trash_thresh"),
        ("mark_trash = 'yes'", 1, "mark_trash"),
        ("\n\ncriteria = 'inbox'", 3, "criteria"),
        ("criteria = [['a', 'b'], 'c']", 1, "criteria"),
        ("batch_size = 0", 1, "batch_size"),
        ("batch_size = 2.5", 1, "batch_size"),
        ("batch_size = os.cpu_count()", 1, "batch_size"),
        ("my_tags_service_key = 'my tags'", 1, "my_tags_service_key"),
        ("hydrus_api_url = 'localhost'", 1, "hydrus_api_url"),
        ("hydrus_api_key = 'abc'", 1, "hydrus_api_key"),
        ("for x in []: pass", 1, ""),
        ("def other(): pass", 1, ""),
        ("x = (", 1, ""),
    ],
)
def test_a_wrong_line_is_named(old: Path, text: str, line: int, name: str) -> None:
    old.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_old_settings(old)
    assert f"line {line}" in caught.value.what
    assert name in caught.value.what
    assert caught.value.fix


def test_the_nearest_name_is_offered(old: Path) -> None:
    old.write_text("archive_tresh = 0.2")
    with pytest.raises(SettingsError) as caught:
        read_old_settings(old)
    assert "archive_thresh" in caught.value.fix


def test_no_error_repeats_a_key(old: Path) -> None:
    for text in (f"hydrus_api_key = '{KEY}0'", f"hydrus_api_key = {KEY}", f"hydrus_api_key = '{KEY}", f"'{KEY}' = 3"):
        old.write_text(text)
        with pytest.raises(HyaiError) as caught:
            read_old_settings(old)
        assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_key_without_an_address_is_refused(old: Path) -> None:
    old.write_text(f"hydrus_api_key = '{KEY}'")
    with pytest.raises(WrongUse, match="hydrus_api_url"):
        read_old_settings(old)


def test_thresholds_that_cross_are_refused(old: Path) -> None:
    old.write_text("trash_thresh = 0.2\narchive_thresh = 0.8")
    with pytest.raises(SettingsError):
        read_old_settings(old)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00" * 10, b"a = 1\n" * 300_000, b"(" * 100_000])
def test_what_is_no_settings_file_is_refused(old: Path, content: bytes) -> None:
    old.write_bytes(content)
    with pytest.raises(SettingsError):
        read_old_settings(old)


def test_a_missing_file_is_named(old: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings\.py"):
        read_old_settings(old)
