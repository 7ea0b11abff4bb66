"""A library with planted faults, ten of each kind, so that what finds faults can be judged by what was planted.

It is a demo without quirks: every picture is clearly one to keep or to throw, stands where it belongs, and is tagged
well, except for those on which a fault is planted. No picture carries two faults, so that each finding is right or wrong
by itself. Nothing here knows how a check works; what it should find is written down where it is planted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from hyai_tui.library.demo.drawing import encoded
from hyai_tui.library.demo.layout import ARCHIVE, INBOX, KEEP, LABELS, STYLES, THROW, TRASH
from hyai_tui.library.demo.paint import Rng

OF_EACH = 10
FILES = 720
NEEDS = "series > person"
OPPOSITES = ("day", "night")
FEWEST, MOST = 3, 50

_SIZE = (360, 270)
_SAMPLES = 0.6
_WORDS = (
    "sky",
    "water",
    "tree",
    "house",
    "street",
    "light",
    "shadow",
    "red",
    "blue",
    "gold",
    "paper",
    "stone",
    "glass",
)
_OTHER = {ARCHIVE: TRASH, TRASH: ARCHIVE}


@dataclass
class Faulty:
    """What was planted; paths are relative to the library's root.

    Attributes:
        tags: path to the tags of every file, those of ours among them.
        samples: path to the label under which it lies in the training folders, as often as it lies there.
        planted: (check, kind) to the paths that carry the fault; a pair of near duplicates as both of its paths, sorted.
        also: (check, kind) to paths on which the same may rightly be found, because of another fault.
    """

    tags: dict[str, set[str]] = field(default_factory=dict)
    samples: list[tuple[str, str]] = field(default_factory=list)
    planted: dict[tuple[str, str], set[tuple[str, ...]]] = field(default_factory=dict)
    also: dict[tuple[str, str], set[tuple[str, ...]]] = field(default_factory=dict)

    def note(self, check: str, kind: str, *paths: str) -> None:
        """A fault is on this file, or on this pair."""
        self.planted.setdefault((check, kind), set()).add(tuple(sorted(paths)))

    def allow(self, check: str, kind: str, path: str) -> None:
        """The same may rightly be found here, because of another fault."""
        self.also.setdefault((check, kind), set()).add((path,))


@dataclass(frozen=True)
class _Drawn:
    number: int
    look: str
    style: str
    state: str

    @property
    def path(self) -> str:
        return f"{self.state}/{self.style}-{self.number:04d}.jpg"


def draw_faulty(root: Path, *, seed: int = 1, files: int = FILES) -> Faulty:
    """Draw the library into an empty or new folder and return what was planted in it."""
    rng = np.random.default_rng([seed, 0xFA17])
    faulty = Faulty()
    for state in (INBOX, ARCHIVE, TRASH):
        (root / state).mkdir(parents=True, exist_ok=True)
    sound = [_plain(rng, number) for number in range(files)]
    waiting = iter([one for one in sound if one.state == INBOX])
    placed = iter([one for one in sound if one.state != INBOX])
    drawn = {one.path: (one, one) for one in sound}
    for one in sound:
        faulty.tags[one.path] = _good_tags(rng, one)
    _plant_tags(rng, faulty, waiting)
    _plant_opinions(faulty, waiting, placed, drawn)
    _plant_copies(faulty, placed, drawn, rng)
    twice = _plant_styles(np.random.default_rng([seed, 0x57F1E]), faulty, waiting)
    for path, (one, source) in drawn.items():
        picture = _picture(source, seed)
        if one is not source:
            picture = _changed(picture, one.number)
        (root / path).write_bytes(encoded(picture, ".jpg", 90 if one is source else 55))
    for path in twice:
        again = f"{INBOX}/{Path(path).stem}-again.jpg"
        (root / again).write_bytes((root / path).read_bytes())
        faulty.tags[again] = faulty.tags[path]
        faulty.note("tags", "listed-twice", path, again)
    _plant_files(rng, faulty, root)
    return faulty


def _plain(rng: Rng, number: int) -> _Drawn:
    look = (KEEP, THROW)[number % 2]
    styles = list(STYLES[look])
    state = LABELS[look] if rng.random() < 0.45 else INBOX
    return _Drawn(number, look, styles[int(rng.integers(len(styles)))], state)


def _picture(one: _Drawn, seed: int) -> Image.Image:
    return STYLES[one.look][one.style](np.random.default_rng([seed, one.number]), _SIZE).convert("RGB")


def _changed(picture: Image.Image, number: int) -> Image.Image:
    """Return a copy as people make them: smaller, cropped a little, or only saved again."""
    width, height = picture.size
    if number % 3 == 0:
        return picture.resize((width * 2 // 3, height * 2 // 3), Image.Resampling.LANCZOS)
    return picture.crop((width // 30, height // 30, width - width // 40, height)) if number % 3 == 1 else picture


def _good_tags(rng: Rng, one: _Drawn) -> set[str]:
    words = rng.choice(_WORDS, size=int(rng.integers(4, 9)), replace=False).tolist()
    number = int(rng.integers(5))
    return {f"series:album {number}", f"person:person {number}", f"style:{one.style}", *words}


def _plant_tags(rng: Rng, faulty: Faulty, waiting: Iterator[_Drawn]) -> None:
    """Spoil tags: one missing, too few, too many, both of a pair that excludes itself, both of ours."""
    for _ in range(OF_EACH):
        one = next(waiting)
        faulty.tags[one.path] = {tag for tag in faulty.tags[one.path] if not tag.startswith("person:")}
        faulty.note("tags", "missing-tag", one.path)
        one = next(waiting)
        faulty.tags[one.path] = {str(rng.choice(_WORDS))}
        faulty.note("tags", "few-tags", one.path)
        one = next(waiting)
        faulty.tags[one.path] |= {f"word {number}" for number in range(MOST + int(rng.integers(10)))}
        faulty.note("tags", "many-tags", one.path)
    for number in range(OF_EACH):
        one = next(waiting)
        faulty.tags[one.path] |= {"hyai:archive", "hyai:trash"} if number % 2 else set(OPPOSITES)
        faulty.note("tags", "contradiction", one.path)


def _plant_opinions(
    faulty: Faulty, waiting: Iterator[_Drawn], placed: Iterator[_Drawn], drawn: dict[str, tuple[_Drawn, _Drawn]]
) -> None:
    """Misplace files, mislabel samples, put samples under two labels; all other samples are right."""
    for _ in range(OF_EACH):
        one = next(placed)
        moved = _Drawn(one.number, one.look, one.style, _OTHER[one.state])
        del drawn[one.path]
        drawn[moved.path] = (moved, moved)
        faulty.tags[moved.path] = faulty.tags.pop(one.path)
        faulty.note("tags", "incorrect-tag", moved.path)
        faulty.note("validation", "incorrect-prediction", moved.path)
        one = next(waiting)
        faulty.samples.append((one.path, _OTHER[LABELS[one.look]]))
        faulty.note("tags", "doubtful-sample", one.path)
        faulty.note("validation", "incorrect-prediction", one.path)
        one = next(waiting)
        faulty.samples += [(one.path, ARCHIVE), (one.path, TRASH)]
        faulty.note("balance", "two-labels", one.path)
        faulty.allow("tags", "contradiction", one.path)
    spoilt = {path for paths in faulty.planted.values() for (path,) in paths}
    rightful = [one for path, (one, _) in drawn.items() if path not in spoilt]
    faulty.samples += [(one.path, LABELS[one.look]) for one in rightful if one.number % 10 < 10 * _SAMPLES]


def _plant_copies(faulty: Faulty, placed: Iterator[_Drawn], drawn: dict[str, tuple[_Drawn, _Drawn]], rng: Rng) -> None:
    """Add near duplicates: ten that stand where their originals stand, ten on the other side."""
    for number in range(2 * OF_EACH):
        source = next(placed)
        differ = number >= OF_EACH
        state = _OTHER[source.state] if differ else source.state
        copy = _Drawn(90_000 + number, source.look, source.style, state)
        drawn[copy.path] = (copy, source)
        faulty.tags[copy.path] = _good_tags(rng, copy)
        faulty.note("near-duplicates", "different-labels" if differ else "copies", source.path, copy.path)
        if differ:
            # It does stand on the wrong side; a sample of its original may know better.
            faulty.allow("tags", "incorrect-tag", copy.path)
            faulty.allow("validation", "incorrect-prediction", copy.path)


def _plant_styles(rng: Rng, faulty: Faulty, waiting: Iterator[_Drawn]) -> list[str]:
    """Take the tag of the style away, or give that of another look; returns paths of files that are to lie there twice."""
    for (path,) in faulty.planted["tags", "few-tags"]:
        # With the other tags went that of the style.
        faulty.allow("tags", "unlike-neighbours", path)
        faulty.allow("validation", "lacks-tag", path)
    for _ in range(OF_EACH):
        one = next(waiting)
        faulty.tags[one.path] = {tag for tag in faulty.tags[one.path] if not tag.startswith("style:")}
        faulty.note("tags", "unlike-neighbours", one.path)
        faulty.note("validation", "lacks-tag", one.path)
        one = next(waiting)
        other = list(STYLES[THROW if one.look == KEEP else KEEP])
        kept = {tag for tag in faulty.tags[one.path] if not tag.startswith("style:")}
        faulty.tags[one.path] = {*kept, f"style:{other[int(rng.integers(len(other)))]}"}
        faulty.note("validation", "other-tag", one.path)
    return [next(waiting).path for _ in range(OF_EACH)]


def _plant_files(rng: Rng, faulty: Faulty, root: Path) -> None:
    """Add files that are damaged, blank, tiny, wrongly named, or whose EXIF names another size."""
    styles = [*STYLES[KEEP].values(), *STYLES[THROW].values()]
    for number in range(OF_EACH):

        def fresh(salt: int, at: int = number) -> Image.Image:
            draw = styles[(at * 5 + salt) % len(styles)]
            return draw(np.random.default_rng([0xF11E, at, salt]), _SIZE).convert("RGB")

        # Equal bytes would be one file.
        shade = 40 + 17 * number + int(rng.integers(10))
        made = {
            "unreadable": (f"cut-{number}.jpg", encoded(fresh(1), ".jpg")[: 900 + 10 * number]),
            "blank": (f"blank-{number}.png", encoded(Image.new("RGB", _SIZE, (shade, shade, shade)), ".png")),
            "tiny": (f"tiny-{number}.png", encoded(fresh(2).resize((32 + number, 24 + number)), ".png")),
            "wrong-extension": (f"named-{number}.png", encoded(fresh(3), ".jpg")),
            "exif-size": (f"exif-{number}.jpg", _with_exif(fresh(4))),
        }
        for kind, (name, content) in made.items():
            path = f"{INBOX}/{name}"
            (root / path).write_bytes(content)
            faulty.tags[path] = {"series:album 1", "person:person 1", *_WORDS[:4]}
            faulty.note("files", kind, path)
            # What they show has a style, and no tag says so.
            faulty.allow("tags", "unlike-neighbours", path)
            faulty.allow("validation", "lacks-tag", path)


def _with_exif(picture: Image.Image) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA002] = 4_000
    exif.get_ifd(0x8769)[0xA003] = 3_000
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88, exif=exif)
    return buffer.getvalue()
