"""`hyai tag`, `untag`, `queues` and `queue` as a user runs them, over a folder library."""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path

import pexpect
import pytest
from PIL import Image

from tests.e2e.tagging_fixtures import Place, add_constant_model, add_model, make_place, sha


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """200 files in three states, 20 of them without a score, some with tags of the user's own."""
    states = ("inbox", "archive", "trash")
    made = make_place(tmp_path, {f"{states[i % 3]}/{i}.png": b"picture %d" % i for i in range(200)})
    # The test itself opens the workspace too.
    for name in ("HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, made.environment[name])
    assert made.hyai("scan", "--json").data["files"] == 200
    return made


def test_every_tag_is_the_one_computed_for_its_hash_and_a_second_run_writes_none(place: Place) -> None:
    files = [sha(b"picture %d" % i) for i in range(200)]
    chance = random.Random(3)
    scores = {file: chance.random() for file in files[20:]}
    model = add_model(place, scores)
    vanished = files[40:60]
    for index in range(40, 60):
        (place.library / ("inbox", "archive", "trash")[index % 3] / f"{index}.png").unlink()
    place.set_tags(files[100], {"creator:someone", "hyai:mine"})

    dry = place.hyai("tag", "--dry-run", "--json").data
    assert dry["written"] == 0
    assert not any(tag in ("hyai:archive", "hyai:trash") for tags in place.tags().values() for tag in tags)

    done = place.hyai("tag", "--json").data
    here = {file: score for file, score in scores.items() if file not in vanished}
    sides = {
        "hyai:archive": {file for file, score in here.items() if score <= 0.28},
        "hyai:trash": {file for file, score in here.items() if score >= 0.78},
    }
    tags = place.tags()
    for tag, members in sides.items():
        assert {file for file, found in tags.items() if tag in found} == members
    assert {"creator:someone", "hyai:mine"} <= tags[files[100]]
    assert (done["archive"], done["trash"]) == tuple(map(len, sides.values())) == (dry["archive"], dry["trash"])
    assert done["written"] == dry["differences"] == done["archive"] + done["trash"]
    assert done["skipped"] >= 20
    assert done["model"] == model

    again = place.hyai("tag", "--json").data
    assert (again["written"], again["differences"]) == (0, 0)
    assert again["archive"] == done["archive"]


def test_decisions_win_the_users_removals_stand_and_untag_takes_ours_only(place: Place) -> None:
    files = [sha(b"picture %d" % i) for i in range(200)]
    add_model(place, dict.fromkeys(files, 0.9))
    assert place.hyai("label", files[0], "archive", "--json").code == 0
    assert place.hyai("label", files[1], "--unsure", "--json").code == 0
    done = place.hyai("tag", "--json").data
    assert (done["archive"], done["trash"], done["decided"]) == (1, 198, 2)
    tags = place.tags()
    assert tags[files[0]] == {"hyai:archive"}
    assert tags[files[1]] == frozenset()

    place.set_tags(files[2], {"mine"})
    assert place.hyai("tag", "--json").data["held"] == 1
    assert place.tags()[files[2]] == {"mine"}
    assert place.hyai("tag", "--again", "--json").data["written"] == 1
    assert place.tags()[files[2]] == {"mine", "hyai:trash"}

    assert place.hyai("untag", "--dry-run", "--json").data["cleared"] == 199
    assert place.hyai("untag", "--json").data["cleared"] == 199
    assert {tag for found in place.tags().values() for tag in found} == {"mine"}
    # Nothing is held back after a bulk clear: it was our own act.
    again = place.hyai("tag", "--json").data
    assert (again["written"], again["held"]) == (199, 0)


def pictures() -> dict[str, bytes]:
    """Three small pictures."""
    drawn = {}
    for shade in (40, 120, 200):
        file = io.BytesIO()
        Image.new("RGB", (48, 32), (shade, 90, 255 - shade)).save(file, "PNG")
        drawn[f"inbox/{shade}.png"] = file.getvalue()
    return drawn


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # pexpect forks, and execs at once
def test_eval_scores_shows_what_it_would_write_and_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = pictures()
    place = make_place(tmp_path, drawn, "[features]\nencoder = 'hog'\n")
    for name in ("HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, place.environment[name])
    assert place.hyai("scan").code == 0
    add_constant_model(place, 0.9)

    def answer(text: str, *command: str, question: str = "Write the tags of 3 files") -> int:
        screen = pexpect.spawn(
            sys.executable,
            ["-m", "hyai_tui", *command],
            cwd=str(place.workspace.root),
            env=place.environment,
            timeout=60,
            dimensions=(30, 120),
        )
        try:
            screen.expect("3 files would be")
            screen.expect(question)
            screen.sendline(text)
            screen.expect(pexpect.EOF)
        finally:
            screen.close()
        return int(screen.exitstatus)

    tagged = {sha(content): {"hyai:trash"} for content in drawn.values()}
    assert answer("n", "eval") == 0
    assert not any(place.tags().values())
    assert answer("y", "eval") == 0
    assert place.tags() == tagged
    assert answer("y", "untag", question="Type 3 to go on") == 0
    assert place.tags() == tagged
    assert answer("3", "untag", question="Type 3 to go on") == 0
    assert not any(place.tags().values())
    assert place.hyai("untag", "--undo", "--json").data["restored"] == 3
    assert place.tags() == tagged
    again = place.hyai("eval", "--json").data
    assert (again["scored"], again["trash"], again["written"]) == (3, 3, 0)


def test_read_only_and_a_model_without_scores_are_refused_with_what_to_do(place: Place) -> None:
    refused = place.hyai("--read-only", "tag")
    assert refused.code == 2
    assert "read-only" in refused.err
    no_model = place.hyai("tag")
    assert no_model.code == 1
    assert "hyai train" in no_model.err
    add_model(place, {})
    unscored = place.hyai("tag")
    assert unscored.code == 3
    assert "hyai score" in unscored.err
    assert not any(place.tags().values())


def test_queues_list_the_mistakes_of_the_model_and_a_decision_takes_a_file_out(place: Place) -> None:
    files = [sha(b"picture %d" % i) for i in range(200)]
    scores = {files[2]: 0.1, files[5]: 0.02, files[1]: 0.97, files[4]: 0.6, files[0]: 0.5}
    model = add_model(place, scores)
    counts = {row["name"]: row["count"] for row in place.hyai("queues", "--json").data}
    assert counts["mistakes"] == 4
    assert counts["low-confidence"] == 2
    assert counts["unscored"] == 195
    assert counts["all"] == 200
    rows = place.hyai("queue", "mistakes", "--json").data
    assert [(row["file"], row["kind"], row["suggested"]) for row in rows] == [
        (files[5], "trash→keep", "trash"),
        (files[1], "keep→trash", "archive"),
        (files[2], "trash→keep", "trash"),
        (files[4], "keep→trash", "archive"),
    ]
    assert set(rows[0]) == {"file", "score", "predicted", "current", "suggested", "kind", "reason", "note"}
    assert rows[0]["score"] == pytest.approx(0.02)
    assert [row["file"] for row in place.hyai("queue", "mistakes", "--limit", "1", "--json").data] == [files[5]]
    kept = place.hyai("queue", "mistakes", "--kind", "keep-trash", "--json").data
    assert [row["file"] for row in kept] == [files[1], files[4]]

    assert place.hyai("label", files[5], "trash").code == 0
    assert [row["file"] for row in place.hyai("queue", "mistakes", "--json").data] == [files[1], files[2], files[4]]
    assert place.hyai("undo").code == 0
    assert len(place.hyai("queue", "mistakes", "--json").data) == 4
    unknown = place.hyai("queue", "second-glance")
    assert unknown.code == 2
    assert "Did you mean second-look?" in unknown.err
    assert model.startswith("m0001-")
