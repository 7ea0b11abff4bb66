"""For the app's tests: a key counts as pressed once it has been taken, not once the processor seems to rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from hyai_tui.tui.seen import REPEAT_SECONDS
from tests.tui.tui_fixtures import Place, make_place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A workspace with nine pictures, a model, and its scores."""
    return make_place(tmp_path, monkeypatch)


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_are_parsed_once() -> Iterator[None]:
    """Hand what was parsed of a style sheet from app to app and from theme to theme: the same text and colours each time."""
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_once(sheet: Stylesheet, css: str, *where: Any, **how: Any) -> list[RuleSet]:
        key = (css, where, *sorted(how.items()), *sorted(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, css, *where, **how)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(autouse=True)
def _keys_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    press, last = Pilot.press, ("", 0.0)

    async def press_until_taken(pilot: Pilot[object], *keys: str) -> None:
        """Press keys, each after the one before went from the app to the screen, its widget, and back."""
        nonlocal last
        held = last[1] + 1.5 * REPEAT_SECONDS - time.monotonic()
        if keys and keys[0] == last[0] and held > 0:
            # A finger, where the test presses it once more: no key that is held.
            await asyncio.sleep(held)
        for key in keys:
            await press(pilot, key)
            for _ in range(3):
                await pilot._wait_for_screen()
            last = (key, time.monotonic())

    async def at_once(*_seconds: float) -> None:
        """Stand in for Textual's guess at idleness, which waits longer the busier the app's threads are."""
        await asyncio.sleep(0)

    monkeypatch.setattr("textual.app.wait_for_idle", at_once)
    monkeypatch.setattr(Pilot, "press", press_until_taken)
