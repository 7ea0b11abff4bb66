"""How many colours a terminal shows, as far as its environment and its answers tell."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

FEW = frozenset({"none", "16"})
_KEPT = re.compile(r"1[:;]2[:;]3$")


def colours(environment: Mapping[str, str] = os.environ, kept: str = "") -> str:
    """Return how many colours the app will use: `none`, `16`, `256` or `16 million`.

    Args:
        environment: NO_COLOR, TERM and COLORTERM are read.
        kept: what the terminal said of a ground that was set to red 1, green 2, blue 3.
    """
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term in {"", "dumb"}:
        return "none"
    if environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or _KEPT.search(kept):
        return "16 million"
    if "256" in term or term.endswith("-direct"):
        return "256"
    return "16"
