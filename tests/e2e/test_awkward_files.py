"""Corrupt, huge, moving, vanished and oddly named files are named with a reason and shift nothing of another file."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.cli.demo import SEED
from hyai_tui.errors import PictureError
from hyai_tui.features.encoders.small import SmallEncoder
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.thresholds import effective
from hyai_tui.library.demo import FILES
from hyai_tui.library.demo.layout import facts, plan
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.settings import TagSettings
from tests.e2e.demo_fixtures import MadeDemo, Place, made_demo

__all__ = ["made_demo"]
pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("demo")]

TAGS = {"hyai:archive", "hyai:trash"}


@pytest.fixture(scope="module")
def tagged(made_demo: MadeDemo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, dict[str, Any]]:
    """A copy of the demo in which files were damaged and vanished midway, tagged; and what the commands said."""
    place = made_demo.place.copy(tmp_path_factory.mktemp("awkward"))
    pictures = place.workspace / "pictures"
    undecided = sorted(one for one in (pictures / "inbox").glob("*-[0-9]*.jpg"))
    said: dict[str, Any] = {"damaged": [], "vanished": []}
    for path in undecided[:10]:
        # New bytes, so a new file: what was known of the old one must not be taken for it.
        path.write_bytes(path.read_bytes()[:2000])
        said["damaged"].append(_hash(path))
    said["scan"] = place.hyai("scan", "--json").data
    for path in undecided[10:20]:
        said["vanished"].append(_hash(path))
        path.unlink()
    said["cache"] = place.hyai("cache", "build", "--json").data
    said["score"] = place.hyai("score", "--json").data
    said["tag"] = place.hyai("tag", "--json").data
    said["files"] = place.hyai("files", "--json").data
    return place, said


def test_every_awkward_file_that_cannot_be_used_is_named_with_its_reason(tagged: tuple[Place, dict[str, Any]]) -> None:
    place, said = tagged
    expected = {}
    for path in (place.workspace / "pictures").rglob("*"):
        if path.is_file():
            try:
                encoder_pixels(path)
            except PictureError as error:
                expected[_hash(path)] = error.reason

    named = {one["file"]: one["reason"] for one in said["cache"]["skipped"]}

    assert {file: named.get(file) for file in expected} == expected
    assert set(said["damaged"]) <= set(expected)
    assert {"animated", "too-large", "truncated", "not-a-picture", "empty"} <= set(expected.values())
    assert set(named) - set(expected) <= set(said["vanished"])


def test_no_unusable_file_is_scored_or_tagged(tagged: tuple[Place, dict[str, Any]]) -> None:
    _place, said = tagged
    unusable = {one["file"] for one in said["cache"]["skipped"]} - set(said["vanished"])

    rows = [one for one in said["files"] if one["file"] in unusable]

    assert {one["file"] for one in rows} == unusable
    assert all(one["score"] is None for one in rows)
    assert not any(TAGS & set(one["tags"]) for one in rows if one["label"] is None)


def test_every_tag_equals_the_one_computed_for_that_file_alone(tagged: tuple[Place, dict[str, Any]]) -> None:
    place, said = tagged
    bundle = Registry(place.workspace / ".hyai" / "models").require_current()
    low, high = _thresholds(bundle)
    encoder = SmallEncoder()
    by_hash = {_hash(one): one for one in (place.workspace / "pictures").rglob("*") if one.is_file()}
    outcomes: Counter[str] = Counter()
    for row in said["files"]:
        path = by_hash.get(row["file"])
        if path is None or row["label"] is not None or row["state"] == "gone":
            continue
        ours = TAGS & set(row["tags"])
        try:
            vector = encoder.encode(encoder_pixels(path)[None])
        except PictureError:
            assert not ours, row
            outcomes["unusable"] += 1
            continue
        # Features are kept in half precision. What a model was trained on is judged by one that never saw it.
        computed = bundle.predict(vector.astype(np.float16).astype(np.float32))[0]
        score = float(bundle.out_of_fold.get(row["file"], computed)[1])
        expected = {"hyai:archive"} if score <= low else {"hyai:trash"} if score >= high else set()
        assert row["score"] == pytest.approx(score, abs=1e-4), row
        if min(abs(score - low), abs(score - high)) > 1e-4:
            assert ours == expected, (row, score)
        outcomes[next(iter(ours), "none")] += 1

    assert outcomes["hyai:archive"] > 25, outcomes
    assert outcomes["hyai:trash"] > 25, outcomes
    assert outcomes["unusable"] >= 10, outcomes


def test_a_decided_files_tag_is_its_label(tagged: tuple[Place, dict[str, Any]]) -> None:
    _place, said = tagged
    decided = [one for one in said["files"] if one["label"] is not None and one["state"] != "gone"]

    assert len(decided) > 100
    assert all(TAGS & set(one["tags"]) == {f"hyai:{one['label']}"} for one in decided)


def test_tagging_again_writes_nothing(tagged: tuple[Place, dict[str, Any]]) -> None:
    place, _said = tagged

    assert place.hyai("tag", "--json").data["written"] == 0


def test_names_of_every_kind_reach_programs_whole_and_people_harmless(made_demo: MadeDemo) -> None:
    rows = made_demo.place.hyai("files", "--json").data
    paths = {one["path"] for one in rows if one["path"]}

    names = {os.path.basename(one) for one in paths}  # noqa: PTH119 - a text from JSON
    assert {"two\nlines.jpg", "[red]markup[bold] [link=file:x].jpg", " two  spaces .jpg"} <= names
    assert os.fsdecode(b"caf\xe9 \xff.jpg") in names

    shown = made_demo.place.hyai("files")

    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert len(shown.out.splitlines()) <= len(rows) + 5


def test_equal_bytes_are_one_file_and_contradicting_states_are_flagged(made_demo: MadeDemo) -> None:
    rows = made_demo.place.hyai("files", "--json").data
    pictures = made_demo.place.workspace / "pictures"
    twin, torn = (_hash(pictures / one) for one in ("archive/twin one.jpg", "archive/torn.jpg"))

    assert Counter(one["file"] for one in rows)[twin] == 1
    assert torn not in {one["file"] for one in made_demo.place.hyai("queue", "mistakes", "--json").data}


def test_the_surest_mistakes_are_planted_ones(made_demo: MadeDemo) -> None:
    pictures = made_demo.place.workspace / "pictures"
    planted = facts(pictures, plan(SEED, FILES))
    kinds = {"trash→keep": planted.trash_to_keep, "keep→trash": planted.keep_to_trash, "sample": planted.wrong_samples}
    for kind, paths in kinds.items():
        rows = made_demo.place.hyai("queue", "mistakes", "--kind", kind, "--limit", "10", "--json").data
        ours = {_hash(pictures / one) for one in paths}
        assert sum(one["file"] in ours for one in rows) >= 5, kind


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _thresholds(bundle: Any) -> tuple[float, float]:
    found = effective(TagSettings(), bundle.labels, bundle.thresholds)
    return found.values[0], found.values[1]
