"""The files themselves: unreadable, blank, tiny, with a wrong extension, or with EXIF that says another size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from hyai_tui.checks.base import Check, CheckPlace, CheckResult, Finding, surest_first
from hyai_tui.errors import LibraryError, PictureError
from hyai_tui.library.base import FileState
from hyai_tui.pictures.decode import REASONS, open_picture
from hyai_tui.pictures.headers import claimed_size
from hyai_tui.samples.formats import extension_of

if TYPE_CHECKING:
    from hyai_tui.catalog.model import CatalogFile
    from hyai_tui.library.base import Library

NAME: Final = "files"
TINY: Final = 64
# Grey levels (0 … 255) between the darkest and the brightest part of a picture reduced to 32 × 32: below, it is one colour all
# over. A faint picture has more, a blank one saved as JPEG less.
BLANK: Final = 6.0
_SIDE = 32
_CHUNK = 256
_HEAD = 64
_SAME = {"jpeg": "jpg", "tif": "tiff", "jfif": "jpg", "jpe": "jpg", "apng": "png"}


def run(place: CheckPlace) -> CheckResult:
    """Look at every picture of the library once, reduced as far as its format allows.

    Kinds: the reasons for which a picture cannot be decoded (`hyai_tui.pictures.decode.REASONS`), `blank`, `tiny`,
    `wrong-extension` (a folder's file whose first bytes are of another format than its name says) and `exif-size` (EXIF
    names other dimensions than the picture has).
    """
    findings: list[Finding] = []
    looked_at = 0
    threads = place.workspace.settings.features.decode_threads or os.cpu_count() or 1
    with closing(place.workspace.open_library()) as library, ThreadPoolExecutor(threads) as pool:
        # Only what this client has just listed is asked for by hash.
        files = (one for one in place.catalog.files() if one.state is not FileState.GONE and not one.motion)
        root = place.workspace.library_root if library.kind == "folder" else None
        while chunk := list(islice(files, _CHUNK)):
            library.lookup([one.sha256 for one in chunk])
            for found in pool.map(lambda one: list(_judge(one, library, root)), chunk):
                findings += found
            looked_at += len(chunk)
            place.progress(looked_at, None)
    return CheckResult(looked_at, surest_first(findings), {}, _advice(findings))


def _judge(file: CatalogFile, library: Library, root: Path | None) -> Iterator[Finding]:
    sha256 = file.sha256
    try:
        source = library.path(sha256) or library.read(sha256)
        picture = open_picture(source, fit=(_SIDE, _SIDE), first_frame=True)
        yield from _of_size(file, source)
        if int(np.ptp(np.asarray(picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)))) < BLANK:
            yield Finding(NAME, "blank", sha256, 0.85, "there is nothing to see on it: one colour all over")
    except PictureError as error:
        if error.reason == "changed":
            return
        yield Finding(NAME, error.reason, sha256, 0.95, REASONS.get(error.reason, error.what))
    except LibraryError as error:
        yield Finding(NAME, "unreadable", sha256, 0.9, error.what)
    if root is not None:
        yield from _of_names(file, root)


def _of_size(file: CatalogFile, source: Path | bytes) -> Iterator[Finding]:
    found = claimed_size(source)
    if found is None:
        return
    width, height = found.size
    if max(width, height) < TINY:
        yield Finding(NAME, "tiny", file.sha256, 0.7, f"it has {width}×{height} pixels")
    if found.exif is not None and sorted(found.exif) != sorted(found.size):
        reason = f"its EXIF says {found.exif[0]}×{found.exif[1]}, it has {width}×{height} pixels: edited since, or a thumbnail"
        yield Finding(NAME, "exif-size", file.sha256, 0.4, reason)


def _of_names(file: CatalogFile, root: Path) -> Iterator[Finding]:
    for name in file.paths:
        suffix = name.rpartition(".")[2].lower()
        try:
            with (root / name).open("rb") as opened:
                actual = extension_of(opened.read(_HEAD))
        except OSError:
            continue  # it has been reported as missing or unreadable
        if actual is not None and _SAME.get(suffix, suffix) != _SAME.get(actual, actual):
            yield Finding(
                NAME, "wrong-extension", file.sha256, 0.9, f"it is named .{suffix} and is a {actual}", tags=(actual,)
            )


def _advice(findings: list[Finding]) -> list[str]:
    if any(one.kind in REASONS for one in findings):
        return ["Files that cannot be read never get a score or a tag: look at them outside, or decide by hand"]
    return []


CHECK: Final = Check(NAME, "files that are unreadable, blank, tiny, wrongly named, or whose EXIF lies", run)
