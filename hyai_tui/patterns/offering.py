"""Tags that may be offered for one file, whoever speaks for them: what was learnt of tags, and the models of namespaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyai_tui.learning.tag_offers import of_namespaces
from hyai_tui.patterns.suggesting import Suggestion

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.patterns.reading import Learnt
    from hyai_tui.workspace import Workspace


def merged(suggestions: Sequence[Suggestion], spaces: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
    """Return suggested tags and those that models of namespaces offer, the likeliest first, each tag once.

    Args:
        suggestions: what was learnt of tags.
        spaces: see `tag_offers.of_namespaces`.
    """
    offered = [
        Suggestion(one["tag"], float(one["probability"]), one["reason"]) for space in spaces for one in space["offered"]
    ]
    # What a picture looks like says more of a tag than what other tags it goes with.
    known = {one.tag for one in offered}
    return sorted([*offered, *(one for one in suggestions if one.tag not in known)], key=lambda one: -one.chance)


def offered(
    workspace: Workspace, catalog: Catalog, journal: Journal, file: str, learnt: Learnt | None
) -> list[Suggestion]:
    """Return the tags that a file may lack, the likeliest first; none before anything was learnt.

    Args:
        workspace: whose models of namespaces are asked.
        catalog: an open one.
        journal: an open one.
        file: SHA-256.
        learnt: the version in use; None before the first learning.
    """
    suggestions = learnt.about(file, catalog, journal).suggestions if learnt is not None else ()
    return merged(suggestions, of_namespaces(workspace, catalog, file))
