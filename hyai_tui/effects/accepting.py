"""Suggested tags that somebody accepts: recorded as one act of edits, and taken back as one by the app or a command."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from hyai_tui.effects.owntags import own_tags
from hyai_tui.errors import WrongUse
from hyai_tui.library.tag_names import clean_tag

if TYPE_CHECKING:
    from hyai_tui.journal.edits import Edit
    from hyai_tui.journal.journal import Journal
    from hyai_tui.settings import TagSettings

# What edits for suggestions begin with: the session names the act, the finding says where the tags come from.
_ACT: Final = "suggestions-"
_FINDING: Final = "suggestions"


def record_accepted(journal: Journal, settings: TagSettings, chosen: Mapping[str, Sequence[str]]) -> list[Edit]:
    """Record that files get tags, file to tags, all of them or none, and ask for it; returns an edit a file.

    A tag is taken as it is, whatever signs it holds: a comma divides nothing here, and a leading minus takes nothing away.

    Raises:
        WrongUse: one of them is no tag, or a tag of ours, which a decision writes.
    """
    ours = own_tags(settings, (one.name for one in journal.labels()))
    wanted = {file: frozenset(clean_tag(tag) for tag in tags) for file, tags in chosen.items()}
    for tags in wanted.values():
        if mine := tags & ours:
            raise WrongUse(f"{min(mine)} is written by decisions", "Decide the file instead")
    act = f"{_ACT}{secrets.token_hex(4)}"
    with journal.transaction():
        return [
            journal.edit_tags(
                file, tags, frozenset(), session=act, finding="\n".join((_FINDING, "tag", file, *sorted(tags)))
            )
            for file, tags in wanted.items()
            if tags
        ]


def take_back_accepted(journal: Journal) -> list[Edit]:
    """Wish the newest accepted act that still holds taken back, whole; returns its edits, none where there is none."""
    with journal.transaction():
        found = [journal.undo_edit(one.id) for one in journal.newest_act(_ACT)]
    return [one for one in found if one is not None]
