"""Kitty pictures go out in slices while nobody presses a key, and never into each other."""

from __future__ import annotations

from PIL import Image

from hyai_tui.pictures.terminal.encoding import Budget, Encoded, Encoder
from hyai_tui.pictures.terminal.probe import Terminal
from hyai_tui.pictures.terminal.tgp import abandonment
from hyai_tui.tui import sending
from hyai_tui.tui.sending import SLICE_BYTES, Transmitter


class Line:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.free = True

    @property
    def text(self) -> str:
        return "".join(self.written)

    def transmitter(self) -> Transmitter:
        return Transmitter(self.written.append, lambda: self.free)


def encoded(seed: int = 1, budget: int = 150_000) -> Encoded:
    noise = Image.effect_noise((400, 300), 30 + seed).convert("RGB")
    made = Encoder(Terminal(protocol="tgp"), Budget(tgp=budget)).encode(noise, (40, 15))
    assert made is not None
    return made


def test_a_picture_that_is_wanted_goes_out_whole_and_once() -> None:
    line, picture = Line(), encoded()
    transmitter = line.transmitter()
    transmitter.need(picture)
    transmitter.need(picture)
    assert line.text == "".join(picture.transmission)
    assert transmitter.has(picture.number)


def test_offered_pictures_go_out_in_slices() -> None:
    line, picture = Line(), encoded()
    transmitter = line.transmitter()
    transmitter.offer([picture])
    while transmitter.busy:
        transmitter.send_some(1.0)
    assert len(line.written) > 3
    assert all(len(piece) <= SLICE_BYTES for piece in line.written)
    assert line.text == "".join(picture.transmission)
    assert transmitter.has(picture.number)


def test_nothing_is_sent_while_a_key_is_held_or_the_line_is_full() -> None:
    line = Line()
    transmitter = line.transmitter()
    transmitter.offer([encoded()])
    transmitter.hold(1.0)
    transmitter.send_some(1.05)
    line.free = False
    transmitter.send_some(2.0)
    assert line.written == []
    line.free = True
    transmitter.send_some(2.0)
    assert len(line.written) == 1


def test_a_picture_wanted_in_the_middle_of_another_ends_that_one_first_and_sends_it_again_later() -> None:
    line, next_one, wanted = Line(), encoded(1), encoded(2)
    transmitter = line.transmitter()
    transmitter.offer([next_one])
    transmitter.send_some(1.0)
    transmitter.need(wanted)
    assert line.written[1] == abandonment()
    assert line.written[2] == "".join(wanted.transmission)
    assert not transmitter.has(next_one.number)
    while transmitter.busy:
        transmitter.send_some(2.0)
    assert "".join(next_one.transmission) in line.text


def test_the_rest_of_a_begun_picture_is_enough_when_it_is_wanted_itself() -> None:
    line, picture = Line(), encoded()
    transmitter = line.transmitter()
    transmitter.offer([picture])
    transmitter.send_some(1.0)
    transmitter.need(picture)
    assert line.text == "".join(picture.transmission)


def test_what_is_no_longer_wanted_is_dropped() -> None:
    line, old, new = Line(), encoded(1), encoded(2)
    transmitter = line.transmitter()
    transmitter.offer([old])
    transmitter.offer([new])
    while transmitter.busy:
        transmitter.send_some(1.0)
    assert transmitter.has(new.number)
    assert not transmitter.has(old.number)


def test_the_terminals_memory_is_bounded_and_what_is_shown_stays() -> None:
    line = Line()
    transmitter = line.transmitter()
    pictures = [encoded(seed, budget=5_000) for seed in range(6)]
    room = 3 * 4 * pictures[0].fit.width * pictures[0].fit.height
    before, sending.MOST_TERMINAL_BYTES = sending.MOST_TERMINAL_BYTES, room
    try:
        transmitter.need(pictures[0])
        transmitter.showing("widget", [pictures[0].number])
        for one in pictures[1:]:
            transmitter.need(one)
    finally:
        sending.MOST_TERMINAL_BYTES = before
    assert transmitter.has(pictures[0].number)
    assert [transmitter.has(one.number) for one in pictures[1:]] == [False, False, False, True, True]
    assert line.text.count("a=d,d=I") == 3


def test_all_of_ours_is_freed_at_the_end() -> None:
    line, pictures = Line(), [encoded(seed, budget=5_000) for seed in range(3)]
    transmitter = line.transmitter()
    for one in pictures:
        transmitter.need(one)
    transmitter.free_all()
    assert all(one.removal in line.text for one in pictures)
    assert not any(transmitter.has(one.number) for one in pictures)
