"""Changes of the labels themselves: added, renamed, merged, coloured, described, ordered; in a thread, and each can be taken back.

The same functions as those of `hyai labels` do the work, so samples, tags, history and models follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hyai_tui.errors import HyaiError, NotNow
from hyai_tui.text import count
from hyai_tui.tui.messages import LabelsChanged

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.effects.opening import Parts
    from hyai_tui.journal.journal import Journal
    from hyai_tui.tui.session import Session

# Does something, and returns what to say of it and how it is taken back.
Change = Callable[["Parts"], tuple[str, "Change | None"]]
_DRAIN_SECONDS = 2.0


class Labelling:
    """Does one change after the other; `LabelsChanged` follows each.

    Args:
        session: its journal, catalog and library are used.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._back: list[Change] = []

    def add(self, name: str) -> None:
        """Make a label and its folder."""
        self._do(_add(name))

    def remove(self, name: str) -> None:
        """Take a label that nothing is decided for off the list."""
        self._do(_remove(name))

    def rename(self, old: str, new: str) -> None:
        """Give a label another name."""
        self._do(_rename(old, new))

    def merge(self, old: str, into: str) -> None:
        """Give all files of a label another one, as one act of this session."""
        self._do(_merge(old, into, self._session.id))

    def colour(self, label: str, colour: str | None) -> None:
        """Give a label a colour `#rrggbb`, or the theme's with None."""
        self._do(_colour(label, colour))

    def describe(self, label: str, about: str) -> None:
        """Say what a label stands for."""
        self._do(_describe(label, about))

    def order(self, names: Sequence[str]) -> None:
        """List the labels in this order."""
        self._do(_order(names))

    def undo(self) -> None:
        """Take the last change of this session back."""
        if self._back:
            self._do(self._back.pop(), taking_back=True)
        else:
            self._session.send(LabelsChanged("nothing to take back: no label was changed since the app opened", "warn"))

    def _do(self, change: Change, *, taking_back: bool = False) -> None:
        def task(journal: Journal, catalog: Catalog) -> None:
            from hyai_tui.effects.opening import Parts

            session = self._session
            try:
                if session.library is None:
                    raise NotNow("The library is not open yet", "Try again in a moment")
                parts = Parts(session.workspace, journal, catalog, session.library, None)
                said, back = change(parts)
            except HyaiError as error:
                session.send(LabelsChanged(str(error), "error"))
                return
            if back is not None and not taking_back:
                self._back.append(back)
            session.send(LabelsChanged(f"taken back: {said}" if taking_back else f"{said} · u takes it back"))
            session.writer.do(lambda _journal: None)
            session.forget_facts()
            session.rebuild()

        self._session.work(task)


def _add(name: str) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        from hyai_tui.jobs.relabelling import add_label

        add_label(parts, name)
        digit = next(one.digit for one in parts.journal.labels() if one.name == name)
        key = f"key {digit}" if digit else "no digit is free for it, :label and its name decide it"
        return f"{name} is new: {key}, folder data/{name}", _remove(name)

    return change


def _remove(name: str) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        from hyai_tui.jobs.relabelling import remove_label

        remove_label(parts, name)
        return f"{name} is off the list; its digit stays its own", _add(name)

    return change


def _rename(old: str, new: str) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        from hyai_tui.jobs.relabelling import rename_label

        files = rename_label(parts, old, new)
        parts.runner.drain(_DRAIN_SECONDS)
        return f"{old} is {new} now, with {count(files, 'decided file')}", _rename(new, old)

    return change


def _merge(old: str, into: str, session: str) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        from hyai_tui.jobs.relabelling import merge_label

        moved = [file for file, one in parts.journal.effective().items() if one.label == old]
        files = merge_label(parts, old, into, session=session, source="app")
        act = parts.journal.effective(moved[:1])[moved[0]].act if moved else None
        return f"{count(files, 'file')} of {old} moved to {into}; a retrain learns it", _unmerge(old, into, act)

    return change


def _unmerge(old: str, into: str, act: int | None) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        files = len(parts.journal.undo_act(act)) if act is not None else 0
        parts.journal.add_labels([old])
        (parts.workspace.data / old).mkdir(mode=0o700, parents=True, exist_ok=True)
        parts.runner.drain(_DRAIN_SECONDS)
        return f"{count(files, 'file')} moved from {into} back to {old}", None

    return change


def _colour(label: str, colour: str | None) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        before = next((one.colour for one in parts.journal.labels() if one.name == label), None)
        parts.journal.colour_label(label, colour)
        return f"{label}: {colour or 'the colour of the theme'}", _colour(label, before)

    return change


def _describe(label: str, about: str) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        before = next((one.about for one in parts.journal.labels() if one.name == label), "")
        parts.journal.describe_label(label, about)
        return f"{label}: {about or 'not described'}", _describe(label, before)

    return change


def _order(names: Sequence[str]) -> Change:
    def change(parts: Parts) -> tuple[str, Change | None]:
        before = [one.name for one in parts.journal.labels()]
        parts.journal.order_labels(names)
        return f"listed as {', '.join(names)}", _order(before)

    return change
