"""Reports in the shapes that other tools know, each with exactly the keys that its users have documented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hyai_tui.checks.base import Finding
from hyai_tui.checks.results import Kept

_MISSING = frozenset({"missing-tag", "few-tags"})
_INCORRECT = frozenset({"incorrect-tag", "doubtful-sample", "contradiction"})


def tagging_report(kept: Kept, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the tagging errors: a summary, and one entry for each open finding."""
    missing = [one for one in findings if one.kind in _MISSING]
    incorrect = [one for one in findings if one.kind in _INCORRECT]
    return {
        "summary": {
            "total_images_analyzed": kept.result.looked_at,
            "errors_found": len(findings),
            "missing_tags": len(missing),
            "incorrect_tags": len(incorrect),
        },
        "errors": [
            {
                "hash": one.file,
                "issue": one.reason,
                "missing_tags": list(one.tags) if one.kind in _MISSING else [],
                "confidence": round(one.confidence, 4),
            }
            for one in findings
        ],
    }


def near_duplicate_report(kept: Kept, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the pairs of near duplicates; `similarity_threshold` is the check's own."""
    facts = kept.result.facts
    return {
        "summary": {
            "total_pairs_found": facts.get("pairs", len(findings)),
            "pairs_analyzed": len(findings),
            "similarity_threshold": facts.get("threshold"),
        },
        "similar_pairs": [
            {
                "hash1": one.file,
                "hash2": one.other,
                "similarity": round(one.confidence, 4),
                "analysis": {"reason": one.reason, "tags": list(one.tags)},
            }
            for one in findings
        ],
    }


def validation_report(kept: Kept) -> dict[str, Any]:
    """Return how the predictions compare with what is known."""
    names = (
        "total_predictions",
        "correct_predictions",
        "accuracy",
        "missing_predictions_count",
        "incorrect_predictions_count",
    )
    return {name: kept.result.facts.get(name) for name in names}


def summary(kept: Kept, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return any check's own report: figures, changes since the run before, and every open finding."""
    return {
        "check": kept.check,
        "at": datetime.fromtimestamp(kept.at, UTC).isoformat(timespec="seconds"),
        "looked_at": kept.result.looked_at,
        "open": len(findings),
        "ignored": len(kept.result.findings) - len(findings),
        "resolved": kept.resolved,
        "new": kept.new,
        "facts": dict(kept.result.facts),
        "recommendations": list(kept.result.advice),
        "findings": [one.as_json() for one in findings],
    }
