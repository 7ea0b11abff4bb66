"""What the one decode function promises: the same pixels everywhere, and a named reason for every bad file."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyai_tui.errors import PictureError
from hyai_tui.pictures import decode
from tests.unit.features_fixtures import encoded, picture


def reason_of(source: bytes | Path) -> str:
    with pytest.raises(PictureError) as caught:
        decode.encoder_pixels(source)
    assert caught.value.what == decode.REASONS[caught.value.reason]
    return caught.value.reason


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it has that size, and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (header, data, b"IEND")
    parts = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


FORMATS = ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", *(["AVIF"] if "AVIF" in decode.FORMATS else [])]


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_of_the_list_gives_the_picture(format_: str) -> None:
    image = picture(1, (60, 40))
    pixels = decode.encoder_pixels(encoded(image, format_))
    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.uint8
    expected = np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(pixels - expected).mean() < 25


def test_a_format_outside_the_list_is_no_picture() -> None:
    assert reason_of(encoded(picture(), "PPM")) == "not-a-picture"
    assert reason_of(encoded(picture(), "ICO")) == "not-a-picture"


def test_bytes_and_path_give_the_same_pixels(tmp_path: Path) -> None:
    content = encoded(picture(3, (900, 700)), "JPEG", quality=90)
    path = tmp_path / "with\nnewline.jpg"
    path.write_bytes(content)
    np.testing.assert_array_equal(decode.encoder_pixels(content), decode.encoder_pixels(path))


def test_aspect_is_ignored_for_encoders() -> None:
    image = Image.new("RGB", (400, 100), "red")
    image.paste("blue", (200, 0, 400, 100))
    pixels = decode.encoder_pixels(encoded(image))
    assert tuple(pixels[0, 0]) == (255, 0, 0)
    assert tuple(pixels[223, 223]) == (0, 0, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_stands_upright(orientation: int) -> None:
    upright = picture(5, (64, 32))
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}  # the turn that undoes each turn
    stored = upright.transpose(decode._TURNS[back[orientation]]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for format_ in ("PNG", "TIFF", "WEBP"):
        opened = decode.open_picture(encoded(stored, format_, exif=exif, lossless=True))
        np.testing.assert_array_equal(np.asarray(opened), np.asarray(upright))


def test_damaged_exif_turns_nothing_and_refuses_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = bytearray(encoded(picture(), "JPEG", exif=exif))
    at = content.index(b"Exif\0\0") + 6
    content[at : at + 8] = b"\xff" * 8
    assert decode.open_picture(bytes(content)).size == (60, 40)


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    half = Image.new("LA", (8, 8), (0, 128))
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    keyed = Image.new("RGB", (8, 8), (10, 20, 30))
    assert decode.open_picture(encoded(clear)).getpixel((3, 3)) == (255, 255, 255)
    assert decode.open_picture(encoded(half)).getpixel((3, 3)) == (127, 127, 127)
    assert decode.open_picture(encoded(palette, transparency=0)).getpixel((3, 3)) == (255, 255, 255)
    assert decode.open_picture(encoded(palette, "GIF", transparency=0)).getpixel((3, 3)) == (255, 255, 255)
    assert decode.open_picture(encoded(keyed, transparency=(10, 20, 30))).getpixel((3, 3)) == (255, 255, 255)


def test_deep_grey_keeps_its_tones() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    for content in (encoded(Image.fromarray(ramp)), encoded(Image.fromarray(ramp), "TIFF")):
        opened = np.asarray(decode.open_picture(content))[..., 0]
        np.testing.assert_allclose(opened.ravel(), np.arange(256), atol=1)
    floats = np.linspace(-1, 3, 256, dtype=np.float32).reshape(16, 16)
    floats[0, 1] = np.nan
    opened = np.asarray(decode.open_picture(encoded(Image.fromarray(floats), "TIFF")))[..., 0]
    assert opened[0, 0] == 0
    assert opened[15, 15] == 255


def test_cmyk_and_bilevel_become_rgb() -> None:
    assert decode.open_picture(encoded(picture().convert("CMYK"), "JPEG")).mode == "RGB"
    assert decode.open_picture(encoded(picture().convert("1"), "TIFF")).mode == "RGB"
    assert decode.open_picture(encoded(picture().convert("CMYK"), "TIFF")).mode == "RGB"


def test_one_pixel_is_a_picture() -> None:
    pixels = decode.encoder_pixels(encoded(Image.new("RGB", (1, 1), (9, 8, 7))))
    assert (pixels == (9, 8, 7)).all()


def test_a_large_jpeg_is_unpacked_smaller_and_looks_the_same() -> None:
    content = encoded(picture(7, (2400, 1600)), "JPEG", quality=95)
    opened = decode.open_picture(content, fit=(224, 224))
    assert 224 <= opened.height < 1600
    full = decode.open_picture(content).resize((224, 224), Image.Resampling.BILINEAR)
    assert np.abs(decode.encoder_pixels(content).astype(int) - np.asarray(full)).mean() < 4


@pytest.mark.parametrize("box", [(300, 100), (100, 300), (200, 200)])
@pytest.mark.parametrize("size", [(3000, 500), (500, 3000), (1000, 1000)])
def test_a_draft_is_never_smaller_than_the_box_needs(box: tuple[int, int], size: tuple[int, int]) -> None:
    opened = decode.open_picture(encoded(Image.new("RGB", size, "red"), "JPEG"), fit=box)
    need = min(box[0] / size[0], box[1] / size[1])
    assert opened.width >= int(size[0] * need)
    assert opened.height >= int(size[1] * need)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (2, 3000)])
def test_the_thinnest_pictures_are_pictures(size: tuple[int, int]) -> None:
    for format_ in ("JPEG", "PNG"):
        content = encoded(Image.new("RGB", size, "red"), format_)
        assert decode.encoder_pixels(content).shape == (224, 224, 3)
        assert decode.open_picture(content, fit=(60, 40)).mode == "RGB"


def test_files_that_are_no_pictures_are_named_by_reason(tmp_path: Path) -> None:
    jpeg = encoded(picture(1, (400, 300)), "JPEG")
    assert reason_of(b"") == "empty"
    assert reason_of(b"hello, I am a text\n" * 10) == "not-a-picture"
    assert reason_of(jpeg[: len(jpeg) // 2]) == "truncated"
    assert reason_of(jpeg[:4]) == "corrupt"
    assert reason_of(tmp_path / "nothing.png") == "missing"
    assert reason_of(tmp_path) == "not-a-picture"


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason_of(tmp_path / "pipe.jpg") == "not-a-picture"
    with pytest.raises(PictureError):
        decode.read_content(tmp_path / "pipe.jpg")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(encoded(picture()))
    path.chmod(0)
    assert reason_of(path) == "unreadable"


def test_bombs_are_refused_before_they_unpack() -> None:
    assert reason_of(png_header(60_000, 60_000)) == "too-large"
    # Between Pillow's warning and Pillow's error lies a range in which only our own limit speaks.
    assert reason_of(png_header(12_000, 12_000)) == "too-large"


def test_pillows_warnings_do_not_reach_the_terminal() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert reason_of(png_header(10_000, 10_000)) in {"truncated", "corrupt"}
    assert heard == []


def test_animations_are_never_encoded_and_may_be_shown() -> None:
    frames = [picture(i) for i in range(3)]
    for format_ in ("GIF", "WEBP", "PNG"):
        content = encoded(frames[0], format_, save_all=True, append_images=frames[1:])
        assert reason_of(content) == "animated"
        assert decode.open_picture(content, first_frame=True).size == (60, 40)


def test_a_tiff_of_several_pages_is_its_first_page() -> None:
    content = encoded(picture(1), "TIFF", save_all=True, append_images=[picture(2)])
    np.testing.assert_array_equal(np.asarray(decode.open_picture(content)), np.asarray(picture(1)))


def mutations(content: bytes, count: int, seed: int) -> list[bytes]:
    """Return damaged copies: cut, bytes changed (more often in the header), parts removed or added."""
    rng = random.Random(seed)
    results = []
    for _ in range(count):
        data = bytearray(content)
        way = rng.randrange(5)
        if way == 0:
            del data[rng.randrange(len(data)) :]
        elif way in (1, 2):
            span = len(data) if way == 1 else min(len(data), 256)
            for _ in range(rng.randrange(1, 8)):
                data[rng.randrange(span)] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        elif way == 3:
            start = rng.randrange(len(data))
            del data[start : start + rng.randrange(1, 64)]
        else:
            start = rng.randrange(len(data))
            data[start:start] = rng.randbytes(rng.randrange(1, 32))
        results.append(bytes(data))
    return results


SEEDS = {
    "jpeg": encoded(picture(), "JPEG"),
    "progressive": encoded(picture(), "JPEG", progressive=True),
    "png": encoded(picture()),
    "palette": encoded(picture().quantize(16), transparency=3),
    "gif": encoded(picture().quantize(32), "GIF"),
    "animation": encoded(picture(), "GIF", save_all=True, append_images=[picture(1)]),
    "bmp": encoded(picture().quantize(200), "BMP"),
    "webp": encoded(picture(), "WEBP"),
    "tiff": encoded(picture(), "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": encoded(picture(), "TIFF", compression="jpeg"),
    **({"avif": encoded(picture(), "AVIF", speed=10)} if "AVIF" in decode.FORMATS else {}),
}


@pytest.mark.parametrize("name", SEEDS)
def test_a_damaged_file_gives_pixels_or_a_reason_and_nothing_else(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = set()
    for content in mutations(SEEDS[name], 300, seed=11):
        try:
            assert decode.encoder_pixels(content).shape == (224, 224, 3)
            outcomes.add("pixels")
        except PictureError as error:
            outcomes.add(error.reason)
        # The screen decodes with a box of its own, and the first frame of animations too.
        try:
            assert decode.open_picture(content, fit=(90, 40), first_frame=True).mode == "RGB"
        except PictureError as error:
            outcomes.add(error.reason)
    assert outcomes <= {"pixels", *decode.REASONS}
    assert len(outcomes) > 1
    # libtiff writes to file descriptor 2 itself unless it is told not to.
    assert capfd.readouterr() == ("", "")


def test_decoding_says_nothing_on_a_fresh_interpreters_terminal(tmp_path: Path) -> None:
    for i, content in enumerate([*mutations(SEEDS["tiff"], 30, 5), png_header(10_000, 10_000)]):
        (tmp_path / f"{i}.tif").write_bytes(content)
    program = (
        "import sys; from pathlib import Path; from hyai_tui.pictures.decode import open_picture, PictureError\n"
        "for path in Path(sys.argv[1]).iterdir():\n"
        "    try: open_picture(path)\n"
        "    except PictureError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
