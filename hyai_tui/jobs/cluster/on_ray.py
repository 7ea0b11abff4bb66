"""Workers by Ray Data (extra `ray`): actors on the machines of a cluster, or on this one where there is no cluster.

Ray starts an actor that was lost anew, elsewhere if its machine does not come back, and gives it the same task again.
Heavy: only jobs import this, when somebody asks for the engine.
"""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Self

from hyai_tui.errors import HyaiError, NotNow, WrongUse
from hyai_tui.jobs.cluster.executor import Ask, Job
from hyai_tui.text import count

# Nothing is told to anybody about what runs here, and nothing is packed up and sent to the machines.
_SILENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}
# Ray starts its workers so much nicer than itself, so that they never starve it, and by 15 if nobody says otherwise. On this
# machine that is too much: a job is 5 already, and 20 beside other programs is standing still. RAY_worker_niceness is Ray's name.
_NICER: Final = {"RAY_worker_niceness": "5"}
# Names and results pass through Ray's memory, and pictures only for machines that do not see them.
_OBJECT_STORE: Final = 256 * 2**20
# How often the same task may lose its worker before the job ends: a picture that kills every worker would go on for ever.
_LOSSES: Final = 4
_BEAT: Final = 0.5


class RayExecutor:
    """A connection to Ray, made when the first task is there; use as a context manager.

    Args:
        workers: how many; None for one a machine.
        log: says something for later.
    """

    def __init__(self, workers: int | None, log: Callable[[str], None]) -> None:
        self._wanted = workers
        self._log = log
        self._closing = ExitStack()
        self._size: tuple[int, float, float, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def run(self, job: Job, tasks: Sequence[bytes], lender: object) -> Generator[bytes | None]:
        """See `hyai_tui.jobs.cluster.executor.Executor`."""
        import pyarrow as pa
        import ray

        workers, cpus, gpus, threads = self._connected()
        handle = None if lender is None else _hosted(lender)
        try:
            dataset = ray.data.from_arrow([pa.table({"task": pa.array([task], pa.binary())}) for task in tasks])
            dataset = dataset.map_batches(
                _Actor,
                fn_constructor_kwargs={"job": job, "lender": handle, "threads": threads},
                batch_size=1,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(size=min(workers, len(tasks))),
                num_cpus=cpus,
                num_gpus=gpus,
                # Ray Data starts lost actors anew and spreads them over the machines by itself.
                max_task_retries=_LOSSES,
            )
            yield from _followed(dataset)
        finally:
            if handle is not None:
                ray.kill(handle)

    def _connected(self) -> tuple[int, float, float, int]:
        """Connect at the first call; return (workers, CPUs and GPUs that each reserves, threads of each)."""
        if self._size is None:
            _connect(self._closing)
            self._size = self._sized()
        return self._size

    def _sized(self) -> tuple[int, float, float, int]:
        import ray

        resources = ray.cluster_resources()
        machines = sum(node["Alive"] and "CPU" in node["Resources"] for node in ray.nodes())
        cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
        if not machines or not cpus:
            raise NotNow("The Ray cluster has no machine with a free processor", "Start one: 'ray start --address'")
        workers = self._wanted or machines
        # Half of what a worker uses is reserved at most: Ray needs processors for its own tasks, and where machines are
        # lost, the others must have room for their workers. Reserving all of two processors makes two workers wait for ever.
        reserved = min(1.0, cpus / workers / 2)
        threads = max(1, int(cpus) // workers)
        self._log(
            f"{count(workers, 'worker')} on {count(machines, 'machine')} with {cpus:.0f} processors,"
            f" {count(threads, 'thread')} each"
        )
        return workers, reserved, min(1.0, gpus / workers), threads


class _Actor:
    """A worker as Ray Data calls it: tables of tasks to tables of results."""

    def __init__(self, job: Job, lender: Any, threads: int) -> None:
        # Before a framework is imported: each worker would take all cores else.
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
        self._do = job.begin(_asking(lender), threads)

    def __call__(self, table: Any) -> Any:
        import pyarrow as pa

        return pa.table({"result": pa.array([self._do(task) for task in table["task"].to_pylist()], pa.binary())})


def _hosted(lender: object) -> Any:
    """Return an actor on this machine that answers for the lender."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_concurrency": 8, "max_restarts": _LOSSES, "max_task_retries": _LOSSES}
    return ray.remote(_Host).options(scheduling_strategy=here, **options).remote(lender)


class _Host:
    """Answers for a lender."""

    def __init__(self, lender: object) -> None:
        self._lender = lender

    def answer(self, name: str, *values: Any) -> Any:
        """Call a method of the lender."""
        return getattr(self._lender, name)(*values)


def _asking(host: Any) -> Ask:
    """Return what asks the lender's actor."""

    def ask(name: str, *values: Any) -> Any:
        import ray

        return ray.get(host.answer.remote(name, *values))

    return ask


def _followed(dataset: Any) -> Iterator[bytes | None]:
    """Yield results as they come, and None meanwhile. Raises HyaiError where workers were lost again and again."""
    import ray

    found: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def follow() -> None:
        for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            for result in table["result"].to_pylist():
                found.put(result)

    pool = ThreadPoolExecutor(1, "ray")
    following = pool.submit(follow)
    try:
        while not following.done() or not found.empty():
            try:
                yield found.get(timeout=_BEAT)
            except queue.Empty:
                yield None
        try:
            following.result()
        except (
            ray.exceptions.RaySystemError,
            ray.exceptions.RayActorError,
            ray.exceptions.WorkerCrashedError,
        ) as error:
            raise HyaiError(
                f"Workers were lost again and again ({type(error).__name__})",
                "Look at 'ray status' and the machines' memory, then start again: it goes on from there",
            ) from error
    finally:
        # Whoever does not want the rest disconnects, which ends the thread.
        pool.shutdown(wait=False, cancel_futures=True)


def _connect(closing: ExitStack) -> None:
    """Connect to the cluster of RAY_ADDRESS or of this machine; where there is none, start Ray here until the end.

    Raises:
        WrongUse: an address of Ray's client, whose machine is not part of the cluster.
        NotNow: the cluster of RAY_ADDRESS does not answer, or Ray does not start.
    """
    os.environ.update(_SILENT)
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        raise WrongUse(
            "RAY_ADDRESS names a client's address, and the coordinator must run on a machine of the cluster",
            "Run 'hyai' where 'ray start' ran, with RAY_ADDRESS=auto",
        )
    import ray

    quiet = {"log_to_driver": False, "configure_logging": False}
    with _signals_kept():
        if not _joined(address, quiet):
            _start(quiet)
    closing.callback(ray.shutdown)
    ray.data.DataContext.get_current().enable_progress_bars = False


def _joined(address: str, quiet: dict[str, Any]) -> bool:
    """Connect to a cluster that is there; return whether there is one. Raises NotNow where one was named."""
    import ray

    if address == "local":
        return False
    try:
        ray.init(address="auto", **quiet)
    except (ConnectionError, RuntimeError) as error:
        if address and address != "auto":
            raise NotNow(f"The Ray cluster at {address} does not answer", "Look at 'ray status'") from error
        if isinstance(error, ConnectionError):
            return False
        raise NotNow(
            f"The Ray cluster of this machine does not answer: {_first_line(error)}",
            "Look at 'ray status'; 'ray stop' ends what is left of one",
        ) from error
    return True


def _start(quiet: dict[str, Any]) -> None:
    """Start Ray on this machine. Raises NotNow where it does not get ready in its half a minute, or cannot start."""
    import ray

    for name, value in _NICER.items():
        os.environ.setdefault(name, value)
    try:
        ray.init(
            address="local",
            # Nobody else on the network has business with it.
            _node_ip_address="127.0.0.1",
            num_cpus=os.cpu_count(),
            object_store_memory=_OBJECT_STORE,
            include_dashboard=False,
            **quiet,
        )
    except Exception as error:
        # Ray says with a plain Exception that it waited half a minute in vain, and with these two what else kept it.
        if type(error) is not Exception and not isinstance(error, RuntimeError | OSError):
            raise
        raise NotNow(
            f"Ray did not start on this machine: {_first_line(error)}",
            "It gives itself half a minute: try again when the machine has less to do, or leave out --engine ray,"
            " which on one machine is faster",
        ) from error


def _first_line(error: Exception) -> str:
    """Return the first sentence of an error of Ray's, which tend to be long."""
    lines = str(error).strip().splitlines()
    return lines[0].partition(". ")[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep what SIGTERM and SIGINT do: Ray makes them end the process, and to a job they mean that it should finish."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
