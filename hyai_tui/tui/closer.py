"""Closer looks at a file of the review or of the grid: its original, two side by side, and what opens outside."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content
from textual.style import Style

from hyai_tui.text import visible
from hyai_tui.tui.words import PAGE

if TYPE_CHECKING:
    from hyai_tui.queues.base import QueueRow
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.listing import Walk
    from hyai_tui.tui.messages import NoWindow


class CloserLooks:
    """Opens them over the review or the grid.

    Args:
        app: whose screens they are.
    """

    def __init__(self, app: HyaiApp) -> None:
        self._app = app

    @property
    def in_grid(self) -> bool:
        """True where the grid is on top."""
        from hyai_tui.tui.screens.grid import GridScreen

        return isinstance(self._app.screen, GridScreen)

    def preview(self) -> None:
        """Open the original of the current file, as large as the terminal."""
        from hyai_tui.tui.screens.preview import PreviewScreen

        review = self._app.review
        row = review.desk.current
        if row is None or review.view == "nothing":
            self._app.tell("nothing to look at" if row is None else "pictures are hidden", "warn")
            return
        self._app.push_screen(PreviewScreen(self._app.session, row.file, review.view), self._back)

    def compare(self) -> None:
        """Show the current file beside a marked one, else beside its near duplicate, else beside the next of the queue."""
        from hyai_tui.tui.screens.compare import CompareScreen

        review = self._app.review
        walk, row = review.desk.walk, review.desk.current
        if walk is None or row is None or review.view == "nothing":
            self._app.tell("nothing to compare" if row is None else "pictures are hidden", "warn")
            return
        marked = [one for one in review.desk.marks.values() if one.file != row.file]
        following = walk.row(walk.position + 1) if walk.position + 1 < len(walk) else None
        other = marked[-1] if marked else _copy_of(walk) or following
        if other is None:
            self._app.tell("nothing to compare with: mark a file, or go to one that another follows", "warn")
            return
        self._app.push_screen(CompareScreen(self._app.session, row, other, review.view), self._back)

    def outside(self) -> None:
        """Open the original of the current file in the user's viewer."""
        row = self._app.review.desk.current
        if row is not None and self._app.review.view != "nothing":
            self._app.session.errands.open_outside(row.file)

    def offer_original(self, message: NoWindow) -> None:
        """Copy where the original is, with a link for terminals that follow one; offer a page where the library has some."""
        from hyai_tui.tui.outside import link_to
        from hyai_tui.tui.screens.panel import PanelScreen

        app = self._app
        text, link = message.path or message.file, link_to(message.path) if message.path else ""

        def copy() -> None:
            # The terminal puts it on the clipboard of the person's own machine, also at the other end of a line.
            app.copy_to_clipboard(text)
            why = "over SSH no window opens" if message.path else "no file of its own here"
            what = "the path is copied" if message.path else "its hash is copied, for system:hash in the client"
            app.tell(f"{why}; {what}: {text}", link=link)

        if not message.pages:
            copy()
            return

        def answered(answer: str | None) -> None:
            if answer == "page":
                app.session.errands.show_in_page(PAGE, lambda _: [message.file])
            elif answer == "copy":
                copy()

        lines = [Content.styled(visible(text), Style(link=link)) if link else Content(text)]
        copies = "copy the path" if message.path else "copy the hash, for system:hash"
        answers = [("p", "page", f"show it in the client's page {PAGE}"), ("c", "copy", copies), ("Esc", "", "back")]
        app.push_screen(PanelScreen("The original opens elsewhere", lines, answers), answered)

    def _back(self, act: str | None) -> None:
        """Do the act that a closer look was left with, on the screen that it was opened from."""
        from hyai_tui.tui.screens.grid import GridScreen

        if not act:
            return
        if isinstance(self._app.screen, GridScreen):
            self._app.screen.acts.do(act, "", time.monotonic())
        else:
            self._app.host.do_act(act)


def _copy_of(walk: Walk) -> QueueRow | None:
    """Return the row beside the place that is a near duplicate of it, in the queue of those; else None."""
    from hyai_tui.queues.queue import Queue

    queue, here = walk.entry.queue, walk.current
    if not isinstance(queue, Queue) or queue.name != "near-duplicates" or here is None:
        return None
    group = queue.context.prepared.copies
    beside = [walk.row(at) for at in (walk.position + 1, walk.position - 1) if 0 <= at < len(walk)]
    own, *others = queue.context.positions.of([here.file, *(row.file for row in beside)]).tolist()
    if group is None or own < 0:
        return None
    return next((row for row, at in zip(beside, others, strict=True) if at >= 0 and group[at] == group[own]), None)
