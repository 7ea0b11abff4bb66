"""What failed is told once for each reason, with what to do next."""

from __future__ import annotations

from hyai_tui.effects.failures import lines
from hyai_tui.journal.model import Cause, Effect, Target

WHY = "The library refuses it"
NEXT = "'hyai effects list' has it, 'hyai effects retry' tries again"


def failed(target: Target, wanted: str | None = None, cause: Cause = "decision") -> Effect:
    return Effect(1, "ab" * 32, target, "failed", None, cause, wanted, 1, 0.0, WHY, 0.0)


def test_a_change_of_tags_names_the_tags_and_several_files_are_one_line() -> None:
    assert lines([failed("edit", "sea, not old")]) == [f"tags not written (sea, not old): {WHY} · {NEXT}"]
    assert lines([failed("tag", "trash"), failed("state"), failed("tag", "archive")]) == [
        f"2 files: not tagged: {WHY} · {NEXT}",
        f"not moved: {WHY} · {NEXT}",
    ]


def test_what_was_to_be_taken_back_is_said_so() -> None:
    assert lines([failed("edit", "sea", "undo")]) == [f"not taken back (sea): {WHY} · {NEXT}"]
