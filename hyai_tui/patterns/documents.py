"""The JSON artefacts of a version: plain files for people and other programs, with keys that stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.catalog.tagtable import TagTable
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.words import TagWords

CATEGORIES: Final = "category_patterns.json"
DESCRIPTIONS: Final = "description_patterns.json"
GROUPS: Final = "visual_groups.json"
SEARCH: Final = "search_index.json"
SUGGESTIONS: Final = "improved_descriptions.json"
REPORT: Final = "training_report.json"
NAMES: Final = (CATEGORIES, DESCRIPTIONS, GROUPS, SEARCH, SUGGESTIONS, REPORT)
COMMON: Final = 50
EXAMPLES: Final = 100
# Tags whose partners, pull and examples are written out; all have their count.
_DESCRIBED: Final = 1_000
_PARTNERS: Final = 10
TOP: Final = 20


def category_patterns(
    patterns: Patterns, table: TagTable, counts: NDArray[np.int64], file: Callable[[int], str]
) -> dict[str, Any]:
    """Return `common_tags` (the 50 most frequent, [tag, files]), `tag_counts` (all) and `patterns` (of the frequent ones).

    Args:
        patterns: what was learnt.
        table: tags of all files.
        counts: int64[K], files of each of the table's tags.
        file: the SHA-256 of a file by its number in the catalog.
    """
    used = np.flatnonzero(counts)
    order = sorted(used.tolist(), key=lambda tag: (-counts[tag], table.names[tag]))
    described = [tag for tag in order[:_DESCRIBED] if table.names[tag] in patterns.numbers]
    examples = _examples(table, described)
    return {
        "common_tags": [[table.names[tag], int(counts[tag])] for tag in order[:COMMON]],
        "tag_counts": {table.names[tag]: int(counts[tag]) for tag in order},
        "patterns": {
            table.names[tag]: {
                **tag_facts(patterns, table.names[tag]),
                "examples": [file(int(number)) for number in examples[tag]],
            }
            for tag in described
        },
    }


def tag_facts(patterns: Patterns, tag: str) -> dict[str, Any]:
    """Return `count`, `sides` (label to files), `with` (the strongest partners) and `pull` (null where none is sure)."""
    number = patterns.numbers[tag]
    pull = patterns.pull(number)
    return {
        "count": int(patterns.known.counts[number]),
        "sides": {label: int(patterns.sided.files[place, number]) for place, label in enumerate(patterns.sided.labels)},
        "with": [
            {"tag": other, "files": both, "lift": round(lift, 4)}
            for other, both, lift in patterns.partners(tag)[:_PARTNERS]
        ],
        "pull": None
        if pull is None
        else {
            "label": pull.label,
            "times": round(pull.times, 4),
            "log_odds": round(pull.log_odds, 4),
            "interval": [round(pull.low, 4), round(pull.high, 4)],
        },
    }


def description_patterns(words: Mapping[str, TagWords]) -> dict[str, Any]:
    """Return for each tag `count` (texts), `common_words` (up to twenty) and `avg_length` (words in a text)."""
    return {
        tag: {
            "count": one.count,
            "common_words": list(one.common_words),
            "avg_length": round(one.average_length, 4),
        }
        for tag, one in words.items()
    }


def search_index(synonyms: Mapping[str, Sequence[str]], at: float) -> dict[str, Any]:
    """Return `synonyms` (tag to its related tags, the strongest first) and `timestamp`."""
    return {"synonyms": {tag: list(related) for tag, related in synonyms.items()}, "timestamp": timestamp(at)}


def timestamp(at: float) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _examples(table: TagTable, tags: Sequence[int]) -> dict[int, list[int]]:
    """Return for each tag the numbers of the first files that carry it, rising."""
    # The app reads documents, and is not to wait for SciPy.
    from scipy import sparse

    wanted = np.zeros(len(table.names), bool)
    wanted[list(tags)] = True
    keep = wanted[table.tags]
    starts = np.concatenate([[0], np.cumsum(keep)])[table.starts]
    shape = (len(table), len(table.names))
    by_tag = sparse.csr_matrix((np.ones(int(starts[-1]), np.int8), table.tags[keep], starts), shape=shape).tocsc()
    rows = {tag: by_tag.indices[by_tag.indptr[tag] : by_tag.indptr[tag + 1]][:EXAMPLES] for tag in tags}
    return {tag: table.number[np.sort(own)].tolist() for tag, own in rows.items()}
