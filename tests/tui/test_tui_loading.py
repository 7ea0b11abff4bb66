"""Pictures ahead: both directions, only while nobody presses a key, within bounds of memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from PIL import Image
from textual.message import Message

from hyai_tui.errors import PictureError
from hyai_tui.library.base import Library
from hyai_tui.pictures import thumbnails
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.pictures.thumbnails import ThumbnailCache
from hyai_tui.tui import loading
from hyai_tui.tui.drawing import Drawing
from hyai_tui.tui.loading import PictureLoader
from hyai_tui.tui.messages import PictureAhead, PictureLoaded

BOX = (20, 8)


class Heard:
    """Takes messages from the loader's thread."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.changed = threading.Condition()

    def post(self, message: Message) -> None:
        with self.changed:
            self.messages.append(message)
            self.changed.notify()

    def wait(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, 60)

    @property
    def loaded(self) -> list[PictureLoaded]:
        return [one for one in self.messages if isinstance(one, PictureLoaded)]

    def has_loaded(self, token: int) -> bool:
        return bool(self.loaded) and self.loaded[-1].token == token

    @property
    def ahead(self) -> list[str]:
        return [one.file for one in self.messages if isinstance(one, PictureAhead)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the files that were decoded, in order; `broken` cannot be."""
    decoded: list[str] = []

    def display(_cache: object, _library: object, file: str, _size: object) -> Image.Image:
        decoded.append(file)
        if file == "broken":
            raise PictureError("broken", "the picture is cut off")
        return Image.effect_noise((90, 60), 60).convert("RGB")

    monkeypatch.setattr(thumbnails, "display_picture", display)
    return decoded


def loader(tmp_path: Path, heard: Heard, most: int = 16_000_000) -> PictureLoader:
    cache = ThumbnailCache(tmp_path / "thumbs", 1_000_000)
    one = PictureLoader(Drawing(Terminal(protocol="tgp")), cache, heard.post, most)
    one.set_library(cast(Library, object()))
    return one


def test_the_wanted_picture_comes_first_then_those_ahead_in_their_order(tmp_path: Path, made: list[str]) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    pictures.ask(1, "c", BOX, "show", ["d", "e", "b"])
    heard.wait(lambda: len(heard.ahead) == 3)
    pictures.stop()
    assert made == ["c", "d", "e", "b"]
    assert (heard.loaded[0].token, heard.loaded[0].file) == (1, "c")
    assert pictures.at_hand("b", BOX, "show") is not None
    assert pictures.at_hand("b", (30, 8), "show") is None


def test_a_picture_at_hand_is_neither_made_nor_told_again(tmp_path: Path, made: list[str]) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    pictures.ask(1, "a", BOX, "show", ["b"])
    heard.wait(lambda: heard.ahead == ["b"])
    pictures.ask(2, "b", BOX, "show", ["c"])
    heard.wait(lambda: heard.ahead == ["b", "c"])
    pictures.stop()
    assert [one.file for one in heard.loaded] == ["a"]
    assert made == ["a", "b", "c"]


def test_what_is_no_longer_wanted_is_never_made(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 3600.0)
    for number in range(49):
        pictures.ask(number, f"{number}", BOX, "show", [f"{number + by}" for by in (1000, 2000)])
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 0.0)
    pictures.ask(49, "49", BOX, "show", ["1049", "2049"])
    heard.wait(lambda: heard.ahead == ["1049", "2049"])
    pictures.stop()
    assert heard.loaded[-1].file == "49"
    assert not {file for file in made if int(file) >= 1000} - {"1049", "2049"}


def test_a_picture_that_cannot_be_decoded_says_why_and_the_next_one_comes(tmp_path: Path, made: list[str]) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    pictures.ask(1, "broken", BOX, "show", ["next"])
    heard.wait(lambda: heard.ahead == ["next"])
    pictures.stop()
    assert heard.loaded[0].drawn is None
    assert heard.loaded[0].failure == "the picture is cut off"
    assert pictures.at_hand("broken", BOX, "show") is None


def test_ten_thousand_pictures_in_one_go_stay_within_bounds(tmp_path: Path, made: list[str]) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard, most=100_000)
    small = (2, 1)
    for number in range(10_000):
        pictures.ask(number, f"{number}", small, "show", [])
        if number % 500 == 0:
            heard.wait(partial(heard.has_loaded, number))
            assert pictures.bytes_kept <= 100_000
    heard.wait(partial(heard.has_loaded, 9_999))
    pictures.stop()
    assert 0 < pictures.bytes_kept <= 100_000


def test_a_resize_while_one_is_encoded_gives_the_new_size(tmp_path: Path, made: list[str]) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    for columns in range(4, 40):
        pictures.ask(columns, "a", (columns, 10), "show", [])
    heard.wait(partial(heard.has_loaded, 39))
    pictures.stop()
    last = pictures.at_hand("a", (39, 10), "show")
    assert last is heard.loaded[-1].drawn
    assert last is not None
    assert last.fit.columns <= 39


def test_nothing_is_made_ahead_until_no_key_has_come_for_a_moment(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    pictures = loader(tmp_path, heard)
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 3600.0)
    pictures.ask(1, "a", BOX, "show", ["b"])
    pictures.ask(2, "c", BOX, "show", ["d"])
    heard.wait(partial(heard.has_loaded, 2))
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 0.0)
    pictures.ask(3, "c", BOX, "show", ["e"])
    heard.wait(lambda: heard.ahead == ["e"])
    pictures.stop()
    assert not {"b", "d"} & set(made)
