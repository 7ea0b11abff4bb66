"""Opens what effects need: journal, catalog and, if it can be reached, the library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyai_tui.effects import first_copy, first_write
from hyai_tui.effects.runner import DrainReport, EffectRunner
from hyai_tui.errors import HyaiError, LibraryError, NotNow

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.journal.journal import Journal
    from hyai_tui.library.base import Library
    from hyai_tui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Parts:
    """The opened parts of a workspace.

    Attributes:
        library: None where it cannot be opened now; decisions need none.
        why_no_library: what to tell the person then.
    """

    workspace: Workspace
    journal: Journal
    catalog: Catalog
    library: Library | None
    why_no_library: HyaiError | None

    @property
    def runner(self) -> EffectRunner:
        """A runner over these parts."""
        return EffectRunner(self.workspace, self.journal, self.catalog, self.library)

    def first_write(self) -> list[str]:
        """Return what to say before the first copy out of this library and the first write to it.

        The command is taken for the person's word. Empty where both were done before, or where the library cannot be asked
        now.
        """
        return [*self._first_copy(), *self._first_write()]

    def _first_copy(self) -> list[str]:
        settings = self.workspace.settings
        if self.library is None or not first_copy.is_first(settings, self.journal):
            return []
        mean = self.catalog.mean_size()
        said = first_copy.lines(mean)
        first_copy.consent(settings, self.journal, said)
        how = f"For small copies: 'hyai config set library.sample_pixels {first_copy.SMALL_PIXELS}'"
        return [*said, how] if first_copy.spares(mean) else said

    def _first_write(self) -> list[str]:
        settings = self.workspace.settings
        if self.library is None or not first_write.is_first(settings, self.journal):
            return []
        try:
            rights = self.library.rights()
        except (LibraryError, NotNow):
            return []  # what is due says by itself why it waits
        first_write.consent(settings, self.journal, rights)
        return [f"Before the first write to {rights.called}:", *first_write.panel(settings, rights)]


@contextmanager
def opened(workspace: Workspace) -> Iterator[Parts]:
    """Open the parts for the body; a library that cannot be opened is no reason not to decide."""
    library: Library | None = None
    why: HyaiError | None = None
    with workspace.open_journal() as journal, workspace.open_catalog() as catalog:
        try:
            library = workspace.open_library()
        except HyaiError as error:
            why = error
        try:
            yield Parts(workspace, journal, catalog, library, why)
        finally:
            if library is not None:
                library.close()


def settle_due(workspace: Workspace, seconds: float = 1.0) -> DrainReport:
    """Do what is due, for at most about `seconds`; costs a look at the journal where nothing is.

    For the start of the app and of every command.
    """
    if not (workspace.root / "journal.db").exists():
        return DrainReport()
    with workspace.open_journal() as journal:
        if not journal.effect_counts()["due"]:
            return DrainReport()
    with opened(workspace) as parts:
        return parts.runner.drain(seconds)
