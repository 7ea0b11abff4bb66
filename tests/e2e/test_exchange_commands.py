"""Labels out and in, back-ups and resets, as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.unit.catalog_fixtures import put


@pytest.fixture
def hyai(tmp_path: Path) -> Shell:
    here = tmp_path / "art"
    here.mkdir()
    shell = Shell(tmp_path / "home", here)
    for name in ("a.png", "b.png", "trash/c.png"):
        put(here, name)
    shell("init")
    shell("scan")
    return shell


def test_labels_go_to_a_spreadsheet_and_come_back(hyai: Shell, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    assert hyai.json("labels", "export", table, "--all")["items"] == 3
    lines = table.read_text("utf-8-sig").splitlines()
    at = lines[0].split(",").index("label")
    filled = [line.split(",") for line in lines[1:]]
    for cells, label in zip(filled, ("archive", "trash", "thrash"), strict=True):
        cells[at] = label
    table.write_text("\r\n".join([lines[0].replace(",", ";"), *(";".join(cells) for cells in filled)]), "utf-8-sig")

    refused = hyai("labels", "import", table, code=2)
    assert "row 4: 'thrash' is no label; did you mean 'trash'?" in refused.stderr
    assert "nothing was imported" in refused.stderr
    table.write_text(table.read_text("utf-8-sig").replace("thrash", "trash"), "utf-8")
    assert hyai.json("labels", "import", table, "--validate-only")["run"] is None
    assert hyai.json("decisions") == []
    done = hyai.json("labels", "import", table, "--labeler", "me")
    assert done["labels"] == {"archive": 1, "trash": 2}
    assert hyai.json("labels", "runs")[0]["run"] == done["run"]
    assert hyai.json("status")["samples"] == {"archive": 1, "trash": 2}
    hyai("undo")
    assert hyai.json("status")["samples"] == {"archive": 0, "trash": 0}


def test_a_reset_writes_a_backup_first_and_a_restore_brings_all_back(hyai: Shell, tmp_path: Path) -> None:
    assert hyai.json("reset", "decisions") == {"cleared": 0, "backup": None}, "nothing to ask for"
    hyai("label", "a.png", "archive")
    assert "--yes" in hyai("reset", "decisions", code=2).stderr
    done = hyai.json("reset", "decisions", "--yes")
    assert hyai.json("status")["samples"] == {"archive": 0, "trash": 0}
    assert hyai.json("backup", "verify", done["backup"])["members"] > 3
    hyai("backup", "restore", done["backup"], tmp_path / "again")
    hyai.here = tmp_path / "again"
    assert hyai.json("status")["samples"] == {"archive": 1, "trash": 0}
