"""What a terminal says that it can draw, behind a pseudo-terminal, late or through tmux."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyai_tui.pictures.terminal import probe as probing
from hyai_tui.pictures.terminal.probe import Terminal, probe

KITTY = b"\x1b_Gi=31;OK\x1b\\"
SIXEL = b"\x1b[?62;4;22c"
PLAIN = b"\x1b[?62;22c"


@contextmanager
def answering(*answers: tuple[float, bytes], heard: bytearray | None = None) -> Iterator[int]:
    """Open a terminal that sends each answer so many seconds after the first question; `heard` takes the questions."""
    outside, inside = pty.openpty()
    ended = threading.Event()

    def run() -> None:
        while not select.select([outside], [], [], 0.05)[0]:
            if ended.is_set():
                return
        if heard is not None:
            heard.extend(os.read(outside, 4096))
        for wait, answer in answers:
            time.sleep(wait)
            os.write(outside, answer)
        ended.wait(60)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield inside
    finally:
        ended.set()
        thread.join()
        os.close(outside)
        os.close(inside)


def ask(descriptor: int, **variables: str) -> Terminal:
    return probe(descriptor, descriptor, {"TERM": "xterm-256color", "COLORTERM": "truecolor", **variables}, 20.0)


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A tmux that lets commands pass, whose client draws no Sixel."""
    program = tmp_path / "tmux"
    program.write_text('#!/bin/sh\ncase "$1" in show-options) echo on;; *) echo 256,RGB,title;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(probing, "_TMUX_SECONDS", 60.0)
    return {"TMUX": "/tmp/tmux,1,0", "PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_the_answers_of_a_slow_line_are_waited_for() -> None:
    with answering((0.3, KITTY), (0.3, b"\x1b[6;18;9t"), (0.3, PLAIN)) as line:
        found = ask(line)
    assert (found.protocol, found.cell_width, found.cell_height, found.answered) == ("tgp", 9, 18, True)


def test_an_answer_in_pieces_is_one_answer() -> None:
    with answering((0.0, SIXEL[:4]), (0.1, SIXEL[4:])) as line:
        assert ask(line).protocol == "sixel"


def test_a_terminal_without_graphics_gets_half_cells_and_an_empty_tmux_is_none() -> None:
    with answering((0.0, PLAIN)) as line:
        found = ask(line, TMUX="")
    assert (found.protocol, found.multiplexed) == ("halfcell", False)


def test_a_silent_terminal_costs_the_patience_and_no_more() -> None:
    with answering() as line:
        found = probe(line, line, {"TERM": "xterm"}, 0.2)
    assert not found.answered


def test_an_answer_that_fell_behind_the_last_one_on_a_slow_line_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # A share of the round trip that even a busy machine keeps to; answers that are there end the wait.
    monkeypatch.setattr(probing, "_STRAGGLING", 100.0)
    with answering((0.3, PLAIN), (0.03, KITTY), (0.0, b"\x1b[6;18;9t")) as line:
        found = ask(line)
    assert (found.protocol, found.cell_height) == ("tgp", 18)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b_Gi=31;EINVAL:no\x1b\\\x1b[6;0;0t\x1b[?62;22c",
        b"\x1b_Gi=99;OK\x1b\\\x1b[6;t\x1b[?c\x1b[?62;22c",
        b"\x1b[6;99999;99999t\x1b[?62;22c",
        b"jjjat\x1b[A\x1b[?62;22c",
        b"\x1b[?62;22c\x1b[?62;22c",
        b"\xff\xfe\x00\x1b[\x1b_G\x1b\\\x1b[?62;22c",
    ],
)
def test_a_wrong_answer_gives_half_cells_of_a_sensible_size(answer: bytes) -> None:
    with answering((0.0, answer)) as line:
        found = ask(line)
    assert (found.protocol, found.answered) == ("halfcell", True)
    assert 0 < found.cell_width <= 256
    assert 0 < found.cell_height <= 256


def test_a_terminal_of_no_columns_has_cells_of_the_usual_size() -> None:
    with answering((0.0, SIXEL)) as line:
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 800, 600))
        found = ask(line)
    assert (found.protocol, found.cell_width, found.cell_height) == ("sixel", 10, 20)


def test_the_line_is_as_it_was_after_the_questions() -> None:
    with answering((0.0, PLAIN)) as line:
        before = termios.tcgetattr(line)
        ask(line)
        assert termios.tcgetattr(line) == before


@pytest.mark.parametrize("variables", [{"TERM": "tmux-256color"}, {"TERM": "screen"}])
def test_a_multiplexer_behind_a_line_is_not_asked_what_it_would_take_for_a_title(variables: dict[str, str]) -> None:
    heard = bytearray()
    with answering((0.0, SIXEL), heard=heard) as line:
        found = ask(line, **variables)
    assert b"\x1b_G" not in heard
    assert b"\x1b[c" in heard
    assert (found.protocol, found.multiplexed) == ("halfcell", True), "it may say Sixel where the terminal has none"


def test_a_tmux_that_lets_nothing_pass_is_not_asked_either(tmux: dict[str, str]) -> None:
    Path(tmux["PATH"].split(":")[0], "tmux").write_text("#!/bin/sh\necho off\n")
    heard = bytearray()
    with answering((0.0, PLAIN), heard=heard) as line:
        assert ask(line, **tmux).protocol == "halfcell"
    assert b"\x1b_G" not in heard


def test_inside_tmux_the_terminal_outside_answers_after_tmux_itself(tmux: dict[str, str]) -> None:
    with answering((0.0, SIXEL), (0.4, KITTY)) as line:
        found = ask(line, **tmux)
    assert (found.protocol, found.multiplexed) == ("tgp", True)


def test_sixel_of_tmux_counts_only_where_its_client_draws_it(tmux: dict[str, str]) -> None:
    with answering((0.0, SIXEL), (0.0, b"\x1b_Gi=31;ENOTSUP\x1b\\")) as line:
        assert ask(line, **tmux).protocol == "halfcell"
    Path(tmux["PATH"].split(":")[0], "tmux").write_text("#!/bin/sh\necho 256,sixel\n")
    with answering((0.0, SIXEL)) as line:
        assert ask(line, **tmux).protocol == "sixel"
