"""All findings of the newest runs in one list, with what people did about each: filters, counts, order.

What several checks found of one file is one row of the list of all checks, see `merging`; the list of one check has all of its own.
Every count is made from the same arrays as the lists, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from hyai_tui.checks import results
from hyai_tui.checks.base import HIGH, MEDIUM, Finding
from hyai_tui.checks.kinds import TYPES, settled_by_decision, type_of
from hyai_tui.checks.merging import leads, with_reasons
from hyai_tui.errors import WrongUse
from hyai_tui.text import short_hash

if TYPE_CHECKING:
    from hyai_tui.checks.results import Kept
    from hyai_tui.journal.journal import Journal
    from hyai_tui.journal.model import Decision
    from hyai_tui.workspace import Workspace

Pile = Literal["open", "ignored", "fixed"]
PILES: Final[tuple[Pile, ...]] = ("open", "ignored", "fixed")
BANDS: Final = ("high", "medium", "low")
ORDERS: Final = ("confidence", "kind", "hash", "tags")
# How a decision that was made for a finding names its queue.
QUEUE: Final = "check:"

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which findings are shown; an empty text asks for nothing.

    Attributes:
        pile: `open`, `ignored` or `fixed`.
        check: name of a check.
        type: one of `kinds.TYPES`.
        kind: a kind, such as `missing-tag`.
        band: `high`, `medium` or `low`.
        namespace: of a tag that the finding is about.
        text: in the hash's beginning, or anywhere in the reason or the tags.
        least: near duplicates of a lower similarity are left out.
    """

    pile: Pile = "open"
    check: str = ""
    type: str = ""
    kind: str = ""
    band: str = ""
    namespace: str = ""
    text: str = ""
    least: float = 0.0


@dataclass
class Book:
    """Findings by position, in the order of the checks and, within one, the surest first.

    Attributes:
        kept: the newest result of each check that has one.
        findings: all of them.
        pile: uint8[n], index into `PILES`.
    """

    kept: Mapping[str, Kept]
    findings: Sequence[Finding]
    pile: NDArray[np.uint8]
    _type: NDArray[np.int8] = field(init=False)
    _band: NDArray[np.int8] = field(init=False)
    _confidence: NDArray[np.float64] = field(init=False)
    _spaces: dict[str, Places] = field(init=False)
    _checks: dict[str, slice] = field(init=False)
    _by_key: dict[str, int] = field(init=False)
    _by_file: dict[str, list[int]] = field(init=False)
    _lead: Places = field(init=False)

    def __post_init__(self) -> None:
        self._lead = leads(self.findings)
        reasons = with_reasons(self.findings, self._lead)
        self.findings = [
            one if one.reason == said else replace(one, reason=said)
            for one, said in zip(self.findings, reasons, strict=True)
        ]
        types = list(TYPES)
        known = {(one.check, one.kind) for one in self.findings}
        codes = {pair: types.index(type_of(*pair)) for pair in known}
        number = len(self.findings)
        self._type = np.fromiter((codes[one.check, one.kind] for one in self.findings), np.int8, number)
        self._confidence = np.fromiter((one.confidence for one in self.findings), np.float64, number)
        self._band = np.where(self._confidence >= HIGH, 0, np.where(self._confidence >= MEDIUM, 1, 2)).astype(np.int8)
        spaces: dict[str, list[int]] = {}
        for at, one in enumerate(self.findings):
            for name in {tag.partition(":")[0].lower() for tag in one.tags if ":" in tag}:
                spaces.setdefault(name, []).append(at)
        self._spaces = {name: np.array(at, np.int64) for name, at in sorted(spaces.items())}
        self._checks = {}
        start = 0
        for name, one_kept in self.kept.items():
            end = start + len(one_kept.result.findings)
            self._checks[name] = slice(start, end)
            start = end
        self._by_key = {}
        self._by_file = {}
        for at, one in enumerate(self.findings):
            self._by_key[one.key] = at
            self._by_file.setdefault(one.file, []).append(at)
            if one.other is not None:
                self._by_file.setdefault(one.other, []).append(at)

    def __len__(self) -> int:
        return len(self.findings)

    # Piles

    def position(self, key: str) -> int | None:
        """Return where the finding of a key stands, None where it is not found any more."""
        return self._by_key.get(key)

    def put(self, keys: Iterable[str], pile: Pile) -> None:
        """Lay findings on a pile, with those of other checks that say the same; keys of other runs are passed over."""
        at = [self._by_key[key] for key in keys if key in self._by_key]
        self.pile[np.isin(self._lead, self._lead[at])] = PILES.index(pile)

    def together(self, finding: Finding) -> tuple[str, ...]:
        """Return the keys of a finding and of those of other checks that say the same, its own first."""
        at = self._by_key.get(finding.key)
        if at is None:
            return (finding.key,)
        others = np.flatnonzero(self._lead == self._lead[at]).tolist()
        return (finding.key, *(self.findings[one].key for one in others if one != at))

    def settled_with(self, finding: Finding, file: str) -> list[str]:
        """Return the keys of the open findings that a decision on a file settles, made for one of them."""
        here = [self.findings[at] for at in self._by_file.get(file, ()) if self.pile[at] == PILES.index("open")]
        return [finding.key, *(one.key for one in here if one is not finding and settled_by_decision(one.kind))]

    # Lists and counts

    def chosen(self, choice: Choice, order: str = "confidence") -> Places:
        """Return the positions of what a choice leaves, in an order of `ORDERS`.

        Raises:
            WrongUse: there is no such order.
        """
        if order not in ORDERS:
            raise WrongUse(f"There is no order {order!r}", f"It is one of {', '.join(ORDERS)}")
        at = np.flatnonzero(self._matches(choice))
        if order == "confidence":
            return at[np.argsort(-self._confidence[at], kind="stable")]
        if order == "tags":
            most = np.array([len(self.findings[one].tags) for one in at.tolist()], np.int64)
            return at[np.argsort(-most, kind="stable")]
        names = [
            (one.check, one.kind) if order == "kind" else (one.file, "")
            for one in (self.findings[position] for position in at.tolist())
        ]
        return at[sorted(range(len(names)), key=names.__getitem__)] if names else at

    def totals(self, pile: Pile = "open") -> dict[str, int]:
        """Return how many findings of each type lie on a pile, with their sum under `total`."""
        on = self._type[(self.pile == PILES.index(pile)) & self._leading]
        counts = np.bincount(on, minlength=len(TYPES)).tolist()
        return {"total": len(on), **dict(zip(TYPES, counts, strict=True))}

    def counts(self, choice: Choice) -> dict[str, dict[str, int]]:
        """Return, for each filter, how many findings each of its values would leave beside the other filters.

        Keys are `pile`, `type`, `band` and `namespace`; each maps a value to a number, with the empty value for no filter.
        """
        found: dict[str, dict[str, int]] = {}
        rest = self._matches(replace(choice, pile="open"), but="pile")
        piles = np.bincount(self.pile[rest], minlength=len(PILES)).tolist()
        found["pile"] = dict(zip(PILES, piles, strict=True))
        rest = self._matches(choice, but="type")
        types = np.bincount(self._type[rest], minlength=len(TYPES)).tolist()
        found["type"] = {"": int(rest.sum()), **dict(zip(TYPES, types, strict=True))}
        rest = self._matches(choice, but="band")
        bands = np.bincount(self._band[rest], minlength=len(BANDS)).tolist()
        found["band"] = {"": int(rest.sum()), **dict(zip(BANDS, bands, strict=True))}
        rest = self._matches(choice, but="namespace")
        spaces = {name: int(rest[at].sum()) for name, at in self._spaces.items()}
        found["namespace"] = {"": int(rest.sum()), **spaces}
        return found

    @property
    def _leading(self) -> Bools:
        """bool[n]: findings that stand for themselves in the list of all checks."""
        found: Bools = self._lead == np.arange(len(self))
        return found

    def _matches(self, choice: Choice, but: str = "") -> Bools:
        wanted = np.ones(len(self), bool) if choice.check else self._leading
        if but != "pile":
            wanted &= self.pile == PILES.index(choice.pile)
        if choice.check:
            inside = np.zeros(len(self), bool)
            inside[self._checks.get(choice.check, slice(0, 0))] = True
            wanted &= inside
        if choice.type and but != "type":
            types: list[str] = list(TYPES)
            wanted &= self._type == (types.index(choice.type) if choice.type in types else -1)
        if choice.band and but != "band":
            wanted &= self._band == (BANDS.index(choice.band) if choice.band in BANDS else -1)
        if choice.namespace and but != "namespace":
            inside = np.zeros(len(self), bool)
            inside[self._spaces.get(choice.namespace.rstrip(":").lower(), np.empty(0, np.int64))] = True
            wanted &= inside
        if choice.least:
            wanted &= (self._type != list(TYPES).index("duplicates")) | (self._confidence >= choice.least)
        if choice.kind or choice.text:
            text = choice.text.lower()
            for at in np.flatnonzero(wanted).tolist():
                one = self.findings[at]
                wanted[at] = (not choice.kind or one.kind == choice.kind) and (not text or _has(one, text))
        return wanted


def _has(one: Finding, text: str) -> bool:
    return (
        one.file.startswith(text)
        or (one.other or "").startswith(text)
        or text in one.reason.lower()
        or any(text in tag.lower() for tag in one.tags)
        or text == short_hash(one.file)
    )


def open_book(workspace: Workspace, journal: Journal, checks: Iterable[str]) -> Book:
    """Read the newest results of some checks, and what people have done since about what they found."""
    kept = {name: found for name in checks if (found := results.read(workspace, name)) is not None}
    findings = [one for result in kept.values() for one in result.result.findings]
    book = Book(kept, findings, np.zeros(len(findings), np.uint8))
    files = {file for one in findings for file in (one.file, one.other) if file is not None}
    decided = journal.effective(files)
    settle(book, decided)
    book.put(journal.mended_findings(), "fixed")
    book.put(journal.ignored_findings(), "ignored")
    return book


def settle(book: Book, decided: Mapping[str, Decision]) -> None:
    """Lay what decisions have settled since the runs on the pile of what is fixed."""
    fixed = []
    for one in book.findings:
        pair = (decided.get(one.file), decided.get(one.other) if one.other is not None else None)
        at = book.kept[one.check].at
        if any(settles(one, decision, at) for decision in pair):
            fixed.append(one.key)
    book.put(fixed, "fixed")


def settles(finding: Finding, decision: Decision | None, since: float) -> bool:
    """Return whether a decision in force answers a finding of a run that ended then."""
    if decision is None or decision.at <= since or decision.undone is not None:
        return False
    return settled_by_decision(finding.kind) or decision.shown.get("queue") == f"{QUEUE}{finding.check}"
