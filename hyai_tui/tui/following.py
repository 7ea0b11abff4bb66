"""How jobs stand, followed from their event files by one thread; an app that goes away ends none of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from hyai_tui.jobs import supervisor
from hyai_tui.jobs.events import Event, EventReader
from hyai_tui.jobs.listing import JobInfo
from hyai_tui.jobs.pace import Pace
from hyai_tui.tui.jobview import JobView
from hyai_tui.workspace import Workspace

_LOG_LINES = 200
_CURVE_POINTS = 400
_RECENT_SECONDS = 24 * 3600
_LIST_EVERY = 1.0
_LOOK_EVERY = 0.2


class _Follower:
    """Reads one job's file and keeps its view."""

    def __init__(self, workspace: Workspace, info: JobInfo) -> None:
        self.view = JobView(info)
        self._reader = EventReader(workspace.jobs_directory / info.id)
        self._pace = Pace()

    def read(self) -> None:
        for event in self._reader.new():
            self._take(event)

    def _take(self, event: Event) -> None:
        data, view = event.data, self.view
        if event.type == "stage":
            self._pace = Pace()
            view.rate = view.step = view.steps = None
            self._say(event, str(data.get("about") or data.get("name", "")))
        elif event.type == "progress" and isinstance(data.get("done"), int):
            self._pace.mark(event.t, data["done"])
            view.rate = self._pace.rate(data.get("total")) or view.rate
        elif event.type == "metric" and isinstance(data.get("value"), int | float):
            curve = view.curves.setdefault(str(data.get("name", "")), [])
            curve.append(float(data["value"]))
            del curve[:-_CURVE_POINTS]
            view.step, view.steps = data.get("step"), data.get("steps")
        elif event.type in {"log", "warning"}:
            self._say(event, ("⚠ " if event.type == "warning" else "") + str(data.get("text", "")))
        elif event.type == "waiting":
            view.waiting = str(data.get("text", ""))
        elif event.type == "result":
            result = data.get("result")
            view.result = result if isinstance(result, Mapping) else {}

    def _say(self, event: Event, text: str) -> None:
        self.view.log.append(f"{time.strftime('%H:%M:%S', time.localtime(event.t))}  {text}")
        del self.view.log[:-_LOG_LINES]


class JobWatcher:
    """One thread that looks at the jobs directory and follows what runs.

    Args:
        workspace: whose jobs.
        changed: called with all views, newest first, after any change.
        ended: called once for each job that ended while we looked.
        since: how far back jobs are shown, seconds since the epoch; a day where it is later or not known.
    """

    def __init__(
        self,
        workspace: Workspace,
        changed: Callable[[tuple[JobView, ...]], None],
        ended: Callable[[JobView], None],
        since: float | None = None,
    ) -> None:
        self._workspace = workspace
        self._changed = changed
        self._ended = ended
        self._since = since
        self._followers: dict[str, _Follower] = {}
        self._last: list[tuple[Any, ...]] = []
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; jobs go on."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> None:
        """Look now, for instance because a job has just been started."""
        self._wake.set()

    def _run(self) -> None:
        first = True
        while not self._stop.is_set():
            self._look_once(first)
            first = False
            running = any(one.view.running for one in self._followers.values())
            self._wake.wait(_LOOK_EVERY if running else _LIST_EVERY)
            self._wake.clear()

    def _look_once(self, first: bool) -> None:
        day = time.time() - _RECENT_SECONDS
        since = day if self._since is None else min(day, self._since)
        known = supervisor.jobs(self._workspace)
        infos = [one for one in known if one.state == "running" or (one.ended or one.started) > since]
        ended = []
        for info in infos:
            follower = self._followers.get(info.id)
            if follower is None:
                follower = self._followers[info.id] = _Follower(self._workspace, info)
                was_running = not first
            else:
                was_running = follower.view.running
            follower.view.info = info
            follower.read()
            if was_running and not follower.view.running:
                ended.append(follower.view)
        views = tuple(self._followers[info.id].view.copy() for info in infos)
        stamp = [(v.info, len(v.log), v.waiting, sum(map(len, v.curves.values()))) for v in views]
        if stamp != self._last:
            self._last = stamp
            self._changed(views)
        for view in ended:
            self._ended(view)
