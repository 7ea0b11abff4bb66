"""Reports in the shapes that other tools know, each with exactly the keys that its users have documented."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.checks.base import Finding
from hyai_tui.checks.book import Choice, open_book
from hyai_tui.checks.kinds import type_of
from hyai_tui.checks.page import Part, write_page
from hyai_tui.checks.results import Kept
from hyai_tui.checks.validation import KEYS
from hyai_tui.errors import WrongUse
from hyai_tui.workspace import Workspace


def tagging_report(kept: Kept, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the tagging errors: a summary, and one entry for each open finding."""
    types = Counter(type_of(one.check, one.kind) for one in findings)
    return {
        "summary": {
            "total_images_analyzed": kept.result.looked_at,
            "errors_found": len(findings),
            "missing_tags": types["missing"],
            "incorrect_tags": types["incorrect"],
        },
        "errors": [
            {
                "hash": one.file,
                "issue": one.reason,
                "missing_tags": list(one.tags) if type_of(one.check, one.kind) == "missing" else [],
                "confidence": round(one.confidence, 4),
            }
            for one in findings
        ],
    }


def near_duplicate_report(
    kept: Kept, findings: Sequence[Finding], catalog: Catalog, threshold: float | None = None
) -> dict[str, Any]:
    """Return the pairs of near duplicates, each with what tells the two apart.

    Args:
        kept: the newest result.
        findings: the open pairs that are at least so similar.
        catalog: knows their tags and paths.
        threshold: least similarity; the check's own where it is None.
    """
    facts = kept.result.facts
    return {
        "summary": {
            "total_pairs_found": facts.get("pairs", len(findings)),
            "pairs_analyzed": len(findings),
            "similarity_threshold": facts.get("threshold") if threshold is None else threshold,
        },
        "similar_pairs": [
            {
                "hash1": one.file,
                "hash2": one.other,
                "similarity": round(one.confidence, 4),
                "analysis": {"reason": one.reason, **compared(one.file, one.other or one.file, catalog)},
            }
            for one in findings
        ],
    }


def compared(one: str, other: str, catalog: Catalog) -> dict[str, Any]:
    """Return how the tags of two files differ, of the namespaces series and person and of all, and where the files are."""
    files = [catalog.file(name) for name in (one, other)]
    found: dict[str, Any] = {"paths": [list(file.paths) if file is not None else [] for file in files]}
    tags = [frozenset() if file is None else file.display_tags or file.tags for file in files]
    for name in ("series", "person", "all"):
        first, second = ({tag for tag in of if name == "all" or tag.lower().startswith(f"{name}:")} for of in tags)
        found[name] = {
            "common": sorted(first & second),
            "only_in_1": sorted(first - second),
            "only_in_2": sorted(second - first),
        }
    return found


def validation_report(kept: Kept, namespace: str = "") -> dict[str, Any]:
    """Return how the predictions compare with what is known: labels, or with a namespace its tags.

    Raises:
        WrongUse: nothing was compared in that namespace.
    """
    facts = kept.result.facts
    if namespace:
        known = facts.get("namespaces", {})
        facts = known.get(namespace.rstrip(":").lower())
        if facts is None:
            raise WrongUse(
                f"Nothing was compared in the namespace {namespace!r}",
                f"There is {', '.join(known) or 'none'}; setting checks.namespaces, then 'hyai check validation'",
            )
    return {name: facts.get(name) for name in KEYS}


def report_of(
    kept: Kept, findings: Sequence[Finding], catalog: Catalog, threshold: float | None = None, namespace: str = ""
) -> dict[str, Any]:
    """Return a check's report in the shape that is documented for it, else in the general one."""
    if kept.check == "tags":
        return tagging_report(kept, findings)
    if kept.check == "near-duplicates":
        return near_duplicate_report(kept, findings, catalog, threshold)
    return validation_report(kept, namespace) if kept.check == "validation" else summary(kept, findings)


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


# The names by which those who read such reports know them.
_FILES = {
    "tags": "tagging_errors_report",
    "near-duplicates": "near_duplicates_report",
    "validation": "series_validation_report",
}


def write_reports(workspace: Workspace, directory: Path, result: Mapping[str, Any]) -> list[Path]:
    """Write a report for each check that ended well, and of all `error_detection_summary_<time>.json` and `.html`.

    Returns the files.

    Args:
        workspace: the workspace.
        directory: made where it is missing; the files are readable by their owner alone.
        result: of the check job.

    Raises:
        WrongUse: it cannot be written.
    """
    stamp = time.strftime("%Y%m%d_%H%M%S")
    written = []
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with workspace.open_catalog() as catalog, workspace.open_journal() as journal:
            outcomes = result["checks"]
            book = open_book(workspace, journal, outcomes)
            parts = []
            for name, kept in book.kept.items():
                findings = [book.findings[at] for at in book.chosen(Choice(check=name)).tolist()]
                parts.append(Part(kept, findings, outcomes[name]["error"] or ""))
                if outcomes[name]["status"] == "ok":
                    path = directory / f"{_FILES.get(name, f'{name}_report')}_{stamp}.json"
                    written.append(_write(path, report_of(kept, findings, catalog)))
        written.append(_write(directory / f"error_detection_summary_{stamp}.json", result))
        page = directory / f"error_detection_summary_{stamp}.html"
        write_page(page, workspace, parts)
        written.append(page)
    except OSError as error:
        raise WrongUse(f"{directory} cannot be written: {error.strerror}", "Choose another place") from error
    return written


def _write(path: Path, data: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path
