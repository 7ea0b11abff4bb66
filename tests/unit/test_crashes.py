"""A crash leaves a report that can be passed on: where it happened and on what, and nothing private."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyai_tui import crashes
from hyai_tui.locations import crashes_directory

KEY = "ab" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def fail() -> None:
    try:
        (Path("/home/ann/pictures") / KEY).read_bytes()
    except OSError as error:
        raise ValueError(f"/home/ann/pictures/{KEY} has the tag creator:somebody") from error


def crash() -> Exception:
    with pytest.raises(ValueError, match="creator") as caught:
        fail()
    return caught.value


def test_a_report_says_where_and_on_what_and_names_nothing(home: Path) -> None:
    path = crashes.write_report(crash(), "hyai train")
    assert path is not None
    told = path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    for wanted in ("in fail", "ValueError", "No such file or directory", "hyai train", "numpy", "Python"):
        assert wanted in told
    for private in ("ann", "pictures", KEY, "creator:somebody", str(home)):
        assert private not in told


def test_only_the_newest_ten_are_kept(home: Path) -> None:
    directory = crashes_directory()
    directory.mkdir(parents=True)
    for hour in range(12):
        (directory / f"20200101-{hour:02}0000-1.txt").write_text("old", "utf-8")
    path = crashes.write_report(crash(), "the app")
    assert path is not None
    kept = sorted(one.name for one in directory.iterdir())
    assert kept == [*(f"20200101-{hour:02}0000-1.txt" for hour in range(3, 12)), path.name]


def test_where_no_report_can_be_written_the_log_is_named(home: Path) -> None:
    directory = crashes_directory()
    directory.parent.mkdir(parents=True)
    directory.write_text("in the way", "utf-8")
    assert crashes.write_report(crash(), "the app") is None
    assert crashes.about(crash(), "the app").startswith("The log has the rest: ")
