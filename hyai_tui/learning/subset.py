"""A part of the samples, for a quick training: the same seed takes the same ones, whatever else is there."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping

from hyai_tui.errors import WrongUse

_WANTED = re.compile(r"(\d{1,9})(%?)")


def choose(labels: Mapping[str, str], wanted: str, seed: int) -> set[str]:
    """Return the identities of a part of the samples, the same share of each label, rounded up.

    Which ones depends on the seed and the samples' own hashes only, so that a sample that comes or goes changes at most
    one choice, and a larger part contains a smaller one of the same seed.

    Args:
        labels: sample identity to label.
        wanted: a number of samples, such as `500`, or a share of them, such as `20%`.
        seed: of the choice.

    Raises:
        WrongUse: `wanted` is neither, or nothing.
    """
    match = _WANTED.fullmatch(wanted.strip())
    amount = int(match[1]) if match else 0
    if match is None or not amount or (match[2] and amount > 100):
        raise WrongUse(f"{wanted!r} is no part of the samples", "Give a number such as 500, or a share such as 20%")
    share = amount / 100 if match[2] else min(1.0, amount / max(1, len(labels)))
    groups: dict[str, list[str]] = defaultdict(list)
    for identity, label in labels.items():
        groups[label].append(identity)
    chosen: set[str] = set()
    for group in groups.values():
        group.sort(key=lambda identity: hashlib.sha256(f"{seed}:{identity}".encode()).digest())
        chosen.update(group[: -int(-share * len(group) // 1)])
    return chosen
