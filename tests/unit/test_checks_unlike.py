"""Tags against pictures: which files lack what pictures like them carry, and which have another tag instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.checks import results, tags, validation
from hyai_tui.checks.base import CheckPlace, Finding
from hyai_tui.checks.judged import judgement
from hyai_tui.checks.mending import begun_tags
from hyai_tui.checks.reports import validation_report
from hyai_tui.checks.results import Kept
from hyai_tui.checks.unlike import _Best as Best
from hyai_tui.checks.unlike import _of_namespace as of_namespace
from hyai_tui.checks.unlike import judge
from hyai_tui.checks.votes import TagScores, chances, tag_scores
from hyai_tui.errors import WrongUse
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.store import FeatureStore
from hyai_tui.library.base import TagChange
from hyai_tui.queues.context import load_context
from tests.unit.effects_fixtures import open_bench, png, private_runtime, sha

__all__ = ["private_runtime"]

COUNT = 90


def table(tags_of: Sequence[Sequence[str]]) -> TagTable:
    names = sorted({tag for of in tags_of for tag in of})
    starts = np.concatenate([[0], np.cumsum([len(of) for of in tags_of])])
    packed = [names.index(tag) for of in tags_of for tag in sorted(of)]
    return TagTable(np.arange(len(tags_of)), starts, np.array(packed, np.int32), tuple(names))


def three_sorts(count: int, width: int) -> NDArray[np.float32]:
    """Return float32[count, width] of length 1: file i is of sort i % 3, and a little unlike the others of it."""
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(count, width)) / (2 * np.sqrt(width))).astype(np.float32)
    rows[np.arange(count), np.arange(count) % 3] += 1
    found: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def test_a_score_never_comes_from_the_file_itself() -> None:
    owned = [[f"style:s{at % 3}"] for at in range(COUNT)]
    owned[0] = ["style:s1"]
    scores = tag_scores(three_sorts(COUNT, 12), table(owned))
    assert scores is not None
    first = {
        int(tag): float(score) for row, tag, score in zip(scores.row, scores.tag, scores.score, strict=True) if row == 0
    }
    assert first[0] > 0.8, "what pictures like it carry"
    assert first[1] < 0.2, "what it carries by mistake"


def test_too_few_tagged_files_give_no_scores() -> None:
    assert tag_scores(three_sorts(20, 8), table([["style:s1"]] * 20)) is None
    assert tag_scores(three_sorts(60, 8), table([["title:x"]] * 60)) is None, "no tag says what is on a picture"


def test_a_chance_is_the_share_of_right_ones_among_those_at_least_so_sure() -> None:
    group = np.array([0, 0, 0, 0, 7])
    score = np.array([0.9, 0.5, 0.9, 0.7, 0.4], np.float32)
    right = np.array([True, False, True, True, False])
    found = chances(group, score, right, np.ones(5, bool))
    assert found == pytest.approx([3 / 5, 3 / 6, 3 / 5, 3 / 5, 0 / 3])
    assert chances(group[:0], score[:0], right[:0], right[:0]).shape == (0,)


def test_what_looks_surest_is_trusted_no_less_for_being_the_only_one() -> None:
    group = np.repeat([3, 5], 9)
    score = np.tile(np.linspace(0.4, 1.2, 9, dtype=np.float32), 2)
    right = np.tile([False, True, True, True, True, True, True, True, False], 2)
    right[9:] = False
    found = chances(group, score, right, np.ones(18, bool))
    assert found[:9] == pytest.approx([7 / 11, *[7 / 10] * 8]), "as the eight that are at least .5"
    assert found[9:] == pytest.approx(0), "one group says nothing of another"


def compared(base: Path, settings: str = "") -> dict[str, list[str]]:
    """Return a library of three styles; one file has none, one another, and the last ten have no tags at all."""
    with open_bench(base, f'[features]\nencoder = "hog"\n[checks]\nfewest_tags = 0\n{settings}') as bench:
        names = [sha(png(at)) for at in range(COUNT)]
        for at in range(COUNT):
            target = bench.pictures / f"picture {at}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(png(at))
        bench.scan()
        owned = [[f"style:s{at % 3}", f"series:s{at % 2}", "word"] for at in range(COUNT)]
        owned[0], owned[4] = ["series:s0", "word"], ["style:s2", "series:s0", "word"]
        owned[80:] = [[] for _ in owned[80:]]
        changes = [TagChange(name, add=frozenset(of)) for name, of in zip(names, owned, strict=True) if of]
        bench.library.inner.change_tags(changes)
        bench.scan()
        choice = choose(bench.workspace)
        directory = features_directory(bench.workspace, choice)
        with FeatureStore.open(directory, choice.version.dimension, version=choice.version) as store:
            store.append(names, three_sorts(COUNT, choice.version.dimension))
        context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
        place = CheckPlace(bench.workspace, bench.catalog, bench.journal, context)
        found: dict[str, list[str]] = {}
        worked_out = results.directory(bench.workspace) / "unlike.json"
        made = []
        for check in (tags, validation):
            result = check.run(place)
            made.append(worked_out.stat().st_mtime_ns)
            found[check.NAME] = [f"{one.kind} {names.index(one.file)}" for one in result.findings]
            if check is validation:
                kept = Kept("validation", 0.0, result, 0, 0)
                found["report"] = [f"{name} {value}" for name, value in validation_report(kept, "style").items()]
                with pytest.raises(WrongUse, match="nosuch"):
                    validation_report(kept, "nosuch")
                found["namespaces"] = list(result.facts["namespaces"])
                (other,) = [one for one in result.findings if one.kind == "other-tag"]
                assert begun_tags(other) == "style:s1, -style:s2"
                assert "it has style:s2; pictures like it have style:s1" in other.reason
        assert made[0] == made[1], "both checks have it from one working out"
        sure = bench.workspace.settings.checks.confidence
        known = judgement(place, sure)
        assert known == judge(place, sure)
        bench.library.inner.change_tags([TagChange(names[4], add=frozenset({"word 2"}))])
        bench.scan()
        judgement(place, sure)
        assert worked_out.stat().st_mtime_ns > made[1], "another tag, another judgement"
    return found


def test_what_pictures_contradict_is_found_and_what_they_do_not_show_is_not(
    tmp_path: Path, private_runtime: Path
) -> None:
    found = compared(tmp_path)
    assert found["tags"] == ["unlike-neighbours 0"]
    assert sorted(found["validation"]) == ["lacks-tag 0", "other-tag 4"]
    assert found["report"] == [
        "total_predictions 80",
        "correct_predictions 78",
        "accuracy 0.975",
        "missing_predictions_count 1",
        "incorrect_predictions_count 1",
    ]
    assert "style" in found["namespaces"]


def test_the_settings_name_the_namespaces(tmp_path: Path, private_runtime: Path) -> None:
    found = compared(tmp_path, 'namespaces = ["style:"]\n')
    assert found["namespaces"] == ["style"]


def test_a_line_that_mends_takes_the_wrong_tag_away() -> None:
    finding = Finding("validation", "other-tag", "ab" * 32, 0.9, "…", tags=("style:sea", "style:night"))
    assert begun_tags(finding) == "style:night, -style:sea"


@pytest.mark.parametrize(("with_style", "found"), [(9, ["file 0"]), (5, [])])
def test_pictures_speak_by_half_for_a_tag_only_where_few_files_lack_one(with_style: int, found: list[str]) -> None:
    owned = table([["word"] if at < 10 - with_style else ["style:s0", "word"] for at in range(10)])
    style = owned.names.index("style:s0")
    nothing = np.empty(0, np.int64)
    scores = TagScores(owned, np.ones(2, bool), nothing, nothing, np.empty(0, np.float32), np.empty(0, bool))
    score, chance, no = np.array([0.45], np.float32), np.array([0.95], np.float32), np.zeros(1, bool)
    best = Best(np.zeros(1, np.int64), np.array([style]), score, np.full(1, np.nan, np.float32), no, chance)
    inside = np.arange(2) == style
    assert [
        one.file for one in of_namespace(scores, best, [f"file {at}" for at in range(10)], "style", inside, 0.8)
    ] == found
