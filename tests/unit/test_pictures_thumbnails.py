"""The bounded cache of reduced pictures, and what the screen gets from it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.pictures import decode, thumbnails
from hyai_tui.pictures.thumbnails import ThumbnailCache, display_picture
from tests.unit.features_fixtures import MemoryLibrary, encoded, picture, sha

BOX = (40, 40)


def names(count: int) -> list[str]:
    return [sha(str(i).encode()) for i in range(count)]


def fail() -> bytes:
    raise AssertionError("made again")


def test_the_second_view_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(picture(1, (400, 300)), "JPEG")
    library = MemoryLibrary([content])
    decoded: list[int] = []

    def counted(source: bytes | Path, **options: object) -> Image.Image:
        if source == content:
            decoded.append(1)
        return decode.open_picture(source, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(thumbnails, "open_picture", counted)
    first = display_picture(ThumbnailCache(tmp_path, 10**6), library, sha(content), BOX)
    again = display_picture(ThumbnailCache(tmp_path, 10**6), library, sha(content), BOX)
    assert len(decoded) == 1
    assert len(library.reads) == 1
    np.testing.assert_array_equal(np.asarray(first), np.asarray(again))


def test_a_picture_fits_its_box_and_is_never_enlarged(tmp_path: Path) -> None:
    wide, small = encoded(picture(1, (400, 100))), encoded(picture(2, (10, 20)))
    library = MemoryLibrary([wide, small])
    cache = ThumbnailCache(tmp_path, 10**6)
    assert display_picture(cache, library, sha(wide), BOX).size == (40, 10)
    assert display_picture(cache, library, sha(small), BOX).size == (10, 20)
    assert display_picture(cache, library, sha(wide), (80, 80)).size == (80, 20)


def test_a_line_of_pixels_is_shown_as_a_line(tmp_path: Path) -> None:
    line = encoded(Image.new("RGB", (1, 3000), "red"), "JPEG")
    cache = ThumbnailCache(tmp_path, 10**6)
    assert display_picture(cache, MemoryLibrary([line]), sha(line), BOX).size == (1, 40)


def test_photographs_are_kept_as_jpeg_and_drawings_exactly(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    photo, drawing = encoded(Image.fromarray(noise)), encoded(picture(3, (40, 40)))
    library = MemoryLibrary([photo, drawing])
    cache = ThumbnailCache(tmp_path, 10**6)
    shown = display_picture(cache, library, sha(drawing), BOX)
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(picture(3, (40, 40))))
    display_picture(cache, library, sha(photo), BOX)
    assert cache.get(sha(photo), BOX, fail).startswith(b"\xff\xd8")
    assert cache.get(sha(drawing), BOX, fail).startswith(b"\x89PNG")


def test_the_cache_never_exceeds_its_limit_and_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path, 1000)
    hashes = names(30)
    for i, name in enumerate(hashes):
        cache.get(name, BOX, lambda: b"x" * 100)
        os.utime(cache._path(name, BOX), ns=(i, i))
        # The first one is looked at again and again.
        if i:
            assert cache.get(hashes[0], BOX, lambda: b"y" * 100) == b"x" * 100
        assert cache.size() <= 1000
    assert cache.get(hashes[0], BOX, fail) == b"x" * 100
    assert cache.get(hashes[-1], BOX, fail) == b"x" * 100
    with pytest.raises(AssertionError):
        cache.get(hashes[1], BOX, fail)


def test_what_is_larger_than_the_cache_is_shown_and_not_kept(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path / "thumbs", 10)
    assert cache.get(names(1)[0], BOX, lambda: b"x" * 11) == b"x" * 11
    assert cache.size() == 0


def test_a_directory_that_cannot_be_written_costs_speed_only(tmp_path: Path) -> None:
    (tmp_path / "thumbs").write_text("in the way")
    cache = ThumbnailCache(tmp_path / "thumbs" / "below", 1000)
    content = encoded(picture(1))
    assert display_picture(cache, MemoryLibrary([content]), sha(content), BOX).size == (40, 27)


def test_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    content = encoded(picture(1))
    library = MemoryLibrary([content])
    cache = ThumbnailCache(tmp_path, 10**6)
    display_picture(cache, library, sha(content), BOX)
    cache._path(sha(content), BOX).write_bytes(b"\x89PNG, once")
    assert display_picture(cache, library, sha(content), BOX).size == (40, 27)
    assert len(library.reads) == 2


def test_a_library_without_local_files_is_asked_for_its_thumbnail_first(tmp_path: Path) -> None:
    content, small = encoded(picture(1, (400, 400))), encoded(picture(1, (100, 100)))
    library = MemoryLibrary([content], {sha(content): small})
    cache = ThumbnailCache(tmp_path, 10**6)
    assert display_picture(cache, library, sha(content), (80, 80)).size == (80, 80)
    assert library.reads == []
    assert display_picture(cache, library, sha(content), (200, 200)).size == (200, 200)
    assert library.reads == [sha(content)]


def test_a_video_is_shown_by_its_thumbnail_and_an_animation_by_its_first_frame(tmp_path: Path) -> None:
    video = b"\0\0\0\x18ftypmp42 a video"
    animation = encoded(picture(1), "GIF", save_all=True, append_images=[picture(2)])
    library = MemoryLibrary([video, animation], {sha(video): encoded(picture(5, (20, 20)))})
    cache = ThumbnailCache(tmp_path, 10**6)
    assert display_picture(cache, library, sha(video), BOX).size == (20, 20)
    assert display_picture(cache, library, sha(animation), BOX).size == (40, 27)


def test_a_file_without_any_picture_says_why_and_nothing_is_kept(tmp_path: Path) -> None:
    library = MemoryLibrary([b"text"])
    cache = ThumbnailCache(tmp_path, 10**6)
    for name, reason in ((sha(b"text"), "not-a-picture"), (sha(b"gone"), "missing")):
        with pytest.raises(PictureError) as caught:
            display_picture(cache, library, name, BOX)
        assert caught.value.reason == reason
    assert cache.size() == 0
