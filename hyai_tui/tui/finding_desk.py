"""The review of findings, without its screen: which list is open, where the person is in it, and what can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks.base import Finding
from hyai_tui.checks.book import BANDS, ORDERS, PILES, Book, Choice, Pile
from hyai_tui.checks.kinds import TYPES

Deed = Literal["decision", "edit", "ignore", "watch"]

# The steps of the slider of near duplicates: from all that the check found up to equal pictures.
_STEPS = (0.0, *(round(0.85 + at / 100, 2) for at in range(15)), 1.0)
_NOWHERE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Done:
    """One act of this session that can be taken back.

    Attributes:
        deed: what was done.
        keys: of the findings that it was about.
        edit: number of the change of tags; 0 for other deeds.
    """

    deed: Deed
    keys: tuple[str, ...]
    edit: int = 0


@dataclass
class FindingDesk:
    """One person's way through a book of findings.

    Attributes:
        book: the findings; None before they have been read.
        choice: the filters.
        order: one of `book.ORDERS`.
        position: the place in the list.
        done: acts of this session, the newest last.
    """

    book: Book | None = None
    choice: Choice = field(default_factory=Choice)
    order: str = ORDERS[0]
    position: int = 0
    done: list[Done] = field(default_factory=list)
    _rows: NDArray[np.int64] = field(default_factory=lambda: _NOWHERE)
    _counts: dict[str, dict[str, int]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    # The list

    def take(self, book: Book) -> None:
        """Take a book, and stay at the same finding, or at the same place where it is gone."""
        key = self.current.key if self.current is not None else ""
        self.book = book
        self._list_again()
        self.go_to(key)

    def finding(self, position: int) -> Finding:
        """Return the finding at a place of the list."""
        assert self.book is not None
        return self.book.findings[int(self._rows[position])]

    @property
    def current(self) -> Finding | None:
        """The finding at the place; None where the list is empty."""
        return self.finding(self.position) if 0 <= self.position < len(self._rows) else None

    def following(self, number: int) -> Sequence[Finding]:
        """Return the findings after the place, those before it last."""
        at = [*range(self.position + 1, self.position + 1 + number), self.position - 1]
        return [self.finding(one) for one in at if 0 <= one < len(self._rows)]

    def move(self, by: int) -> bool:
        """Go on or back; False at the end."""
        return self.go(self.position + by)

    def go(self, position: int) -> bool:
        """Go to a place, or as near to it as there is one; False if that is where we are."""
        wanted = max(0, min(position, len(self._rows) - 1))
        moved, self.position = wanted != self.position, wanted
        return moved

    def go_to(self, key: str) -> bool:
        """Go to the finding of a key; False where the list does not have it."""
        at = None if self.book is None or not key else self.book.position(key)
        places = _NOWHERE if at is None else np.flatnonzero(self._rows == at)
        if not len(places):
            return False
        self.position = int(places[0])
        return True

    # Filters

    def choose(self, **changes: Any) -> None:
        """Change filters; the place stays at its finding where it is left."""
        key = self.current.key if self.current is not None else ""
        self.choice = replace(self.choice, **changes)
        self.position = 0
        self._list_again()
        self.go_to(key)

    def cycle(self, name: Literal["pile", "type", "band"], by: int = 1) -> None:
        """Go to the next value of a filter that leaves anything, and past the last to none."""
        all_values: dict[str, list[str]] = {"pile": [*PILES], "type": ["", *TYPES], "band": ["", *BANDS]}
        values = all_values[name]
        counts = self.counts[name]
        now = values.index(getattr(self.choice, name))
        for step in range(1, len(values) + 1):
            value = values[(now + by * step) % len(values)]
            if counts.get(value, 0) or value in ("", "open"):
                self.choose(**{name: value})
                return

    def cycle_order(self) -> None:
        """Order by the next key."""
        key = self.current.key if self.current is not None else ""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._list_again()
        self.go_to(key)

    def slide(self, by: int) -> float:
        """Move the least similarity of near duplicates one step; returns where it is."""
        at = min(range(len(_STEPS)), key=lambda one: abs(_STEPS[one] - self.choice.least))
        self.choose(least=_STEPS[max(0, min(len(_STEPS) - 1, at + by))])
        return self.choice.least

    @property
    def filtered(self) -> bool:
        """True where a filter leaves findings out of the pile."""
        return self.choice != Choice(pile=self.choice.pile, check=self.choice.check)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many findings each value of each filter would leave."""
        if self._counts is None:
            self._counts = self.book.counts(self.choice) if self.book is not None else {}
        return self._counts

    def totals(self) -> dict[str, int]:
        """Return how many open findings there are of each type, filters or not, with their sum under `total`."""
        return self.book.totals() if self.book is not None else {"total": 0, **dict.fromkeys(TYPES, 0)}

    # What was done

    def put(self, keys: Sequence[str], pile: Pile, *, show: bool = False) -> None:
        """Findings lie on another pile now; the place stays where it is, or goes to the first of them."""
        if self.book is None:
            return
        place = self.position
        key = self.current.key if self.current is not None and self.current.key not in keys else ""
        self.book.put(keys, pile)
        self._list_again()
        if not self.go_to(keys[0] if show and keys else key):
            self.position = max(0, min(place, len(self._rows) - 1))

    def _list_again(self) -> None:
        self._counts = None
        self._rows = self.book.chosen(self.choice, self.order) if self.book is not None else _NOWHERE
        self.position = max(0, min(self.position, len(self._rows) - 1))
