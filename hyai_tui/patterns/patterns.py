"""What was learnt of a library, as the commands and the app use it: loaded from one version's arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.patterns.evidence import Known
from hyai_tui.patterns.mixing import Mix
from hyai_tui.patterns.pulls import Pulls, Sided, pulls
from hyai_tui.patterns.related import Partners

# A pull that is worth a word: surely there, and a tag at least this many times as frequent (or as rare).
WORTH_SAYING: Final = 1.5


@dataclass(frozen=True, slots=True)
class Pull:
    """How one tag pulls to one side.

    Attributes:
        tag: the tag.
        label: the side on which it is more frequent.
        times: how many times as frequent it is there.
        log_odds, low, high: strength and its 95 % interval.
        files: files on this side that carry it.
        others: files on the other sides that carry it.
    """

    tag: str
    label: str
    times: float
    log_odds: float
    low: float
    high: float
    files: int
    others: int

    @property
    def reason(self) -> str:
        """One sentence for people."""
        return f"{self.tag} is {times_text(self.times)} × as frequent in your {self.label}"


@dataclass(frozen=True)
class Patterns:
    """One version of what was learnt.

    Attributes:
        version: counts up from 1.
        at: when it was learnt, seconds since the epoch.
        names: K tags, by their own numbers.
        known: counts and partners of these tags.
        sided: how the files fall on sides.
        mix: how evidence is weighed.
    """

    version: int
    at: float
    names: tuple[str, ...]
    known: Known
    sided: Sided
    mix: Mix

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Tag to its number."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def pulls(self) -> tuple[Pulls, ...]:
        """How all tags pull, by label."""
        if int((self.sided.sizes > 0).sum()) < 2:
            return ()
        return tuple(pulls(self.sided, place) for place in range(len(self.sided.labels)))

    def of(self, tags: Iterable[str]) -> NDArray[np.int64]:
        """Return int64[k], rising: the numbers of those tags that are known."""
        found = {self.numbers[tag] for tag in tags if tag in self.numbers}
        return np.array(sorted(found), np.int64)

    def pull(self, number: int) -> Pull | None:
        """Return the strongest sure pull of a tag; None where its interval holds no pull at all."""
        best = None
        for place, one in enumerate(self.pulls):
            if one.low[number] > 0 and (best is None or one.log_odds[number] > best.log_odds):
                files = self.sided.files[:, number]
                best = Pull(
                    self.names[number],
                    one.label,
                    float(one.times[number]),
                    float(one.log_odds[number]),
                    float(one.low[number]),
                    float(one.high[number]),
                    int(files[place]),
                    int(files.sum() - files[place]),
                )
        return best

    def reasons(self, tags: Iterable[str], most: int = 3) -> list[Pull]:
        """Return the pulls of a file's tags that are worth a word, the surest first."""
        found = [pull for number in self.of(tags) if (pull := self.pull(int(number))) is not None]
        told = [pull for pull in found if pull.times >= WORTH_SAYING]
        return sorted(told, key=lambda pull: (-pull.low, pull.tag))[:most]

    def strongest(self, label: str | None = None, most: int | None = None) -> list[Pull]:
        """Return all sure pulls, to one label or to any, the surest first."""
        sure = np.zeros(len(self.names), bool)
        for one in self.pulls:
            if label is None or one.label == label:
                sure |= one.low > 0
        found = [pull for number in np.flatnonzero(sure) if (pull := self.pull(int(number))) is not None]
        kept = [pull for pull in found if label is None or pull.label == label]
        return sorted(kept, key=lambda pull: (-pull.low, pull.tag))[:most]

    def partners(self, tag: str) -> list[tuple[str, int, float]]:
        """Return (tag, files of both, lift) of a tag's strongest partners."""
        number = self.numbers.get(tag)
        if number is None:
            return []
        counts, partners = self.known.counts, self.known.partners
        tags, files = partners.of(number)
        own = float(counts[number])
        return [
            (self.names[other], both, both * self.known.files / (own * float(counts[other])))
            for other, both in zip(tags.tolist(), files.tolist(), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of the catalog's tags a version keeps: the most frequent of those that enough files carry."""

    numbers: NDArray[np.int64]

    def place(self, tags: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return int64[m]: the own number of each of the catalog's tag numbers; -1 for one that is not kept."""
        at = np.searchsorted(self.numbers, tags)
        at[at == len(self.numbers)] = 0
        same = self.numbers[at] == tags if len(self.numbers) else np.zeros(len(tags), bool)
        return np.where(same, at, -1)


def kept_partners(partners: Partners, kept: Kept) -> Partners:
    """Return the partners of the tags that are kept, under their own numbers."""
    starts, lengths = partners.starts[:-1][kept.numbers], np.diff(partners.starts)[kept.numbers]
    first = np.concatenate([[0], np.cumsum(lengths)])
    places = np.repeat(starts - first[:-1], lengths) + np.arange(int(first[-1]))
    tags = kept.place(partners.tags[places])
    inside = np.concatenate([[0], np.cumsum(tags >= 0)])
    return Partners(inside[first].astype(np.int64), tags[tags >= 0].astype(np.int32), partners.files[places][tags >= 0])


def times_text(times: float) -> str:
    """Return a factor as people say it: `4`, `2.5`, `120`."""
    return f"{times:,.0f}" if times >= 9.95 else f"{times:.1f}".removesuffix(".0")
