"""Tags that the model of their namespace misses or doubts: a review of the library's own tags, a namespace at a time.

A file that the model learned from is judged by heads that never saw it, so that a wrong tag cannot vouch for itself. What is
found is a proposal: a tag is written or taken away only when somebody accepts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.learning.namespace_tags import read_namespace
from hyai_tui.learning.tag_bundle import TagBundle
from hyai_tui.learning.tag_opinions import opinions
from hyai_tui.learning.tag_registry import TagRegistry

NAME: Final = "namespaces"
LACKING: Final = "lacking-tag"
LIKELY: Final = "likely-tag"
UNLIKELY: Final = "unlikely-tag"

Marked = NDArray[np.bool_]


def run(place: CheckPlace) -> CheckResult:
    """Compare the tags of every namespace that has a model with what that model says.

    Kinds: `lacking-tag` (a file with tags of the namespace should have this one too), `likely-tag` (a file without any tag
    of the namespace looks like those that have this one), `unlikely-tag` (a file has a tag that the model does not believe).
    All of them at `checks.confidence` or more.
    """
    bundles = TagRegistry.of(place.workspace).all_current()
    findings: list[Finding] = []
    facts: dict[str, Any] = {}
    looked_at = 0
    for number, bundle in enumerate(bundles):
        place.progress(number, len(bundles), "namespaces")
        found, files = _judge(place, bundle)
        looked_at = max(looked_at, files)
        findings += found
        facts[bundle.namespace] = {
            "model": bundle.id,
            "tags": len(bundle.tags),
            "files": files,
            "kinds": dict(sorted(Counter(one.kind for one in found).items())),
        }
    advice = [] if bundles else ["No tags are learned yet: 'hyai train --namespace NAME' learns those of a namespace"]
    return CheckResult(looked_at, surest_first(findings), {"namespaces": facts}, advice)


def _judge(place: CheckPlace, bundle: TagBundle) -> tuple[list[Finding], int]:
    """Return what one model finds, and how many files it could judge."""
    tagged = read_namespace(place.catalog, bundle.namespace, place.workspace.settings.tag)
    rows = np.arange(len(tagged.files))
    files = tagged.identities(rows)
    said = opinions(place.workspace, place.catalog, bundle, files)
    truth = tagged.truth(rows, bundle.tags)
    some = np.zeros(len(files), bool)
    some[tagged.having] = True
    judged = np.logical_not(np.isnan(said.probabilities[:, 0]))
    sure = place.workspace.settings.checks.confidence
    # A file without any tag of the namespace may be of none.
    chances = np.where(some[:, None], said.probabilities, said.probabilities * said.of_namespace[:, None])
    # A tag that the model itself would not give is not proposed, however low the settings go.
    wanted = (chances >= np.maximum(sure, bundle.thresholds)) & ~truth & judged[:, None]
    doubted = (chances <= 1 - sure) & truth & judged[:, None]
    return list(_findings(bundle, files, some, chances, (wanted, doubted))), int(judged.sum())


def _findings(
    bundle: TagBundle,
    files: list[str],
    some: Marked,
    probabilities: NDArray[np.float32],
    marked: tuple[Marked, Marked],
) -> Iterator[Finding]:
    wanted, doubted = marked
    for row, column in np.argwhere(wanted).tolist():
        tag, chance = bundle.tags[column], float(probabilities[row, column])
        kind = LACKING if some[row] else LIKELY
        has = f"it has other tags {bundle.namespace}:…" if some[row] else f"it has no tag {bundle.namespace}:…"
        yield Finding(NAME, kind, files[row], chance, f"{has}, and looks like {tag}: {chance:.0%}", tags=(tag,))
    for row, column in np.argwhere(doubted).tolist():
        tag, doubt = bundle.tags[column], 1 - float(probabilities[row, column])
        yield Finding(
            NAME, UNLIKELY, files[row], doubt, f"it has {tag}, and does not look like it: {doubt:.0%}", tags=(tag,)
        )


CHECK: Final = Check(NAME, "tags that the model of their namespace misses or doubts ('hyai train --namespace')", run)
