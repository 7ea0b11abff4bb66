"""Searches widened by related tags: what `related=` finds, and `tag=` where the settings say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hyai_tui.errors import NotNow
from hyai_tui.patterns.reading import related_tags
from hyai_tui.workspace import Workspace


def nothing_learnt(tag: str) -> Sequence[str]:
    """Return no related tags, because nobody has said where they are; raises `NotNow`."""
    raise NotNow(f"No tags related to {tag} are known here", "Run 'hyai learn'")


@dataclass(frozen=True, slots=True)
class Widening:
    """How searches for a tag are widened.

    Attributes:
        related: a tag to its related ones, the strongest first; raises `NotNow` before anything was learnt.
        always: whether `tag=` is widened as well.
    """

    related: Callable[[str], Sequence[str]] = nothing_learnt
    always: bool = False


def widening_of(workspace: Workspace) -> Widening:
    """Return how searches are widened in a workspace: by the patterns in use when a search is made."""
    return Widening(lambda tag: related_tags(workspace, tag), workspace.settings.patterns.widen_search)
