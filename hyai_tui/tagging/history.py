"""What we wrote to the library, as far as it is remembered: tags from the ledger, acts of decisions from the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Literal

from hyai_tui.effects.owntags import tag_of
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Effect
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.ledger import CLEARING, DECISION, Ledger

_AS_BEFORE = "as before"


@dataclass(frozen=True, slots=True)
class Write:
    """One thing that was written, or was about to be.

    Attributes:
        at: when it was written, or (where a decision asked for it) asked for; seconds since the epoch.
        file: SHA-256; None for a clearing of all our tags.
        target: `tag` or `state`.
        wrote: the tag, or the library's state; `as before` where the state before our first act was put back.
        by: `decision N`, `undo`, `untag`, or the model's id.
        status: `verified` (seen in the library afterwards), `intended` (sent, and not seen yet), `removed` (the user
            took it away since).
    """

    at: float
    file: str | None
    target: Literal["tag", "state"]
    wrote: str
    by: str
    status: str


def writes(journal: Journal, ledger: Ledger, settings: TagSettings) -> Iterator[Write]:
    """Yield what was written, newest first. The ledger keeps the last word on each tag, not all that came before it."""
    return merge(_tagged(ledger), _decided(journal, settings), _cleared(ledger), key=lambda one: -one.at)


def _tagged(ledger: Ledger) -> Iterator[Write]:
    for file, tag, state, model, at in ledger.rows():
        # What decisions wrote is in the outbox, with the decision; the ledger only knows that the tag is there.
        if model != DECISION:
            yield Write(at, file, "tag", tag, "untag" if model == CLEARING else model, state)


def _cleared(ledger: Ledger) -> Iterator[Write]:
    for at in ledger.clearings():
        yield Write(at, None, "tag", "no tag of ours", "untag", "verified")


def _decided(journal: Journal, settings: TagSettings) -> Iterator[Write]:
    for effect in sorted(journal.effects("done"), key=lambda one: -one.at):
        if effect.target == "tag":
            yield _write(effect, "tag", _AS_BEFORE if effect.wanted is None else tag_of(settings, effect.wanted))
        elif effect.target == "state":
            yield _write(effect, "state", effect.wanted or _AS_BEFORE)


def _write(effect: Effect, target: Literal["tag", "state"], wrote: str) -> Write:
    by = "undo" if effect.cause == "undo" or effect.decision is None else f"decision {effect.decision}"
    return Write(effect.at, effect.file, target, wrote, by, "verified")
