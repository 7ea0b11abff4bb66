"""Who does the heavy work of a job: this machine alone, or workers of a Ray cluster where option `engine` says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from hyai_tui.errors import WrongUse
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.engine import Engine, LocalEngine
from hyai_tui.installing import how_to_add
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.scoring import LocalScoring, Scoring

if TYPE_CHECKING:
    from hyai_tui.jobs.cluster.executor import Executor

LOCAL: Final = "local"
RAY: Final = "ray"
NAMES: Final = (LOCAL, RAY)
PARTS_DIRECTORY: Final = "parts"


class Engines(Protocol):
    """The engines of one job.

    Attributes:
        local: whether all is done on this machine, at a pace that it has shown before.
    """

    local: bool

    def encoding(self, choice: EncoderChoice, encoder: EncoderOnDemand) -> Engine:
        """Return what encodes."""
        ...

    def scoring(self) -> Scoring:
        """Return what scores."""
        ...


class _Alone:
    local = True

    def encoding(self, choice: EncoderChoice, encoder: EncoderOnDemand) -> Engine:
        return LocalEngine(encoder)

    def scoring(self) -> Scoring:
        return LocalScoring()


class Together:
    """Engines whose work is done by workers.

    Args:
        context: of the job; option `shared` is a directory or URL for parts.
        executor: the workers.
    """

    local = False

    def __init__(self, context: JobContext, executor: Executor) -> None:
        self._context = context
        self._executor = executor

    def encoding(self, choice: EncoderChoice, encoder: EncoderOnDemand) -> Engine:
        """Return what encodes."""
        from hyai_tui.jobs.cluster.encoding import SharedEngine
        from hyai_tui.jobs.cluster.lending import Lender

        workspace = self._context.workspace
        return SharedEngine(
            self._executor,
            choice,
            Lender(workspace.open_library, workspace.data, choice.weights_path),
            workspace.cache / PARTS_DIRECTORY,
            self._context.options.get("shared"),
            self._context.report.warning,
        )

    def scoring(self) -> Scoring:
        """Return what scores."""
        from hyai_tui.jobs.cluster.scoring import SharedScoring

        return SharedScoring(self._executor)


@contextmanager
def engines(context: JobContext) -> Iterator[Engines]:
    """Give the engines that the options name; a cluster is connected to when there is work for it, and left in the end.

    Options:
        engine: `local` or `ray`.
        workers: of a cluster; None for one a machine.
        shared: directory or URL in which all machines may write.

    Raises:
        WrongUse: there is no such engine, or it is not installed.
    """
    name = context.options.get("engine") or LOCAL
    if name not in NAMES:
        raise WrongUse(f"There is no engine {name!r}", f"It is one of {', '.join(NAMES)}")
    if name == LOCAL:
        yield _Alone()
        return
    if find_spec("ray") is None:
        raise WrongUse(
            "The engine ray needs Ray, which is not installed",
            f"{how_to_add('hyai-tui[ray]')}, so on every machine of the cluster, or leave out --engine ray",
        )
    from hyai_tui.jobs.cluster.on_ray import RayExecutor

    with RayExecutor(context.options.get("workers"), context.report.log) as executor:
        yield Together(context, executor)
