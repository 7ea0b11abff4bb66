"""The parts of a report add up, and its page needs nothing else and trusts no name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from hyai_tui.learning import metrics, reporting
from hyai_tui.learning.report_lines import report_lines
from hyai_tui.learning.report_page import page
from tests.unit.learning_fixtures import separable, sha

LABELS = ("archive", "<b>later</b>", "trash")


def judged(n: int = 300, seed: int = 0) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 3
    rows = random.dirichlet(np.ones(3), n) + 0.6 * np.eye(3)[truth]
    return truth, (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)


def full_report() -> dict[str, Any]:
    truth, rows = judged()
    predicted = metrics.predicted_labels(rows)
    files = [sha(one) for one in range(len(truth))]
    kinds = {"type": ["jpeg" if one % 2 else "png" for one in range(len(truth))]}
    return {
        "model": "m0001-00000000",
        **metrics.report(truth, rows, LABELS),
        "intervals": reporting.intervals(truth, predicted, 3),
        "common_errors": reporting.common_errors(truth, predicted, LABELS, files),
        "reliability": reporting.reliability(truth, rows),
        "histogram": reporting.histogram(truth, rows, LABELS),
        "groups": reporting.groups(truth, predicted, 3, kinds),
        "baselines": reporting.baselines(rows, truth, np.arange(300) // 3 % 5, 3),
        "last_batch": {"runs": [1, 2], "new": 3, "corrected": 1, "removed": 0, "items": 9}
        | {"before": 0.8, "after": 0.9, "interval": [-0.1, 0.3]},
        "thresholds": {**dict.fromkeys(LABELS, 0.78), "from": dict.fromkeys(LABELS, "default")},
        "coverage": 0.5,
        "precision_of_tags": None,
        "verdict": "V",
        "target": "T",
        "action": None,
    }


def test_the_parts_of_a_report_add_up() -> None:
    report = full_report()
    n, wrong = report["n"], round(report["n"] * (1 - report["accuracy"]))
    assert sum(one["items"] for one in report["common_errors"]) == wrong
    assert all(len(one["files"]) == one["items"] for one in report["common_errors"])
    rows = report["confusion"]["rows"]
    for one in report["common_errors"]:
        assert rows[LABELS.index(one["labelled"])][LABELS.index(one["predicted"])] == one["items"]
    assert sum(one["items"] for one in report["reliability"]) == n
    assert [sum(one) for one in report["histogram"]["counts"].values()] == [100, 100, 100]
    assert sum(one["items"] for one in report["groups"]["type"]) == n
    low, high = report["intervals"]["macro_f1"]
    assert low < report["macro_f1"] < high
    assert report["micro_f1"] == report["accuracy"]


def test_reliability_is_the_diagonal_for_a_calibrated_model() -> None:
    random = np.random.default_rng(1)
    score = random.uniform(size=20_000)
    truth = (random.uniform(size=20_000) < score).astype(np.int64)
    rows = np.stack([1 - score, score], axis=1)
    for one in reporting.reliability(truth, rows):
        assert one["accuracy"] == pytest.approx(one["confidence"], abs=0.03)
        assert one["interval"][0] <= one["accuracy"] <= one["interval"][1]


def test_what_needs_no_training_is_judged_without_the_item_s_own_fold() -> None:
    data = separable(3, n=150)
    found = reporting.baselines(data.vectors, data.truth, data.folds, 3)
    assert found["majority"]["accuracy"] < 0.4
    assert min(found["centroid"]["macro_f1"], found["neighbours"]["macro_f1"]) > 0.9
    # Copies in one fold cannot vouch for each other.
    noise = np.repeat(np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32), 4, axis=0)
    truth = np.repeat(np.random.default_rng(1).integers(0, 2, 50), 4)
    guessed = reporting.baselines(noise, truth, np.repeat(np.arange(50) % 5, 4), 2)
    assert guessed["neighbours"]["accuracy"] < 0.75


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.links += [value for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_fetches_nothing_names_no_file_and_trusts_no_label() -> None:
    text = page(full_report(), now=0)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.links == []
    assert "<script" not in text
    assert "<b>later</b>" not in text
    assert "&lt;b&gt;later&lt;/b&gt;" in text
    assert not re.search(r"[0-9a-f]{64}", text)
    assert text.count("<svg") == 3
    assert "macro F1 0.8 → 0.9" not in text
    assert "macro F1 0.800 → 0.900" in text


def test_the_lines_begin_with_macro_f1_and_say_all_of_it() -> None:
    lines = [line.text for line in report_lines(full_report())]
    assert "macro F1" in lines[0]
    assert any("→" in line and "error" in line for line in lines)
    assert any("without any training" in line for line in lines)
    assert lines[2:4] == ["T", "V"]
