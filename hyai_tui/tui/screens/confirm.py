"""A yes or no before an act on several files. Only a key pressed after the line was on the screen can say yes."""

from __future__ import annotations

from hyai_tui.tui.asking import Question
from hyai_tui.tui.screens.ask import AskScreen
from hyai_tui.tui.seen import SeenGate


class ConfirmScreen(AskScreen):
    """Shows what would be done, with counts; `y` does it, `n` and Escape leave.

    Args:
        title: on the border.
        line: the question, which names the keys.
        gate: tells when the line has been drawn; of this screen alone.
    """

    def __init__(self, title: str, line: str, gate: SeenGate) -> None:
        super().__init__(Question(title, line, "", {}), gate)
        self._answers = [("y", "yes", ""), ("n", "no", "")]
