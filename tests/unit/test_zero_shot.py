"""Guesses before anything is learned: from rules on tags, from descriptions, or refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.features import plugins
from hyai_tui.features.choosing import choose, features_directory
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.store import FeatureStore
from hyai_tui.jobs import evaluate
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.zero_shot import parse_rules
from hyai_tui.library.base import TagChange
from tests.unit.effects_fixtures import Bench, open_bench, private_runtime

__all__ = ["private_runtime"]

LABELS = ("archive", "trash")


@pytest.fixture
def labelled(tmp_path: Path, private_runtime: Path) -> Any:
    with open_bench(tmp_path, '[features]\nencoder = "hog"\n') as bench:
        files = [bench.add(number) for number in range(4)]
        for file, label in zip(files, ("trash", "trash", "archive", "archive"), strict=True):
            bench.label(file, label)
        tags = ("quality:low", "blurry", "blurry", "sharp")
        changes = [TagChange(file, add=frozenset({tag})) for file, tag in zip(files, tags, strict=True)]
        bench.library.inner.change_tags(changes)
        bench.scan()
        yield bench, files


def judged(bench: Bench, *rules: str) -> Mapping[str, Any]:
    return evaluate.run(JobContext(bench.workspace, {"zero_shot": True, "rules": list(rules)}))


def test_rules_on_tags_are_judged_on_the_samples(labelled: tuple[Bench, list[str]]) -> None:
    bench, _ = labelled
    assert judged(bench, "trash=blurry, quality:*") == {
        "by": "rules",
        "n": 4,
        "labels": ["archive", "trash"],
        "covered": 3,
        "accuracy": 0.5,
        "macro_f1": 0.333333,
        "accuracy_covered": 0.666667,
    }
    assert judged(bench, "trash=blurry, quality:*", "archive=sharp")["accuracy"] == 0.75


def test_descriptions_are_refused_with_the_reason_where_the_encoder_sees_pictures_only(
    labelled: tuple[Bench, list[str]],
) -> None:
    with pytest.raises(NotNow, match="sees pictures only"):
        judged(labelled[0])


def test_an_encoder_that_reads_texts_guesses_from_descriptions(
    labelled: tuple[Bench, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, files = labelled
    version = choose(bench.workspace).version
    seen: list[str] = []

    class Reader:
        def version(self, options: Mapping[str, Any]) -> EncoderVersion:
            return version

        def recipe(self, options: Mapping[str, Any]) -> Any:
            raise AssertionError

        def load(self, options: Mapping[str, Any], batch_size: int, warn: Any) -> Any:
            raise AssertionError

        def texts(self, options: Mapping[str, Any], texts: Sequence[str]) -> NDArray[np.float32]:
            seen.extend(texts)
            return np.eye(2, version.dimension, dtype=np.float32)

    monkeypatch.setattr(plugins, "named", lambda: plugins.NamedPlugin("reader", Reader(), {}))
    bench.journal.describe_label("trash", "not wanted")
    vectors = np.zeros((4, version.dimension), np.float32)
    vectors[[0, 1], 1] = vectors[[2, 3], 0] = 1
    with FeatureStore.open(
        features_directory(bench.workspace, choose(bench.workspace)), version.dimension, version=version
    ) as store:
        store.append(files, vectors)
    found = judged(bench)
    assert seen == ["archive", "trash not wanted"]
    assert (found["by"], found["covered"], found["accuracy"], found["macro_f1"]) == ("descriptions", 4, 1.0, 1.0)


@pytest.mark.parametrize("text", ["trash", "trash=", "other=blurry"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(WrongUse):
        parse_rules([text], LABELS)
