"""The preview and the viewer outside: what is shown, that nothing is decided, and that no shell is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hyai_tui.errors import HyaiError
from hyai_tui.tui.app import HyaiApp
from hyai_tui.tui.messages import NoWindow
from hyai_tui.tui.outside import link_to, open_outside, over_ssh, viewer_words
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.screens.preview import PreviewScreen
from hyai_tui.tui.zooming import LEVELS, Zoom
from tests.tui.tui_fixtures import Place, appears, make_place, press, running, screen_text, shown, until


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    return make_place(tmp_path, monkeypatch)


def test_a_piece_lies_inside_the_picture_and_is_as_large_as_the_view_takes() -> None:
    picture, dots = (1000, 600), (200, 100)
    assert Zoom().piece(picture, dots) == (0, 0, 1000, 600)
    one = Zoom().closer()
    assert one.word == "1:1"
    assert one.piece(picture, dots) == (400, 250, 600, 350)
    assert one.closer().piece(picture, dots) == (450, 275, 550, 325)
    assert one.piece((50, 40), dots) == (0, 0, 50, 40)


def test_moving_stops_at_the_edges_and_comes_back_at_once() -> None:
    picture, dots = (1000, 600), (200, 100)
    zoom = Zoom(1)
    for _ in range(50):
        zoom = zoom.moved(1, 1, picture, dots)
    assert zoom.piece(picture, dots) == (800, 500, 1000, 600)
    back = zoom.moved(-1, 0, picture, dots)
    assert back.piece(picture, dots) == (750, 500, 950, 600)


def test_the_wheel_leaves_what_is_under_the_pointer_there() -> None:
    picture, dots, point = (1000, 600), (200, 120), (0.25, 0.75)
    zoom = Zoom()
    for level in (1, 2, 3, 2, 1):
        left, top, right, bottom = zoom.at(level, point, picture, dots).piece(picture, dots)
        assert (left + point[0] * (right - left), top + point[1] * (bottom - top)) == pytest.approx((250, 450), abs=2)
        zoom = zoom.at(level, point, picture, dots)
    assert zoom.at(99, point, picture, dots).level == len(LEVELS) - 1


def test_a_drag_moves_the_picture_with_the_pointer_and_stops_at_its_edge() -> None:
    picture, dots = (1000, 600), (200, 120)
    zoom = Zoom(1).dragged(0.5, -0.5, picture, dots)
    assert zoom.piece(picture, dots) == (300, 300, 500, 420)
    assert zoom.dragged(9, 9, picture, dots).piece(picture, dots) == (0, 0, 200, 120)


def test_levels_go_round_by_one_key_and_end_at_both_ends_by_two() -> None:
    zoom = Zoom()
    for _ in LEVELS:
        zoom = zoom.next()
    assert zoom == Zoom()
    assert Zoom().farther() == Zoom()
    assert Zoom(len(LEVELS) - 1).closer().level == len(LEVELS) - 1


async def open_preview(pilot: Pilot[None], app: HyaiApp) -> PreviewScreen:
    await pilot.press("z")
    await until(pilot, lambda: isinstance(app.screen, PreviewScreen) and app.screen.original != (0, 0), "the original")
    assert isinstance(app.screen, PreviewScreen)
    return app.screen


async def test_the_original_is_shown_large_and_zoomed_and_moved(place: Place) -> None:
    async with running(place.workspace, size=(80, 24)) as (app, pilot):
        screen = await open_preview(pilot, app)
        assert screen.original == (160, 120)
        await appears(pilot, app, "160×120 · fit")
        before = screen.picture.showing
        await pilot.press("z")
        await until(pilot, lambda: screen.picture.showing not in {None, before}, "the piece")
        await until(pilot, lambda: "1:1" in screen_text(app), "the title")
        assert screen.picture.showing is not None
        assert screen.picture.showing.fit.columns == 80
        middle = screen.zoom
        await pilot.press("right", "down")
        assert (screen.zoom.x, screen.zoom.y) > (middle.x, middle.y)
        await pilot.press("minus")
        assert screen.zoom.level == 0
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review and shown(app.review))


async def test_at_one_to_one_a_pixel_is_a_dot_and_a_small_picture_is_not_enlarged(place: Place) -> None:
    async with running(place.workspace, size=(200, 80)) as (app, pilot):
        screen = await open_preview(pilot, app)
        await pilot.press("z")

        def size() -> tuple[int, int]:
            drawn = screen.picture.showing
            return (drawn.fit.columns, drawn.fit.rows) if drawn is not None else (0, 0)

        await until(pilot, lambda: size() == (160, 60), "the size of one pixel a dot")


async def test_no_key_decides_in_the_preview_and_the_review_decides_again_after_it(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        screen = await open_preview(pilot, app)
        await pilot.press("a", "t", "1", "2", "0", "s", "i", "A", "T", "space", "u")
        await appears(pilot, app, "nothing is decided here")
        assert place.decisions() == {}
        assert app.review.desk.marks == {}
        # Covered by the preview, the picture of the review is not in view.
        assert app.review.desk.gate.shown is None
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review and shown(app.review))
        await press(pilot, app, "t")
        await until(pilot, lambda: list(place.decisions().values()) == ["trash"], "the decision")
        assert screen.original == (160, 120)


async def test_an_original_that_cannot_be_read_says_why(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        name = place.name(app.review.desk.current.file)
        (place.workspace.library_root / name).unlink()
        await pilot.press("z")
        await until(pilot, lambda: "no picture" in screen_text(app), "the card")
        await pilot.press("z", "right", "escape")
        await until(pilot, lambda: app.screen is app.review)


async def test_hidden_pictures_have_no_preview(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        await pilot.press("b", "b", "z")
        await until(pilot, lambda: app.review.status.told == "pictures are hidden", "the word")
        assert app.screen is app.review


def test_the_viewer_is_a_command_of_words_and_never_a_shell_line() -> None:
    assert viewer_words("", "linux") == ["xdg-open"]
    assert viewer_words("", "darwin") == ["open"]
    assert viewer_words('feh -F "my title"; rm x') == ["feh", "-F", "my title;", "rm", "x"]
    with pytest.raises(HyaiError, match="Close its quotes"):
        viewer_words('feh "')
    with pytest.raises(HyaiError, match="cannot be started"):
        open_outside(Path("/nowhere.png"), "/no/such/viewer")


def test_a_terminal_at_the_other_end_of_a_line_is_known() -> None:
    assert over_ssh({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"})
    assert over_ssh({"SSH_TTY": "/dev/pts/1"})
    assert not over_ssh({"TERM": "xterm"})


async def test_o_starts_the_viewer_of_the_users_own_configuration_on_the_original(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hyai_tui.locations import user_settings_file

    told = tmp_path / "told"
    viewer = tmp_path / "viewer.py"
    viewer.write_text(
        f"import os, sys\nkeys = [name for name in os.environ if name.startswith('HYAI_')]\n"
        f"open({str(told) + '.new'!r}, 'w').write(repr((sys.argv[1:], keys)))\nos.replace({str(told) + '.new'!r}, {str(told)!r})\n",
        "utf-8",
    )
    monkeypatch.setenv("HYAI_HYDRUS_KEY", "00" * 32)
    user_settings_file().parent.mkdir(parents=True, exist_ok=True)
    user_settings_file().write_text(f'[app]\nviewer = "{sys.executable} {viewer} --full"\n', "utf-8")
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        path = place.workspace.library_root / place.name(app.review.desk.current.file)
        await pilot.press("o")
        await until(pilot, told.exists, "the viewer")
        assert told.read_text("utf-8") == repr((["--full", str(path)], []))


async def test_over_ssh_the_path_is_copied_instead(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        path = place.workspace.library_root / place.name(app.review.desk.current.file)
        await pilot.press("o")
        await until(pilot, lambda: "over SSH" in app.review.status.told, "the line")
        assert app.review.status.told.endswith(str(path))
        assert app.clipboard == str(path)


def test_a_link_names_the_machine_and_nothing_in_a_name_can_end_it() -> None:
    link = link_to("/art/a b\x1b\\#1.png")
    assert link.startswith("file://")
    assert link.endswith("/art/a%20b%1B%5C%231.png")


async def test_over_ssh_the_line_is_a_link_that_terminals_follow(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    async with running(place.workspace) as (app, pilot):
        assert app.review.desk.current is not None
        path = place.workspace.library_root / place.name(app.review.desk.current.file)
        await pilot.press("o")
        await until(pilot, lambda: "over SSH" in app.review.status.told, "the line")
        line = app.review.status.render_line(0)
        assert link_to(str(path)) in {segment.style.link for segment in line if segment.style is not None}


async def test_a_client_elsewhere_is_offered_a_page_or_the_hash(place: Place) -> None:
    async with running(place.workspace) as (app, pilot):
        asked: list[tuple[str, list[str]]] = []
        app.session.errands.show_in_page = lambda name, chosen: asked.append((name, [*chosen(None)]))  # type: ignore[method-assign,arg-type]
        app.post_message(NoWindow("c0ffee", "", pages=True))
        await until(pilot, lambda: isinstance(app.screen, PanelScreen), "the panel")
        await pilot.press("p")
        await until(pilot, lambda: bool(asked), "the page")
        assert asked == [("hyai", ["c0ffee"])]
        app.post_message(NoWindow("c0ffee", "", pages=True))
        await until(pilot, lambda: isinstance(app.screen, PanelScreen), "the panel")
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "c0ffee", "the hash")
        assert place.decisions() == {}
