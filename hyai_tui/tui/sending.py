"""What goes to the terminal beside the frames: kitty pictures before they are wanted, and what frees them.

All methods are called on the loop. Bytes go through the app's driver, so they keep their order with the frames. A
transmission is cut into slices that go out while nobody presses a key and the driver has nothing left to write; the
protocol allows no other graphics inside one, so where something else is wanted first the rest is abandoned and sent
again later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from hyai_tui.pictures.terminal import tgp, tmux
from hyai_tui.pictures.terminal.encoding import Encoded

SLICE_BYTES = 16_000
# Terminals keep pictures decoded, four bytes a pixel; kitty's own limit is 320 MB.
MOST_TERMINAL_BYTES = 120_000_000
QUIET_SECONDS = 0.1
# What pictures are offered for: the next one, or small ones around it.
NEXT, SMALL = "next", "small"


class Transmitter:
    """Sends pictures to one terminal and remembers which it has.

    Args:
        write: takes text for the terminal, in order with the frames.
        drained: returns True while nothing waits to be written.
        wrapped: True where commands go through tmux.

    Attributes:
        wake: called when something waits to be sent; `send_some` is then to be called until nothing is.
    """

    wake: Callable[[], object] = staticmethod(lambda: None)

    def __init__(
        self, write: Callable[[str], None], drained: Callable[[], bool] = lambda: True, *, wrapped: bool = False
    ) -> None:
        self._write = write
        self._drained = drained
        self.wrapped = wrapped
        self._there: OrderedDict[int, Encoded] = OrderedDict()
        # By what they are for, the most important first.
        self._offered: dict[str, OrderedDict[int, Encoded]] = {NEXT: OrderedDict()}
        self._begun: tuple[str, Encoded, int] | None = None
        self._shown: dict[object, frozenset[int]] = {}
        self._quiet_from = 0.0

    @property
    def busy(self) -> bool:
        """True while slices wait to be sent."""
        return any(self._offered.values()) or self._begun is not None

    def has(self, number: int) -> bool:
        """Return True if the terminal has all of a picture."""
        return number in self._there

    def need(self, encoded: Encoded) -> None:
        """Give the terminal this picture now, because the next frame shows it."""
        if not encoded.number or encoded.number in self._there:
            if encoded.number:
                self._there.move_to_end(encoded.number)
            # The frame that follows writes graphics of its own.
            self._abandon()
            return
        if self._begun is not None and self._begun[1].number == encoded.number:
            sent = self._begun[2]
            self._begun = None
        else:
            self._abandon()
            sent = 0
        for offered in self._offered.values():
            offered.pop(encoded.number, None)
        self._write("".join(encoded.transmission[sent:]))
        self._arrived(encoded)

    def offer(self, pictures: Iterable[Encoded], purpose: str = NEXT) -> None:
        """Send these when there is time, the first one first.

        Args:
            pictures: what was offered for the same purpose before and is not among them is dropped.
            purpose: those for the next picture go out before all others.
        """
        wanted = [one for one in pictures if one.number and one.number not in self._there]
        begun = self._begun[1].number if self._begun is not None else 0
        if self._begun is not None and self._begun[0] == purpose and begun not in {one.number for one in wanted}:
            self._abandon()
        self._offered[purpose] = OrderedDict((one.number, one) for one in wanted if one.number != begun)
        if self.busy:
            self.wake()

    def hold(self, now: float) -> None:
        """A key is being pressed: send nothing for a moment."""
        self._quiet_from = now + QUIET_SECONDS

    def send_some(self, now: float) -> None:
        """Send the next slice, if nobody presses a key and the line is free."""
        if now < self._quiet_from or not self._drained():
            return
        if self._begun is None:
            purpose = next((purpose for purpose, offered in self._offered.items() if offered), None)
            if purpose is None:
                return
            _, encoded = self._offered[purpose].popitem(last=False)
            self._begun = purpose, encoded, 0
        purpose, encoded, sent = self._begun
        pieces: list[str] = []
        size = 0
        while sent < len(encoded.transmission) and (not pieces or size + len(encoded.transmission[sent]) < SLICE_BYTES):
            pieces.append(encoded.transmission[sent])
            size += len(pieces[-1])
            sent += 1
        self._write("".join(pieces))
        self._begun = purpose, encoded, sent
        if sent == len(encoded.transmission):
            self._begun = None
            self._arrived(encoded)

    def showing(self, owner: object, numbers: Iterable[int]) -> None:
        """Note what one widget shows: those pictures are not freed. Nothing means that it shows none any more."""
        shown = frozenset(numbers)
        if shown:
            self._shown[owner] = shown
        else:
            self._shown.pop(owner, None)

    def free(self, numbers: Iterable[int]) -> None:
        """Free pictures in the terminal, but for those that are shown."""
        kept = frozenset().union(*self._shown.values())
        self._remove([number for number in numbers if number in self._there and number not in kept])

    def free_all(self) -> None:
        """Take all our pictures out of the terminal's memory."""
        self._abandon()
        self._drop_offers()
        self._shown.clear()
        self._remove(list(self._there))

    def interject(self, commands: str) -> None:
        """Write graphics commands of another kind, never inside a transmission."""
        self._abandon()
        self._write(commands)

    def forget(self) -> None:
        """The terminal is another one now, or has forgotten its pictures: nothing of ours is there."""
        self._begun = None
        self._drop_offers()
        self._there.clear()

    def _drop_offers(self) -> None:
        for offered in self._offered.values():
            offered.clear()

    def _arrived(self, encoded: Encoded) -> None:
        self._there[encoded.number] = encoded
        pixels = sum(4 * one.fit.width * one.fit.height for one in self._there.values())
        kept = frozenset().union(*self._shown.values()) | {encoded.number}
        old = []
        for number, one in self._there.items():
            if pixels <= MOST_TERMINAL_BYTES:
                break
            if number not in kept:
                old.append(number)
                pixels -= 4 * one.fit.width * one.fit.height
        self._remove(old)

    def _abandon(self) -> None:
        if self._begun is None:
            return
        purpose, encoded, sent = self._begun
        self._begun = None
        if sent:
            end = tgp.abandonment()
            self._write(tmux.wrapped(end) if self.wrapped else end)
        self._offered[purpose][encoded.number] = encoded
        self._offered[purpose].move_to_end(encoded.number, last=False)
        self.wake()

    def _remove(self, numbers: list[int]) -> None:
        if numbers:
            self._abandon()
            self._write("".join(self._there.pop(number).removal for number in numbers))
