"""The panels about what reaches the library: rights before the first write, staged changes, and the word for LIVE."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hyai_tui.effects import first_copy, first_write
from hyai_tui.effects.staged import staged_files
from hyai_tui.errors import WrongUse
from hyai_tui.tui.screens.commit import CommitScreen
from hyai_tui.tui.screens.panel import PanelScreen
from hyai_tui.tui.screens.typed import TypedScreen
from hyai_tui.tui.words import PAGE

if TYPE_CHECKING:
    from hyai_tui.effects.deciding import Mode
    from hyai_tui.library.base import Rights
    from hyai_tui.tui.app import HyaiApp

_AGAIN_SECONDS = 0.5
_MOST_SHOWN = 1000


class LibraryPanels:
    """Shows them, and passes the answers on to the writer."""

    def __init__(self, app: HyaiApp) -> None:
        self._app = app

    def show_rights(self) -> None:
        """Show what the key may and cannot do, where files are decided and as soon as nobody is typing; yes lets us write."""
        app, rights = self._app, self._app.session.rights
        if rights is None:
            app.tell("the library is not open yet", "warn")
            return
        here = app.screen
        if not (here is app.review or getattr(here, "DECIDES", False)) or here.focused is not None:
            app.set_timer(_AGAIN_SECONDS, self.show_rights)
            return
        lines = first_write.panel(app.workspace.settings, rights)
        copies = self._about_copies()

        def answered(answer: str | None) -> None:
            if answer == "small":
                pixels = {"library.sample_pixels": str(first_copy.SMALL_PIXELS)}
                app.session.errands.change_settings(pixels, lambda _: app.session.writer.allow_writes())
            elif answer:
                app.session.writer.allow_writes(copies=copies)
            if answer:
                app.tell("what decisions ask for is written from now on")
            else:
                app.tell("nothing is written to the library; it waits · :rights asks again", "warn")

        answers = [("Enter", "write", "go on: let decisions write"), ("Esc", "", "not now; decisions are kept here")]
        if copies:
            lines = [*lines, "", *copies]
            small = f"go on, with copies of {first_copy.SMALL_PIXELS} pixels"
            answers[:1] = [("Enter", "write", "go on, with copies of the originals"), ("s", "small", small)]
        app.push_screen(PanelScreen(f"Before the first write to {rights.called}", lines, answers), answered)

    def _about_copies(self) -> list[str]:
        """Return what to say of the first copies; nothing where samples were copied before, or their size is set."""
        session = self._app.session
        if session.journal is None or session.catalog is None:
            return []
        first = first_copy.is_first(session.workspace.settings, session.journal)
        return first_copy.lines(session.catalog.mean_size()) if first else []

    def show_commit(self) -> None:
        """Show what is staged, or say that nothing is."""
        app, staged = self._app, self._app.session.errands.staged()
        if staged is None or not staged.total:
            app.tell("nothing is staged")
            return

        def answered(answer: str | None) -> None:
            if answer == "commit":
                app.session.writer.commit_staged()
            elif answer == "forget":
                app.session.writer.forget_staged()
            elif answer == "page":
                app.session.errands.show_in_page(PAGE, lambda journal: staged_files(journal))
            elif answer == "hashes":
                app.session.errands.write_hashes()

        rights = app.session.rights
        app.push_screen(CommitScreen(staged, rights, read_only=app.workspace.settings.read_only), answered)

    def show_page(self, name: str) -> None:
        """Show what is left of this queue, from here on, in a page of Hydrus."""
        walk = self._app.review.desk.walk
        if walk is None or not len(walk):
            self._app.tell("nothing in this queue to show", "warn")
            return
        here = walk.position
        files = [walk.file(place) for place in range(here, min(len(walk), here + _MOST_SHOWN))]
        self._app.session.errands.show_in_page(name, lambda _: files)

    def set_mode(self, mode: str) -> None:
        """Change what decisions do; LIVE only after the word.

        Raises:
            WrongUse: LIVE is not possible now, and why.
        """
        app = self._app
        if mode != "LIVE":
            app.session.writer.set_mode(cast("Mode", mode))
            return
        rights = app.session.rights
        _refuse_live(rights, read_only=app.workspace.settings.read_only)
        assert rights is not None

        def answered(said: bool | None) -> None:
            if said:
                app.session.writer.allow_writes()
                app.session.writer.set_mode("LIVE")
                app.tell("LIVE: a decision moves its file at once · :mode learn ends it", "warn")
            else:
                app.tell(f"still {app.review.desk.line.mode}")

        title = "LIVE: decisions move files at once"
        app.push_screen(TypedScreen(title, _live_lines(rights), "live", "leaves it off"), answered)


def _refuse_live(rights: Rights | None, *, read_only: bool) -> None:
    if read_only:
        raise WrongUse("LIVE moves files, and hyai runs read-only", "Leave out --read-only (HYAI_READ_ONLY)")
    if rights is None:
        raise WrongUse("The library is not open, so nothing can be live", "Wait for it, or see :jobs and 'hyai doctor'")
    if not rights.change_state:
        why = "; ".join(one for one in rights.cannot if not one.startswith("read")) or "the library does not allow it"
        raise WrongUse(
            f"This key cannot move files: {why}", "Use LEARN: decisions are kept and learned from all the same"
        )


def _live_lines(rights: Rights) -> list[str]:
    return [
        f"In {rights.called} the keys for archive and trash, and undo, act on the files at once, without a commit.",
        "Each act is read back before the screen says ✓; u takes it back. Nothing is ever deleted for good.",
        f"may: {first_write.may(rights)}",
        *(f"cannot: {one}" for one in rights.cannot),
        "The next start begins in LEARN.",
    ]
