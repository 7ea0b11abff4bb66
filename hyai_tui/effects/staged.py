"""What is staged and what is to be rescued, for the header and for `:commit`."""

from __future__ import annotations

from dataclasses import dataclass

from hyai_tui.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Staged:
    """How many files a commit would touch.

    Attributes:
        keep: files that would go to the archive.
        trash: files that would go to the trash.
        rescue: files that would be taken out of the trash.
        rescues_open: rescues that have not been verified yet, staged or on their way.
    """

    keep: int = 0
    trash: int = 0
    rescue: int = 0
    rescues_open: int = 0

    @property
    def total(self) -> int:
        """All files that a commit would touch."""
        return self.keep + self.trash + self.rescue

    @property
    def line(self) -> str:
        """The line that asks: `keep 9, trash 3: commit, forget, go back`."""
        parts = {"keep": self.keep, "trash": self.trash, "rescue": self.rescue}
        texts = [f"{word} {number:,}" for word, number in parts.items() if number]
        return f"{', '.join(texts)}: commit, forget, go back" if texts else "nothing is staged"


def staged(journal: Journal) -> Staged:
    """Count what is staged."""
    waiting = [one for one in journal.effects("staged") if one.target == "state"]
    wanted = [one.wanted for one in waiting]
    on_the_way = [one for one in journal.effects("due") + journal.effects("failed") if one.target == "state"]
    return Staged(
        keep=wanted.count("archive"),
        trash=wanted.count("trash"),
        rescue=wanted.count("rescue"),
        rescues_open=sum(one.wanted == "rescue" for one in [*waiting, *on_the_way]),
    )
