"""Names made safe to print, and a log that keeps secrets."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hyai_tui import logs
from hyai_tui.text import duration, megabytes, short_hash, visible


def test_a_name_cannot_steer_the_terminal() -> None:
    shown = visible("a\x1b[31mred\n\x9b2J\u202egnp.jpg\x7f")
    assert shown == "a␛[31mred␊\ufffd2J\ufffdgnp.jpg␡"
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in shown)


def test_marks_that_turn_the_direction_or_end_a_line_are_visible() -> None:
    marks = "\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
    assert visible(f"a{marks}b") == "a" + "\ufffd" * len(marks) + "b"


def test_bytes_that_are_no_utf8_become_visible() -> None:
    assert visible(b"caf\xe9.jpg".decode("utf-8", "surrogateescape")) == "caf\ufffd.jpg"


def test_sizes_and_durations_read_well() -> None:
    assert [megabytes(size) for size in (1, 340_000, 1_200_000, 3_000_000_000)] == ["1 B", "340 kB", "1.2 MB", "3.0 GB"]
    assert [duration(seconds) for seconds in (8, 180, 9000)] == ["8 s", "3 min", "2.5 h"]
    assert short_hash("4f1c" + "0" * 58 + "9a") == "4f1c…9a"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "hyai.log"
    monkeypatch.setattr(logs, "log_file", lambda: path)
    logs.start_log()
    return path


def test_the_log_holds_no_key_and_no_path_of_a_picture(log: Path) -> None:
    key = "0a" * 32
    logger = logging.getLogger("hyai_tui.test")
    logger.warning("key %s for /home/someone/pictures/secret name.png and more", key)
    try:
        raise ValueError(f"cannot read /home/someone/pictures/{key}.png")
    except ValueError:
        logger.exception("failed")
    logging.getLogger("hyai_tui").handlers[0].close()
    text = log.read_text()
    assert key not in text
    assert "someone" not in text
    assert "cannot read" not in text, "the message of an exception may hold anything"
    assert "test_text_and_logs.py" in text


def test_the_log_tells_where_an_exception_came_from_and_not_what_it_said(log: Path) -> None:
    logger = logging.getLogger("hyai_tui.test")
    try:
        try:
            Path("/home/someone/my pictures/creator:somebody.png").stat()
        except OSError as error:
            raise KeyError("creator:somebody") from error
    except KeyError:
        logger.exception("failed: %s", "could not read '/home/someone/my pictures/a.png' or \"b/c d.png\"")
    logging.getLogger("hyai_tui").handlers[0].close()
    text = log.read_text()
    assert "creator" not in text
    assert "someone" not in text
    assert "c d.png" not in text
    assert "FileNotFoundError: [Errno 2] No such file or directory" in text
    assert text.index("FileNotFoundError") < text.index("builtins.KeyError")
    assert "test_text_and_logs.py" in text


def test_a_log_directory_that_cannot_be_made_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(logs, "log_file", lambda: tmp_path / "file" / "hyai.log")
    logs.start_log()
    assert isinstance(logging.getLogger("hyai_tui").handlers[0], logging.NullHandler)
