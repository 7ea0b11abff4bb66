"""What has to be sent so that files come to a wanted state: pure functions, no requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hyai_tui.library.base import FileState, MediaFile, StateChange, TagChange
from hyai_tui.library.write_log import Sent

Tags = tuple[frozenset[str], frozenset[str]]


def merged_tags(changes: Sequence[TagChange]) -> dict[Tags, list[str]]:
    """Return hashes by (tags to add, tags to remove), so that equal changes share a request.

    Several changes of one file are folded into one, the later winning; a change of nothing is left out.
    """
    by_file: dict[str, Tags] = {}
    for one in changes:
        add, remove = by_file.get(one.sha256, (frozenset(), frozenset()))
        removed = one.remove - one.add
        by_file[one.sha256] = ((add - removed) | one.add, (remove - one.add) | removed)
    groups: dict[Tags, list[str]] = {}
    for sha256, tags in by_file.items():
        if any(tags):
            groups.setdefault(tags, []).append(sha256)
    return groups


def state_steps(wanted: Sequence[StateChange], present: Mapping[str, MediaFile]) -> Iterator[tuple[str, list[str]]]:
    """Yield (step, hashes) in the order to send them; files that are not present or already right are left out.

    Steps are `undelete`, `archive`, `unarchive` and `trash`. A file comes out of the trash with the archive flag that
    it had, so undelete goes first and the flag is mended after it. Trashing leaves the flag alone, as Hydrus does; where
    the flag behind the trash is to be another one, it is mended before the file goes there.
    """
    pairs = [
        (present[one.sha256], one) for one in {one.sha256: one for one in wanted}.values() if one.sha256 in present
    ]
    steps: dict[str, list[str]] = {"undelete": [], "archive": [], "unarchive": [], "trash": []}
    for file, change in pairs:
        trashed, to_trash = file.state is FileState.TRASH, change.state is FileState.TRASH
        archived = change.archived if to_trash else change.state is FileState.ARCHIVE
        if trashed and not to_trash:
            steps["undelete"].append(file.sha256)
        if archived is not None and archived is not file.archived:
            steps["archive" if archived else "unarchive"].append(file.sha256)
        if to_trash and not trashed:
            steps["trash"].append(file.sha256)
    yield from ((step, hashes) for step, hashes in steps.items() if hashes)


def lost_tags(sent: Sequence[Sent], found: Mapping[str, MediaFile]) -> list[TagChange]:
    """Return the changes of tags that files do not show although they were sent, oldest first; the last of each wins.

    Args:
        sent: requests, oldest first.
        found: files as they are now; others are left out.
    """
    changes = [
        TagChange(file, frozenset(one.change.add), frozenset(one.change.remove))
        for one in sent
        if one.target == "tag"
        for file in one.files
        if file in found
    ]
    return [
        TagChange(file, add, remove)
        for (add, remove), files in merged_tags(changes).items()
        for file in files
        if not (found[file].tags >= add and found[file].tags.isdisjoint(remove))
    ]


def lost_states(sent: Sequence[Sent], found: Mapping[str, MediaFile]) -> list[StateChange]:
    """Return the states that files are not in although the steps there were sent; the last step of each kind wins.

    Args: as `lost_tags`.
    """
    trashed: dict[str, bool] = {}
    archived: dict[str, bool] = {}
    kinds = {"trash": (trashed, True), "undelete": (trashed, False), "archive": (archived, True)}
    kinds["unarchive"] = (archived, False)
    for one in sent:
        if one.target == "state":
            into, value = kinds[one.change.step]
            into.update(dict.fromkeys((file for file in one.files if file in found), value))
    lost = []
    for file in dict.fromkeys([*trashed, *archived]):
        media = found[file]
        in_trash = media.state is FileState.TRASH
        to_trash, flag = trashed.get(file, in_trash), archived.get(file, media.archived)
        if (to_trash, flag) != (in_trash, media.archived):
            kept = FileState.ARCHIVE if flag else FileState.INBOX
            lost.append(StateChange(file, FileState.TRASH, archived=flag) if to_trash else StateChange(file, kept))
    return lost
