"""Gathers files for a list of their own or for an act on many, in a thread: what is like one, what a bulk act would decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from hyai_tui.errors import HyaiError, NotNow, WrongUse
from hyai_tui.text import count, short_hash
from hyai_tui.tui.bulk import Plan
from hyai_tui.tui.listing import Entry
from hyai_tui.tui.messages import CandidatesFound, ListMade, PlanMade, Told
from hyai_tui.tui.threads import LatestThread
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.queues.arrays import QueueContext
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue
    from hyai_tui.queues.similar import Neighbours

# So many neighbours a threshold of likeness is moved over, and so many are taken at first.
_NEAREST, _AT_FIRST = 500, 12
_SURE = 0.9
# Vectors of so many unlabelled and as many labelled files are held while an app looks for files worth labelling: 40 MB.
_CANDIDATES = 4_000


class Gatherer:
    """Answers with `ListMade` and `CandidatesFound`; a newer wish takes the place of one that waits.

    Args:
        workspace: whose features are read.
        journal: an open one.
        catalog: an open one.
        post: sends a message to the app; safe from any thread.
    """

    def __init__(
        self, workspace: Workspace, journal: Journal, catalog: Catalog, post: Callable[[Message], object]
    ) -> None:
        self._workspace = workspace
        self._journal = journal
        self._catalog = catalog
        self._post = post
        self._thread = LatestThread("gathering", self._tell)

    def similar(self, entry: Entry, file: str, amount: int) -> None:
        """List the files nearest to one, itself first."""

        def wish() -> None:
            from hyai_tui.queues.similar import similar

            context = _context_of(entry)
            position, found = self._nearest(context, file, amount)
            queue = similar(context, position, found)
            title = f"Like {short_hash(file)}"
            about = f"the {len(found.positions):,} files most alike, by the model's own eyes; w labels them by likeness"
            about += f"; {found.recall}" if found.recall else ""
            self._post(ListMade(Entry("similar", title, about, queue), "grid"))

        self._thread.ask(wish)

    def samples(self, entry: Entry, files: Sequence[str], title: str, reasons: Sequence[str] = ()) -> None:
        """List some files in their order, such as those behind a line of a report, each with its reason or the title."""

        def wish() -> None:
            import numpy as np

            from hyai_tui.queues.queue import Kind, Queue

            context = _context_of(entry)
            positions = context.positions.of(list(files))
            there = positions[positions >= 0].astype(np.int32)
            if missing := len(files) - len(there):
                self._post(Told(f"{count(missing, 'file')} of {len(files):,} not in the library", "warn"))
            why = dict(zip(positions.tolist(), reasons, strict=False))
            kind = Kind("sample", lambda _context, position: why.get(position, title))
            queue = Queue("samples", context, there, np.zeros(len(there), np.uint8), (kind,))
            self._post(ListMade(Entry("samples", title, "files behind a line of a report", queue), "picture"))

        self._thread.ask(wish)

    def guesses(self, entry: Entry, amount: int, decided: Mapping[str, str]) -> None:
        """List files worth labelling, each with what rules guess of it, the surest first."""

        def wish() -> None:
            from hyai_tui.exchange.guessing import guess_queue
            from hyai_tui.exchange.sampling import DIVERSITY, choose

            context = _context_of(entry)
            chosen = choose(
                self._workspace,
                context,
                self._catalog,
                self._journal,
                amount,
                DIVERSITY,
                1,
                left=_left(context, decided),
                candidates=_CANDIDATES,
            )
            queue = guess_queue(context, self._catalog, chosen)
            sure = sum(row.suggested is not None for row in queue.rows())
            about = f"{count(len(queue), 'file')} worth labelling, with a guess for {sure:,}"
            self._post(ListMade(Entry("guesses", "Guesses", about, queue), "picture"))

        self._thread.ask(wish)

    def sweep(self, entry: Entry, file: str, decided: Mapping[str, str]) -> None:
        """Find the files around one that a sweep could label."""

        def wish() -> None:
            from hyai_tui.queues.bulk import near
            from hyai_tui.queues.near_duplicates import known_label_of

            context = _context_of(entry)
            position, found = self._nearest(context, file, _NEAREST)
            label = decided.get(file) or known_label_of(context, position) or ""
            label = "" if label in {"unsure", "ignore"} else label
            left = _left(context, decided)
            found_near = near(context, found.positions, found.cosines, label, left)
            start = float(found_near.sure[min(_AT_FIRST, len(found_near)) - 1]) if len(found_near) else 1.0
            self._post(
                CandidatesFound(found_near, f"Sweep around {short_hash(file)}", "likeness", start, choose_label=True)
            )

        self._thread.ask(wish)

    def accept(self, entry: Entry, decided: Mapping[str, str]) -> None:
        """Find what accepting the suggestions of a list would decide."""

        def wish() -> None:
            from hyai_tui.queues.bulk import acceptable
            from hyai_tui.queues.queue import Queue

            if not isinstance(entry.queue, Queue):
                raise WrongUse(f"{entry.title} makes no suggestions", "Open a queue such as certain or mistakes")
            found = acceptable(entry.queue, _left(entry.queue.context, decided))
            self._post(CandidatesFound(found, f"Accept · {entry.title}", "confidence", _SURE))

        self._thread.ask(wish)

    def assign(self, entry: Entry, label: str, other: str | None, decided: Mapping[str, str]) -> None:
        """Find what assigning a label by its probability would decide, over the whole library."""

        def wish() -> None:
            from hyai_tui.queues.bulk import assignable

            context = _context_of(entry)
            found = assignable(context, label, other, _left(context, decided))
            title = f"Assign {label}" + (f", else {other}" if other else "")
            self._post(CandidatesFound(found, title, f"probability of {label}", _SURE))

        self._thread.ask(wish)

    def copies(self, entry: Entry, file: str, how: str, decided: Mapping[str, str]) -> None:
        """Work out one act on the near duplicates of a file: `keep best` of them, or `copy label` to all of them."""

        def wish() -> None:
            from hyai_tui.checks.copies import copy_label, group_of, keep_best
            from hyai_tui.queues.near_duplicates import near_duplicates

            context = _context_of(entry)
            group = group_of(context, self._catalog, file)
            if group is None:
                raise WrongUse("No near duplicate of it is known", ":check near-duplicates looks for them")
            best = group.copies[0]
            plan = keep_best([group]) if how == "keep best" else copy_label([group])
            open_ = [one for one in plan.proposals if one.file not in decided]
            if not open_:
                why = (
                    "their labels differ" if how == "copy label" and len(group.labels) > 1 else "nothing is open there"
                )
                raise WrongUse(f"Nothing to decide on these {len(group.copies)} copies: {why}")
            rows = {row.file: row for row in near_duplicates(context).rows()}
            chosen = tuple((rows[one.file], one.label) for one in open_ if one.file in rows)
            size = f", {best.width}×{best.height}" if best.width and best.height else ""
            title = f"Keep the best of {len(group.copies)}: {short_hash(best.file)}{size}"
            title = title if how == "keep best" else f"Copy the label of a group of {len(group.copies)}"
            self._post(PlanMade(Plan(chosen, title=title), "picture"))

        self._thread.ask(wish)

    def stop(self) -> None:
        """End the thread."""
        self._thread.stop()

    def _nearest(self, context: QueueContext, file: str, amount: int) -> tuple[int, Neighbours]:
        """Return where a file stands, and its neighbours."""
        from hyai_tui.queues.similar import nearest
        from hyai_tui.queues.vectors import open_vectors

        position = int(context.positions.of([file])[0])
        with open_vectors(self._workspace, context, self._catalog, self._journal) as vectors:
            if vectors is None or position < 0:
                raise NotNow("There are no features to compare yet", ":cache encodes the pictures")
            return position, nearest(context, vectors, position, amount)

    def _tell(self, error: HyaiError) -> None:
        self._post(Told(str(error), "error"))


def _context_of(entry: Entry) -> QueueContext:
    from hyai_tui.queues.combined import Combined
    from hyai_tui.queues.queue import Queue

    queue: Queue | Combined | object = entry.queue
    if not isinstance(queue, Queue | Combined):
        raise WrongUse(f"{entry.title} is not made of files of the library", "Open another queue")
    return queue.context


def _left(context: QueueContext, decided: Mapping[str, str]) -> NDArray[np.bool_]:
    """Return bool[n]: files that nobody has decided on, now."""
    left = context.undecided.copy()
    at = context.positions.of(list(decided))
    left[at[at >= 0]] = False
    return left
