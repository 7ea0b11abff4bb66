"""init, scan, status, files, config and doctor as a person or a program runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.unit.catalog_fixtures import put

KEY = "ab" * 32


@pytest.fixture
def hyai(tmp_path: Path) -> Shell:
    here = tmp_path / "art"
    here.mkdir()
    return Shell(tmp_path / "home", here)


def test_a_folder_of_pictures_becomes_a_workspace_and_is_read(hyai: Shell) -> None:
    names = ["a.jpg", "archive/b b.png", "trash/new\nline.gif", "trash/[bold]\x1b[31m.webp", os.fsdecode(b"\xff.jpg")]
    hashes = {name: put(hyai.here, name) for name in names}
    put(hyai.here, "notes.txt")
    first = hyai.json("init")
    assert first["workspace"] == str(hyai.here)
    before = (hyai.here / "hyai.toml").read_bytes()
    assert hyai.json("init")["created"] is False
    assert (hyai.here / "hyai.toml").read_bytes() == before

    scanned = hyai.json("scan")
    assert {name: scanned[name] for name in ("files", "added", "gone", "skipped")} == {
        "files": 5,
        "added": 5,
        "gone": 0,
        "skipped": 0,
    }
    listed = hyai.json("files")
    assert {row["file"]: (row["path"], row["state"]) for row in listed} == {
        sha256: (str(hyai.here / name), name.split("/")[0] if "/" in name else "inbox")
        for name, sha256 in hashes.items()
    }
    assert {(row["label"], row["score"], row["model"], tuple(row["tags"])) for row in listed} == {
        (None, None, None, ())
    }
    assert set(listed[0]) >= {"file", "path", "state", "label", "score", "tags", "model"}
    assert len(hyai.json("files", "--where", "state=trash")) == 2
    assert hyai.json("files", "--where", "state=trash", "tag=hyai:trash") == []
    assert "\x1b" not in hyai("files").stdout

    (hyai.here / "a.jpg").unlink()
    assert hyai.json("scan")["gone"] == 1
    gone = hyai.json("files", "--where", "state=gone")
    assert [(row["file"], row["path"]) for row in gone] == [(hashes["a.jpg"], None)]


def test_status_counts_samples_and_the_line_is_short(hyai: Shell) -> None:
    hyai("init")
    status = hyai.json("status")
    assert status["samples"] == {"archive": 0, "trash": 0}
    assert (status["files"], status["features"], status["model"], status["scored"], status["pending_effects"]) == (
        0,
        0,
        None,
        0,
        0,
    )
    for n in range(3):
        put(hyai.here, f"data/archive/{n}.jpg", b"kept %d" % n)
    for n in range(2):
        put(hyai.here, f"data/trash/{n}.jpg", b"thrown %d" % n)
    assert hyai.json("status")["samples"] == {"archive": 3, "trash": 2}
    line = hyai("status", "--line").stdout
    assert line.count("\n") == 1
    assert len(line) < 80
    assert str(hyai.here) not in line


def test_many_gone_files_ask_first(hyai: Shell) -> None:
    for n in range(20):
        put(hyai.here, f"pictures/{n}.jpg")
    hyai("init", "--library", "pictures")
    hyai("scan")
    for n in range(15):
        (hyai.here / f"pictures/{n}.jpg").unlink()
    refused = hyai("scan", code=1)
    assert "--accept-gone" in refused.stderr
    assert hyai.json("status")["files"] == 20
    assert hyai.json("scan", "--accept-gone")["gone"] == 15


def test_a_library_that_is_not_mounted_is_not_now(hyai: Shell) -> None:
    put(hyai.here, "pictures/a.jpg")
    hyai("init", "--library", "pictures")
    hyai("scan")
    (hyai.here / "pictures").rename(hyai.here / "away")
    assert "Mount" in hyai("scan", code=3).stderr
    assert hyai.json("status")["files"] == 1
    failed = {one["name"]: one for one in hyai.json("doctor", code=1)["checks"] if not one["ok"]}
    assert set(failed) == {"library"}
    assert failed["library"]["fix"]


def test_doctor_finds_a_new_workspace_in_order_and_says_what_is_missing_without_one(hyai: Shell) -> None:
    outside = hyai.json("doctor", code=1)["checks"]
    assert [one["name"] for one in outside if not one["ok"]] == ["workspace"]
    hyai("init")
    checks = hyai.json("doctor")["checks"]
    assert all(set(one) == {"name", "ok", "detail", "fix"} for one in checks)
    assert {"python", "packages", "workspace", "library", "encoder", "disk", "model", "themes"} <= {
        one["name"] for one in checks
    }
    encoder = next(one for one in checks if one["name"] == "encoder")
    assert "small encoder" in encoder["fix"]
    (hyai.here / "bad.h5").write_bytes(b"not weights")
    hyai("config", "set", "features.weights", "bad.h5")
    hyai("config", "set", "features.encoder", "mobilenetv2")
    failed = {one["name"]: one for one in hyai.json("doctor", code=1)["checks"] if not one["ok"]}
    assert "HDF5" in failed["encoder"]["detail"]


def test_doctor_imports_no_tensorflow(hyai: Shell) -> None:
    hyai("init")
    program = (
        "import sys\nfrom hyai_tui.cli.main import hyai\nhyai.main(['doctor'], standalone_mode=False)\n"
        "sys.exit(9 if 'tensorflow' in sys.modules or 'sklearn' in sys.modules else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=hyai.here, env=hyai.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_status_line_imports_no_numpy(hyai: Shell) -> None:
    hyai("init")
    program = (
        "import sys\nfrom hyai_tui.cli.main import hyai\nhyai.main(['status', '--line'], standalone_mode=False)\n"
        "sys.exit(9 if {'numpy', 'requests', 'textual', 'PIL'} & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=hyai.here, env=hyai.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_old_hyai_is_taken_over_key_by_key(hyai: Shell, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        f'hydrus_api_url="http://127.0.0.1:1/"\nhydrus_api_key="{KEY}"\ntrash_thresh = 0.5 + 0.28\n'
        "mark_trash=False\ndef hash_to_path(h):\n    return h\n"
    )
    done = hyai("init", "--from-hyai", tmp_path / "settings.py")
    for old in ("hydrus_api_url", "hydrus_api_key", "trash_thresh", "mark_trash", "hash_to_path"):
        assert f"\n{old}" in f"\n{done.stdout}"
    everything = done.stdout + done.stderr + (hyai.here / "hyai.toml").read_text()
    assert KEY[:8] not in everything
    kept = Path(hyai.environment["XDG_CONFIG_HOME"]) / "hyai/credentials.toml"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert KEY in kept.read_text()
    shown = {one["name"]: one["value"] for one in hyai.json("config", "show")["settings"]}
    assert (shown["library.kind"], shown["tag.trash_threshold"], shown["tag.mark_trash"]) == ("hydrus", 0.78, False)
    assert hyai.json("init", "--from-hyai", tmp_path / "settings.py")["created"] is False
    library = next(one for one in hyai.json("doctor", code=1)["checks"] if one["name"] == "library")
    assert not library["ok"]
    assert KEY[:8] not in hyai("scan", code=3).stderr


def test_a_key_is_kept_without_being_an_argument(hyai: Shell) -> None:
    hyai("init", "--hydrus", "http://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-m", "hyai_tui", "config", "key"],
        cwd=hyai.here,
        env=hyai.environment,
        input=f"{KEY}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert KEY not in done.stdout + done.stderr
    assert KEY in (Path(hyai.environment["XDG_CONFIG_HOME"]) / "hyai/credentials.toml").read_text()
