"""What README and docs tell people to type, typed: every block of `sh` runs, every `toml` is read, and no block is left out."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.shell import Shell
from tests.fake_hydrus import Client, FakeHydrus, drawn_picture, file_from_bytes

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
# `text` is what cannot run here: other programs' files, what needs another machine, what a screen shows.
LANGUAGES = {"sh", "toml", "text", "{toctree}"}
_CLIENT = "http://127.0.0.1:45869"
# Before the pages' own words: the app is opened and left by its key, and what would take minutes is made small.
_SHELL = """
set -eu -o pipefail
hyai() {
    case "$*" in
        "") "$PYTHON" -m tests.e2e.open_and_leave ;;
        demo) "$PYTHON" -m hyai_tui demo --files 60 --no-app ;;
        *) "$PYTHON" -m hyai_tui "$@" ;;
    esac
}
make() { for target in "$@"; do grep -q "^$target:" "$ROOT/Makefile"; done; }
.venv/bin/python() { case "$*" in *--list) "$PYTHON" "$@" ;; *) true ;; esac; }
.venv/bin/pre-commit() { true; }
"""


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return (language, text) of each block of a page."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_block_says_what_it_is(page: Path) -> None:
    assert [language for language, _ in blocks(page) if language not in LANGUAGES] == []


@pytest.mark.parametrize("page", [one for one in PAGES if any(lang == "toml" for lang, _ in blocks(one))], ids=_name)
def test_every_toml_can_be_read(page: Path) -> None:
    for language, text in blocks(page):
        if language == "toml":
            assert tomllib.loads(text)


@pytest.mark.parametrize(
    "page",
    [one for one in PAGES if any(lang == "sh" for lang, _ in blocks(one)) and one.name != "hydrus.md"],
    ids=_name,
)
def test_every_block_of_commands_runs(page: Path, home: Shell) -> None:
    run_blocks(page, home)


def test_the_commands_for_hydrus_run_beside_a_client(home: Shell) -> None:
    client = Client()
    for seed, state in enumerate(("inbox", "archive", "trash")):
        file_from_bytes(client, drawn_picture(seed), state)
    with FakeHydrus(client) as fake:
        run_blocks(ROOT / "docs" / "hydrus.md", home, address=fake.url, key=fake.key.key)
        assert fake.writes == []


@pytest.fixture
def home(tmp_path: Path) -> Shell:
    """A home with a few pictures, as the pages take for granted."""
    here = tmp_path / "here"
    here.mkdir()
    shell = Shell(tmp_path / "home", here)
    for number in range(24):
        folder = tmp_path / "home" / "Pictures" / ("trash" if number % 2 else ".")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 48), (10 * number, 90, 255 - 10 * number)).save(folder / f"{number}.png")
    return shell


def run_blocks(page: Path, shell: Shell, *, address: str = _CLIENT, key: str = "") -> None:
    """Run a page's blocks of `sh` one after another, each from where the one before it ended.

    A block that makes a workspace begins where the reader began. The client is at `address`, and takes `key`.
    """
    environment = shell.environment | {"ROOT": str(ROOT), "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    told, where = shell.here.parent / "where", shell.here
    for language, text in blocks(page):
        if language != "sh":
            continue
        text = text.replace(_CLIENT, address)
        start = shell.here if re.search(r"^hyai (init|demo)", text, re.M) else where
        done = subprocess.run(
            ["bash", "-c", f"{_SHELL}\ncd {shlex.quote(str(start))}\n{text}\npwd > {shlex.quote(str(told))}\n"],
            env=environment,
            input=key,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        where = Path(told.read_text("utf-8").strip())
