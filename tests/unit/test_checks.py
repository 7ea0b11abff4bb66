"""Checks: what each calls a fault, how findings are kept, ignored and reported."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hyai_tui.checks import balance, doubting, files, registry, reports, results, tags, validation
from hyai_tui.checks.base import CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.running import Telling, progress_of, run_check
from hyai_tui.errors import SettingsError, WrongUse
from hyai_tui.library import page_sets
from hyai_tui.library.base import TagChange
from hyai_tui.queues.context import load_context
from tests.unit.effects_fixtures import Bench, bench, open_bench, png, private_runtime, sha

__all__ = ["bench", "private_runtime"]


def place(bench: Bench, **context: Any) -> CheckPlace:
    found = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    return CheckPlace(bench.workspace, bench.catalog, bench.journal, replace(found, **context))


def kinds(result: CheckResult) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in result.findings:
        found.setdefault(one.kind, set()).add(one.file)
    return found


def tag(bench: Bench, file: str, *names: str) -> None:
    bench.library.inner.change_tags([TagChange(file, add=frozenset(names))])


RULES = '[checks]\nneeds = ["series > person"]\nfewest_tags = 3\nmost_tags = 5\n'


def test_rules_and_amounts_of_tags(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path, RULES) as bench:
        lacks, has, few, many, untagged = (bench.add(number) for number in range(5))
        tag(bench, lacks, "series:one", "a1", "b1")
        tag(bench, has, "series:one", "person:two", "c1")
        tag(bench, few, "a1", "b1", "hyai:archive")
        tag(bench, many, *(f"tag {number}" for number in range(6)))
        bench.scan()
        result = tags.run(place(bench))
    assert kinds(result) == {"missing-tag": {lacks}, "few-tags": {few}, "many-tags": {many}}
    assert untagged not in {one.file for one in result.findings}
    (missing,) = [one for one in result.findings if one.kind == "missing-tag"]
    assert (missing.reason, missing.tags) == ("it has series:one and no tag person:…", ("person:",))


def test_a_file_that_stands_twice_is_listed_with_both_places(bench: Bench) -> None:
    file, single = bench.add(1), bench.add(2)
    again = bench.pictures / "other" / "copy.png"
    again.parent.mkdir()
    again.write_bytes((bench.pictures / "picture 1.png").read_bytes())
    bench.scan()
    page_sets.save(
        bench.workspace.root / page_sets.FILE,
        page_sets.made(["dataset"], "", {("dataset", "a"): [single], ("dataset", "b"): [single, file]}),
    )
    result = tags.run(place(bench))
    assert {(one.file, one.reason) for one in result.findings} == {
        (file, "it lies in other/copy.png and picture 1.png"),
        (single, "it is on the pages dataset / a and dataset / b"),
    }
    assert kinds(result) == {"listed-twice": {file, single}}


def test_contradictions_of_our_tags_are_found_before_anything_is_labelled_or_learned(
    tmp_path: Path, private_runtime: Path
) -> None:
    with open_bench(tmp_path, '[queues]\nopposites = ["day | night"]\n[checks]\nfewest_tags = 0\n') as bench:
        both, against, opposite, fine = bench.add(1), bench.add(2, "trash"), bench.add(3), bench.add(4, "archive")
        tag(bench, both, "hyai:archive", "hyai:trash")
        tag(bench, against, "hyai:archive")
        tag(bench, opposite, "day", "night")
        tag(bench, fine, "hyai:archive", "day")
        bench.scan()
        result = tags.run(place(bench))
    assert kinds(result) == {"contradiction": {both, against, opposite}}
    assert {one.tags for one in result.findings} == {("both-tags",), ("tag-state",), ("opposites",)}


def test_a_rule_that_says_nothing_is_refused(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path, '[checks]\nneeds = ["series"]\n') as bench:
        bench.add(1)
        with pytest.raises(SettingsError, match="series > person"):
            tags.run(place(bench))
    for text in ('["series > person"]', "a > b > c", "series >"):
        with pytest.raises(SettingsError):
            tags.Rule.parse(text)


def test_figures_of_tags_equal_a_hand_count(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    tag(bench, one, "creator:someone", "source:web", "sky", "x")
    tag(bench, two, "sky", "title:a", "person:b")
    bench.scan()
    facts = tags.run(place(bench)).facts
    assert facts["tags"] == {"total": 7, "different": 6, "descriptive": 3}
    assert facts["descriptive_ratio"] == round(3 / 7, 6)
    assert facts["most_frequent"][0] == {"tag": "sky", "files": 2}
    assert facts["by_namespace"]["person"] == [{"tag": "person:b", "files": 1}]


def scored(bench: Bench, trash: dict[str, float]) -> dict[str, Any]:
    """Return arrays of a context in which a model gave every file this probability of trash."""
    context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    column = np.array([trash[context.file(at)] for at in range(len(context))], np.float32)
    names = ("archive", "trash")
    return {
        "labels": names,
        "names": names,
        "probabilities": np.stack([1 - column, column], axis=1),
        "model_id": "m0001-00000000",
        "carried": None,
    }


def test_the_model_contradicts_the_state_only_where_it_is_sure_and_nobody_decided(bench: Bench) -> None:
    kept, unsure, thrown, inbox = bench.add(1, "archive"), bench.add(2, "archive"), bench.add(3, "trash"), bench.add(4)
    probabilities = {kept: 0.95, unsure: 0.7, thrown: 0.05, inbox: 0.99}
    result = tags.run(place(bench, **scored(bench, probabilities)))
    assert kinds(result) == {"incorrect-tag": {kept, thrown}}
    assert {one.file: one.suggested for one in result.findings} == {kept: "trash", thrown: "archive"}


def test_validation_counts_as_a_hand_does(bench: Bench) -> None:
    right = [bench.add(number, "archive") for number in range(4)]
    wrong = bench.add(9, "trash")
    probabilities = {**dict.fromkeys(right, 0.1), wrong: 0.3}
    result = validation.run(place(bench, **scored(bench, probabilities)))
    assert reports.validation_report(results.Kept("validation", 0.0, result, 0, 0)) == {
        "total_predictions": 5,
        "correct_predictions": 4,
        "accuracy": 0.8,
        "missing_predictions_count": 0,
        "incorrect_predictions_count": 1,
    }
    assert result.facts["bands"]["high"] == {"predictions": 4, "right": 4}
    assert result.facts["bands"]["medium"] == {"predictions": 1, "right": 0}
    assert kinds(result) == {}, "of so few known files nothing can be said"


def test_the_report_of_the_documented_example_has_its_figures(bench: Bench) -> None:
    """Of 500 predictions 420 are right, 30 are missing and 50 are wrong: an accuracy of .84."""
    context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    truth = np.zeros(500, np.int64)
    column = np.repeat([[0.8, 0.1, 0.1], [0.4, 0.35, 0.25], [0.1, 0.8, 0.1]], [420, 30, 50], axis=0)
    known = replace(
        context,
        number=np.arange(500),
        sha256=np.array([f"{at:064d}" for at in range(500)], "S64"),
        state=np.zeros(500, np.uint8),
        conflict=np.zeros(500, bool),
        motion=np.zeros(500, bool),
        decided_label=truth.astype(np.int16),
        sample_label=truth.astype(np.int16),
        names=("a", "b", "c"),
        labels=("a", "b", "c"),
        probabilities=column.astype(np.float32),
        disagreement=None,
    )
    result = validation.run(CheckPlace(bench.workspace, bench.catalog, bench.journal, known))
    assert reports.validation_report(results.Kept("validation", 0.0, result, 0, 0)) == {
        "total_predictions": 500,
        "correct_predictions": 420,
        "accuracy": 0.84,
        "missing_predictions_count": 30,
        "incorrect_predictions_count": 50,
    }


def test_a_label_is_doubted_where_two_opinions_agree_against_it() -> None:
    truth = np.repeat([0, 1], 30)
    own = np.full(60, 0.9, np.float32)
    like = np.full(60, 0.9, np.float32)
    own[0], like[0] = 0.1, 0.1  # both against the label
    own[1], like[1] = 0.001, 0.6  # the model alone, however sure it is
    own[2], like[2] = 0.05, np.nan  # no likeness, and as sure as of files that have the other label
    own[3], like[3] = 0.15, np.nan  # no likeness, and not so sure
    both = (np.where(truth[:, None] == [0, 1], one[:, None], 1 - one[:, None]) for one in (own, like))
    probabilities, scores = (one.astype(np.float32) for one in both)
    found = doubting.doubt(probabilities, truth, scores)
    assert np.flatnonzero(found >= doubting.agreed(0.8)).tolist() == [0, 2]
    assert found[0] == pytest.approx(0.81 / 0.82)
    assert found[1] == 0, "pictures like it speak for the label"
    assert found[3] == 0
    few = doubting.doubt(probabilities[20:40], truth[20:40], scores[20:40])
    assert not few.any(), "fewer than twenty of each are known"


def test_a_sample_is_doubted_by_what_has_never_seen_it(bench: Bench) -> None:
    context = load_context(bench.workspace, catalog=bench.catalog, journal=bench.journal)
    truth = np.repeat([0, 1], 30).astype(np.int16)
    trash = np.where(truth == 1, 0.9, 0.1).astype(np.float32)
    trash[:3] = (0.97, 0.97, 0.6)
    seen = np.ones(60, bool)
    seen[1] = False
    arrays = {one.name: getattr(context, one.name) for one in fields(context)}
    of_sixty: dict[str, Any] = {
        name: np.zeros(60, one.dtype) for name, one in arrays.items() if getattr(one, "shape", None) == (0,)
    }
    of_sixty |= {
        "sha256": np.array([f"{at:064d}" for at in range(60)], "S64"),
        "decided_label": np.full(60, -1, np.int16),
        "sample_label": truth,
        "out_of_fold": seen,
        "probabilities": np.stack([1 - trash, trash], axis=1),
    }
    names = ("archive", "trash")
    known = replace(context, **of_sixty, names=names, labels=names, carried=None)
    result = tags.run(CheckPlace(bench.workspace, bench.catalog, bench.journal, known))
    assert kinds(result) == {"doubtful-sample": {f"{0:064d}"}}
    (doubted,) = result.findings
    assert (doubted.file, doubted.suggested) == (f"{0:064d}", "trash")
    assert doubted.reason == "you filed it under archive; the model, which never saw it, says trash"


def test_validation_without_a_model_says_what_to_do(bench: Bench) -> None:
    bench.add(1, "archive")
    result = validation.run(place(bench))
    assert (result.looked_at, list(result.findings)) == (0, [])
    assert "hyai retrain" in result.advice[0]


def picture(bench: Bench, name: str, image: Image.Image, form: str, **options: Any) -> None:
    bench.pictures.mkdir(exist_ok=True)
    image.save(bench.pictures / name, form, **options)


def noise(width: int, height: int, seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def test_faults_of_files_are_told_apart(bench: Bench) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA002] = 4000
    exif.get_ifd(0x8769)[0xA003] = 3000
    picture(bench, "good.png", noise(100, 90, 1), "PNG")
    picture(bench, "blank.png", Image.new("RGB", (100, 100), "white"), "PNG")
    picture(bench, "tiny.png", noise(20, 20, 2), "PNG")
    picture(bench, "named.jpg", noise(100, 90, 3), "PNG")
    picture(bench, "lies.jpg", noise(100, 90, 4), "JPEG", exif=exif)
    picture(bench, "jpeg.jpeg", noise(100, 90, 5), "JPEG")
    (bench.pictures / "text.png").write_text("no picture")
    cut = (bench.pictures / "good.png").read_bytes()
    (bench.pictures / "cut.png").write_bytes(cut[: len(cut) // 2])
    bench.scan()
    result = files.run(place(bench))
    by_name = {file.sha256: file.paths[0] for file in bench.catalog.files()}
    found = {kind: {by_name[one] for one in of} for kind, of in kinds(result).items()}
    assert found == {
        "blank": {"blank.png"},
        "tiny": {"tiny.png"},
        "wrong-extension": {"named.jpg"},
        "exif-size": {"lies.jpg"},
        "not-a-picture": {"text.png"},
        "truncated": {"cut.png"},
    }
    assert result.looked_at == 8


def test_the_training_data_is_judged(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2)
    bench.label(one, "archive")
    bench.label(two, "trash")
    result = balance.run(place(bench))
    assert result.facts["classes"] == {"archive": 1, "trash": 1}
    assert result.advice == ["archive has 1 sample, trash 1: 20 or more make a label that can be learned"]
    # A picture that nobody knows, dropped into both folders by hand.
    for label in ("archive", "trash"):
        (bench.workspace.data / label / f"{label}.png").write_bytes(png(7))
    bench.sync()
    assert kinds(balance.run(place(bench))) == {"two-labels": {sha(png(7))}}


FINDING = Finding("tags", "few-tags", "ab" * 32, 0.3, "it has 1 tag", tags=("a",))


def test_what_a_check_counts_reaches_the_job_in_its_words(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int | None, str]] = []
    for done, total, unit in ((5, None, "files"), (6, 10, "pairs"), (0, 2, "parts of the library")):
        here = replace(place(bench), progress=Telling())
        here.counting(unit)(done, total)
        found = progress_of(capsys.readouterr().out)
        assert found is not None
        told.append(found)
    assert told == [(5, None, "files"), (6, 10, "pairs"), (0, 2, "parts of the library")]
    assert progress_of("progress made") is None


def test_a_finding_is_known_again_though_its_words_change() -> None:
    assert FINDING.key == replace(FINDING, reason="other words", confidence=0.9).key
    assert FINDING.key != replace(FINDING, tags=("b",)).key
    assert Finding.from_json(FINDING.as_json()) == FINDING
    assert [replace(FINDING, confidence=one).band for one in (0.8, 0.5, 0.49)] == ["high", "medium", "low"]


def test_the_surest_come_first() -> None:
    sure = replace(FINDING, confidence=0.9)
    assert surest_first([FINDING, sure]) == [sure, FINDING]


def test_a_run_says_what_was_resolved_and_what_is_new(bench: Bench) -> None:
    two = replace(FINDING, file="cd" * 32)
    first = results.keep(bench.workspace, "tags", CheckResult(5, [FINDING, two]), 1.0)
    assert (first.resolved, first.new) == (0, 2)
    second = results.keep(bench.workspace, "tags", CheckResult(5, [two]), 2.0)
    assert (second.resolved, second.new) == (1, 0)
    assert [one.findings for one in results.history(bench.workspace, "tags")] == [2, 1]
    again = results.read(bench.workspace, "tags")
    assert again is not None
    assert (list(again.result.findings), again.resolved, again.at) == ([two], 1, 2.0)
    assert results.sparkline([0, 1, 2]) == "▁▄█"


def test_what_is_ignored_stays_ignored_in_later_runs_and_after_a_restart(tmp_path: Path, private_runtime: Path) -> None:
    with open_bench(tmp_path) as bench:
        assert bench.journal.ignore_findings([FINDING.key]) == 1
        assert bench.journal.ignore_findings([FINDING.key]) == 0
    with open_bench(tmp_path) as bench:
        kept = results.keep(bench.workspace, "tags", CheckResult(1, [FINDING]), 1.0)
        assert results.open_findings(kept, bench.journal.ignored_findings()) == []
        assert bench.journal.watch_findings([FINDING.key]) == 1
        assert results.open_findings(kept, bench.journal.ignored_findings()) == [FINDING]


def test_reports_have_exactly_their_documented_keys(bench: Bench) -> None:
    kept = results.Kept("tags", 0.0, CheckResult(7, [FINDING]), 0, 0)
    report = reports.tagging_report(kept, [FINDING])
    assert set(report) == {"summary", "errors"}
    assert report["summary"] == {
        "total_images_analyzed": 7,
        "errors_found": 1,
        "missing_tags": 1,
        "incorrect_tags": 0,
    }
    assert set(report["errors"][0]) == {"hash", "issue", "missing_tags", "confidence"}
    pair = replace(FINDING, check="near-duplicates", other="cd" * 32)
    near = reports.near_duplicate_report(kept, [pair], bench.catalog)
    assert set(near["summary"]) == {"total_pairs_found", "pairs_analyzed", "similarity_threshold"}
    assert set(near["similar_pairs"][0]) == {"hash1", "hash2", "similarity", "analysis"}


def test_checks_are_known_by_name_and_plugins_only_by_the_users_own_settings(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    assert registry.names(settings) == list(registry.OWN)
    assert [registry.load(name, settings).name for name in registry.OWN] == list(registry.OWN)
    with pytest.raises(WrongUse, match="no check 'mine'"):
        registry.load("mine", settings)
    settings.write_text('[plugins]\nchecks = ["mine"]\n')
    assert registry.names(settings)[-1] == "mine"
    with pytest.raises(SettingsError, match="no installed package"):
        registry.load("mine", settings)
    settings.write_text("[plugins]\nchecks = 3\n")
    with pytest.raises(SettingsError, match="list of names"):
        registry.names(settings)


def test_a_check_runs_on_a_workspace_and_keeps_its_result(bench: Bench) -> None:
    bench.add(1)
    kept = run_check(bench.workspace, "files")
    assert [one.kind for one in kept.result.findings] == ["blank", "tiny"]
    again = results.read(bench.workspace, "files")
    assert again is not None
    assert again.result.findings == kept.result.findings
