"""How the app looks and which keys it takes: themes, keymap and the preset for slow lines, while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import constants
from textual.app import App
from textual.theme import Theme

from hyai_tui.errors import WrongUse
from hyai_tui.locations import bundled_themes, keymap_file, user_themes_directory
from hyai_tui.tui import keymap as keymaps
from hyai_tui.tui import themes as theme_files
from hyai_tui.tui import words
from hyai_tui.tui.glyphs import AsciiGlyphs
from hyai_tui.tui.watching import Watch, Watched

if TYPE_CHECKING:
    from hyai_tui.tui.app import HyaiApp

_LOOK_SECONDS = 1.0


class Looks:
    """Changes how one app looks.

    Args:
        app: whose.
        themes: those that are known at the start.
        notices: what was wrong with the user's files at the start, one line each.
    """

    def __init__(self, app: HyaiApp, themes: dict[str, Theme], notices: Sequence[str] = ()) -> None:
        self._app = app
        self._themes = themes
        self._notices = [*notices]
        self._preset: str | None = None
        for theme in themes.values():
            app.register_theme(theme)

    def start(self) -> None:
        """Tell what was wrong at the start, and look after the files from now on."""
        keymap = self._app.session.keymap
        if self._notices or keymap.clashes:
            line = " · ".join([*self._notices, *keymap.clashes])
            self._app.call_after_refresh(lambda: self._app.tell(line, "warn"))
        watched = [
            Watched(keymap_file(), self.read_keymap),
            Watched(user_themes_directory(), self.read_themes),
            Watched(self._app.workspace.settings_file, self._app.session.read_settings),
        ]
        watch = Watch(watched, lambda error: self._app.tell(f"{error} · what was before stays", "error"))
        self._app.set_interval(_LOOK_SECONDS, watch.look)

    def read_keymap(self) -> None:
        """Take the user's keys as their file has them now.

        Raises:
            SettingsError: it is wrong; the keys before hold.
        """
        keymap = self._app.session.keymap = keymaps.load(keymap_file(), self._preset)
        self._app.review.refresh_all()
        if keymap.clashes:
            self._app.tell(f"keys read again: {' · '.join(keymap.clashes)}", "warn")
        else:
            self._app.tell("keys read again")

    def set_keys(self, preset: str) -> None:
        """Change the preset of keys; the user's own keys stay on top."""
        self._app.session.keymap = keymaps.load(keymap_file(), preset)
        self._preset = preset
        self._app.review.refresh_all()
        self._app.tell(f"keys: {preset}")

    def read_themes(self) -> None:
        """Take the themes as their files have them now.

        Raises:
            SettingsError: one is wrong; the others are taken, and of that one what was before stays.
        """
        found, wrong = theme_files.load_what_can_be(bundled_themes(), user_themes_directory())
        self._themes.update(found)
        for theme in found.values():
            self._app.register_theme(theme)
        # Its name is the same as before, so nothing would be drawn again by itself.
        self._app.mutate_reactive(App.theme)
        self._paint_labels()
        self._app.call_after_refresh(self._app.review.refresh_all)
        if wrong:
            raise wrong[0]
        self._app.tell("themes read again")

    def set_theme(self, name: str) -> None:
        """Change the colours."""
        if name not in self._themes:
            raise WrongUse(f"There is no theme {name!r}", f"There are {', '.join(sorted(self._themes))}")
        self._app.theme = name
        self._paint_labels()
        self._app.review.refresh_all()

    @property
    def ground(self) -> str:
        """What labels are drawn on, `#rrggbb`."""
        # The app's own `theme_variables` are those of the theme before until styles are read again.
        return self._app.get_css_variables()["background"]

    def _paint_labels(self) -> None:
        words.paint(self._app.review.desk.snapshot.colours, self.ground)

    def use_ascii(self) -> None:
        """Draw every sign in characters that any screen has."""
        self._app.add_line_filter(AsciiGlyphs())

    def themes(self) -> list[str]:
        """Return the names of the themes."""
        return sorted(self._themes)

    def set_slow(self, slow: bool | None = None) -> None:
        """Spare a slow line, or no longer; the other way round without saying which."""
        app = self._app
        app.session.set_slow(not app.session.slow if slow is None else slow)
        app.animation_level = "none" if app.session.slow else constants.TEXTUAL_ANIMATIONS
        app.review.draw_again()
        app.tell("slow line: smaller pictures, no animation · :slow ends it" if app.session.slow else "full pictures")
