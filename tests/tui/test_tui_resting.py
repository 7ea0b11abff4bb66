"""What waits for a rest is called once, and not before nobody has asked for it for as long as it wants."""

from __future__ import annotations

import time
from functools import partial

from textual.app import App

from hyai_tui.tui.resting import Rest
from tests.tui.tui_fixtures import until


async def test_only_the_last_of_many_wishes_is_called_and_never_early() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        rest = Rest(app)
        called: list[tuple[str, float]] = []
        asked = 0.0

        def called_at(name: str) -> None:
            called.append((name, time.monotonic()))

        for number in range(20):
            asked = time.monotonic()
            rest.wait(0.05, partial(called_at, str(number)))
            await pilot.pause(0.001)
        await until(pilot, lambda: len(called) > 0 and called[-1][0] == "19", "the last wish")
        assert called[-1][1] - asked >= 0.045
        assert len({name for name, _ in called}) == len(called), "each at most once"


async def test_a_shorter_wish_does_not_wait_for_the_longer_one_before_it() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        rest = Rest(app)
        called: list[str] = []
        rest.wait(3600, lambda: called.append("in an hour"))
        rest.wait(0.01, lambda: called.append("soon"))
        await until(pilot, lambda: called == ["soon"], "the short wish")


async def test_a_wish_that_was_dropped_is_never_called() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        rest = Rest(app)
        called: list[str] = []
        rest.wait(0.01, lambda: called.append("dropped"))
        rest.drop()
        rest.wait(0.02, lambda: called.append("kept"))
        await until(pilot, lambda: bool(called), "the wish after it")
        assert called == ["kept"]
