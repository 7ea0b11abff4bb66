"""Moving a file between `inbox`, `archive` and `trash` of a folder library.

Nothing is ever overwritten, nothing leaves the root, links are not followed, and the directories are synced before the
move counts as done. A move is a second link and then the removal of the first: killed in between, the file stands at
both names, and the next try finds that they are one file and removes the first.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from hyai_tui.errors import LibraryError, PermissionMissing
from hyai_tui.library.base import FileState
from hyai_tui.library.folder_tree import STATE_FOLDERS, state_of

_MOST_CLASHES = 10_000
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def target_of(root: Path, path: str, state: FileState) -> str:
    """Return the name that a file is to have in another state, clashes aside.

    The folder that gives the state is exchanged; a file below none gets one at the root. Back to the inbox the folder
    is dropped, unless there is an `inbox` beside it.
    """
    parts = Path(path).parts
    at = next((i for i, part in enumerate(parts[:-1]) if part in STATE_FOLDERS), None)
    if at is None:
        return str(Path(state.value, *parts))
    exchanged = str(Path(*parts[:at], state.value, *parts[at + 1 :]))
    if state is FileState.INBOX and not root.joinpath(*parts[:at], state.value).is_dir():
        dropped = str(Path(*parts[:at], *parts[at + 1 :]))
        if state_of(dropped) is FileState.INBOX:
            return dropped
    return exchanged


def place_to_return(root: Path, state: FileState, paths: Sequence[str]) -> str | None:
    """Return the first of the names, free now, at which a file of that state stood; None for none."""
    return next(
        (
            path
            for path in paths
            if not path.startswith("/")
            and ".." not in path.split("/")
            and state_of(path) is state
            and not os.path.lexists(root / path)
        ),
        None,
    )


def move(root: Path, path: str, state: FileState, back_to: str | None = None) -> str:
    """Move one file of the tree and return its new name relative to the root.

    Args:
        root: of the tree.
        path: of the file, relative to the root.
        state: the state that it is to have.
        back_to: the name that it is to have, from `place_to_return`; None for that of `target_of`.

    Raises:
        PermissionMissing: the file system does not allow it.
        LibraryError: the file is a link, or its way leaves the root, or the target is on another disk.
    """
    source = root / path
    try:
        if not stat.S_ISREG(source.lstat().st_mode):
            raise LibraryError("A link or special file is not moved", "Move it by hand, then run 'hyai scan'")
        _refuse_outside(root, source.parent)
        wanted = back_to or target_of(root, path, state)
        _make_folders(root, (root / wanted).parent)
        moved = _place(root, source, wanted)
        _sync(source.parent)
    except PermissionError as error:
        raise PermissionMissing(
            f"The file system does not let hyai move a file to {state.value}: {error.strerror}",
            "Give yourself the right to write to the library's folders",
        ) from error
    except OSError as error:
        if error.errno == errno.EROFS:
            raise PermissionMissing("The library is on a read-only file system", "Mount it for writing") from error
        if error.errno == errno.EXDEV:
            raise LibraryError(
                f"The {state.value} folder is on another disk than the file", "Move the file by hand, then scan"
            ) from error
        raise LibraryError(
            f"A file could not be moved to {state.value}: {error.strerror}", "Run 'hyai scan'"
        ) from error
    return moved


def _place(root: Path, source: Path, wanted: str) -> str:
    """Give the file a free name and remove the old one."""
    stem, suffix = os.path.splitext(wanted)  # noqa: PTH122 - raw relative name
    for number in range(1, _MOST_CLASHES):
        name = wanted if number == 1 else f"{stem} ({number}){suffix}"
        target = root / name
        try:
            _link(source, target)
        except FileExistsError:
            if not (target.is_symlink() or not target.samefile(source)):
                _refuse_same_place(source, target)
                source.unlink()  # an earlier move was killed between its two steps
                return name
            continue
        _sync(target.parent)
        return name
    raise LibraryError(f"There are {_MOST_CLASHES:,} files of that name in the target folder", "Tidy it up first")


def _refuse_same_place(source: Path, target: Path) -> None:
    """Refuse to take one name of a file away where the other is that very name, seen through another mount."""
    if source.name == target.name and source.parent.samefile(target.parent):
        raise LibraryError(
            "Two of the library's folders are one and the same on the disk, so nothing can be moved between them",
            "Give each state a folder of its own, or unmount the one that shows the other",
        )


def _link(source: Path, target: Path) -> None:
    """Give the file the target name, which must be free, and take the old name away."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links (FAT, some network shares): reserve the name, then rename over our own file.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            source.rename(target)
        except BaseException:
            target.unlink()
            raise
    else:
        _sync(target.parent)
        source.unlink()


def _make_folders(root: Path, folder: Path) -> None:
    """Make the target's folders one by one, inside the root and through no link."""
    missing = []
    here = folder
    while here != root and not here.exists():
        missing.append(here)
        here = here.parent
    _refuse_outside(root, here)
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        _sync(one.parent)
    _refuse_outside(root, folder)


def _refuse_outside(root: Path, folder: Path) -> None:
    """A folder on the way that is a link may lead anywhere: only the plain way inside the root is taken."""
    if folder.resolve(strict=True) != root.resolve() / folder.relative_to(root):
        raise LibraryError("The file's way leads through a link, out of the library's plain tree", "Move it by hand")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
