"""The kinds of jobs that exist, what each may not run beside, and how to reach its module.

A kind's module is imported by the worker only. A name that is not in this table is never imported, whatever a
specification on disk says: a workspace may come from a stranger.
"""

from __future__ import annotations

from dataclasses import dataclass

from hyai_tui.errors import WrongUse


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    Attributes:
        name: the kind; its module is `hyai_tui.jobs.<name>`.
        about: what it does, for people.
        compute: True where it needs the processor for long; one such job at all runs in a workspace.
        locks: names of the locks that it holds while it works.
    """

    name: str
    about: str
    compute: bool
    locks: tuple[str, ...]

    @property
    def module(self) -> str:
        """Dotted name of the module that does the work."""
        return f"hyai_tui.jobs.{self.name}"


def _kind(name: str, about: str, *, compute: bool = False, also: tuple[str, ...] = ()) -> JobKind:
    return JobKind(name, about, compute, (name, *(("compute",) if compute else ()), *also))


# `tags` is held by all that write tags, so that clearing and writing never meet.
KINDS: dict[str, JobKind] = {
    kind.name: kind
    for kind in (
        _kind("scan", "read the library into the catalog"),
        _kind("cache", "encode pictures", compute=True),
        _kind("runtimes", "measure what encodes faster", compute=True),
        _kind("train", "train and compare a model", compute=True),
        _kind("score", "score all files", compute=True),
        _kind("retrain", "train, then score", compute=True),
        _kind("queues", "prepare queues", compute=True),
        _kind("map", "lay the map out by likeness", compute=True),
        _kind("learn", "learn from tags and notes", compute=True),
        _kind("evaluate", "report on the model"),
        _kind("check", "look for what is wrong"),
        _kind("tag", "write tags", also=("tags",)),
        _kind("untag", "clear our tags", also=("tags",)),
        _kind("eval", "score, then write tags", compute=True, also=("tags",)),
    )
}


def kind_of(name: str) -> JobKind:
    """Return the kind of that name.

    Raises:
        WrongUse: naming the kinds that exist.
    """
    if name not in KINDS:
        raise WrongUse(f"There is no job kind {name!r}", f"It is one of {', '.join(KINDS)}")
    return KINDS[name]
