"""What the review's line of keys says: decision keys first, with what they will do to the shown file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.queues.base import GUESS
from hyai_tui.tui.widgets.queue_list import QueueList

if TYPE_CHECKING:
    from hyai_tui.tui.facts import Facts
    from hyai_tui.tui.screens.review import ReviewScreen
    from hyai_tui.tui.widgets.lines import Hint

_ALWAYS = {
    "skip": "skip",
    "unsure": "unsure",
    "undo": "undo",
    "next": "next",
    "previous": "previous",
    "queues": "queues",
    "retrain": "retrain",
    "blur": "blur",
    "command": "command",
    "help": "keys",
    "leave": "leave",
}
# While the list of queues has the keys. A queue itself is tapped, so these are no acts.
_IN_QUEUES: list[Hint] = [("", "j k", "choose"), ("", "Enter", "open"), ("queues", "Esc", "back to the picture")]


def key_hints(screen: ReviewScreen, facts: Facts | None) -> list[Hint]:
    """Return (act, key, what it does) of the keys that work now; those that no key does are left out.

    Args:
        screen: the review.
        facts: what is known of the shown file; None before.
    """
    if isinstance(screen.focused, QueueList):
        return _IN_QUEUES
    keymap, labels = screen.session.keymap, screen.desk.snapshot.labels
    row = screen.desk.current
    lines = facts.key_lines if facts is not None and row is not None and facts.file == row.file else {}
    hints = []
    for digit, label in labels.items():
        act = f"label {label}"
        key = keymap.first_key(act)
        if not key:
            act = f"label {digit}"
            key = keymap.first_key(act)
        hints.append((act, key, lines.get(label) or label))
    if screen.desk.snapshot.more:
        hints.append(("pick", keymap.first_key("pick"), f"{len(screen.desk.snapshot.more):,} more labels"))
    if row is not None and row.kind == GUESS and row.suggested is not None:
        hints.insert(0, ("suggested", keymap.first_key("suggested"), f"accept {row.suggested}"))
    if screen.desk.waiting is not None:
        hints.append(("take_list", keymap.first_key("take_list"), "new list"))
    hints += [(act, keymap.first_key(act), word) for act, word in _ALWAYS.items()]
    return [one for one in hints if one[1]]
