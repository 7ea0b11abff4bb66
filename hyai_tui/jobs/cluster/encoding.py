"""Encoding by workers: each takes a stretch of the list, writes its vectors as a part, and returns the part's manifest.

The coordinator is the only one that writes the store. It takes parts over in the order of the list, each verified against
its manifest, so the store is filled with the same rows in the same order as by one machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from hyai_tui import __version__
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.features.choosing import EncoderChoice
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.features.engine import STRETCH, Encoded, LocalEngine, Work
from hyai_tui.features.parts import PartDamaged, Place, borrowed, place_of, read_part, remove_part, write_part
from hyai_tui.features.plan import WorkItem
from hyai_tui.jobs.cluster.executor import Ask, Executor, raise_told, told
from hyai_tui.jobs.cluster.lending import Borrowed, BorrowedLibrary, Lender

# Stretches that an executor gets at once, a million items: their names are in memory meanwhile.
_ROUND: Final = 4096
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class EncodingJob:
    """What a worker needs to encode.

    Attributes:
        choice: the encoder.
        where: the place of parts.
        source: `file` or `thumbnail`.
        batch_size: pictures a step, the same on every worker.
        program: version of the program that gives the tasks.
    """

    choice: EncoderChoice
    where: str
    source: str
    batch_size: int
    program: str = __version__

    def begin(self, ask: Ask, threads: int) -> Callable[[bytes], bytes]:
        """Return a worker."""
        return _Worker(self, ask, threads)


class _Worker:
    """Encodes one stretch after the other."""

    def __init__(self, job: EncodingJob, ask: Ask, threads: int) -> None:
        self._job = job
        self._threads = threads
        self._library = BorrowedLibrary(ask)
        self._borrowed = Borrowed(ask)
        self._warnings: list[str] = []
        self._engine: LocalEngine | None = None

    def __call__(self, task: bytes) -> bytes:
        """Return the manifest of a stretch, or what went wrong with it."""
        number, items, refused = stretch_of(task)
        kind, manifest, more = told(lambda: self._encode(number, items, refused))
        if kind:
            manifest = {"stretch": number, "failed": [kind, manifest, more]}
        return json.dumps(manifest).encode("ascii")

    def _encode(self, number: int, items: Sequence[WorkItem], refused: Mapping[str, str]) -> dict[str, Any]:
        work = Work(
            self._library,
            self._job.source,
            self._job.batch_size,
            self._threads,
            self._job.choice.recipe,
            lambda item: refused.get(item.file, ""),
        )
        engine = self._ready()
        wanted = [item for item in items if item.file not in refused]
        if self._job.source == "file":
            self._library.expect([item.file for item in wanted if item.in_library])
        here = [self._borrowed.with_sample(item) for item in items]
        done = [one for batch in engine.encoded(here, work) for one in batch]
        vectors = [one.vector for one in done if one.vector is not None]
        dimension = self._job.choice.version.dimension
        said, self._warnings = self._warnings, []
        return write_part(
            place_of(self._job.where),
            number,
            np.stack(vectors) if vectors else np.empty((0, dimension), np.float32),
            {
                "stretch": number,
                "encoder": self._job.choice.version.id,
                "items": [[one.item.file, one.content, one.reason, one.phash] for one in done],
                "warnings": said,
            },
        )

    def _ready(self) -> LocalEngine:
        """Return the engine of this worker, made for its first stretch."""
        if self._engine is None:
            if self._job.program != __version__:
                raise WrongUse(
                    f"A worker's machine has hyai {__version__}, and this one {self._job.program}",
                    "Install the same version on every machine",
                )
            choice = self._job.choice
            if choice.weights_path is not None:
                choice = replace(choice, weights_path=self._borrowed.weights(choice.weights_path))
            self._engine = LocalEngine(EncoderOnDemand(choice, self._job.batch_size, self._warnings_take))
        return self._engine

    def _warnings_take(self, text: str) -> None:
        self._warnings.append(text)


class SharedEngine:
    """Gives stretches to workers and takes their parts over in order.

    Args:
        executor: the workers.
        choice: the encoder.
        lender: answers the workers.
        notes: directory of this workspace for parts, and for notes of where they are.
        shared: directory or URL for parts; None for `notes`.
        warn: shows a sentence to the user.
    """

    def __init__(
        self,
        executor: Executor,
        choice: EncoderChoice,
        lender: Lender,
        notes: Path,
        shared: str | None,
        warn: Callable[[str], None],
    ) -> None:
        self._executor = executor
        self._choice = choice
        self._lender = lender
        self._notes = notes
        self._shared = shared
        self._warn = warn

    def encoded(self, items: Sequence[WorkItem], work: Work) -> Generator[list[Encoded]]:
        """Yield a list for each stretch, in order, and empty ones meanwhile.

        Raises:
            HyaiError: what a worker met, or parts that did not arrive whole three times.
        """
        size = _ROUND * STRETCH
        for start in range(0, len(items), size):
            part = items[start : start + size]
            with borrowed(self._notes, self._shared) as where:
                yield from self._round([part[at : at + STRETCH] for at in range(0, len(part), STRETCH)], work, where)

    def _round(self, stretches: Sequence[Sequence[WorkItem]], work: Work, where: str) -> Iterator[list[Encoded]]:
        place = place_of(where)
        job = EncodingJob(self._choice, where, work.source, work.batch_size)
        done = 0
        for _ in range(_TRIES):
            tasks = [stretch_task(at, stretches[at], work) for at in range(done, len(stretches))]
            with closing(_in_order(self._executor.run(job, tasks, self._lender), done)) as manifests:
                try:
                    for manifest in manifests:
                        if manifest is None:
                            yield []
                            continue
                        encoded = self._taken(place, manifest, stretches[done])
                        done += 1
                        yield encoded
                        remove_part(place, manifest)
                except PartDamaged as error:
                    self._warn(f"{error}: it is encoded again")
            if done == len(stretches):
                return
        raise HyaiError(
            "What workers wrote did not arrive whole, three times",
            "Check the shared directory on every machine, then start again: it goes on from there",
        )

    def _taken(self, place: Place, manifest: Mapping[str, Any], items: Sequence[WorkItem]) -> list[Encoded]:
        """Return what a manifest and its part say of a stretch.

        Raises:
            PartDamaged: they do not fit together, or not the stretch.
            HyaiError: what the worker met.
        """
        if "failed" in manifest:
            raise_told(*manifest["failed"])
        for text in manifest["warnings"]:
            self._warn(text)
        vectors = read_part(place, manifest, self._choice.version.dimension)
        facts = manifest["items"]
        good = sum(not reason for _, _, reason, _ in facts)
        if [file for file, *_ in facts] != [item.file for item in items] or good != len(vectors):
            raise PartDamaged(f"{manifest['part']} is not of the files that were asked for")
        if manifest["encoder"] != self._choice.version.id:
            raise WrongUse("A worker has used another encoder", "Install the same files on every machine")
        rows = iter(vectors)
        return [
            Encoded(item, content, None if reason else next(rows), reason, phash)
            for item, (_, content, reason, phash) in zip(items, facts, strict=True)
        ]


def stretch_task(number: int, items: Sequence[WorkItem], work: Work) -> bytes:
    """Return a stretch as the bytes of a task; `stretch_of` reads them."""
    rows = [
        [
            item.file,
            0 if item.content == item.file else item.content,
            item.in_library,
            item.sample and [str(item.sample[0]), item.sample[1]],
            item.shrunk,
            work.refused(item),
        ]
        for item in items
    ]
    return json.dumps([number, rows], separators=(",", ":")).encode("ascii")


def stretch_of(task: bytes) -> tuple[int, list[WorkItem], dict[str, str]]:
    """Return a stretch's number, its items, and file → reason of those whose bytes are not to be fetched."""
    number, rows = json.loads(task)
    items = [
        WorkItem(file, file if content == 0 else content, here, sample and (Path(sample[0]), sample[1]), shrunk)
        for file, content, here, sample, shrunk, _ in rows
    ]
    return number, items, {row[0]: row[5] for row in rows if row[5]}


def _in_order(results: Generator[bytes | None], first: int) -> Generator[dict[str, Any] | None]:
    """Yield manifests by the numbers of their stretches from `first` on, and None whenever the next is not there yet."""
    waiting: dict[int, dict[str, Any]] = {}
    with closing(results):
        for result in results:
            if result is not None:
                manifest = json.loads(result)
                waiting[manifest["stretch"]] = manifest
            if first not in waiting:
                yield None
            while first in waiting:
                yield waiting.pop(first)
                first += 1
