"""Tagging errors: tags that are missing, contradict each other or the state, or that the model and the neighbours doubt.

What a rule finds is certain as an observation and only likely as a fault; its confidence says how likely.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.checks.doubting import agreed, doubts
from hyai_tui.checks.judged import judgement
from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import SettingsError
from hyai_tui.library import page_sets
from hyai_tui.library.base import FileState
from hyai_tui.library.describing import is_descriptive
from hyai_tui.queues.contradictions import contradictions
from hyai_tui.text import count

NAME: Final = "tags"
_MISSING, _AMOUNT, _CONTRADICTION, _TWICE = 0.6, 0.3, 0.95, 0.3
_MOST_UNLIKE = 1_000
_EVERY = 1_000
_MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """A file with a tag of one namespace should have one of another."""

    has: str
    needs: str

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read `series > person`: has a tag `series:…`, so it should have a tag `person:…`.

        Raises:
            SettingsError: it is no such rule.
        """
        has, arrow, needs = (part.strip().rstrip(":").lower() for part in text.partition(">"))
        if not (has and arrow and needs) or any(sign in has + needs for sign in '[]">'):
            raise SettingsError(f"checks.needs holds {text!r}, which is no rule", 'Write "series > person"')
        return cls(has, needs)


def run(place: CheckPlace) -> CheckResult:
    """Judge the tags of every file that is in the library.

    Kinds: `missing-tag` (a rule of `checks.needs`), `few-tags` and `many-tags` (`checks.fewest_tags`,
    `checks.most_tags`), `contradiction` (see `queues.contradictions`), `incorrect-tag` (the model disagrees with the library's state or
    our tag at `checks.confidence` or more), `doubtful-sample` (the model, and pictures like it, against the sample's label),
    `unlike-neighbours` (what the pictures most like it carry and it lacks, at `checks.confidence`), `listed-twice` (a file at
    several paths, or on several pages of the newest set that was imported).
    """
    settings = place.workspace.settings.checks
    ours = ours_at_sight(place.workspace.settings.tag)
    rules = [Rule.parse(text) for text in settings.needs]
    findings: list[Finding] = []
    tags: Counter[str] = Counter()
    files = described = total = 0
    for number, file in enumerate(place.catalog.files()):
        if number % _EVERY == 0:
            place.progress(number, None)
        if file.state is FileState.GONE:
            continue
        files += 1
        if len(file.paths) > 1:
            findings.append(
                _twice(file.sha256, "it lies in", [os.fsencode(one).decode("utf-8", "replace") for one in file.paths])
            )
        shown = {tag for tag in file.display_tags or file.tags if not ours(tag)}
        tags.update(shown)
        total += len(shown)
        described += sum(map(is_descriptive, shown))
        findings += _of_rules(file.sha256, shown, rules)
        # Where nobody tags (a plain folder), a file without tags is no fault.
        if shown or place.workspace.settings.library.kind == "hydrus":
            findings += _of_amount(file.sha256, len(shown), settings.fewest_tags, settings.most_tags)
    findings += _listed_twice(place)
    findings += _contradictions(place)
    findings += _incorrect(place, settings.confidence)
    findings += _doubtful(place, settings.confidence)
    findings += _unlike_neighbours(place, settings.confidence)
    kinds = Counter(one.kind for one in findings)
    facts = {
        "kinds": dict(sorted(kinds.items())),
        "tags": {"total": total, "different": len(tags), "descriptive": described},
        "descriptive_ratio": round(described / total, 6) if total else None,
        "most_frequent": [{"tag": tag, "files": number} for tag, number in ranked(tags)[:_MOST_LISTED]],
        "by_namespace": _by_namespace(tags),
    }
    return CheckResult(files, surest_first(findings), facts, _advice(kinds))


def ranked(tags: Counter[str]) -> list[tuple[str, int]]:
    """Return tags by falling number, ties by name."""
    return sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))


def _by_namespace(tags: Counter[str]) -> dict[str, Any]:
    found: dict[str, Counter[str]] = {}
    for tag, number in tags.items():
        namespace, colon, _ = tag.partition(":")
        if colon:
            found.setdefault(namespace, Counter())[tag] += number
    return {
        namespace: [{"tag": tag, "files": number} for tag, number in ranked(of)[:_MOST_LISTED]]
        for namespace, of in sorted(found.items())
    }


def _of_rules(file: str, tags: Iterable[str], rules: Iterable[Rule]) -> Iterable[Finding]:
    namespaces: dict[str, list[str]] = {}
    for tag in tags:
        namespace, colon, _ = tag.partition(":")
        if colon:
            namespaces.setdefault(namespace.lower(), []).append(tag)
    for rule in rules:
        if rule.has in namespaces and rule.needs not in namespaces:
            having = sorted(namespaces[rule.has])
            yield Finding(
                NAME,
                "missing-tag",
                file,
                _MISSING,
                f"it has {having[0]} and no tag {rule.needs}:…",
                tags=(f"{rule.needs}:",),
            )


def _of_amount(file: str, number: int, fewest: int, most: int) -> Iterable[Finding]:
    if number < fewest:
        yield Finding(NAME, "few-tags", file, _AMOUNT, f"it has {count(number, 'tag')}, fewer than {fewest}")
    elif number > most:
        yield Finding(NAME, "many-tags", file, _AMOUNT, f"it has {count(number, 'tag')}, more than {most}")


def _twice(file: str, where: str, places: Sequence[str]) -> Finding:
    more = f" and {len(places) - 2} more" if len(places) > 2 else ""
    return Finding(NAME, "listed-twice", file, _TWICE, f"{where} {places[0]} and {places[1]}{more}")


def _listed_twice(place: CheckPlace) -> Iterable[Finding]:
    """Yield files that are on several pages of the newest imported set of pages."""
    path = place.workspace.root / page_sets.FILE
    if not page_sets.names(path):
        return
    for file, pages in page_sets.load(path).duplicates().items():
        yield _twice(file, "it is on the pages", [" / ".join(one) for one in pages])


def _unlike_neighbours(place: CheckPlace, confidence: float) -> Iterable[Finding]:
    """Yield files that lack tags which the pictures most like them carry; of files with another tag, see `validation`."""
    lacking = [one for one in judgement(place, confidence).unlike if not one.instead]
    for one in sorted(lacking, key=lambda one: (-one.chance, one.file))[:_MOST_UNLIKE]:
        yield Finding(NAME, "unlike-neighbours", one.file, one.chance, one.reason, tags=one.given)


def _contradictions(place: CheckPlace) -> Iterable[Finding]:
    for row in contradictions(place.context).rows():
        yield Finding(NAME, "contradiction", row.file, _CONTRADICTION, row.reason, tags=(row.kind,))


def _incorrect(place: CheckPlace, confidence: float) -> Iterable[Finding]:
    """Yield files whose state, or whose tag of ours, the model contradicts surely enough. Decisions are never doubted here."""
    context = place.context
    if len(context.labels) == 0:
        return
    said = np.full(len(context), -1, np.int64)
    if context.carried is not None:
        # Several tags of ours are a contradiction of their own; none of them is what the library says.
        said[:] = np.where(context.carried.several, -1, context.carried.tag)
    for label, holds in (("archive", context.in_archive), ("trash", context.in_trash)):
        said[holds] = context.label_place(label)
    judged = context.scored & context.undecided & context.present & (said >= 0) & (said < len(context.labels))
    wrong = judged & (context.predicted != said)
    for position in np.flatnonzero(wrong).tolist():
        predicted = int(context.predicted[position])
        sure = float(context.probabilities[position, predicted])
        if sure >= confidence:
            named, meant = context.labels[int(said[position])], context.labels[predicted]
            reason = f"the library says {named}, the model {meant}: {sure:.0%}"
            yield Finding(NAME, "incorrect-tag", context.file(position), sure, reason, tags=(named,), suggested=meant)


def _doubtful(place: CheckPlace, confidence: float) -> Iterable[Finding]:
    """Yield samples whose label the model, which never saw them, and labelled pictures like them contradict together."""
    context = place.context
    judged = doubts(place)
    sample = context.out_of_fold[judged.places] & (context.sample_label[judged.places] == judged.truth)
    for at in np.flatnonzero(sample & (judged.against >= agreed(confidence))).tolist():
        position = int(judged.places[at])
        named, meant = context.labels[int(judged.truth[at])], context.labels[int(context.predicted[position])]
        said = "the model, which never saw it, and labelled pictures like it say"
        if np.isnan(judged.like[at, 0]):
            said = "the model, which never saw it, says"
        yield Finding(
            NAME,
            "doubtful-sample",
            context.file(position),
            float(judged.against[at]),
            f"you filed it under {named}; {said} {meant}",
            tags=(named,),
            suggested=meant,
        )


def _advice(kinds: Counter[str]) -> list[str]:
    said = {
        "contradiction": "Decide the contradictions first: 'hyai queue contradictions' lists them",
        "incorrect-tag": "Look at the files that the model contradicts: 'hyai queue mistakes' lists them, the surest first",
        "doubtful-sample": "Look at the doubtful samples: a wrong label teaches the model a wrong thing",
        "missing-tag": "Add the missing tags: ':findings' in the app, or 'hyai findings fix tags'",
    }
    return [text for kind, text in said.items() if kinds[kind]]


CHECK: Final = Check(NAME, "tags that are missing, too few or many, contradictory, or that the model doubts", run)
