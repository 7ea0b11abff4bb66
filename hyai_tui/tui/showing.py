"""Brings the file of the desk's place onto the screen: asks for its picture and its facts, and drops what comes too late."""

from __future__ import annotations

import time
from collections.abc import Set
from functools import partial
from typing import TYPE_CHECKING

from hyai_tui.tui.brush import brush_of
from hyai_tui.tui.confirming import Confirmations
from hyai_tui.tui.drawing import Drawn
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.headline import nothing_here
from hyai_tui.tui.resting import Rest
from hyai_tui.tui.sending import Transmitter

if TYPE_CHECKING:
    from hyai_tui.tui.messages import PictureLoaded
    from hyai_tui.tui.screens.review import ReviewScreen

# Pictures that are made before they are wanted, in the direction of the last step and against it.
_AHEAD, _BEHIND = 4, 2
# The same of what is known of files, in both directions: their names stand in the rows below the picture.
_NAMED = 7
# A picture that is looked at for this long is drawn again without the budget of a key, where that makes it better.
_REST_SECONDS = 0.5


class Showing:
    """What is asked for and shown of one file at a time. Called on the loop.

    Args:
        screen: the review.
    """

    def __init__(self, screen: ReviewScreen) -> None:
        self._screen = screen
        self._facts: Facts | None = None
        self._token = 0
        self._waits = False
        self._beside = False
        self._rest = Rest(screen)
        self._before = 0
        self._coarse = False
        self._wanted: tuple[str, tuple[int, int], str] | None = None

    @property
    def facts(self) -> Facts | None:
        """What has been read of the current file; None before, or where it was of another one."""
        row, facts = self._screen.desk.current, self._facts
        return facts if row is not None and facts is not None and facts.file == row.file else None

    @property
    def token(self) -> int:
        """Names what is asked for now; answers with another one are dropped."""
        return self._token

    def current(self) -> None:
        """Show the file of the desk's place: picture, facts, rows, header, keys.

        Nothing can be decided from here on until it has been drawn. Drawing waits for the keys that have been pressed
        already, so that many at once end with one picture.
        """
        self._token += 1
        self._facts = None
        self._screen.desk.gate.clear()
        self._wanted = None
        if not self._waits:
            self._waits = True
            self._screen.call_later(self._draw)

    def again(self) -> None:
        """Draw the same file once more: it has another size, or pictures are drawn otherwise."""
        row = self._screen.desk.current
        if row is not None and self._screen.view != "nothing":
            self._screen.desk.gate.clear()
            self._token += 1
            self._ask_picture(row.file)
            self.read_facts()
        self._screen.refresh_all()

    def fit(self) -> None:
        """Draw the shown picture anew where it was made for another room."""
        if self._wanted is not None and self._wanted[1] != self._box:
            self.again()

    def read_facts(self, only: Set[str] | None = None) -> None:
        """Read what is known of the shown file once more: tags, state or what keys do may have changed.

        Args:
            only: files that this is about; None for all.
        """
        session, desk = self._screen.session, self._screen.desk
        session.forget_facts(only)
        if (row := desk.current) is not None and (only is None or row.file in only):
            session.ask_facts(self._token, row.file, desk.snapshot.label_names, self.following(_NAMED, _NAMED))

    def prepare(self) -> None:
        """Other files follow than before: make their pictures and facts ready, while the shown one stays."""
        if self._wanted is not None and self._screen.session.pictures is not None:
            # No key has asked for this: the next one finds its picture only if there is no wait.
            self._screen.session.pictures.ask(self._token, *self._wanted, following=self.following(), pause=0.0)
            self._screen.session.ask_facts(
                self._token, self._wanted[0], self._screen.desk.snapshot.label_names, self.following(_NAMED, _NAMED)
            )

    def following(self, ahead: int = _AHEAD, behind: int = _BEHIND) -> list[str]:
        """Return the files that will probably be wanted next: more of them in the direction of the last step."""
        walk = self._screen.desk.walk
        if walk is None:
            return []
        position, length = walk.position, len(walk)
        step = -1 if position < self._before else 1
        wanted = [position + step * by for by in range(1, ahead + 1)]
        wanted += [position - step * by for by in range(1, behind + 1)]
        return [walk.file(at) for at in wanted if 0 <= at < length]

    # What comes back

    def loaded(self, message: PictureLoaded) -> None:
        """A picture came back; an old one is dropped."""
        if message.token != self._token:
            return
        if isinstance(message.drawn, Drawn):
            if self._screen.picture.showing != message.drawn:
                self._show(message.file, message.drawn)
        else:
            self._screen.desk.gate.clear()
            self._screen.picture.show_card("no picture", message.failure)

    def ahead(self, token: int) -> None:
        """A picture for later is encoded: the terminal may have it while nobody presses a key."""
        transmitter = getattr(self._screen.app, "transmitter", None)
        pictures = self._screen.session.pictures
        if token != self._token or pictures is None or not isinstance(transmitter, Transmitter):
            return
        if self._screen.session.terminal.protocol != "tgp":
            # Nothing can be given to it before it is shown.
            return
        found = [pictures.at_hand(file, self._box, self._screen.view) for file in self.following()]
        transmitter.offer([drawn.encoded for drawn in found if drawn is not None])

    def known(self, token: int, facts: Facts) -> bool:
        """Facts came back; returns whether they say something new of the current file."""
        if token != self._token or facts == self._facts:
            return False
        self._facts = facts
        return True

    def painted(self, file: str) -> None:
        """A picture's bytes went out: ask the terminal to confirm that it has them."""
        screen = self._screen
        row = screen.desk.current
        if row is None or row.file != file or screen.view != "show":
            return
        confirmations = getattr(screen.app, "confirmations", None)
        if isinstance(confirmations, Confirmations):
            confirmations.drawn(screen.desk.gate, file, time.monotonic())

    # Asking and drawing

    @property
    def _box(self) -> tuple[int, int]:
        size = self._screen.picture.size
        return self._screen.session.picture_box(size.width, size.height)

    def _draw(self) -> None:
        self._waits = False
        screen, desk = self._screen, self._screen.desk
        row = desk.current
        screen.picture.take_ghost(screen.film.corner())
        if row is None:
            screen.picture.show_card(*nothing_here(desk.snapshot, screen.jobs))
        elif screen.view == "nothing":
            screen.picture.show_card("hidden", f"{screen.session.keymap.first_key('blur')} shows pictures again")
        else:
            self._ask_picture(row.file)
        if (brush := brush_of(screen.picture)) is not None:
            brush.flush()
        # The picture is on its way before its lists are made; where another key has come, they are made for that one.
        self._beside = True
        screen.call_later(self._draw_beside)

    def _draw_beside(self) -> None:
        """Draw what stands beside the picture: facts, rows, header, keys."""
        if self._waits or not self._beside:
            return
        self._beside = False
        screen, desk = self._screen, self._screen.desk
        if (row := desk.current) is not None:
            self._facts = screen.session.ask_facts(
                self._token, row.file, desk.snapshot.label_names, self.following(_NAMED, _NAMED)
            )
        screen.refresh_all()
        self._before = desk.walk.position if desk.walk is not None else 0

    def _ask_picture(self, file: str) -> None:
        screen, box = self._screen, self._box
        pictures = screen.session.pictures
        wanted = (file, box, screen.view)
        at_hand = pictures.at_hand(*wanted) if pictures is not None else None
        if at_hand is not None:
            self._show(file, at_hand)
        else:
            screen.picture.show_card("…")
        self._wanted = wanted
        if pictures is not None and min(box) > 0:
            pictures.ask(self._token, *wanted, following=self.following())
            self._rest.wait(_REST_SECONDS, partial(self._look_closer, self._token))

    def _look_closer(self, token: int) -> None:
        """Somebody rests on this picture: draw it as well as the terminal can, not as fast."""
        pictures = self._screen.session.pictures
        if token == self._token and self._wanted is not None and pictures is not None:
            pictures.ask_finer(token, *self._wanted)

    def _show(self, file: str, drawn: Drawn) -> None:
        self._screen.picture.show_picture(file, drawn)
        if drawn.coarse != self._coarse:
            self._coarse = drawn.coarse
            self._screen.query_one("#middle").border_subtitle = "coarse view" if drawn.coarse else ""
