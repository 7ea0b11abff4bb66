"""Is a retrain due? One rule for `hyai retrain --if-due`, the app and cron.

A retrain is due when the training data differ from those of the last training: a sample came, went, or got another
label. Labels that were given and undone again do not make it due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return a SHA-256 over what was trained on.

    Args:
        labels: sample identity to label.
    """
    digest = hashlib.sha256()
    for identity, label in sorted(labels.items()):
        digest.update(f"{identity}\t{label}\n".encode())
    return digest.hexdigest()


def is_due(labels: Mapping[str, str], last_fingerprint: str | None) -> bool:
    """Return True if the samples differ from those of the last training, or there was none.

    Args:
        labels: sample identity to label, as they are now.
        last_fingerprint: `fingerprint` of the last training's samples, promoted or not; None without a training.
    """
    return fingerprint(labels) != last_fingerprint


def changed(labels: Mapping[str, str], before: Mapping[str, str]) -> int:
    """Return how many samples came, went or got another label."""
    return sum(labels.get(one) != before.get(one) for one in labels.keys() | before.keys())
