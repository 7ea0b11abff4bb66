"""How long from connecting to a client of millions of files until the first mistakes are on the screen.

Starts a fake client whose files are made up when asked for, in a process of its own, and the real app beside it, on a new
workspace and without a terminal; the one question is answered with yes as soon as it is asked. Where too few files are in
the trash (`--trash 5`) nothing is asked, and what is waited for is the first file of *next best*. Yardstick: the client, which
gives as many rows a second as the fastest real one. HYAI_WEIGHTS names MobileNetV2's weights; without it the HOG encoder is
used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.hydrus_scan import KEY, REAL_ROWS_PER_SECOND, fake_client

BUDGET_SECONDS = 180.0
_CANCEL_SECONDS = 60.0


async def watch(root: Path) -> dict[str, float]:
    """Run the app, say yes, and return the seconds until the question and until the first file of the list is shown."""
    from hyai_tui.locations import bundled_themes
    from hyai_tui.pictures.terminal.probe import Terminal
    from hyai_tui.tui import keymap, themes
    from hyai_tui.tui.app import HyaiApp
    from hyai_tui.tui.screens.panel import PanelScreen
    from hyai_tui.workspace import open_workspace

    known = themes.load(bundled_themes())
    app = HyaiApp(open_workspace(root), terminal=Terminal(answered=False), keymap=keymap.load(), themes=known)
    began = time.monotonic()
    told: dict[str, float] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        while time.monotonic() - began < 4 * BUDGET_SECONDS:
            await pilot.pause(0.1)
            if isinstance(app.screen, PanelScreen) and "question" not in told:
                told["question"] = time.monotonic() - began
                await pilot.press("y")
            desk = app.review.desk
            row, walk = desk.current, desk.walk
            shown = row is not None and desk.gate.shown == row.file
            if walk is not None and shown and walk.entry.key.partition(":")[0] in {"mistakes", "next-best"}:
                told |= {"first_file": time.monotonic() - began, "in_queue": float(len(walk))}
                told["by_model"] = float(desk.snapshot.model is not None)
                break
        app.session.stop()
    return told


def main() -> int:
    """Print the figures as one line of JSON; 1 where the budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks first_mistakes", description=__doc__)
    parser.add_argument("--files", type=int, default=2_000_000)
    parser.add_argument("--trash", type=int, default=10_000)
    parser.add_argument("--rows-per-second", type=int, default=REAL_ROWS_PER_SECOND)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hyai-first-") as place,
        fake_client(chosen.files, chosen.rows_per_second, "--trash", str(chosen.trash)) as url,
    ):
        home = Path(place)
        (home / "run").mkdir(mode=0o700)
        os.environ.update(HOME=place, XDG_RUNTIME_DIR=str(home / "run"), HYAI_HYDRUS_KEY=KEY)
        from hyai_tui import credentials
        from hyai_tui.jobs import supervisor
        from hyai_tui.jobs.listing import jobs
        from hyai_tui.workspace import create_workspace

        credentials.remember_address(url)
        workspace = create_workspace(home / "art", f'[library]\nkind = "hydrus"\nurl = "{url}"\n')
        with workspace.open_journal() as journal:
            journal.add_labels(["archive", "trash"])
        told = asyncio.run(watch(workspace.root))
        ran = {job.kind: job.state for job in jobs(workspace)}
        for job in jobs(workspace):
            if job.state == "running":
                supervisor.cancel(workspace, job.id)
        until = time.monotonic() + _CANCEL_SECONDS
        while any(job.state == "running" for job in jobs(workspace)) and time.monotonic() < until:
            time.sleep(0.1)
    met = told.get("first_file", float("inf")) <= BUDGET_SECONDS
    seconds = {name: round(told[name], 1) for name in ("question", "first_file") if name in told}
    more = {"in_queue": int(told.get("in_queue", 0)), "by_model": bool(told.get("by_model")), "jobs": ran}
    print(json.dumps({"benchmark": "first_mistakes", "files": chosen.files, **seconds, **more, "ok": met}))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
