"""A label is chosen by the start of its name: labels without a digit have no other key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyai_tui.errors import WrongUse
from hyai_tui.text import visible


def beginning(start: str, labels: Sequence[str]) -> list[str]:
    """Return the labels whose name begins so, in their order, whatever the case; the one of that very name alone."""
    wanted = " ".join(start.casefold().split())
    named = [label for label in labels if " ".join(label.casefold().split()) == wanted]
    return named or [label for label in labels if label.casefold().startswith(wanted)]


def label_named(start: str, labels: Sequence[str], digits: Mapping[int, str]) -> str:
    """Return the label of that name, else the only one whose name begins so, else the one of that digit.

    Args:
        start: of a name.
        labels: all of them.
        digits: label by digit.

    Raises:
        WrongUse: nothing was typed, no label begins so, or several do.
    """
    if not start.strip():
        raise WrongUse("Say which label", "Type the start of its name; Tab completes it")
    found = beginning(start, labels)
    if not found and start.strip().isdecimal() and (label := digits.get(int(start))) is not None:
        return label
    if not found:
        known = ", ".join(visible(label) for label in labels) or "none yet"
        raise WrongUse(f"No label begins with {visible(start)}", f"There are {known}; :classes makes one")
    if len(found) > 1:
        several = ", ".join(visible(label) for label in found)
        raise WrongUse(f"{len(found):,} labels begin with {visible(start)}: {several}", "Type one letter more")
    return found[0]
