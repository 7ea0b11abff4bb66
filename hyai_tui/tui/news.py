"""What threads tell the review, and what it does with it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hyai_tui.text import old_scores_line
from hyai_tui.tui import words
from hyai_tui.tui.messages import (
    DecidedElsewhere,
    NotSaved,
    QueuesBuilt,
    Reranked,
    Saved,
    SessionChanged,
    StandingKnown,
)
from hyai_tui.tui.reranking import NEXT_BEST
from hyai_tui.tui.resting import Rest

if TYPE_CHECKING:
    from hyai_tui.tui.screens.review import ReviewScreen
    from hyai_tui.tui.standing import Standing


# What may have changed of any file is read again once nothing has come for so long.
_REST_SECONDS = 1.0


def standing_words(screen: ReviewScreen, standing: Standing) -> str:
    """Return what the banner says of a retrain that is due, else of scores of an older model; empty where neither is so."""
    key = screen.session.keymap.first_key
    if standing.due:
        return f"retrain due: {standing.due} · {key('retrain') or ':retrain'} retrains"
    if standing.old_scores:
        return f"{old_scores_line(standing.old_scores)} · {key('score') or ':score'} scores them anew"
    return ""


class News:
    """Takes the messages of one review: the desk learns first, then what is drawn, then the screen that lies over it.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._later: Reranked | None = None
        # What the banner says of how things stand, and the hints that it has given in this session.
        self._standing = ""
        self._hinted: set[str] = set()
        self._rereads = Rest(screen)

    def queues_built(self, message: QueuesBuilt) -> None:
        """A snapshot is there: the first is taken, a later one waits for Enter."""
        painted = words.paint(message.snapshot.colours, self._screen.app.theme_variables["background"])
        if self._screen.desk.receive(message.snapshot, self._screen.session.place):
            self._screen.desk.open_asked_for()
            # How things stand may have been told before there was a list.
            self._standing = self._words(self._screen.standing)
            self._screen.banner.tell(self._standing or self._screen.checks_due)
            self._screen.show_current()
            self._screen.call_after_refresh(self._screen.restore)
        elif self._screen.desk.take_asked_for():
            self._screen.banner.tell("")
            self._screen.show_current()
        elif self._screen.desk.take_renamed():
            self._screen.show_current()
        elif self._screen.session.has_verdict or not self._screen.desk.drop_waiting_without_news():
            self._screen.acts.tell_waiting()
            self._screen.refresh_all()
        if painted:
            self._screen.refresh_all()
        self._pass_on(message)

    def saved(self, message: Saved) -> None:
        """Acts are on disk; an undone one is shown again."""
        before = self._screen.desk.current
        self._screen.session.forget_facts(message.files)
        self._screen.desk.saved(message.act, message.files)
        if not message.files:
            self._screen.refresh_header()
            return
        self._learn(message)
        self._screen.status.tell(message.line)
        if message.act == "decide" and before == self._screen.desk.current:
            # One decision was drawn with its key: what is new is that it is on disk.
            self._screen.redrawing.soon("header")
            if len(message.files) > 1:
                self._screen.redrawing.soon("lists")
        else:
            self._screen.show_current()
        self._pass_on(message)

    def _learn(self, message: Saved) -> None:
        """Let *next best* learn from decisions while it is worked through."""
        desk, reranker = self._screen.desk, self._screen.session.reranker
        if reranker is not None and desk.walk is not None and desk.walk.entry.key == NEXT_BEST and desk.query is None:
            taken_back = message.act != "decide"
            reranker.decided(desk.walk.entry, message.files, desk.decided, taken_back=taken_back)

    def reranked(self, message: Reranked) -> None:
        """*Next best* was ordered anew: what comes next changes, the picture that is looked at stays."""
        screen = self._screen
        if screen.app.screen is not screen:
            # A page of it may be in view, whose rows stay where they are.
            self._later = message
        elif screen.desk.rerank(message):
            screen.status.tell(f"{screen.status.told} · re-ranked after {message.after}")
            screen.redrawing.soon("lists")
            screen.showing.prepare()

    def resumed(self) -> None:
        """No other screen lies over the review any more: what waited for that is done."""
        if self._later is not None:
            news, self._later = self._later, None
            self.reranked(news)

    def not_saved(self, message: NotSaved) -> None:
        """A commit failed: the file is back, and no more is taken."""
        self._screen.session.forget_facts(message.files)
        self._screen.desk.not_saved(message.files, message.error.what)
        self._screen.show_current()
        self._screen.status.tell(f"NOT SAVED: {message.error} · then :resume", "error")
        self._pass_on(message)

    def decided_elsewhere(self, message: DecidedElsewhere) -> None:
        """Another app or command decided."""
        row = self._screen.desk.current
        self._screen.session.forget_facts(message.files)
        self._screen.desk.learn(message.files)
        if row is not None and row.file in message.files:
            named = message.files[row.file]
            self._screen.status.tell(f"decided elsewhere: {named}" if named else "taken back elsewhere", "warn")
            self._screen.showing.read_facts()
        self._screen.refresh_all()
        self._pass_on(message)

    def session_changed(self, message: SessionChanged) -> None:
        """Counts of the header changed."""
        if not message.line.pending:
            self._screen.pending_since = time.monotonic()
        changed = self._screen.desk.take_line(message.line)
        if changed == "mode":
            self._screen.showing.read_facts()
        elif changed == "effects":
            self._screen.showing.read_facts(self._screen.desk.touched)
            # An earlier session may have asked for them, of files that this one knows nothing of: those can wait for a rest.
            self._rereads.wait(_REST_SECONDS, self._screen.showing.read_facts)
        self._screen.session.standing.counted(message.line)
        self._screen.redrawing.soon("header")

    def standing_known(self, message: StandingKnown) -> None:
        """A retrain is due or no longer: the banner says why, where nothing else waits there."""
        screen = self._screen
        screen.standing = message.standing
        running = any(job.running for job in screen.jobs)
        free = not running and screen.desk.line.holder and not screen.desk.line.look_only
        screen.session.standing.known(message.standing, may_start=free, start=self._retrain)
        if screen.desk.waiting is None and screen.banner.told in {"", self._standing}:
            self._standing = "" if running else self._words(message.standing)
            screen.banner.tell(self._standing)
        screen.refresh_header()

    def _words(self, standing: Standing) -> str:
        """Return what to say of a standing: what is to be done, else the first steps, else a hint, each of them once."""
        screen = self._screen
        if said := standing_words(screen, standing) or screen.acts.first_steps():
            return said
        fresh = next((hint for hint in standing.hints if hint not in self._hinted), "")
        if fresh:
            self._hinted.add(fresh)
            return f"{fresh} · {screen.session.keymap.first_key('classes') or ':classes'} shows the labels"
        # A hint that was put away stays away.
        kept = screen.banner.told and any(self._standing.startswith(hint) for hint in standing.hints)
        return self._standing if kept else ""

    def _retrain(self, reason: str) -> None:
        self._screen.session.errands.start_job(
            "retrain", {}, said=f"{reason}: a retrain has begun, as the settings ask"
        )

    def _pass_on(self, message: Saved | NotSaved | DecidedElsewhere | QueuesBuilt) -> None:
        """Tell the screen that lies over the review too, once the desk knows."""
        if self._screen.app.screen is not self._screen:
            self._screen.app.screen.post_message(replace(message))
