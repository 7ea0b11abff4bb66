"""`hyai doctor --terminal` in pretended terminals: what it finds out, draws, measures and advises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from hyai_tui.cli.doctor_terminal import Seen, advice
from hyai_tui.cli.tmux import Tmux
from hyai_tui.pictures.terminal.card import HEIGHT, WIDTH, drawn_card
from hyai_tui.pictures.terminal.colours import colours
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.pictures.terminal.survey import Survey
from tests.tui.tui_fixtures import isolate

# What each pretended terminal answers, by the question as it is written.
STATUS = (re.compile(rb"\x1b\[5n"), b"\x1b[0n")
DA1 = re.compile(rb"\x1b\[c")
CELL = (re.compile(rb"\x1b\[16t"), b"\x1b[6;20;10t")
NAME = (re.compile(rb"\x1b\[>q"), b"\x1bP>|testterm 1.2\x1b\\")
KITTY = (re.compile(rb"\x1b_Gi=(31),[^\x1b]*a=q[^\x1b]*\x1b\\"), b"\x1b_Gi=31;OK\x1b\\")
SYNC = (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y")

Answers = list[tuple[re.Pattern[bytes], bytes]]


def doctor(tmp_path: Path, environment: dict[str, str], answers: Answers, *options: str) -> tuple[str, float]:
    """Run it in a terminal that answers so; returns all that it wrote, and how long it took."""
    kept = {name: value for name, value in os.environ.items() if name not in {"TMUX", "NO_COLOR", "COLORTERM"}}
    kept = {name: value for name, value in kept.items() if not name.startswith("SSH_")}
    began = time.monotonic()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "hyai_tui", "doctor", "--terminal", *options],
        cwd=str(tmp_path),
        env={**kept, **environment, "TERM": "xterm-256color"},
        dimensions=(60, 100),
        timeout=1,
    )
    child.delaybeforesend = None
    written, searched = b"", 0
    try:
        while True:
            try:
                written += child.read_nonblocking(1 << 20, timeout=60)
            except pexpect.EOF:
                break
            found = sorted(
                (match.end(), answer) for pattern, answer in answers for match in pattern.finditer(written, searched)
            )
            for end, answer in found:
                child.send(answer)
                searched = end
        child.close()
        assert child.exitstatus == 0, written[-2000:]
    finally:
        child.close(force=True)
    return written.decode("utf-8", "replace"), time.monotonic() - began


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return isolate(monkeypatch, tmp_path / "home")


def test_a_kitty_terminal_is_named_measured_and_drawn_to(tmp_path: Path, environment: dict[str, str]) -> None:
    answers = [STATUS, (DA1, b"\x1b[?62;22c"), CELL, NAME, KITTY, SYNC]
    said, _ = doctor(tmp_path, {**environment, "COLORTERM": "truecolor"}, answers)
    assert "testterm 1.2" in said
    assert "drawn as kitty graphics" in said
    assert "10 × 20 pixels" in said
    assert "16 million" in said
    assert "round trip" in said
    assert "MB/s" in said
    assert "\x1b_Ga=p,i=" in said, "the test picture is shown"
    assert "Sixel: not offered here" in said
    assert "▀" in said or "▄" in said, "half cells are shown beside it"
    assert "Nothing to change." in said


def test_the_same_as_data_for_a_program_draws_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    answers = [STATUS, (DA1, b"\x1b[?63;4;22c"), NAME]
    said, _ = doctor(tmp_path, environment, answers, "--json")
    data = json.loads(said[said.index("{") :])
    assert data["protocol"] == "sixel"
    assert data["protocols"] == {"tgp": False, "sixel": True, "halfcell": True, "ascii": True}
    assert data["name"] == "testterm 1.2"
    assert data["round_trip_ms"] >= 0
    assert data["throughput_bytes_s"] > 0
    assert "\x1bP" not in said[said.index("{") :]


def test_a_terminal_that_answers_nothing_still_gets_its_report(tmp_path: Path, environment: dict[str, str]) -> None:
    said, _ = doctor(tmp_path, environment, [], "--json")
    data = json.loads(said[said.index("{") :])
    assert (data["answered"], data["protocol"], data["round_trip_ms"]) == (False, "halfcell", None)


def test_without_a_terminal_it_says_so(tmp_path: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hyai_tui", "doctor", "--terminal"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 2
    assert "There is no terminal to look at" in done.stderr


def seen(survey: Survey, tmux: Tmux | None = None, **environment: str) -> Seen:
    return Seen(survey, Terminal(), tmux, {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment})


def pasted(one: Seen) -> list[str]:
    return [paste for _what, paste in advice(one)]


def test_advice_for_tmux_are_lines_to_paste() -> None:
    plain = Survey(True, (1, 2), round_trip=0.001, throughput=1e7)
    old = Tmux("3.3a", "xterm-kitty", ("256", "title"), "off", 500, "off")
    assert pasted(seen(plain, old)) == [
        "set -g allow-passthrough on",
        "set -as terminal-features ',xterm-kitty:RGB'",
        "set -sg escape-time 10",
        "set -g focus-events on",
    ]
    assert "set -as terminal-features ',foot:sixel'" in pasted(
        seen(plain, Tmux("3.4", "foot", ("RGB",), "on", 10, "on"))
    )
    through = Survey(True, (1, 2), through=True, round_trip=0.001, throughput=1e7)
    assert pasted(seen(through, Tmux("3.5", "xterm-kitty", ("RGB", "sync"), "on", 10, "on"))) == []


@pytest.mark.parametrize(("round_trip", "throughput"), [(0.3, 1e7), (0.01, 50_000)])
def test_a_slow_line_is_met_with_the_preset_for_it(round_trip: float, throughput: float) -> None:
    found = Survey(True, (4,), round_trip=round_trip, throughput=throughput)
    assert pasted(seen(found)) == ["hyai --slow"]


def test_how_many_colours_there_are_is_told_by_what_the_terminal_keeps() -> None:
    kept = "0;48:2::1:2:3"
    assert colours({"TERM": "xterm"}, kept) == "16 million"
    assert colours({"TERM": "xterm-256color"}) == "256"
    assert colours({"TERM": "linux"}) == "16"
    assert colours({"TERM": "xterm", "NO_COLOR": "1"}, kept) == "none"


def test_the_test_picture_has_few_enough_colours_for_every_protocol() -> None:
    card = drawn_card()
    assert card.size == (WIDTH, HEIGHT)
    assert len(card.getcolors() or ()) <= 40
