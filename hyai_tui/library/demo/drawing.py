"""Draws the planned library into a folder: all of it or nothing."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from hyai_tui.errors import WrongUse
from hyai_tui.library.demo import awkward
from hyai_tui.library.demo.layout import ARCHIVE, INBOX, STYLES, TRASH, DemoFacts, Planned, facts, plan

FILES = 640
_FIRST_DAY = 1_735_732_800  # 2025-01-01: the oldest picture; the others follow, a few hours apart
_APART = 4 * 3600 + 1234


def draw_library(
    root: Path, *, seed: int = 1, files: int = FILES, on_progress: Callable[[int, int], None] | None = None
) -> DemoFacts:
    """Draw the demo library.

    The pictures are drawn into a hidden folder beside `root`, which becomes `root` when all are there: a drawing that
    was interrupted is begun again, never taken for a library.

    Args:
        root: folder of the library; must not exist, or be empty.
        seed: the same seed gives the same bytes (for one version of Pillow and numpy).
        files: how many pictures, at least 40, without about 30 awkward files.
        on_progress: called with (pictures done, pictures in all).

    Returns:
        What is planted in it.

    Raises:
        WrongUse: if `root` has something in it already, or `files` is too small.
    """
    if files < 40:
        raise WrongUse(f"A demo library of {files} pictures is too small to learn from", "Ask for at least 40")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WrongUse(f"{root} is not empty", "Name another directory for the drawn pictures")
    drawing = root.with_name(f".{root.name}.drawing")
    if drawing.exists():
        shutil.rmtree(drawing)
    for state in (INBOX, ARCHIVE, TRASH):
        (drawing / state).mkdir(parents=True)
    planned = plan(seed, files)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(lambda one: _write(drawing, one, planned, seed), planned), 1):
            if on_progress is not None:
                on_progress(done, len(planned))
    planted = awkward.draw(drawing, seed)
    drawing.replace(root)
    return replace(
        facts(root, planned),
        awkward=planted.reasons,
        same_bytes=planted.same_bytes,
        conflicting=planted.conflicting,
        refused_names=planted.refused_names,
    )


def picture(one: Planned, planned: list[Planned], seed: int) -> Image.Image:
    """Return one planned picture, drawn; a copy is its original drawn again, then changed."""
    source = one if one.copy_of is None else planned[one.copy_of]
    rng = np.random.default_rng([seed, source.number])
    drawn = STYLES[source.look][source.style](rng, source.size)
    width, height = drawn.size
    if one.change == "scaled":
        return drawn.resize((width * 3 // 5, height * 3 // 5), Image.Resampling.LANCZOS)
    if one.change == "cropped":
        return drawn.crop((width // 20, height // 20, width - width // 25, height - height // 30))
    return drawn


def encoded(image: Image.Image, suffix: str, quality: int = 88) -> bytes:
    """Return the bytes of a file with that suffix."""
    buffer = io.BytesIO()
    kind = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".gif": "GIF"}[suffix]
    image.save(buffer, kind, **({} if kind in {"PNG", "GIF"} else {"quality": quality}))
    return buffer.getvalue()


def _write(root: Path, one: Planned, planned: list[Planned], seed: int) -> None:
    path = root / one.path
    path.write_bytes(encoded(picture(one, planned, seed), one.suffix, 38 if one.change == "recompressed" else 88))
    when = _FIRST_DAY + one.number * _APART
    os.utime(path, (when, when))
