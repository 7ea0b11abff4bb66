"""The first screen: what can be begun with, a folder with its pictures counted, and what is made of the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from hyai_tui.locations import bundled_themes
from hyai_tui.tui import first_run, themes
from hyai_tui.tui.welcome import WelcomeApp, Wish, choices
from hyai_tui.workspace import create_workspace
from tests.tui.pty_terminal import Terminal
from tests.tui.screen_book import Book, Look, difference, look
from tests.tui.test_tui_snapshots import SIZES, THEMES, reached
from tests.tui.tui_fixtures import isolate, until


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory beside a folder of three pictures, one of them in a folder of its own."""
    isolate(monkeypatch, tmp_path / "home")
    for name in ("pictures/1.png", "pictures/2.png", "pictures/more/3.png", "papers/empty.txt", "here/"):
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if name.endswith(".png"):
            Image.new("RGB", (40, 30), (90, 120, 60)).save(path)
    return tmp_path / "here"


def welcome(here: Path) -> WelcomeApp:
    return WelcomeApp(here, here, themes.load(bundled_themes()), "paper")


def text(app: WelcomeApp) -> str:
    return "\n".join("".join(part.text for part in line) for line in app.screen._compositor.render_strips())


async def ended(pilot: Pilot[Wish | None], app: WelcomeApp) -> Wish | None:
    await until(pilot, lambda: bool(app._exit), "the end")
    return app.return_value


@pytest.mark.parametrize(
    ("keys", "wish"),
    [
        ("1", Wish("demo")),
        ("3", Wish("hydrus")),
        ("j j enter", Wish("hydrus")),
        ("k enter", Wish("hydrus")),
        ("q", None),
    ],
)
async def test_a_digit_or_the_cursor_chooses_and_q_leaves(here: Path, keys: str, wish: Wish | None) -> None:
    app = welcome(here)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys.split())
        assert await ended(pilot, app) == wish


async def test_a_folder_is_completed_counted_and_taken(here: Path) -> None:
    app = welcome(here)
    async with app.run_test(size=(45, 35)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "no pictures there yet" in text(app), "the count")
        app.screen.query_one("#folder").value = "../p"  # type: ignore[attr-defined]
        await pilot.press("end", "tab")
        await until(pilot, lambda: "papers  pictures" in text(app), "the names")
        await pilot.press("i", "tab")
        await until(pilot, lambda: "3 pictures there" in text(app), "the count")
        await pilot.press("enter")
        wish = await ended(pilot, app)
    assert wish is not None
    assert wish.folder is not None
    assert wish.folder.resolve() == here.parent / "pictures"


@pytest.mark.parametrize("name", ["welcome", "welcome_folder"])
async def test_the_first_screen_looks_as_in_its_book(
    here: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, name: str
) -> None:
    monkeypatch.setattr("hyai_tui.tui.welcome._short", lambda _: "~/pictures")
    monkeypatch.setattr(Path, "expanduser", lambda path: here if str(path).startswith("~") else path)
    create_workspace(here / "art", "")
    app = WelcomeApp(here, Path("~/hyai"), themes.load(bundled_themes()), THEMES[0])
    book = Book(name, THEMES)
    writes = bool(request.config.getoption("--update-screens"))
    known = {} if writes else book.read()
    looks: dict[tuple[int, int], dict[str, Look]] = {}
    async with app.run_test(size=SIZES[0]) as pilot:
        if name == "welcome_folder":
            await pilot.press("3")
            await until(pilot, lambda: "in it: art" in text(app), "the count")
        for size in SIZES:
            await pilot.resize_terminal(*size)
            looks[size] = {}
            for theme in THEMES:
                app.theme = theme
                expected = known.get(size, {}).get(theme)
                if writes:
                    await pilot.pause(1)
                looks[size][theme] = seen = look(app) if writes else await reached(pilot, app, expected)
                assert writes or seen == expected, f"{size} {theme}\n{difference(expected, seen)}"
    if writes:
        book.write(looks)


async def test_a_folder_that_is_none_is_said_and_escape_goes_back_to_the_choices(here: Path) -> None:
    app = welcome(here)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "x", "enter")
        await until(pilot, lambda: "is not a folder" in text(app), "the refusal")
        await pilot.press("escape", "q")
        assert await ended(pilot, app) is None


def test_workspaces_in_the_folders_here_are_offered_first(here: Path) -> None:
    create_workspace(here / "art", "")
    assert [one.name for one in choices(here)] == ["open art", "a demo", "a folder", "Hydrus"]
    opened = first_run.begin(choices(here)[0].wish, here)
    assert opened is not None
    assert opened.root == here / "art"


def test_in_ones_own_directory_the_workspace_gets_a_folder_of_its_own(here: Path) -> None:
    assert first_run.room(here) == here
    assert first_run.room(Path.home()) == Path.home() / "hyai"


def test_the_program_asks_makes_a_workspace_and_shows_the_first_picture(here: Path, tmp_path: Path) -> None:
    terminal = Terminal(here, {"HOME": str(tmp_path / "home")})
    try:
        terminal.until_text("a folder")
        terminal.send("2")
        terminal.until_text("no pictures there yet")
        terminal.send("/../pictures")
        terminal.until_text("3 pictures there")
        terminal.send("\r")
        terminal.until_ready()
        assert terminal.leave() == 0
        assert (here / "hyai.toml").exists()
    finally:
        terminal.close()
