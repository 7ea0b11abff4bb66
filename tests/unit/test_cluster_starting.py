"""Ray's own start: what keeps it from starting is told to the person who asked for it, and is no defect of the program."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from hyai_tui.errors import NotNow
from hyai_tui.jobs.cluster import on_ray


class FakeRay:
    """Stands in for Ray: no cluster is there, and a start meets what it was given."""

    def __init__(self, start: BaseException | None, join: Exception) -> None:
        self.started_with: dict[str, Any] | None = None
        self._start = start
        self._join = join
        context = SimpleNamespace(enable_progress_bars=True)
        self.data = SimpleNamespace(DataContext=SimpleNamespace(get_current=lambda: context))

    def init(self, address: str, **options: Any) -> None:
        if address == "auto":
            raise self._join
        self.started_with = options
        if self._start is not None:
            raise self._start

    def shutdown(self) -> None:
        self.started_with = None


def connect(
    monkeypatch: pytest.MonkeyPatch,
    start: BaseException | None = None,
    join: Exception | None = None,
    address: str = "",
) -> None:
    for name in on_ray._SILENT:
        # Set first, so that the test's end takes back what the program sets.
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("RAY_ADDRESS", address)
    monkeypatch.setitem(sys.modules, "ray", FakeRay(start, join or ConnectionError("no cluster")))
    with ExitStack() as closing:
        on_ray._connect(closing)


def test_a_start_that_takes_too_long_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Exception("The current node timed out during startup. This could happen because of many things.")
    with pytest.raises(NotNow, match="Ray did not start on this machine: The current node timed out") as told:
        connect(monkeypatch, late)
    assert "--engine ray" in told.value.fix


@pytest.mark.parametrize("error", [RuntimeError("Failed to start GCS."), OSError("no room"), ValueError("a bad port")])
def test_what_else_keeps_ray_from_starting_is_told_and_a_defect_stays_one(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with pytest.raises(ValueError if isinstance(error, ValueError) else NotNow):
        connect(monkeypatch, error)


def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = RuntimeError("Failed to connect to GCS. Last connection error: none")
    with pytest.raises(NotNow, match=r"at 10\.0\.0\.9:6379 does not answer"):
        connect(monkeypatch, join=dead, address="10.0.0.9:6379")
    with pytest.raises(NotNow, match="of this machine does not answer: Failed to connect to GCS"):
        connect(monkeypatch, join=dead)


def test_workers_of_this_machine_are_a_little_nicer_than_ray_unless_somebody_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (name,) = on_ray._NICER
    # Set and taken away first, so that the test's end takes back what the program sets.
    monkeypatch.setenv(name, "1")
    monkeypatch.delenv(name)
    connect(monkeypatch)
    assert os.environ[name] == "5"
    monkeypatch.setenv(name, "0")
    connect(monkeypatch)
    assert os.environ[name] == "0"
