"""Three and ten labels from decision to tag on a client and back, with the right names after a label was renamed."""

from __future__ import annotations

import colorsys
import io
from pathlib import Path

import pytest
from PIL import Image

from hyai_tui.effects.deciding import Decider
from hyai_tui.effects.opening import opened
from hyai_tui.jobs import evaluate, scan, score, tag, train, untag
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.exploring import load_explorer
from hyai_tui.jobs.relabelling import rename_label
from hyai_tui.journal.model import NewDecision
from hyai_tui.workspace import Workspace, create_workspace, open_workspace
from tests.fake_hydrus import MY_TAGS, Client, FakeHydrus, file_from_bytes

A_LABEL = 8
LABELLED = 6


def plain(hue: float, number: int) -> bytes:
    """A picture of one hue, and no other like it."""
    red, green, blue = (int(255 * one) for one in colorsys.hsv_to_rgb(hue, 0.9, 0.6 + 0.04 * number))
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (red, green, blue)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("classes", [3, 10])
def test_every_label_reaches_the_client_under_its_own_name(
    classes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["archive", "trash", *(f"kind {place}" for place in range(classes - 2))]
    client = Client()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    truth = {
        file_from_bytes(client, plain(place / classes, number)).sha256: name
        for place, name in enumerate(names)
        for number in range(A_LABEL)
    }
    with FakeHydrus(client) as fake:
        monkeypatch.setenv("HYAI_HYDRUS_KEY", fake.key.key)
        monkeypatch.setenv("HYAI_HYDRUS_URL", fake.url)
        create_workspace(
            tmp_path / "w",
            '[library]\nkind = "hydrus"\nsample_pixels = 0\n[features]\nencoder = "hog"\n[train]\nhead = "linear"\n'
            '[tag.names]\ntrash = "Delete me"\n',
        )
        workspace = open_workspace(tmp_path / "w")
        scan.run(JobContext(workspace))
        decide(workspace, truth)
        trained = train.run(JobContext(workspace))
        assert trained["samples"] == dict.fromkeys(names, LABELLED)
        report = evaluate.run(JobContext(workspace))
        assert len(report["confusion"]["rows"]) == classes
        assert set(report["thresholds"]["from"]) == set(names)
        score.run(JobContext(workspace))

        with opened(workspace) as parts:
            rename_label(parts, "kind 0", "Wallpaper für später")
            parts.runner.drain(30)
        truth = {file: "Wallpaper für später" if name == "kind 0" else name for file, name in truth.items()}
        dry = tag.run(JobContext(workspace, {"dry_run": True}))
        explorer, _ = load_explorer(workspace)
        assert {one.label: one.files for one in explorer.at().sides} == dry["labels"]
        written = tag.run(JobContext(workspace))
        assert written["labels"] == dry["labels"]

        tags = {one.sha256: one.tagged(MY_TAGS) for one in client.files.values()}
        own = {name: "delete me" if name == "trash" else f"hyai:{name}".lower() for name in truth.values()}
        wrong = {file: found for file, found in tags.items() if found and found != {own[truth[file]]}}
        assert wrong == {}
        assert set().union(*tags.values()) == set(own.values())
        untag.run(JobContext(workspace))
        assert not any(one.tagged(MY_TAGS) for one in client.files.values())
        assert fake.violations == []


def decide(workspace: Workspace, truth: dict[str, str]) -> None:
    """Label six pictures of each kind."""
    with opened(workspace) as parts:
        decider = Decider(
            workspace, parts.journal, parts.catalog, parts.library, session="s", source="command", mode="LEARN"
        )
        for name in dict.fromkeys(truth.values()):
            files = [file for file, label in truth.items() if label == name][:LABELLED]
            decider.decide_many([NewDecision(file, "label", name) for file in files], new_label=True)
        parts.runner.drain(60)
