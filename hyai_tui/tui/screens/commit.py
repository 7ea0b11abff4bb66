"""The panel of staged library changes: commit, forget, go back."""

from __future__ import annotations

from hyai_tui.tui.screens.panel import PanelScreen


class CommitScreen(PanelScreen):
    """Commit, forget, or go back."""

    def __init__(self, line: str, may: str, cannot: tuple[str, ...]) -> None:
        lines = [f"Staged for the library: {line}"]
        if may:
            lines.append(f"This key may: {may}.")
        lines.extend(cannot)
        lines.append("Nothing is ever deleted for good.")
        super().__init__(
            "Staged changes",
            lines,
            [
                ("c", "commit", "commit: do it now"),
                ("f", "forget", "forget: undo the decisions behind it (U redoes)"),
                ("Esc", "", "go back; it stays staged"),
            ],
        )
