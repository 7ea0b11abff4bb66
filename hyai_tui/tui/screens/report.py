"""The report: how good the model is, what that means, and the samples behind each kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.message import Message

from hyai_tui.tui.jobview import JobView
from hyai_tui.tui.screens.lines_page import LinesPage
from hyai_tui.tui.widgets.lines import StatusLine

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session

SPLITS = (None, "validation", "test", "train")


class ImportsRead(Message):
    """The numbers of the imports whose labels can be judged by, the newest first."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__()
        self.numbers = tuple(numbers)


_JUDGING = "judging the model on held-out samples …"


class ReportScreen(LinesPage):
    """Judges the model in use by a job, and shows what came of it: by all samples, a split of them, or the labels of an import.

    Args:
        session: starts the job.
        split: the split to begin with; None for all samples.
        label_run: the import to begin with; None for the labels as they are now.
    """

    OWN_KEYS: ClassVar = {"s": "split", "i": "import", "t": "train"}

    def __init__(self, session: Session, split: str | None = None, label_run: int | None = None) -> None:
        super().__init__(session, "Report", "samples")
        self.split = split
        self.label_run = label_run
        self.imports: tuple[int, ...] = ()

    def begin(self) -> None:
        """Begin to judge, and look which imports there are."""
        self._judge()

        def look(journal: Journal, _catalog: Catalog) -> None:
            from hyai_tui.exchange.label_runs import label_runs

            found = label_runs(list(journal.decisions(newest_first=False)))
            self.post_message(ImportsRead([one.number for one in reversed(found) if one.undone < one.files]))

        self._session.work(look)

    def own_hints(self) -> Sequence[tuple[str, str, str]]:
        """Name what is judged by; an import can also be trained on."""
        found = [("split", "s", f"split: {self.split or 'all'}")]
        if self.imports:
            now = "now" if self.label_run is None else f"import {self.label_run}"
            found.append(("import", "i", f"labels: {now}"))
        if self.label_run is not None:
            found.append(("train", "t", f"train on import {self.label_run}"))
        return found

    def on_imports_read(self, message: ImportsRead) -> None:
        """It is known which imports there are."""
        self.imports = message.numbers
        self.name_keys()

    def do(self, act: str) -> None:
        """Do an act of this page."""
        if act == "split":
            self.split = _after(SPLITS, self.split)
            self._judge()
        elif act == "import" and self.imports:
            self.label_run = _after((None, *self.imports), self.label_run)
            self._judge()
        elif act == "import":
            self.say("no labels were imported: 'hyai labels import FILE.csv'", "warn")
        elif act == "train" and self.label_run is not None:
            said = f"training on the labels of import {self.label_run}; its model is kept, and not used"
            self._session.errands.start_job("train", {"label_run": self.label_run}, said=said)
        elif act == "train":
            self.say("i chooses the labels of an import, then t trains on them; r in the review trains on all", "warn")
        else:
            super().do(act)

    def _judge(self) -> None:
        self.name_keys()
        self.say_nothing(_JUDGING)
        options: dict[str, Any] = {"split": self.split, "label_run": self.label_run}
        chosen = {name: value for name, value in options.items() if value is not None}
        self._session.errands.start_job("evaluate", chosen, said=_JUDGING)

    def ended(self, job: JobView) -> None:
        """A job ended: show the evaluation, whoever started it, or nothing where it failed; say what a training found."""
        if job.info.kind == "train" and job.info.state == "done" and job.result is not None:
            self.say(str(job.result["message"]))
        if job.info.kind != "evaluate":
            return
        if job.info.state == "failed":
            self.report.show([])
            self.say_nothing(" · ".join(filter(None, ("no report", job.info.what, job.info.fix))))
            self.name_keys()
        if job.info.state != "done" or job.result is None or "confusion" not in job.result:
            return
        from hyai_tui.learning.report_lines import report_lines

        self.report.show(list(report_lines(job.result)))
        self.name_keys()
        if self.query_one(StatusLine).told == _JUDGING:
            self.say("")
        self.entitle(f"Report · macro F1 {job.result['macro_f1']:.3f} · {job.result['target']}")


def _after(choices: Sequence[Any], now: Any) -> Any:
    """Return the choice that comes after another, round and round."""
    return choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]
