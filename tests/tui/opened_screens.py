"""Ways to open each screen with nothing on it that time, chance or a growing list changes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from hyai_tui.effects.staged import Staged
from hyai_tui.jobs import learn, supervisor
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.journal.model import Lease, NewDecision
from hyai_tui.journal.pace import Pace
from hyai_tui.library.base import Rights
from hyai_tui.queues.mapping import PlacedFiles
from hyai_tui.tui import words
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.asking import Question
from hyai_tui.tui.commands import COMMANDS
from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.keymap import ACTS
from hyai_tui.tui.messages import JobEnded, LeaseHeld
from hyai_tui.tui.placing import FilesPlaced
from hyai_tui.tui.screens.bulk import BulkScreen
from hyai_tui.tui.screens.changes import ChangesScreen
from hyai_tui.tui.screens.checks import ChecksScreen
from hyai_tui.tui.screens.classes import ClassesScreen
from hyai_tui.tui.screens.commit import CommitScreen
from hyai_tui.tui.screens.compare import CompareScreen
from hyai_tui.tui.screens.findings import FindingsScreen
from hyai_tui.tui.screens.grid import GridScreen
from hyai_tui.tui.screens.history import HistoryScreen
from hyai_tui.tui.screens.idle import IdleScreen
from hyai_tui.tui.screens.jobs import JobsScreen
from hyai_tui.tui.screens.leaving import LeavingScreen, Summary
from hyai_tui.tui.screens.map import MapScreen
from hyai_tui.tui.screens.patterns import PatternsScreen
from hyai_tui.tui.screens.preview import PreviewScreen
from hyai_tui.tui.screens.report import ReportScreen
from hyai_tui.tui.screens.statistics import StatisticsScreen
from hyai_tui.tui.screens.thresholds import ThresholdsScreen
from hyai_tui.tui.screens.typed import TypedScreen
from hyai_tui.tui.widgets.act_list import ActList
from hyai_tui.tui.widgets.lines import StatusLine
from hyai_tui.tui.widgets.swift import SwiftLines
from tests.tui.screen_contents import keep_findings, three_jobs, two_models
from tests.tui.tui_fixtures import Place, until
from tests.unit.test_learning_reporting import full_report


@dataclass(frozen=True)
class Opening:
    """An app whose review is open, and what its workspace holds."""

    app: HyaiApp
    pilot: Pilot[None]
    place: Place
    monkeypatch: pytest.MonkeyPatch

    def run(self, command: str) -> None:
        """Run a command of the `:` line."""
        self.app.session.commands.run(command)

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for a condition."""
        await until(self.pilot, true, what)


Opener = Callable[[Opening], Awaitable[None]]
OPENERS: dict[str, Opener] = {}


def opens(way: Opener) -> Opener:
    """Take a way into the table, under its name."""
    OPENERS[way.__name__.rstrip("_")] = way
    return way


@opens
async def review(_: Opening) -> None:
    """Stay where the app begins."""


@opens
async def queues(on: Opening) -> None:
    """Go to the list of queues."""
    on.app.review.acts.do("queues", "", 0.0)


@opens
async def grid(on: Opening) -> None:
    """Lay the queue of all files out, with one marked."""
    on.run("queue all")
    await on.until(lambda: on.app.review.desk.walk is not None and len(on.app.review.desk.walk) == 9, "the queue")
    on.run("grid")
    await on.until(lambda: isinstance(on.app.screen, GridScreen), "the grid")


@opens
async def preview(on: Opening) -> None:
    """Open the original."""
    on.run("zoom")
    await on.until(lambda: isinstance(on.app.screen, PreviewScreen), "the preview")


@opens
async def compare(on: Opening) -> None:
    """Put the shown file beside the next."""
    on.run("compare")
    await on.until(lambda: isinstance(on.app.screen, CompareScreen), "the pair")


@opens
async def bulk(on: Opening) -> None:
    """Accept what the queue suggests."""
    on.run("accept")
    await on.until(lambda: isinstance(on.app.screen, BulkScreen), "the candidates")


@opens
async def history(on: Opening) -> None:
    """Open the history of two acts, one of them taken back."""
    on.monkeypatch.setattr("hyai_tui.tui.words.moment", lambda *_: "14:02:11")
    with on.place.workspace.open_journal() as journal:
        journal.add_labels(["archive", "trash"])
        for label, names in (("trash", ("inbox/i0.png", "inbox/i1.png")), ("archive", ("trash/t1.png",))):
            new = [
                NewDecision(on.place.files[name], label=label, shown={"queue": "all", "view": "grid"}) for name in names
            ]
            journal.decide(new, session="app-earlier", source="app")
        journal.undo(session="app-earlier")
    on.run("history")
    await on.until(lambda: any(len(one.acts) == 2 for one in on.app.screen.query(ActList)), "the acts")


@opens
async def history_before_any(on: Opening) -> None:
    """Open the history of nothing."""
    on.run("history")
    await on.until(lambda: isinstance(on.app.screen, HistoryScreen), "the history")


@opens
async def statistics(on: Opening) -> None:
    """Open the statistics of a good morning."""
    on.run("stats")
    screen = on.app.screen
    await on.until(lambda: isinstance(screen, StatisticsScreen) and screen.read is not None, "the numbers")
    assert isinstance(screen, StatisticsScreen)
    assert screen.read is not None
    today = Pace(212, {"trash": 130, "archive": 82}, 31.0, 410.0, 12, 96)
    screen.post_message(
        replace(
            screen.read, today=today, session=replace(today, labels={"trash": 25, "archive": 15}, decided=40), days=3
        )
    )


@opens
async def report(on: Opening) -> None:
    """Open the report, whose job has ended at once."""
    on.monkeypatch.setattr(
        supervisor, "start", lambda *_, **__: supervisor.JobHandle("evaluate-1", on.place.workspace.root)
    )
    on.run("evaluate")
    await on.until(lambda: isinstance(on.app.screen, ReportScreen), "the report")
    judging = "judging the model"
    await on.until(lambda: any(judging in one.told for one in on.app.screen.query(StatusLine)), "the job's word")
    info = JobInfo("evaluate-1", "evaluate", "done", 0.0, 1.0, "", None, None, "files", "")
    on.app.post_message(JobEnded(JobView(info, result={**full_report(), "target": "Target .82 to .85: reached"})))


@opens
async def changes(on: Opening) -> None:
    """Open what changed between two models."""
    on.monkeypatch.setattr("hyai_tui.jobs.changed.changed", lambda *_: two_models())
    on.run("changes")
    await on.until(lambda: isinstance(on.app.screen, ChangesScreen) and on.app.screen.found is not None, "the lines")


@opens
async def map_(on: Opening) -> None:
    """Open the map with nine files at places of their own."""
    await map_before_features(on)
    screen = on.app.screen
    assert isinstance(screen, MapScreen)
    places = np.array([(at % 3 / 2, at // 3 / 2) for at in range(9)], np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1, -1, -1, -1], np.int16)
    screen.post_message(FilesPlaced(PlacedFiles(np.arange(9, dtype=np.int64), places, 9), labels))
    await on.until(lambda: screen.placed is not None, "the files")


@opens
async def map_before_features(on: Opening) -> None:
    """Open the map before any picture was encoded."""
    if not isinstance(on.app.screen, MapScreen):
        on.run("map")
    missing = "no features yet"
    await on.until(
        lambda: any(missing in str(one.render()) for one in on.app.screen.query("#map-canvas").results(SwiftLines)),
        "what is missing",
    )


@opens
async def patterns(on: Opening) -> None:
    """Open what was learnt of a tag that four trashed files carry."""
    from tests.tui.test_tui_patterns import sort_out, tag

    on.monkeypatch.setattr("hyai_tui.patterns.pulls.pulls.__defaults__", (0.5,))
    on.monkeypatch.setattr("hyai_tui.tui.words.ago", lambda *_: "5 min ago")
    sort_out(on.place, tag(on.place))
    learn.run(JobContext(on.place.workspace))
    on.run("patterns")
    await on.until(lambda: isinstance(on.app.screen, PatternsScreen) and on.app.screen.learnt is not None, "patterns")


@opens
async def patterns_before_any(on: Opening) -> None:
    """Open the patterns before anything was learnt."""
    on.run("patterns")
    await on.until(lambda: isinstance(on.app.screen, PatternsScreen), "patterns")


@opens
async def classes(on: Opening) -> None:
    """Open the labels: five, of which one has a colour and a description of its own."""
    labels = ("archive", "trash", "wallpaper", "to draw from", "later")
    await on.until(lambda: on.app.session.library is not None, "the library")
    with on.place.workspace.open_journal() as journal:
        journal.add_labels(labels)
        journal.colour_label("wallpaper", "#cc79a7")
        journal.describe_label("wallpaper", "wide enough for the desk, and calm")
    for label in labels:
        (on.place.workspace.data / label).mkdir(parents=True, exist_ok=True)
    on.app.session.rebuild()
    await on.until(lambda: words.colour("wallpaper") == "#cc79a7", "the colour")
    on.run("classes")
    await on.until(lambda: isinstance(on.app.screen, ClassesScreen) and on.app.screen.read is not None, "the labels")
    await on.pilot.press("j", "j")


@opens
async def thresholds(on: Opening) -> None:
    """Open the thresholds and lower one."""
    on.run("thresholds")
    await on.until(lambda: isinstance(on.app.screen, ThresholdsScreen) and on.app.screen.asked, "the counts")
    await on.pilot.press("j", "6", "0")


@opens
async def keys(on: Opening) -> None:
    """Open the keys, with a few of the acts and commands, so that a new one changes nothing here."""
    acts = ("unsure", "skip", "undo", "redo", "next", "previous", "take_list", "help", "back", "leave")
    on.monkeypatch.setattr("hyai_tui.tui.screens.help.ACTS", {name: ACTS[name] for name in acts})
    usual = replace(COMMANDS["cancel"], name="sort", flags=(), argument="ORDER", about="put the queue in another order")
    wide = replace(usual, name="gather", flags=("--from", "--until", "--where"), about="more than fits beside its name")
    few = {one.name: one for one in (wide, usual)}
    on.monkeypatch.setattr("hyai_tui.tui.screens.help.COMMANDS", few)
    on.run("help")


@opens
async def jobs(on: Opening) -> None:
    """Open the jobs with one that runs, one that ended and one that failed."""
    on.monkeypatch.setattr("hyai_tui.tui.words.ago", lambda _then: "5 min ago")
    on.monkeypatch.setattr("hyai_tui.tui.widgets.job_pane.duration", lambda _seconds: "8 s")
    on.app.push_screen(JobsScreen(three_jobs()))


@opens
async def jobs_before_any(on: Opening) -> None:
    """Open the jobs of a workspace that never had one."""
    on.app.push_screen(JobsScreen(()))


@opens
async def checks(on: Opening) -> None:
    """Open the checks after two runs."""
    on.monkeypatch.setattr("hyai_tui.tui.words.ago", lambda _then: "5 min ago")
    keep_findings(on.place)
    await checks_before_any(on)


@opens
async def checks_before_any(on: Opening) -> None:
    """Open the checks."""
    known = ["tags", "near-duplicates", "validation", "files", "balance"]
    on.monkeypatch.setattr("hyai_tui.checks.registry.names", lambda *_: known)
    on.run("checks")
    await on.until(lambda: isinstance(on.app.screen, ChecksScreen) and on.app.screen.overview is not None, "the checks")


@opens
async def findings(on: Opening) -> None:
    """Open the review of findings at a pair that looks alike."""
    on.monkeypatch.setattr("hyai_tui.tui.words.ago", lambda _then: "5 min ago")
    keep_findings(on.place)
    on.run("findings")
    await on.until(lambda: isinstance(on.app.screen, FindingsScreen) and bool(on.app.screen.files), "the findings")
    screen = on.app.screen
    assert isinstance(screen, FindingsScreen)
    await on.until(lambda: screen.seen(time.monotonic()) is not None and screen.evidence is not None, "the pair")


@opens
async def findings_before_any(on: Opening) -> None:
    """Open the review of findings before a check has run."""
    on.monkeypatch.setattr("hyai_tui.checks.registry.names", lambda *_: ["tags", "near-duplicates"])
    on.run("findings")
    await on.until(lambda: isinstance(on.app.screen, FindingsScreen) and on.app.screen.desk.book is not None, "it")


@opens
async def rights(on: Opening) -> None:
    """Ask before the first write."""
    await on.until(lambda: on.app.session.rights is not None, "the library")
    on.run("rights")


@opens
async def commit(on: Opening) -> None:
    """Ask about staged changes that the key cannot make."""
    cannot = ("move files: tick 'manage files' for this key",)
    may = Rights(True, True, False, cannot=cannot, name="Hydrus 682", tags_to="my tags")
    on.app.push_screen(CommitScreen(Staged(9, 3, 2, frozenset({"a", "b"})), may))


@opens
async def live(on: Opening) -> None:
    """Ask for the word of LIVE."""
    await on.until(lambda: on.app.session.rights is not None, "the library")
    on.run("mode live")
    await on.until(lambda: isinstance(on.app.screen, TypedScreen) and bool(on.app.screen.query(Input)), "the panel")
    on.app.screen.query_one(Input).cursor_blink = False


@opens
async def question(on: Opening) -> None:
    """Ask before tags are written."""
    line = "+1,204 archive, −310 trash, 41 change sides · Enter writes, Esc leaves"
    on.app.host.ask(Question("tag: 1,555 files, nothing written yet", line, "tag", {}))


@opens
async def confirm(on: Opening) -> None:
    """Ask before an act on several files."""
    on.app.views.confirm("Confirm the rest of this page", "13 archive, 7 trash, 4 exceptions stay · y/n", lambda: None)


@opens
async def lease(on: Opening) -> None:
    """Tell of another app."""
    on.monkeypatch.setattr("hyai_tui.tui.screens.lease.lease_about", lambda _: "the app of ann on desk, since 14:02")
    on.app.post_message(LeaseHeld(Lease("app-1", "the app of ann on desk", 1.0, 2.0)))


@opens
async def leaving(on: Opening) -> None:
    """Ask before leaving with much on its way."""
    on.app.push_screen(LeavingScreen(Summary(212, 4, 1860.0, 3, 12, 5, ("train",))))


@opens
async def idle(on: Opening) -> None:
    """Cover everything."""
    on.app.push_screen(IdleScreen())
