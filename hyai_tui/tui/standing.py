"""Whether the model wants training, and whether more labels are worth it: read in a thread, told as one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.tui.messages import StandingKnown, Told

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.facts import SessionLine
    from hyai_tui.tui.session import Session
    from hyai_tui.workspace import Workspace

# A label that the model does not know makes a retrain due whatever the counts say: that often is looked, at least.
_LOOK_AFTER = 20
# Before the first training there are few samples to count, and every few of them are worth telling.
_LOOK_AFTER_FIRST = 5


@dataclass(frozen=True)
class Standing:
    """How things stand between the labels and the model.

    Attributes:
        due: why a retrain is due; empty where it is not, and before the first training.
        advice: a few words on how many more labels are worth it; empty where nothing can be said.
        run: the last training, 0 without one.
        look_after: effects after which it is worth looking again; fewer can change nothing but by a new label.
        old_scores: files that still carry the score of another model than the one in use.
        sizes: each label with its samples, while there is no model yet.
        hints: what is to be said of the training data, the most pressing first.
    """

    due: str = ""
    advice: str = ""
    run: int = 0
    look_after: int = _LOOK_AFTER
    old_scores: int = 0
    sizes: tuple[tuple[str, int], ...] = ()
    hints: tuple[str, ...] = ()


def read_standing(workspace: Workspace, journal: Journal, catalog: Catalog) -> Standing:
    """Return how things stand now. Reads the list of samples, so it belongs into a thread."""
    from hyai_tui.jobs.rescoring import old_scores
    from hyai_tui.jobs.retraining import due_now, last_training, stop_advice
    from hyai_tui.jobs.training_hints import training_hints
    from hyai_tui.learning.due import Rules
    from hyai_tui.samples.training import training_samples

    labels = {one.identity: one.label for one in training_samples(journal, workspace.data)}
    counted = Counter({one.name: 0 for one in journal.labels()})
    counted.update(labels.values())
    hints = tuple(training_hints(workspace, counted))
    last = last_training(workspace, journal)
    if last is None:
        sizes = tuple(counted.items()) if labels else ()
        return Standing(sizes=sizes, hints=hints, look_after=_LOOK_AFTER_FIRST)
    found = due_now(workspace, journal, labels)
    rules = Rules.of(workspace.settings.retrain)
    left = [_LOOK_AFTER]
    left += [rules.new_labels - found.new] if rules.new_labels else []
    left += [rules.corrections - found.corrected - found.removed] if rules.corrections else []
    return Standing(
        found.reason if found.due else "",
        stop_advice(journal).line,
        last.run,
        max(1, min(left)),
        old_scores(workspace, catalog),
        hints=hints,
    )


class StandingWatcher:
    """Looks again when something may have changed, and no more often.

    Args:
        session: whose journal is read; gets `StandingKnown`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._settled = 0
        self._look_at = 0
        self._started = 0

    def begin(self) -> None:
        """Take in what was done by hand in the training folders while no app was open, then look.

        Another app that holds the lease has done so, and goes on to.
        """

        def take_in(journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.samples.sync import sync

            lease = journal.lease()
            if lease is None or lease.holder == self._session.id:
                report = sync(self._session.workspace, journal, catalog)
                if report.line:
                    self._session.send(Told(f"training folders, {report.line}"))
                    self._session.forget_facts()
                    self._session.rebuild()

        self._session.work(take_in)
        self.look()

    def look(self) -> None:
        """Look now."""
        self._look_at = self._settled + _LOOK_AFTER

        def read(journal: Journal, catalog: Catalog) -> None:
            self._session.send(StandingKnown(read_standing(self._session.workspace, journal, catalog)))

        self._session.work(read)

    def counted(self, line: SessionLine) -> None:
        """So many effects of decisions are done, samples among them: look again where that can matter."""
        self._settled = line.settled
        if self._settled >= self._look_at:
            self.look()

    def known(self, standing: Standing, *, may_start: bool, start: Callable[[str], None]) -> None:
        """Take a standing: note when to look next, and start a retrain that the settings ask for, once a training.

        Args:
            standing: as it was read.
            may_start: False while a job runs, or where this app only looks.
            start: starts it; gets the reason.
        """
        self._look_at = self._settled + standing.look_after
        wanted = self._session.workspace.settings.retrain.auto and standing.due
        if wanted and may_start and self._started != standing.run:
            self._started = standing.run
            start(standing.due)
