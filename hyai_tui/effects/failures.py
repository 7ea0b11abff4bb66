"""What to tell of effects that failed: what did not come about, why, and what a person can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from hyai_tui.journal.model import Effect, Target
from hyai_tui.text import count, visible

_NOT: Final[dict[Target, str]] = {
    "sample": "not copied for training",
    "tag": "not tagged",
    "edit": "tags not written",
    "state": "not moved",
}
_NOT_BACK: Final = "not taken back"
_NEXT: Final = "'hyai effects list' has it, 'hyai effects retry' tries again"


def line(effect: Effect) -> str:
    """Return one sentence of an effect that failed, with what to do next."""
    what = _NOT_BACK if effect.cause == "undo" else _NOT[effect.target]
    wanted = f" ({visible(effect.wanted)})" if effect.target == "edit" and effect.wanted else ""
    return f"{what}{wanted}: {effect.reason} · {_NEXT}"


def lines(failed: Sequence[Effect]) -> list[str]:
    """Return a sentence for each way in which effects failed, with the number of files where there are several."""
    found = Counter(line(one) for one in failed)
    return [said if number == 1 else f"{count(number, 'file')}: {said}" for said, number in found.items()]
