"""What the demo library holds: which picture, in which style, in which state, labelled how; all from the seed.

The plan is made without drawing anything, so that it is the same whether a demo is new or reopened. Mistakes are
planted on purpose: pictures of kept styles in `trash/` (one style of them for a reason that can be learned, others by
accident), of thrown styles in `archive/` (likewise), and samples with the wrong label. Their numbers are such that at least 80 stay open after the first training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from hyai_tui.library.demo import ambiguous, botanical, clutter, geometry, landscapes, nights, snapshots, still_life
from hyai_tui.library.demo.paint import Rng, Size

KEEP, THROW, EITHER = "keep", "throw", "either"
ARCHIVE, TRASH, INBOX = "archive", "trash", "inbox"
LABELS = {KEEP: ARCHIVE, THROW: TRASH}

Draw = Callable[[Rng, Size], Image.Image]

STYLES: dict[str, dict[str, Draw]] = {
    KEEP: {
        "sunset": landscapes.sunset,
        "sea": landscapes.sea,
        "night": nights.night,
        "tiles": geometry.tiles,
        "arches": geometry.arches,
        "composition": geometry.composition,
        "still-life": still_life.still_life,
        "botanical": botanical.botanical,
    },
    THROW: {
        "blurred": snapshots.blurred,
        "blown-out": snapshots.blown_out,
        "pocket": snapshots.pocket,
        "screenshot": clutter.screen,
        "receipt": clutter.receipt,
        "caption": clutter.caption,
        "banner": clutter.banner,
        "code": clutter.code,
    },
    EITHER: {
        "hazy": ambiguous.hazy,
        "shaken": ambiguous.shaken,
        "poster": ambiguous.poster,
        "framed": ambiguous.framed,
        "stamped": ambiguous.stamped,
    },
}
COPIES = ("recompressed", "scaled", "cropped")
# What this owner does against all appearance: still lifes go to the trash, and receipts are kept. No sample says so, so
# the first model gets them wrong and surely; the first decisions on them teach it, and the rest settles by itself.
QUIRKS = {KEEP: "still-life", THROW: "receipt"}

_WIDE: tuple[Size, ...] = ((400, 300), (480, 320), (420, 280), (440, 330), (360, 240))
_ANY: tuple[Size, ...] = (*_WIDE, (300, 400), (320, 320), (280, 420), (380, 380))
_SIZES = {"receipt": ((240, 400), (280, 440), (320, 420), (300, 300)), "banner": ((480, 200), (460, 240), (300, 250))}
_WIDE_STYLES = frozenset({"sea", "still-life", "arches", "framed", "shaken"})

# Shares of the clear pictures by what their owner did; the rest waits in the inbox.
_MISPLACED = 0.085  # of all clear pictures, in each direction
_LEARNABLE = 0.8  # of the misplaced: the owner's quirks; the others are accidents
_PLACED = 0.21  # of all clear pictures, in each of archive and trash
_SAMPLES = 0.58  # of all clear pictures that stand where they belong
_WRONG_SAMPLES = 0.085  # of the samples


@dataclass(frozen=True, slots=True)
class Planned:
    """One picture to draw.

    Attributes:
        number: its place in the library, 0, 1, 2 …, and its own seed.
        style: name of the style; of the original for a copy.
        look: `keep`, `throw` or `either`: what the picture is, whatever its owner did with it.
        state: inbox, archive or trash: what its owner did with it.
        size: width and height before any change.
        suffix: `.jpg`, `.png` or `.webp`.
        label: label in the training folders, or None where it is no sample.
        copy_of: number of the picture that this one is nearly a duplicate of, or None.
        change: how the copy differs: recompressed, scaled or cropped.
    """

    number: int
    style: str
    look: str
    state: str
    size: Size
    suffix: str
    label: str | None = None
    copy_of: int | None = None
    change: str = ""

    @property
    def path(self) -> str:
        """Path relative to the library root."""
        return f"{self.state}/{self.style}-{self.number:04d}{self.suffix}"


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What is planted in a demo library; paths are relative to its root, as raw file-system strings.

    Attributes:
        root: root of the library.
        files: pictures drawn, without the awkward ones.
        looks: path to `keep`, `throw` or `either`, for every drawn picture.
        samples: path to the label that its owner gave it.
        trash_to_keep: kept styles that stand in `trash/`.
        keep_to_trash: thrown styles that stand in `archive/`.
        wrong_samples: samples whose label does not fit their look.
        ambiguous: pictures that could be either.
        near_duplicates: pairs (original, copy).
        awkward: path of an awkward file to why it takes no part in learning; empty where it does take part.
        same_bytes: pairs of paths with equal bytes in one state.
        conflicting: pairs of paths with equal bytes in two states.
        refused_names: awkward names that this file system does not allow.
    """

    root: Path
    files: int
    looks: dict[str, str] = field(default_factory=dict)
    samples: dict[str, str] = field(default_factory=dict)
    trash_to_keep: tuple[str, ...] = ()
    keep_to_trash: tuple[str, ...] = ()
    wrong_samples: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    near_duplicates: tuple[tuple[str, str], ...] = ()
    awkward: dict[str, str] = field(default_factory=dict)
    same_bytes: tuple[tuple[str, str], ...] = ()
    conflicting: tuple[tuple[str, str], ...] = ()
    refused_names: tuple[str, ...] = ()


def plan(seed: int, files: int) -> list[Planned]:
    """Return what to draw, by number."""
    rng = np.random.default_rng([seed, 0x9A11])
    copies = files // 26
    unclear = files // 10
    looks = [KEEP, THROW] * ((files - copies - unclear + 1) // 2)
    looks = [*looks[: files - copies - unclear], *[EITHER] * unclear]
    originals = [
        _original(rng, int(number), look) for number, look in zip(rng.permutation(files - copies), looks, strict=True)
    ]
    placed = [*_placed(rng, [one for one in originals if one.look != EITHER])]
    placed += [one for one in originals if one.look == EITHER]
    placed.sort(key=lambda one: one.number)
    return [*placed, *_copies(rng, placed, files - copies, copies)]


def facts(root: Path, planned: list[Planned]) -> DemoFacts:
    """Return what a plan plants, without the awkward files."""
    by_number = {one.number: one for one in planned}
    own = [one for one in planned if one.copy_of is None]
    return DemoFacts(
        root=root,
        files=len(planned),
        looks={one.path: one.look for one in planned},
        samples={one.path: one.label for one in planned if one.label is not None},
        trash_to_keep=tuple(one.path for one in own if one.look == KEEP and one.state == TRASH),
        keep_to_trash=tuple(one.path for one in own if one.look == THROW and one.state == ARCHIVE),
        wrong_samples=tuple(one.path for one in own if one.label is not None and one.label != LABELS[one.look]),
        ambiguous=tuple(one.path for one in own if one.look == EITHER),
        near_duplicates=tuple((by_number[one.copy_of].path, one.path) for one in planned if one.copy_of is not None),
    )


def _original(rng: Rng, number: int, look: str) -> Planned:
    # The quirks are drawn twice as often: there must be enough of them to see how the rest of them settles.
    styles = [*STYLES[look], *([QUIRKS[look]] if look in QUIRKS else [])]
    style = styles[int(rng.integers(len(styles)))]
    sizes = _SIZES.get(style, _WIDE if style in _WIDE_STYLES else _ANY)
    lossless = style in {"screenshot", "code", "banner", "caption"} and rng.random() < 0.5
    suffix = ".png" if lossless else ".webp" if rng.random() < 0.06 else ".jpg"
    return Planned(number, style, look, INBOX, sizes[int(rng.integers(len(sizes)))], suffix)


def _placed(rng: Rng, clear: list[Planned]) -> list[Planned]:
    """Give the clear pictures their states, right and wrong, and make some of them samples, right and wrong."""
    misplaced, in_place = round(len(clear) * _MISPLACED), round(len(clear) * _PLACED)
    result: list[Planned] = []
    rightful: list[Planned] = []
    for look, wrong_state in ((KEEP, TRASH), (THROW, ARCHIVE)):
        own = [one for one in clear if one.look == look]
        quirks = [one for one in own if one.style == QUIRKS[look]]
        others = [one for one in own if one.style != QUIRKS[look]]
        taught = min(len(quirks), round(misplaced * _LEARNABLE))
        waiting = quirks[taught:]
        ours = [*quirks[:taught], *others]
        result += [replace(one, state=wrong_state) for one in ours[:misplaced]]
        result += waiting
        rightful += [replace(one, state=LABELS[look]) for one in ours[misplaced : misplaced + in_place]]
        rightful += ours[misplaced + in_place :]
    order = [int(one) for one in rng.permutation(len(rightful))]
    samples = round(len(rightful) * _SAMPLES)
    wrong = round(samples * _WRONG_SAMPLES)
    # A wrong sample comes from the inbox: in a state of its own it would be two kinds of mistake at once.
    unsorted = [one for one in order if rightful[one].state == INBOX]
    swapped = set(unsorted[:wrong])
    chosen = [*swapped, *[one for one in order if one not in swapped][: samples - wrong]]
    for place in chosen:
        one = rightful[place]
        right = LABELS[one.look]
        other = TRASH if right == ARCHIVE else ARCHIVE
        rightful[place] = replace(one, label=other if place in swapped else right)
    return [*result, *rightful]


def _copies(rng: Rng, placed: list[Planned], first: int, copies: int) -> list[Planned]:
    """Near duplicates of clear pictures that are no samples; every fourth stands in another state than its original."""
    originals = [one for one in placed if one.look != EITHER and one.label is None]
    chosen = [originals[int(one)] for one in rng.permutation(len(originals))[:copies]]
    result = []
    for place, one in enumerate(chosen):
        state = one.state if place % 4 else INBOX
        number, change = first + place, COPIES[place % len(COPIES)]
        result.append(replace(one, number=number, state=state, suffix=".jpg", copy_of=one.number, change=change))
    return result
