"""Why an effect that is due has not been done: what it met, or the word that a person has yet to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyai_tui.effects import first_copy, first_write

if TYPE_CHECKING:
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Effect
    from hyai_tui.settings import Settings

READ_ONLY: Final = "Tags and states wait: hyai runs read-only"


def why_waiting(effect: Effect | None, settings: Settings, journal: Journal) -> str:
    """Return why an effect is still due; empty where nothing stands in its way, and for one that is not due.

    Args:
        effect: as the journal has it; None for none.
        settings: of the workspace.
        journal: knows what a person has consented to.
    """
    if effect is None or effect.status != "due":
        return ""
    if effect.target == "sample":
        return effect.reason or (first_copy.WAITING if first_copy.is_first(settings, journal) else "")
    if settings.read_only:
        return READ_ONLY
    return first_write.WAITING if first_write.is_first(settings, journal) else effect.reason
