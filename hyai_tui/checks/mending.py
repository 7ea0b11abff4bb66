"""What can be done about a finding: the label that would answer it, the tags that would, and how that is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyai_tui.checks.base import Finding
from hyai_tui.checks.book import QUEUE
from hyai_tui.checks.kinds import type_of
from hyai_tui.errors import WrongUse
from hyai_tui.journal.model import NewDecision
from hyai_tui.text import short_hash


def shown_for(finding: Finding) -> dict[str, Any]:
    """Return how a decision that is made for a finding says why the file was shown."""
    return {"queue": f"{QUEUE}{finding.check}", "finding": finding.kind, "confidence": round(finding.confidence, 4)}


def label_for(finding: Finding, label: str | None = None) -> NewDecision:
    """Return the decision that answers a finding: a label, or the one that it suggests.

    Raises:
        WrongUse: no label was given, and the finding suggests none.
    """
    wanted = label or finding.suggested
    if wanted is None:
        raise WrongUse(f"The finding on {short_hash(finding.file)} suggests no label", "Name one")
    return NewDecision(finding.file, "label", wanted, shown_for(finding))


# Tags that a finding of these kinds names are to be added, or begun; of the others to be taken away.
_ADDS = frozenset({"missing-tag", "unlike-neighbours", "lacks-tag", "lacking-tag", "likely-tag"})
_TAKES = frozenset({"unlikely-tag"})


def begun_tags(finding: Finding) -> str:
    """Return the beginning of a line of tags that would mend a finding: a namespace to fill in, tags to take away."""
    if finding.kind == "other-tag":
        wrong, right = finding.tags
        return f"{right}, -{wrong}"
    if finding.kind in _ADDS or type_of(finding.check, finding.kind) == "duplicates":
        return ", ".join(finding.tags)
    if finding.kind in _TAKES:
        return ", ".join(f"-{tag}" for tag in finding.tags)
    return ""


def tags_for(finding: Finding) -> str:
    """Return the whole line of tags that a finding suggests.

    Raises:
        WrongUse: it suggests none.
    """
    begun = begun_tags(finding) if finding.kind in {*_ADDS, *_TAKES, "other-tag"} else ""
    if not begun or begun.endswith(":"):
        raise WrongUse(f"The finding on {short_hash(finding.file)} suggests no tags", "Name them with --tags")
    return begun


def suggested_tags(finding: Finding, facts: Mapping[str, Any], begun: str) -> Sequence[str]:
    """Return the most frequent tags of the library that begin as the last tag of a typed line does.

    Args:
        finding: what is mended.
        facts: of the check's newest result; the check `tags` counts them.
        begun: the line so far.
    """
    last = begun.rpartition(",")[2].strip().removeprefix("-").lower()
    namespace, colon, _ = last.partition(":")
    rows = facts.get("by_namespace", {}).get(namespace, []) if colon else facts.get("most_frequent", [])
    return [str(row["tag"]) for row in rows if str(row["tag"]).startswith(last) and row["tag"] != last]
