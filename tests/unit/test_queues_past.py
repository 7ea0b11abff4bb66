"""Tags, earlier models and earlier decisions, read from a real catalog and journal; and queues that plug-ins bring."""

from __future__ import annotations

import time
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import SettingsError
from hyai_tui.journal.model import Decision, NewDecision
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.queues.context import load_context
from hyai_tui.queues.matching import Positions
from hyai_tui.queues.past import WEEK, pinned_files, read_past
from hyai_tui.queues.plain import everything
from hyai_tui.queues.plugins import available
from hyai_tui.queues.registry import QUEUES, QueueKind
from hyai_tui.workspace import Workspace
from tests.unit.jobs_fixtures import make_workspace
from tests.unit.test_queues_context import add_model, sha


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = make_workspace(tmp_path, monkeypatch, '[queues]\nopposites = ["dog | cat", "nonsense"]\n')
    tags = {"a": {"hyai:archive"}, "b": {"hyai:archive", "hyai:trash"}, "c": {"dog", "cat", "hyai:trash"}, "d": {"dog"}}
    with made.open_catalog() as catalog:
        scan = catalog.begin_scan()
        # Other tags first, so that the numbers of ours are not the smallest.
        catalog.put([MediaFile(sha("x"), FileState.INBOX, tags=frozenset(f"t{i}" for i in range(300)))], scan)
        catalog.put([MediaFile(sha(one), FileState.INBOX, tags=frozenset(own)) for one, own in tags.items()], scan)
        catalog.finish_scan(scan)
    with made.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
    return made


def test_tags_of_ours_are_read_for_the_whole_library_at_once(workspace: Workspace) -> None:
    add_model(workspace, {}, {})
    context = load_context(workspace)
    assert context.carried is not None
    at = context.positions.of([sha(one) for one in "abcdx"])
    tags = [context.names[place] if place >= 0 else None for place in context.carried.tag[at].tolist()]
    assert (tags[0], tags[2:]) == ("archive", ["trash", None, None])
    assert context.carried.several[at].tolist() == [False, True, False, False, False]
    assert {name: mask[at].tolist() for name, mask in context.carried.pairs.items()} == {
        "dog | cat": [False, False, True, False, False]
    }


def test_a_tag_is_found_among_the_bytes_of_other_tags_only_where_it_stands(workspace: Workspace) -> None:
    with workspace.open_catalog() as catalog:
        scan = catalog.begin_scan()
        many = [MediaFile(sha(f"m{i}"), FileState.INBOX, tags=frozenset({f"t{i}", f"u{i}"})) for i in range(600)]
        catalog.put(many, scan)
        catalog.finish_scan(scan, accept_gone=True)
        for name in ("t0", "t1", "t255", "u3", "u299", "never"):
            plain = sorted(one.number for one in catalog.files() if name in one.tags)
            assert catalog.carriers([name])[0].tolist() == plain


def decision(file: str, age: float, **shown: object) -> Decision:
    return Decision(1, 1, file, "label", "trash", time.time() - age, "s", "app", shown, None)


def test_a_decision_may_be_reconsidered_after_a_week_or_when_it_was_hasty() -> None:
    hashes = [sha(one) for one in "abcd"]
    made = {
        hashes[0]: decision(hashes[0], WEEK + 60),
        hashes[1]: decision(hashes[1], 60, seen_seconds=0.39),
        hashes[2]: decision(hashes[2], 60, seen_seconds=0.4),
        hashes[3]: decision(hashes[3], WEEK + 60, seen_seconds=5),
    }
    positions = Positions(np.array(hashes, "S64"))
    past = read_past(4, positions, made, {"trash": 0}, np.full(4, -1, np.int16), "m1", None, {hashes[3]})
    assert past.reconsider.tolist() == [True, True, False, False]


def test_an_answer_counts_for_the_audit_of_the_model_that_was_asked() -> None:
    hashes = [sha(one) for one in "abc"]
    made = {
        hashes[0]: decision(hashes[0], 0, queue="audit", model="m1", predicted="trash"),
        hashes[1]: decision(hashes[1], 0, queue="audit", model="m0", predicted="trash"),
        hashes[2]: decision(hashes[2], 0, queue="mistakes", model="m1", predicted="trash"),
    }
    past = read_past(
        3, Positions(np.array(hashes, "S64")), made, {"trash": 0}, np.full(3, -1, np.int16), "m1", None, ()
    )
    assert past.audited.tolist() == [0, -1, -1]


def test_the_same_answer_in_a_second_look_pins_and_another_one_does_not(workspace: Workspace) -> None:
    second = {"queue": "second-look"}
    with workspace.open_journal() as journal:
        for label, shown in (("trash", {}), ("trash", second)):
            journal.decide([NewDecision(sha("a"), "label", label, shown)], session="s", source="app")
        for label, shown in (("trash", {}), ("archive", second)):
            journal.decide([NewDecision(sha("b"), "label", label, shown)], session="s", source="app")
        journal.decide([NewDecision(sha("c"), "label", "trash", second)], session="s", source="app")
        assert pinned_files(journal, journal.effective()) == {sha("a")}


def test_the_model_before_this_one_gives_its_own_held_out_opinion(workspace: Workspace) -> None:
    add_model(workspace, {}, {"a": 0.9, "b": 0.2})
    add_model(workspace, {}, {"a": 0.1})
    past = load_context(workspace).past
    assert past is not None
    at = load_context(workspace).positions.of([sha(one) for one in "abc"])
    assert past.label[at].tolist() == [1, 0, -1]


def offer(monkeypatch: pytest.MonkeyPatch, kind: object) -> None:
    def points(*, group: str, name: str) -> EntryPoints:
        assert group == "hyai_tui.queues"
        return EntryPoints([EntryPoint(name, "plug", group)] if name in {"mine", "mistakes"} else [])

    monkeypatch.setattr("hyai_tui.plugins.entry_points", points)
    monkeypatch.setattr(EntryPoint, "load", lambda _self: kind)


def test_a_plugin_brings_a_queue_only_if_the_user_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = QueueKind("mine", "mine", everything)
    offer(monkeypatch, mine)
    file = tmp_path / "config.toml"
    assert list(available(file)) == list(QUEUES)
    file.write_text('[app]\ntheme = "paper"\n[plugins]\nqueues = ["mine"]\n')
    assert available(file)["mine"] is mine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[plugins]\nqueues = ["gone"]', "no installed package brings"),
        ('[plugins]\nqueues = ["mistakes"]', "has the name of another"),
        ('[plugins]\nqueues = "mine"', "is a list of names"),
        ("[plugins", "not valid TOML"),
        ('[plugins]\nqueues = ["mine"]', "gives no QueueKind"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    offer(monkeypatch, object())
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        available(file)
