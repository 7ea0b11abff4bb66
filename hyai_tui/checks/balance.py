"""The training data: sizes of the classes, thin classes, and samples that stand twice or in two parts of a split."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.samples.balance import balance_hints
from hyai_tui.samples.sync import sync
from hyai_tui.samples.training import training_samples

NAME: Final = "balance"


def run(place: CheckPlace) -> CheckResult:
    """Judge the samples. Kinds: `two-labels` (one picture under two labels), `two-splits` (in two folds), `copies`."""
    journal, workspace = place.journal, place.workspace
    report = sync(workspace, journal, place.catalog)
    samples = training_samples(journal, workspace.data)
    folds = journal.folds()
    sizes = Counter({one.name: 0 for one in journal.labels()})
    sizes.update(one.label for one in samples)
    by_content = defaultdict(list)
    for one in samples:
        by_content[one.content].append(one)
    findings = []
    for same in by_content.values():
        for other in same[1:]:
            first = same[0]
            if other.label != first.label:
                kind, confidence = "two-labels", 0.95
                reason = f"the same picture is a sample of {first.label} and of {other.label}"
            elif folds.get(other.identity) != folds.get(first.identity):
                kind, confidence = "two-splits", 0.9
                reason = "the same picture is in two folds, so the model is judged on what it has learned"
            else:
                kind, confidence = "copies", 0.4
                reason = f"the same picture is a sample of {first.label} twice"
            findings.append(Finding(NAME, kind, other.identity, confidence, reason, other=first.identity))
    findings += [
        Finding(NAME, "two-labels", identity, 0.95, f"it is in the folders {' and '.join(labels)}, so neither trains")
        for identity, labels in report.contradictions
    ]
    return CheckResult(
        len(samples), surest_first(findings), {"classes": dict(sorted(sizes.items()))}, balance_hints(sizes)
    )


CHECK: Final = Check(NAME, "class sizes, thin classes, samples that stand twice or in two splits", run)
