"""What has to be sent so that files come to a wanted state: pure functions, no requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hyai_tui.library.base import FileState, MediaFile, TagChange

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


def state_steps(wanted: Mapping[str, FileState], present: Mapping[str, MediaFile]) -> Iterator[tuple[str, list[str]]]:
    """Yield (step, hashes) in the order to send them; files that are not present or already right are left out.

    Steps are `undelete`, `archive`, `unarchive` and `trash`. A file comes out of the trash with the archive flag that
    it had, so undelete goes first and the flag is mended after it. Trashing leaves the flag alone, as Hydrus does.
    """
    pairs = [(present[one], state) for one, state in wanted.items() if one in present]
    kept = [(file, state) for file, state in pairs if state is not FileState.TRASH]
    steps = {
        "undelete": [file.sha256 for file, _ in kept if file.state is FileState.TRASH],
        "archive": [file.sha256 for file, state in kept if state is FileState.ARCHIVE and not file.archived],
        "unarchive": [file.sha256 for file, state in kept if state is FileState.INBOX and file.archived],
        "trash": [
            file.sha256 for file, state in pairs if state is FileState.TRASH and file.state is not FileState.TRASH
        ],
    }
    yield from ((step, hashes) for step, hashes in steps.items() if hashes)
