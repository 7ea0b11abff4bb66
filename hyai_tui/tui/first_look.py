"""The first minutes beside a library that nobody has labelled here: what it knows already is offered to learn from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from hyai_tui.errors import HyaiError, LibraryError, NotNow
from hyai_tui.tui.messages import HintsOffered, Told
from hyai_tui.tui.reranking import NEXT_BEST
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.threads import perform

if TYPE_CHECKING:
    from hyai_tui.samples.hints import Offer
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.jobview import JobView
    from hyai_tui.tui.session import Session

_AGAIN_SECONDS = 0.5
_LISTED_SECONDS = 2.0
# Enough to begin with, while the rest of a library is read.
_FIRST_PAGE = 256
_HINTS = (
    "They are weak labels: nothing is copied or written, and what you decide counts more. The setting train.hints"
    " switches them off again.",
    ("learn", "yes, and show me where the model disagrees"),
)
_NEXT_BEST = (
    "Nothing is copied or written. After some ten decisions of either kind a model can be trained.",
    ("begin", "yes, and show me what to label first"),
)


class FirstLook:
    """Asks once a session, and does what follows a yes: learn, show the first mistakes, then read and score the rest."""

    def __init__(self, app: HyaiApp) -> None:
        self._app = app
        self._offered = False
        self._steps: dict[str, Callable[[], None]] = {}
        self._scanned = False
        self._early = False
        self._rest_waits = False

    def look(self) -> None:
        """See in a thread whether there is something to offer; `HintsOffered` follows where there is."""
        if self._offered:
            return
        session = self._app.session

        def look() -> None:
            if session.parts is not None and session.parts[1].last_scan() is not None:
                self._scanned = True
            if (found := offer_of(session)) is not None:
                session.post(HintsOffered(found))

        def failed(error: HyaiError) -> None:
            # What cannot be asked is no offer; the header says by itself that the library is down.
            if not isinstance(error, LibraryError | NotNow):
                session.post(Told(str(error), "error"))

        threading.Thread(target=perform, args=(look, failed), name="first-look", daemon=True).start()

    def ask(self, offer: Offer) -> None:
        """Ask as soon as nobody is typing and nothing else covers the review."""
        app = self._app
        if self._offered:
            return
        if not offer.enough and not self._scanned and not self._can_choose():
            # Without hints there has to be something to choose from; the whole library need not have been read for that.
            app.set_timer(_LISTED_SECONDS, lambda: self.ask(offer))
            return
        if app.screen is not app.review or app.review.focused is not None:
            app.set_timer(_AGAIN_SECONDS, lambda: self.ask(offer))
            return
        self._offered = True

        def answered(answer: str | None) -> None:
            if answer == "learn":
                self._use(offer, {"train.hints": "true"}, self._first)
            elif answer == "begin":
                self._use(offer, {}, self._next_best)
            else:
                app.tell("as you like: decide some files of either label, then :retrain · :hints asks again")

        about, yes = _HINTS if offer.enough else _NEXT_BEST
        lines = [offer.line, "", about]
        answers = [("y", *yes), ("Esc", "", "no, I decide some first")]
        app.push_screen(PanelScreen("What the library knows already", lines, answers), answered)

    def _can_choose(self) -> bool:
        from hyai_tui.samples.hints import LOOKED_AT

        catalog = self._app.session.catalog
        return catalog is not None and catalog.holds_at_least(LOOKED_AT)

    def ask_again(self) -> None:
        """Ask although it was asked before."""
        self._offered = False
        self.look()

    def ended(self, job: JobView) -> None:
        """A job ended: begin the step that follows it, if it was one of ours."""
        step = self._steps.pop(job.info.id, None)
        if step is not None and job.info.state == "done":
            step()

    def _use(self, offer: Offer, settings: dict[str, str], then: Callable[[], None]) -> None:
        """Keep what was agreed to in the settings, then begin."""
        app = self._app

        def changed(_message: object) -> None:
            app.call_from_thread(then)

        app.session.errands.change_settings({**settings, "features.source": offer.source}, changed)

    def _next_best(self) -> None:
        """Encode some files, as far as the library has been read, and show those whose labels would teach most."""
        from hyai_tui.samples.hints import LOOKED_AT

        self._app.review.desk.asked_for = NEXT_BEST
        options: dict[str, object] = {"sample": LOOKED_AT}
        self._start("cache", options, "looking at some files to choose from", self._choose)

    def _choose(self) -> None:
        self._start("queues", {}, "choosing what to label first", None)

    def _first(self) -> None:
        self._app.review.desk.asked_for = "mistakes"
        self._start("retrain", {"hints": True, "no_cache": True}, "learning from what the library knows", self._learned)

    def _learned(self) -> None:
        """The first mistakes are there: go on to the rest as soon as the library has been read."""
        self._rest_waits = True
        if self._scanned:
            self._rest()
        else:
            self._app.tell("these are the first mistakes; the rest of the library is read meanwhile")

    def progressed(self, jobs: Iterable[JobView]) -> None:
        """While a library is read for the first time, list what has been read: to begin, nobody waits for the rest."""
        app = self._app
        catalog = app.session.catalog
        if self._early or catalog is None or app.review.desk.current is not None:
            return
        reads = any(job.running and job.info.kind == "scan" for job in jobs)
        if reads and catalog.last_scan() is None and catalog.holds_at_least(_FIRST_PAGE):
            self._early = True
            app.session.rebuild()

    def scanned(self) -> None:
        """The whole library has been read."""
        self._scanned = True
        desk = self._app.review.desk
        if self._early and desk.walk is not None:
            # Who has only looked so far gets the whole list in place of its beginning; others take it when they like.
            desk.asked_for = desk.asked_for or desk.walk.entry.key
        if self._rest_waits:
            self._rest()
        else:
            self.look()

    def _rest(self) -> None:
        self._rest_waits = False
        self._start("score", {}, "encoding and scoring the rest, trash and newest first", None)

    def _start(self, kind: str, options: dict[str, object], said: str, then: Callable[[], None] | None) -> None:
        def started(job: str) -> None:
            if then is not None:
                self._steps[job] = then

        self._app.session.errands.start_job(kind, options, said=said, started=started)


def offer_of(session: Session) -> Offer | None:
    """Return what can be offered: only where there is no model, nobody has labelled anything, and hints are off.

    Raises:
        LibraryDown, LibraryError: the library does not say what it knows.
        ModelError: there is no encoder that could be used.
    """
    from hyai_tui.features.choosing import choose, recorded_version
    from hyai_tui.learning.registry import Registry
    from hyai_tui.library.base import FileState, KnowsStates
    from hyai_tui.samples.hints import offer

    workspace, parts = session.workspace, session.parts
    settings = workspace.settings
    if parts is None or settings.train.hints or Registry(workspace.models_directory).current() is not None:
        return None
    journal, catalog, library, rights = parts
    if any(one.kind == "label" for one in journal.effective().values()):
        return None
    if isinstance(library, KnowsStates):
        judged = library.judged()
        # Thumbnails come many times faster over a network; where originals were encoded before, they stay the source.
        source = "thumbnail" if recorded_version(workspace) is None else settings.features.source
    elif catalog.last_scan() is not None:
        counts = catalog.counts()
        judged = {state: counts[state.value] for state in (FileState.ARCHIVE, FileState.TRASH)}
        source = settings.features.source
    else:
        return None
    found = offer(
        rights.name or library.kind,
        judged,
        most=settings.train.hints_most,
        encoder=choose(workspace).name,
        source=source,
    )
    # A folder has these states only where somebody made such folders: without them there is nothing to say.
    return found if found.enough or library.kind == "hydrus" else None
