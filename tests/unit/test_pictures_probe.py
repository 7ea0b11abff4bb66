"""What a terminal says that it can draw, behind a pseudo-terminal, late or through tmux."""

from __future__ import annotations

import os
import pty
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyai_tui.pictures.terminal.probe import Terminal, probe

KITTY = b"\x1b_Gi=31;OK\x1b\\"
SIXEL = b"\x1b[?62;4;22c"
PLAIN = b"\x1b[?62;22c"


@contextmanager
def answering(*answers: tuple[float, bytes]) -> Iterator[int]:
    """Open a terminal that sends each answer so many seconds after the first question."""
    outside, inside = pty.openpty()
    ended = threading.Event()

    def run() -> None:
        while not select.select([outside], [], [], 0.05)[0]:
            if ended.is_set():
                return
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
