"""What holds for every command: streams, pipes, disks that are full, and words that mean nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.unit.catalog_fixtures import put

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


@pytest.fixture(scope="module")
def hyai(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    root = tmp_path_factory.mktemp("output")
    (root / "art").mkdir()
    shell = Shell(root / "home", root / "art")
    # More than a pipe holds, so that the writer meets a reader that has left.
    for number in range(400):
        put(shell.here, f"inbox/{'a long name of a picture ' * 8}{number}.png", f"picture {number}".encode())
    shell("init")
    shell("scan")
    return shell


def in_shell(hyai: Shell, line: str) -> subprocess.CompletedProcess[str]:
    script = f'hyai() {{ "{sys.executable}" -m hyai_tui "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", script], cwd=hyai.here, env=hyai.environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("verb", ["files", "files --json", "queue all --json"])
def test_a_reader_that_has_seen_enough_is_no_failure(hyai: Shell, verb: str) -> None:
    done = in_shell(hyai, f"hyai {verb} | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_full_disk_behind_standard_output_is_said_and_is_a_failure(hyai: Shell) -> None:
    done = in_shell(hyai, "hyai files --json > /dev/full; echo $?")
    assert done.stdout == "1\n"
    assert "No space left on device" in done.stderr
    assert "Free some space" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("errors", ["2>/dev/full", "2>&-", "<&- 2>&-"])
def test_work_goes_on_where_nobody_hears_what_is_said_of_it(hyai: Shell, errors: str) -> None:
    done = in_shell(hyai, f"hyai scan --json {errors}")
    assert done.returncode == 0
    assert json.loads(done.stdout)["files"] == 400


def test_a_closed_standard_error_never_gets_the_number_of_a_file_that_is_written(hyai: Shell) -> None:
    in_shell(hyai, "HYAI_NONSENSE=1 hyai decisions 2>&- >&- <&-")
    assert json.loads(in_shell(hyai, "hyai decisions --json").stdout) == []


def test_an_unknown_verb_names_the_nearest_one(hyai: Shell) -> None:
    said = hyai("retrian", code=2).stderr
    assert "'retrian'" in said
    assert "hyai retrain" in said


def test_control_characters_of_an_argument_are_shown_and_not_sent(hyai: Shell) -> None:
    for words in (["\x1b[31mred"], ["queue", "\x1b[31mred"], ["label", "\x1b]0;title\x07", "trash"]):
        assert "\x1b" not in hyai(*words, code=2).stderr


def test_data_is_alone_on_standard_output(hyai: Shell) -> None:
    done = hyai("scan", "--json", HYAI_NONSENSE="1")
    assert json.loads(done.stdout)["files"] == 400
    assert "HYAI_NONSENSE" in done.stderr
    assert os.linesep not in done.stdout.strip()
