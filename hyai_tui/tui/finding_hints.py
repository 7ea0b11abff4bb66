"""What the line of keys of the review of findings says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyai_tui.tui.screens.findings import FindingsScreen


def hints(screen: FindingsScreen, key: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Return (act, key, what it does) for the line of keys; decision keys say what they will do to this file.

    Args:
        screen: the review of findings.
        key: gives the key of an act.
    """
    keymap, review = screen.session.keymap, screen.hyai.review
    found: list[tuple[str, str, str]] = []
    book = screen.desk.book
    if book is not None and not book.kept:
        # Nothing to work through yet.
        found = [
            ("retrain", key("retrain"), "run the checks"),
            ("help", key("help"), "keys"),
            ("back", key("back"), "back"),
        ]
        return [one for one in found if one[1]]
    if screen.finding is not None:
        known = screen.known
        lines = known.sides[min(screen.side, len(known.sides) - 1)].key_lines if known is not None else {}
        if not screen.proposed.why_not:
            found.append(("fix", key("fix"), "fix"))
        for digit, label in review.desk.snapshot.labels.items():
            named = f"label {label}" if keymap.first_key(f"label {label}") else f"label {digit}"
            found.append((named, keymap.first_key(named), lines.get(label) or label))
        word = "watch again" if screen.desk.choice.pile == "ignored" else "ignore"
        found += [("ignore", key("ignore"), word), ("edit", key("edit"), "tags")]
    found.append(("undo", key("undo"), "undo"))
    if len(screen.files) > 1:
        found += [("other_side", key("other_side"), "other side")]
    found += [
        ("next", key("next"), "next"),
        ("queues", key("queues"), "filters"),
        ("filter", key("filter"), "text"),
        ("take_list", key("take_list"), "view"),
        ("open", key("open"), "open"),
        ("in_review", key("in_review"), "in review"),
        ("band", key("band"), "sure"),
        ("pile", key("pile"), "ignored/fixed"),
        ("sort", key("sort"), "order"),
        ("closer", key("closer"), "more similar"),
        ("farther", key("farther"), "less"),
        ("retrain", key("retrain"), "run again"),
        ("help", key("help"), "keys"),
        ("back", key("back"), "back"),
    ]
    return [one for one in found if one[1]]
