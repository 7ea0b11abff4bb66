"""Ways to open what screens say where there is nothing yet, where something went wrong, and what else lies over the review."""

from __future__ import annotations

from textual.widgets import Input

from hyai_tui.jobs import supervisor
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.samples.hints import Offer
from hyai_tui.tui.facts import LibraryLine
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.messages import JobEnded, LibraryKnown, NoWindow
from hyai_tui.tui.previewing import PreviewLoaded
from hyai_tui.tui.screens.changes import ChangesScreen
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.screens.preview import PreviewScreen
from hyai_tui.tui.screens.report import ReportScreen
from hyai_tui.tui.widgets.lines import StatusLine
from hyai_tui.tui.widgets.report_list import ReportList
from tests.tui.opened_screens import Opening, opens


@opens
async def review_without_library(on: Opening) -> None:
    """Lose the library."""
    trouble = "Hydrus does not answer at http://127.0.0.1:45869 · Start it; decisions are kept here meanwhile"
    on.app.post_message(LibraryKnown(LibraryLine("Hydrus 682", connected=False, trouble=trouble)))
    await on.until(lambda: on.app.review.status.told == trouble, "the trouble")


@opens
async def review_hidden(on: Opening) -> None:
    """Hide pictures, tags and names."""
    on.run("blur")
    on.run("blur")


@opens
async def review_typing(on: Opening) -> None:
    """Type the beginning of a command that may become several."""
    await on.pilot.press("colon", "t", "a", "tab")
    line = on.app.review.query_one("#command-line", Input)
    line.cursor_blink = False
    await on.until(lambda: "take-over" in on.app.review.status.told, "the ways")


@opens
async def offer(on: Opening) -> None:
    """Offer to learn from what the library knows."""
    on.app.first_look.ask(Offer("Hydrus 682", 41_204, 12_310, 2_000, 240.0, "thumbnail"))
    await on.until(lambda: isinstance(on.app.screen, PanelScreen), "the offer")


@opens
async def original(on: Opening) -> None:
    """Offer what there is where no window can show an original."""
    on.app.post_message(NoWindow("ab" * 32, "", pages=True))
    await on.until(lambda: isinstance(on.app.screen, PanelScreen), "the ways")


@opens
async def preview_failed(on: Opening) -> None:
    """Open an original that cannot be read."""
    on.run("zoom")
    await on.until(lambda: isinstance(on.app.screen, PreviewScreen) and on.app.screen.original[0] > 0, "the original")
    screen = on.app.screen
    assert isinstance(screen, PreviewScreen)
    # Another size asks anew, and what fails once would not fail again.
    on.monkeypatch.setattr(screen, "_ask", lambda: None)
    screen.post_message(PreviewLoaded(screen._token, None, (0, 0), "the file is gone since the last scan", "a0.png"))
    await on.until(lambda: not screen.original[0], "the failure")


@opens
async def report_failed(on: Opening) -> None:
    """Open the report, whose job fails."""
    on.monkeypatch.setattr(
        supervisor, "start", lambda *_, **__: supervisor.JobHandle("evaluate-1", on.place.workspace.root)
    )
    on.run("evaluate")
    await on.until(lambda: isinstance(on.app.screen, ReportScreen), "the report")
    judging = "judging the model"
    await on.until(lambda: any(judging in one.told for one in on.app.screen.query(StatusLine)), "the job's word")
    what, fix = "No sample of this split was judged", "Choose another split with s"
    info = JobInfo("evaluate-1", "evaluate", "failed", 0.0, 1.0, "", None, None, "files", what, fix)
    on.app.post_message(JobEnded(JobView(info)))
    await on.until(lambda: any("no report" in one.nothing for one in on.app.screen.query(ReportList)), "the failure")


@opens
async def changes_before_any(on: Opening) -> None:
    """Open what changed where there is one model only."""
    on.run("changes")
    await on.until(lambda: isinstance(on.app.screen, ChangesScreen), "the screen")
    await on.until(lambda: any("comparing" not in one.nothing for one in on.app.screen.query(ReportList)), "why not")
