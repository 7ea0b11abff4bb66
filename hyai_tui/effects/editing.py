"""The edit effect: tags of a person's own, added and taken away because a person said so, and back by an undo.

An edit touches the tags that it names and no others. What it really changed is recorded before it is written, so that an
undo takes back that and nothing else: a tag that the file had before stays. If somebody else has changed one of those
tags meanwhile, the undo changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.owntags import own_tags
from hyai_tui.effects.tagging import CHANGED_BY_OTHERS, report_missing
from hyai_tui.errors import WrongUse
from hyai_tui.journal.edits import Edit
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Effect
from hyai_tui.library.base import Library, MediaFile, TagChange
from hyai_tui.library.tag_names import clean_tag
from hyai_tui.settings import TagSettings

OTHER_SERVICE = "The tag is in another tag service than the one that is written to"

Tags = frozenset[str]


def parse_change(text: str, settings: TagSettings, labels: Iterable[str]) -> tuple[Tags, Tags]:
    """Return (tags to add, tags to remove) of a typed line such as `person:ann, -old tag`.

    Raises:
        WrongUse: there is none, a tag is both added and removed, or it is one of ours, which a decision changes.
    """
    parts = [one.strip() for one in text.split(",") if one.strip()]
    add = frozenset(clean_tag(one.removeprefix("+")) for one in parts if not one.startswith("-"))
    remove = frozenset(clean_tag(one[1:]) for one in parts if one.startswith("-"))
    if not add and not remove:
        raise WrongUse("No tag was named", "Write tags with commas between them; -TAG takes one away")
    if both := add & remove:
        raise WrongUse(f"{min(both)} is both added and taken away", "Leave one of them out")
    if ours := (add | remove) & own_tags(settings, labels):
        raise WrongUse(f"{min(ours)} is written by decisions", "Decide the file instead")
    return add, remove


def reconcile_edits(
    effects: Sequence[Effect], journal: Journal, catalog: Catalog, library: Library, settings: TagSettings
) -> BatchResult:
    """Bring the tags of some files to what their edits wish; errors of the library come through."""
    result = BatchResult()
    found = library.lookup([effect.file for effect in effects])
    changing: list[tuple[Effect, list[Edit], TagChange]] = []
    ours = own_tags(settings, (one.name for one in journal.labels()))
    for effect in effects:
        media = found.get(effect.file)
        if media is None:
            report_missing(effect, catalog, result)
            continue
        edits = journal.edits_of(effect.file)
        work = [one for one in edits if one.open]
        if lost := [one for one in work if _changed_by_others(one, edits, media)]:
            # What others left stands from now on; the undo has nothing to take back any more.
            journal.keep_edits_applied([], [one.id for one in lost])
            work = [one for one in work if one not in lost]
        if not work and lost:
            result.failed(effect, CHANGED_BY_OTHERS)
        elif not work:
            result.done(effect)
        elif _out_of_reach(work, media):
            result.failed(effect, OTHER_SERVICE)
        else:
            add, remove = _wanted(work, edits)
            changing.append((effect, work, TagChange(effect.file, add=add - ours, remove=remove - ours)))
    if changing:
        _carry_out(changing, found, journal, catalog, library, result)
    return result


def _carry_out(
    changing: Sequence[tuple[Effect, list[Edit], TagChange]],
    found: dict[str, MediaFile],
    journal: Journal,
    catalog: Catalog,
    library: Library,
    result: BatchResult,
) -> None:
    with journal.transaction():
        for _, work, _change in changing:
            for one in work:
                if one.undone is None and one.changed is None:
                    tags = found[one.file].tags
                    journal.keep_edits_changed({one.id: (one.add - tags, one.remove & tags)})
    needed = []
    for _, _work, change in changing:
        tags = found[change.sha256].tags
        if change.add - tags or change.remove & tags:
            needed.append(TagChange(change.sha256, add=change.add - tags, remove=change.remove & tags))
    if needed:
        library.change_tags(needed)
        after = library.lookup([one.sha256 for one in needed])
        catalog.update(after.values())
        found |= after
    applied: list[int] = []
    taken_back: list[int] = []
    for effect, work, change in changing:
        tags = found[effect.file].tags
        if change.add <= tags and not change.remove & tags:
            applied += [one.id for one in work if one.undone is None]
            taken_back += [one.id for one in work if one.undone is not None]
            result.done(effect)
        else:
            result.unverified(effect)
    journal.keep_edits_applied(applied, taken_back)


def _wanted(work: Sequence[Edit], edits: Sequence[Edit]) -> tuple[Tags, Tags]:
    """Return the tags that a file is to have, and those that it is not to have; the newest edit that holds wins."""
    wanted: dict[str, bool] = {}
    for one in work:
        add, remove = (one.add, one.remove) if one.undone is None else _back(one)
        wanted |= dict.fromkeys(add, True) | dict.fromkeys(remove, False)
    for one in work:
        if one.undone is not None:
            for newer in _newer(one, edits):
                wanted |= {tag: True for tag in newer.add if tag in wanted}
                wanted |= {tag: False for tag in newer.remove if tag in wanted}
    return frozenset(tag for tag, has in wanted.items() if has), frozenset(
        tag for tag, has in wanted.items() if not has
    )


def _back(edit: Edit) -> tuple[Tags, Tags]:
    """Return what takes an edit back: (tags to add again, tags to remove again)."""
    added, removed = edit.changed or (frozenset(), frozenset())
    return removed, added


def _newer(edit: Edit, edits: Sequence[Edit]) -> list[Edit]:
    return [one for one in edits if one.id > edit.id and one.undone is None]


def _changed_by_others(edit: Edit, edits: Sequence[Edit], media: MediaFile) -> bool:
    """Return whether what an applied edit left, and an undo is to take back, is not there any more."""
    if edit.undone is None or not edit.applied:
        return False
    later = frozenset().union(*(newer.add | newer.remove for newer in _newer(edit, edits)))
    again, away = _back(edit)
    return bool((away - later) - media.tags or (again - later) & media.tags)


def _out_of_reach(work: Sequence[Edit], media: MediaFile) -> bool:
    """Return whether a tag that is to go is shown, and is not in the service that we write to."""
    return any(one.undone is None and (one.remove & media.display_tags) - media.tags for one in work if not one.changed)
