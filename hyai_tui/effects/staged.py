"""What is staged and what is to be rescued, for the header and for `:commit`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyai_tui.errors import WorkspaceError
from hyai_tui.journal.journal import Journal

if TYPE_CHECKING:
    from hyai_tui.workspace import Workspace

HASHES_FILE = "hashes-of-staged-files.txt"


@dataclass(frozen=True, slots=True)
class Staged:
    """How many files a commit would touch.

    Attributes:
        keep: files that would go to the archive.
        trash: files that would go to the trash.
        rescue: files that would be taken out of the trash.
        rescued: files whose rescue has not been verified yet, staged or on its way.
    """

    keep: int = 0
    trash: int = 0
    rescue: int = 0
    rescued: frozenset[str] = frozenset()

    @property
    def rescues_open(self) -> int:
        """How many rescues have not been verified yet."""
        return len(self.rescued)

    @property
    def total(self) -> int:
        """All files that a commit would touch."""
        return self.keep + self.trash + self.rescue

    @property
    def line(self) -> str:
        """The line that asks: `keep 9, trash 3: commit, forget, go back`."""
        parts = {"keep": self.keep, "trash": self.trash, "rescue": self.rescue}
        texts = [f"{word} {number:,}" for word, number in parts.items() if number]
        return f"{', '.join(texts)}: commit, forget, go back" if texts else "nothing is staged"


def write_hashes(workspace: Workspace, journal: Journal) -> tuple[Path, int]:
    """Write the hashes of the files that a commit would touch, grouped by what is wanted of them; return file and number.

    For a person whose key may not move files: Hydrus finds them by `system:hash`.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    path = workspace.root / HASHES_FILE
    waiting = [one for one in journal.effects("staged") + journal.effects("failed") if one.target == "state"]
    lines: list[str] = []
    for wanted, about in (("rescue", "undelete"), ("archive", "archive"), ("trash", "move to trash")):
        files = [one.file for one in waiting if one.wanted == wanted]
        lines += [f"# {about}: {len(files)}", *files] if files else []
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "ascii")
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written: {error.strerror}", "Free some space, or see whose it is"
        ) from error
    return path, len(waiting)


def staged_files(journal: Journal) -> list[str]:
    """Return the files that a commit would touch, rescues first."""
    waiting = [one for one in journal.effects("staged") if one.target == "state"]
    return [one.file for one in sorted(waiting, key=lambda one: one.wanted != "rescue")]


def staged(journal: Journal) -> Staged:
    """Count what is staged."""
    waiting = [one for one in journal.effects("staged") if one.target == "state"]
    wanted = [one.wanted for one in waiting]
    on_the_way = [one for one in journal.effects("due") + journal.effects("failed") if one.target == "state"]
    return Staged(
        keep=wanted.count("archive"),
        trash=wanted.count("trash"),
        rescue=wanted.count("rescue"),
        rescued=frozenset(one.file for one in [*waiting, *on_the_way] if one.wanted == "rescue"),
    )
