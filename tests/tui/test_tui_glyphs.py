"""Screens without our signs, without many colours, or without any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color

from hyai_tui.pictures.terminal.encoding import Encoder
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.glyphs import AsciiGlyphs, needs_ascii
from tests.tui.tui_fixtures import make_app, make_place, picture, shown, until

PICTURE_BLOCKS = "▀▄"


def drawn(app: HyaiApp) -> str:
    """Return the lines as they go out, after every filter."""
    lines = []
    for strip in app.screen._compositor.render_strips(app.size):
        segments = list(strip)
        for one in app.get_line_filters():
            segments = one.apply(segments, Color(0, 0, 0))
        lines.append("".join(segment.text for segment in segments))
    return "\n".join(lines)


async def test_with_ascii_signs_nothing_else_goes_out_but_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path, monkeypatch)
    app = make_app(place.workspace)
    app.looks.use_ascii()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: shown(app.review), "the picture")
        await pilot.press("t")
        await pilot.pause(0.3)
        for command in ("", "help", "jobs", "thresholds"):
            app.session.commands.run(command)
            await pilot.pause(0.3)
            # A name's own characters are not ours to change; those of control characters stand for them.
            text = re.sub("[\u2400-\u2421]", "", drawn(app))
            assert {one for one in text if not one.isascii()} <= {*PICTURE_BLOCKS}, command
            if app.screen is not app.review:
                await pilot.press("escape")
                await pilot.pause()
        app.session.stop()


def test_every_sign_is_replaced_by_one_of_the_same_width() -> None:
    line = [Segment("▲ archive → ▼ trash · 93 % … ✓ ╭──╮"), Segment("plain")]
    found = AsciiGlyphs().apply(line, Color(0, 0, 0))
    assert "".join(one.text for one in found) == "^ archive > v trash - 93 % ~ + +--+plain"
    assert [one.cell_length for one in found] == [one.cell_length for one in line]


@pytest.mark.parametrize(
    ("environment", "needed"),
    [
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
        ({"TERM": "xterm-256color", "LANG": "de_DE.UTF-8"}, False),
        ({"TERM": "xterm-256color", "LANG": "de_DE.UTF-8", "LC_ALL": "C"}, True),
        ({"TERM": "xterm-256color"}, False),
    ],
)
def test_the_console_and_a_locale_without_unicode_get_ascii_signs(environment: dict[str, str], needed: bool) -> None:
    assert needs_ascii(environment) == needed


def test_half_cells_in_16_colours_are_a_coarse_view_however_large() -> None:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(picture(1))).convert("RGB").resize((800, 800))
    for few in (False, True):
        encoded = Encoder(Terminal(few_colours=few)).encode(image, (160, 80))
        assert encoded is not None
        assert encoded.coarse == few
