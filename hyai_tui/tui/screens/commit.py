"""The panel of staged library changes: commit, forget, go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyai_tui.effects import first_write
from hyai_tui.tui.screens.panel import PanelScreen

if TYPE_CHECKING:
    from hyai_tui.effects.staged import Staged
    from hyai_tui.library.base import Rights


class CommitScreen(PanelScreen):
    """Commit, forget, or go back.

    Args:
        staged: what a commit would touch.
        rights: what the library allows; None before it is open.
        read_only: True where nothing is written at all.
    """

    def __init__(self, staged: Staged, rights: Rights | None, *, read_only: bool = False) -> None:
        lines = [f"Staged for the library: {staged.line}"]
        if rights is None:
            lines.append("The library is not open yet: a commit waits for it.")
        else:
            lines.append(f"may: {first_write.may(rights)}")
            lines += [f"cannot: {one}" for one in rights.cannot]
        if read_only:
            lines.append("hyai runs read-only: a commit waits until it does not.")
        lines.append("Nothing is ever deleted for good.")
        answers = [
            ("c", "commit", "commit: do it now"),
            ("f", "forget", "forget: undo the decisions behind it (U redoes)"),
        ]
        if rights is not None and not rights.change_state:
            lines.append(
                "The key cannot move files. Show them in a Hydrus page, or take their hashes, and move them there."
            )
            answers += [
                ("p", "page", "page: show them in a Hydrus page"),
                ("h", "hashes", "hashes: write them to a file"),
            ]
        super().__init__("Staged changes", lines, [*answers, ("Esc", "", "go back; it stays staged")])
