"""What Review looks like at three sizes, dark and light. The picture is a real one in half-cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.tui_fixtures import make_app, make_place, shown, until

SIZES = {"wide": (120, 40), "narrow": (80, 24), "phone": (45, 35)}


@pytest.mark.parametrize("theme", ["harbour", "paper"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_review(
    size: tuple[int, int],
    theme: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    snap_compare: Callable[..., bool],
) -> None:
    place = make_place(tmp_path, monkeypatch)
    app = make_app(place.workspace, theme)

    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shown(app.review) and app.review.library.connected, "the picture")
        await pilot.pause(0.2)

    try:
        assert snap_compare(app, terminal_size=size, run_before=ready)
    finally:
        app.session.stop()
