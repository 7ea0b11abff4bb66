"""The real program in a pretended terminal: answers that come late, what it maps, how it ends."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.pty_terminal import Terminal
from tests.tui.tui_fixtures import Place, isolate

LATE = [b"\x1b[6;20;10t", b"\x1b[?62;4;22c", b"\x1b[0n", b"\x1b_Gi=31;OK\x1b\\", b"\x1b]11;rgb:aaaa/aaaa/aaaa\x1b\\"]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return isolate(monkeypatch, tmp_path / "home")


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for one in opened:
        one.close()


def test_late_and_split_answers_of_the_terminal_decide_nothing_and_keys_still_do(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    terminal.until_calm()
    before = terminal.text
    for answer in LATE:
        terminal.send(answer)
        terminal.look(0.05)
        terminal.send(answer[:3])
        terminal.look(0.15)
        terminal.send(answer[3:])
    terminal.look(0.4)
    assert place.decisions() == {}
    assert terminal.text == before
    terminal.decide("t", "learned trash")
    assert list(place.decisions().values()) == ["trash"]
    assert terminal.leave() == 0


def test_neither_tensorflow_nor_scikit_learn_is_mapped_by_the_running_app(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    terminal.decide("t", "learned trash")
    maps = Path(f"/proc/{terminal.pid}/maps").read_text().lower()
    assert [name for name in ("tensorflow", "sklearn", "keras", "scipy", "h5py") if f"/{name}" in maps] == []


def test_a_terminal_that_answers_nothing_is_told_so_and_still_takes_decisions(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment, answers={"da1": b"\x1b[?62;22c"})
    terminals.append(terminal)
    terminal.until_text("this terminal does not answer")
    terminal.decide("t", "learned trash")


def test_the_window_title_is_hyai_and_never_a_name(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    titles = {part.split(b"\x07")[0] for part in terminal.written.split(b"\x1b]0;")[1:]}
    assert titles == {b"hyai"}


def test_a_graphics_terminal_gets_kitty_pictures_and_they_are_freed_at_the_end(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    answers = {**Terminal.ANSWERS, "graphics": b"\x1b_Gi=31;OK\x1b\\"}
    terminal = Terminal(place.workspace.root, environment, answers)
    terminals.append(terminal)
    terminal.until(lambda: b"a=t," in terminal.written, "a transmission")
    terminal.until_ready()
    placed = re.findall(rb"\x1b_Ga=p,i=(\d+),p=1,c=(\d+)", terminal.written)
    large = [number for number, columns in placed if int(columns) > 20]
    assert len(set(large)) == 1, "the first picture, beside the small ones of the strip"
    assert terminal.leave() == 0
    assert b"\x1b_Ga=d,d=I" in terminal.written


def test_a_sixel_terminal_gets_sixel_whose_colours_are_selected_after_they_are_defined(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment, {**Terminal.ANSWERS, "da1": b"\x1b[?62;4;22c"})
    terminals.append(terminal)
    terminal.until(lambda: b"\x1bP0;1;0q" in terminal.written, "a sixel picture")
    terminal.until_ready()
    data = terminal.written.split(b"\x1bP0;1;0q")[1].split(b"\x1b\\")[0].decode("ascii")
    defined = data.split(";2;")
    assert len(defined) > 2
    register = defined[0].rpartition("#")[2]
    assert f"#{register};2;" in data
    assert f"#{register}" in data.split(f"#{register};2;")[1][:20]
    before = len(terminal.written)
    terminal.send("j")
    terminal.until(lambda: b"\x1bP0;1;0q" in terminal.written[before:], "the next picture")
    erased = terminal.written[before:].partition(b"\x1bP0;1;0q")[0]
    assert re.search(rb"\x1b\[\d+X", erased), "cells under the picture before are blanked, which takes it away"


def test_another_terminal_is_found_on_ctrl_l_and_after_the_shell_gave_the_app_back(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    assert b"a=t," not in terminal.written
    terminal.answers["graphics"] = b"\x1b_Gi=31;OK\x1b\\"
    terminal.send("\x0c")
    terminal.until(lambda: b"\x1b_Ga=p,i=" in terminal.written, "a kitty picture")
    before = len(terminal.written)
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.until(lambda: b"\x1b[?1049l" in terminal.written[before:], "the shell's screen")
    assert b"\x1b_Ga=d,d=I" in terminal.written[before:], "nothing of ours stays while the shell has the terminal"
    del terminal.answers["graphics"]
    # It stops itself a moment after it gave the screen away; a signal before that would be lost.
    terminal.until(lambda: _state(terminal.pid) == "T", "the app to stop")
    back = len(terminal.written)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda: "\u2580".encode() in terminal.written[back:], "a picture in half cells")
    terminal.until(lambda: "t learn trash" in terminal.text or "t stays trash" in terminal.text, "the review")
    assert place.decisions() == {}


def test_another_font_is_noticed_by_itself_and_the_same_terminal_is_asked_for_nothing_else(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment, {**Terminal.ANSWERS, "da1": b"\x1b[?62;4;22c"})
    terminals.append(terminal)
    terminal.until_ready()
    terminal.until_calm()
    before = len(terminal.written)
    terminal.answers["cell"] = b"\x1b[6;32;16t"
    terminal.resize_cells(16, 32)
    terminal.until(lambda: b"\x1b[16t" in terminal.written[before:], "the question")
    terminal.until(lambda: b"\x1bP0;1;0q" in terminal.written[before:], "the picture for the larger cells")
    assert place.decisions() == {}


def test_behind_a_multiplexer_another_client_is_noticed_when_it_gets_the_focus(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment, term="screen-256color")
    terminals.append(terminal)
    terminal.until_ready()
    before = len(terminal.written)
    terminal.answers["cell"] = b"\x1b[6;40;10t"
    terminal.send("\x1b[O\x1b[I")
    terminal.until(lambda: b"\x1b[16t" in terminal.written[before:], "the question")
    terminal.until(lambda: "\u2580".encode() in terminal.written[before:], "the picture for the taller cells")
    assert place.decisions() == {}


def _state(pid: int) -> str:
    """Return the letter for a process' state, `T` for one that is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_what_keys_draw_at_once_is_what_a_whole_frame_would_draw(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    for _ in range(3):
        terminal.send("j")

    def whole() -> bool:
        # Facts and picture of the fourth file: neither is missing, and no card says that the picture is on its way.
        cards = [line for line in terminal.screen.display if " … " in line.replace("─", " ")]
        return " 4/" in terminal.screen.display[0] and "library  " in terminal.text and not cards

    # What is read behind the scenes may change a name between the two looks; then once more, from keys again.
    for _ in range(3):
        terminal.until(whole, "the fourth picture")
        terminal.until_calm()
        drawn = list(terminal.screen.display)
        terminal.send("?")
        terminal.until_text("Esc closes")
        terminal.send("\x1b")
        terminal.until(lambda: "Esc closes" not in terminal.text, "the review")
        terminal.until_calm()
        if list(terminal.screen.display) == drawn:
            return
        terminal.send("k")
        terminal.until(lambda: " 3/" in terminal.screen.display[0], "the third picture")
        terminal.send("j")
    pytest.fail("a whole frame is never what was drawn by keys")


def test_two_apps_on_one_workspace_ask_and_see_each_others_decisions(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    first = Terminal(place.workspace.root, environment)
    terminals.append(first)
    first.until_ready()
    second = Terminal(place.workspace.root, environment)
    terminals.append(second)
    second.until_text("Open in another terminal")
    second.send("b")
    second.until_ready()
    second.decide("t", "learned trash")
    first.until_text("decided elsewhere: trash")
    second.send("u")
    first.until_text("taken back elsewhere")
    assert place.decisions() == {}


def test_an_app_that_only_looks_records_nothing(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    first = Terminal(place.workspace.root, environment)
    terminals.append(first)
    first.until_ready()
    second = Terminal(place.workspace.root, environment)
    terminals.append(second)
    second.until_text("Open in another terminal")
    second.send("l")
    second.until_text("LOOK ONLY")
    second.send("t")
    second.until_text("looking only")
    assert place.decisions() == {}


def test_a_terminal_that_goes_away_loses_no_decision_and_gives_the_lease_back(
    place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    terminal.decide("t", "learned trash")
    os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.until_gone() == 128 + signal.SIGHUP
    assert list(place.decisions().values()) == ["trash"]
    with place.workspace.open_journal() as journal:
        assert journal.lease() is None


def test_a_crash_shows_a_short_text_and_neither_a_traceback_nor_a_name(
    place: Place, environment: dict[str, str], terminals: list[Terminal], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import hyai_tui.tui.desk as desk\n"
        "def fail(self, by):\n    secret = 'creator:somebody'\n    raise ValueError(secret)\n"
        "desk.Desk.step_entry = fail\n",
        "utf-8",
    )
    terminal = Terminal(place.workspace.root, {**environment, "PYTHONPATH": str(broken)})
    terminals.append(terminal)
    terminal.until_ready()
    terminal.send("]")
    assert terminal.until_gone() == 1
    assert b"something went wrong" in terminal.written
    assert b"Traceback" not in terminal.written
    assert b"creator:somebody" not in terminal.written
    log, report = (next(Path(environment["HOME"]).rglob(name)) for name in ("hyai.log", "crashes/*.txt"))
    assert report.name.encode() in b"".join(terminal.written.split()), "it says where the report is"
    assert report.stat().st_mode & 0o077 == 0
    for told in (log.read_text("utf-8"), report.read_text("utf-8")):
        assert "in fail" in told, "where it happened is needed to mend it"
        assert "ValueError" in told
        for private in ("creator:somebody", environment["HOME"], place.workspace.root.name, *place.files):
            assert private not in told


@pytest.mark.parametrize("end", ["q", "terminated"])
def test_nothing_of_the_app_stays_in_the_scrollback(
    end: str, place: Place, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminal = Terminal(place.workspace.root, environment)
    terminals.append(terminal)
    terminal.until_ready()
    terminal.decide("t", "learned trash")
    if end == "q":
        assert terminal.leave() == 0
    else:
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.until_gone()
    before, _, rest = terminal.written.partition(b"\x1b[?1049h")
    inside, _, after = rest.partition(b"\x1b[?1049l")
    assert b"trash" in inside
    outside = (before + after).decode("utf-8", "replace")
    for private in ("trash", "archive", place.workspace.root.name, *place.files.values(), *place.files):
        assert private not in outside
    assert "\x1b[?1049h" not in outside


def test_without_a_terminal_the_app_says_what_to_do(place: Place, environment: dict[str, str], tmp_path: Path) -> None:
    import subprocess
    import sys

    empty = tmp_path / "empty"
    empty.mkdir()
    for directory, expected in ((place.workspace.root, "needs a terminal"), (empty, "hyai init")):
        done = subprocess.run(
            [sys.executable, "-m", "hyai_tui"],
            cwd=directory,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
