"""The encoders: what each protocol is given, and within how many bytes."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hyai_tui.pictures.terminal import halfcell, plain, sixel, tgp, tmux
from hyai_tui.pictures.terminal.cells import Run, sequences
from hyai_tui.pictures.terminal.encoding import SLOW_LINK, Budget, Encoder
from hyai_tui.pictures.terminal.fitting import fit
from hyai_tui.pictures.terminal.probe import Terminal

CELL = (10, 20)


def photograph(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Return something as hard to encode as a photograph: soft shapes under fine noise."""
    noise = np.random.default_rng(7).normal(0, 9, (size[1], size[0], 3))
    across = np.linspace(0, 6, size[0])[None, :, None] + np.linspace(0, 4, size[1])[:, None, None]
    soft = 120 + 90 * np.sin(across + np.array([0.0, 1.0, 2.0]))
    return Image.fromarray(np.clip(soft + noise, 0, 255).astype(np.uint8))


def drawing(size: tuple[int, int] = (400, 300)) -> Image.Image:
    image = Image.new("RGB", size, (250, 250, 245))
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 40, 200, 200), fill=(200, 30, 30))
    pen.ellipse((150, 100, 350, 280), fill=(20, 60, 160))
    return image


def read_sixel(data: str) -> Image.Image:
    """Decode Sixel as a strict terminal does: a register is drawn with only after it has been selected."""
    size = re.match(r"\x1bP[\d;]*q\"1;1;(\d+);(\d+)", data)
    assert size is not None
    assert data.endswith("\x1b\\")
    image = np.zeros((int(size[2]), int(size[1]), 3), np.uint8)
    colours: dict[int, tuple[int, ...]] = {}
    x = top = selected = 0
    for token in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|([?-~])", data[size.end() : -2]):
        if token[1]:
            colours[int(token[1])] = tuple(round(int(token[at]) * 2.55) for at in (2, 3, 4))
        elif token[5]:
            selected = int(token[5])
        elif token[8]:
            x, top = 0, top + 6 * (token[8] == "-")
        else:
            length, bits = (int(token[6]), ord(token[7]) - 63) if token[6] else (1, ord(token[9]) - 63)
            for row in range(6):
                if bits >> row & 1:
                    image[top + row, x : x + length] = colours[selected]
            x += length
    return Image.fromarray(image)


def test_a_drawing_comes_back_from_sixel_in_its_own_colours() -> None:
    picture = drawing((300, 240))
    back = np.asarray(read_sixel(sixel.encode(picture)), int)
    assert np.abs(back - np.asarray(picture, int)).max() <= 2


def test_sixel_data_covers_every_dot_and_is_a_multiple_of_six_high() -> None:
    assert sixel.usable_height(440) == 438
    assert sixel.usable_height(3) == 6
    made = Encoder(Terminal(protocol="sixel")).encode(photograph(), (60, 22))
    assert made is not None
    back = read_sixel(made.overlay)
    assert back.height % 6 == 0
    assert back.height <= made.fit.height
    assert back.width == made.fit.width
    assert np.asarray(back).reshape(-1, 3).sum(axis=1).min() > 0


def test_a_photograph_stays_under_thirty_kilobytes_of_sixel_and_is_still_the_picture() -> None:
    picture = photograph()
    made = Encoder(Terminal(protocol="sixel")).encode(picture, (60, 22))
    assert made is not None
    assert len(made.overlay) <= 30_000
    back = read_sixel(made.overlay)
    original = np.asarray(picture.resize(back.size), float)
    assert np.abs(np.asarray(back, float) - original).mean() < 25


def test_sixel_keeps_the_dots_of_edges_and_draws_calm_parts_in_blocks() -> None:
    picture = photograph((420, 300))
    ImageDraw.Draw(picture).line((60, 40, 360, 250), fill=(255, 255, 255), width=3)
    data = sixel.encode(picture, 20_000)
    assert len(data) <= 20_000
    back, original = np.asarray(read_sixel(data), float), np.asarray(picture, float)
    line = original.min(axis=2) > 250
    assert np.abs(back - original)[line].mean() < 60, "the line is drawn as a line"
    tones = [np.asarray(Image.fromarray(one.astype(np.uint8)).resize((14, 10)), float) for one in (back, original)]
    assert np.abs(tones[0] - tones[1]).mean() < 12, "and its ground in its tones"


@pytest.mark.parametrize("budget", [8_000, 12_000, 25_000, 80_000])
def test_sixel_of_the_hardest_picture_stays_within_any_sensible_budget(budget: int) -> None:
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (240, 240, 3), np.uint8))
    made = sixel.encode(noise, budget)
    assert len(made) <= budget
    assert read_sixel(made).size == noise.size


def test_an_easy_picture_after_a_hard_one_is_drawn_as_finely_as_before() -> None:
    calmer, easy = sixel.Calmer(), drawing((300, 240))
    first = calmer.encode(easy)
    calmer.encode(Image.fromarray(np.random.default_rng(3).integers(0, 256, (240, 300, 3), np.uint8)))
    assert calmer.encode(easy) == first


def test_half_cells_stay_under_their_budget_and_show_two_dots_a_cell() -> None:
    made = Encoder(Terminal()).encode(photograph(), (60, 22))
    assert made is not None
    assert made.bytes_shown <= 35_000
    assert [sum(len(run.text) for run in row) for row in made.rows] == [made.fit.columns] * made.fit.rows
    rows = halfcell.encode(Image.fromarray(np.array([[[255, 0, 0]], [[0, 0, 255]]], np.uint8)))
    assert rows == ((Run("▀", (255, 0, 0), (0, 0, 255)),),)


def test_sixteen_colours_are_mixed_so_that_tones_stay_apart() -> None:
    grey = np.linspace(0, 255, 64).astype(np.uint8)
    picture = Image.fromarray(np.repeat(np.tile(grey, (32, 1))[:, :, None], 3, axis=2))
    made = Encoder(Terminal(sixteen_colours=True, few_colours=True)).encode(picture, (64, 16))
    assert made is not None
    assert made.coarse
    colours = {colour for row in made.rows for run in row for colour in (run.ink, run.ground) if colour is not None}
    assert len(colours) <= 16
    assert all(set(colour) <= {0, 85, 170, 255} for colour in colours)
    rows = halfcell.dithered(picture.resize((64, 32)))
    assert len({run.text[0] + str(run.ink) + str(run.ground) for row in rows for run in row}) > 6, "more than its greys"


def test_equal_half_cells_are_one_run_and_colours_are_named_once() -> None:
    rows = halfcell.encode(Image.new("RGB", (40, 2), (9, 9, 9)))
    assert rows == ((Run(" " * 40, None, (9, 9, 9)),),)
    assert sequences(rows[0]) == "\x1b[48;2;9;9;9m" + " " * 40 + "\x1b[0m"


def test_runs_name_only_the_colour_that_changes() -> None:
    runs = (Run("a", (1, 2, 3), (4, 5, 6)), Run("b", (1, 2, 3), (7, 8, 9)), Run("c", (0, 0, 0), (7, 8, 9)))
    assert sequences(runs) == "\x1b[38;2;1;2;3;48;2;4;5;6ma\x1b[48;2;7;8;9mb\x1b[38;2;0;0;0mc\x1b[0m"


def payload(transmission: tuple[str, ...]) -> Image.Image:
    pieces = [re.fullmatch(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", one) for one in transmission]
    assert all(pieces)
    controls = [piece[1] for piece in pieces if piece]
    assert controls[0].startswith("a=t,i=")
    assert all(control in {"m=0", "m=1"} for control in controls[1:])
    assert [control[-1] for control in controls] == ["1"] * (len(controls) - 1) + ["0"]
    assert all(len(piece[2]) <= 4096 for piece in pieces if piece)
    return Image.open(io.BytesIO(base64.b64decode("".join(piece[2] for piece in pieces if piece))))


def test_kitty_gets_a_small_png_in_chunks_and_is_told_where_with_a_few_bytes() -> None:
    made = Encoder(Terminal(protocol="tgp")).encode(photograph(), (60, 22))
    assert made is not None
    assert payload(made.transmission).mode == "P"
    assert sum(map(len, made.transmission)) <= 150_000
    assert made.bytes_shown < 60
    assert f"c={made.fit.columns},r={made.fit.rows}" in made.overlay


@pytest.mark.parametrize("budget", [SLOW_LINK.tgp, 8_000])
def test_a_slow_line_gets_fewer_bytes_which_the_terminal_enlarges(budget: int) -> None:
    made = Encoder(Terminal(protocol="tgp"), Budget(tgp=budget)).encode(photograph(), (60, 22))
    assert made is not None
    assert sum(map(len, made.transmission)) <= budget
    assert payload(made.transmission).width < made.fit.width


def test_inside_tmux_commands_are_wrapped_and_cells_hold_placeholders() -> None:
    terminal = Terminal(protocol="tgp", multiplexed=True)
    made = Encoder(terminal).encode(drawing(), (20, 8))
    assert made is not None
    assert all(one.startswith("\x1bPtmux;\x1b\x1b_G") for one in (*made.transmission, made.removal))
    assert made.overlay == made.withdrawal == ""
    first = made.rows[0][0]
    assert first.text.count("\U0010eeee") == made.fit.columns
    assert first.ink is not None
    assert int.from_bytes(bytes(first.ink)) == made.number


def test_a_wrapped_command_has_its_escapes_doubled() -> None:
    assert tmux.wrapped("\x1b_Gx\x1b\\") == "\x1bPtmux;\x1b\x1b_Gx\x1b\x1b\\\x1b\\"


def test_each_kitty_picture_has_a_number_of_its_own_that_is_never_nought() -> None:
    encoder = Encoder(Terminal(protocol="tgp"))
    numbers = [made.number for _ in range(50) if (made := encoder.encode(drawing(), (4, 2))) is not None]
    assert len(set(numbers)) == 50
    assert all(0 < number < 1 << 24 for number in numbers)


def test_plain_characters_are_fuller_where_the_picture_is_lighter() -> None:
    ramp = Image.fromarray(np.linspace(0, 255, 20, dtype=np.uint8)[None, :])
    ((run,),) = plain.encode(ramp, plain.ASCII)
    assert run.ink is run.ground is None
    places = [plain.ASCII.index(character) for character in run.text]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(plain.ASCII) - 1)


@pytest.mark.parametrize("protocol", ["sixel", "tgp", "halfcell", "ascii"])
def test_a_box_without_room_gives_no_picture(protocol: str) -> None:
    encoder = Encoder(Terminal(protocol=protocol))
    assert encoder.encode(drawing(), (0, 10)) is None
    assert encoder.encode(drawing(), (10, -1)) is None
    assert fit((0, 10), (10, 10), CELL) is None


@pytest.mark.parametrize("protocol", ["sixel", "tgp", "halfcell", "ascii"])
@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 2)])
def test_odd_shapes_are_drawn_inside_their_box(protocol: str, size: tuple[int, int]) -> None:
    made = Encoder(Terminal(protocol=protocol)).encode(Image.new("RGB", size, (90, 10, 200)), (30, 12))
    assert made is not None
    assert 1 <= made.fit.columns <= 30
    assert 1 <= made.fit.rows <= 12


def test_a_removal_and_a_withdrawal_name_the_picture() -> None:
    assert "d=I,i=77," in tgp.removal(77)
    assert "d=i,i=77," in tgp.withdrawal(77)
